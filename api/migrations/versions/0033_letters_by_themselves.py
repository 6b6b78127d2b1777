"""Where a creditor is written to; letters that are about no loan."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what letters print of a creditor."""
    op.add_column("creditors", sa.Column("correspondence", postgresql.JSONB(), nullable=True))
    op.alter_column("letters", "loan_id", existing_type=sa.Uuid(), nullable=True)


def downgrade() -> None:
    """Take it away. Letters about no loan cannot be kept as they were: it is refused with any."""
    op.alter_column("letters", "loan_id", existing_type=sa.Uuid(), nullable=False)
    op.drop_column("creditors", "correspondence")
