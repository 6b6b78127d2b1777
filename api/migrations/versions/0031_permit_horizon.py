"""A permitted message remembers up to where its facts were read."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Messages that are leased meanwhile have none, and are looked at one by one."""
    op.add_column("messages", sa.Column("permit_horizon", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Every message is looked at one by one again."""
    op.drop_column("messages", "permit_horizon")
