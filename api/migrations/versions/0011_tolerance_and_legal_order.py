"""An amount too small to be late, and the order of payments that the law asks of a creditor."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("creditors", sa.Column("legal_order", postgresql.JSONB(), nullable=True))
    op.add_column("products", sa.Column("legal_order", postgresql.JSONB(), nullable=True))
    op.add_column(
        "products",
        sa.Column("arrears_tolerance", sa.Numeric(20, 3), nullable=False, server_default="0"),
    )
    op.alter_column("products", "arrears_tolerance", server_default=None)


def downgrade() -> None:
    op.drop_column("products", "arrears_tolerance")
    op.drop_column("products", "legal_order")
    op.drop_column("creditors", "legal_order")
