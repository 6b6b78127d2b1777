"""Corrections of the past: what caused them, and the history of buckets they replace."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    for table in ("transactions", "bucket_changes"):
        op.add_column(table, sa.Column("caused_by_id", sa.Uuid(), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_{table}_caused_by_id_transactions"),
            table,
            "transactions",
            ["caused_by_id"],
            ["id"],
        )
    op.add_column("bucket_changes", sa.Column("corrects_from", sa.Date(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("bucket_changes", "corrects_from")
    for table in ("bucket_changes", "transactions"):
        op.drop_constraint(op.f(f"fk_{table}_caused_by_id_transactions"), table)
        op.drop_column(table, "caused_by_id")
