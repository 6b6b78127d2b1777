"""A message keeps the name of the provider that was asked to send it."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the name; messages of before have none, and everybody is asked after them."""
    op.add_column("messages", sa.Column("provider", sa.String(), nullable=True))


def downgrade() -> None:
    """Take the change back."""
    op.drop_column("messages", "provider")
