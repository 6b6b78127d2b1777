"""Where a creditor is written to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what letters print of a creditor."""
    op.add_column("creditors", sa.Column("correspondence", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("creditors", "correspondence")
