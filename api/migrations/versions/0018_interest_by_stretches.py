"""Instalments tell where their interest is earned; payments ahead of a schedule change it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the stretches; what stands is earned evenly."""
    op.add_column(
        "instalments",
        sa.Column(
            "earning", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
    )
    op.create_index(
        "ix_instalments_earning",
        "instalments",
        ["loan_id"],
        postgresql_where=sa.text("earning is not null"),
    )
    op.add_column("schedule_versions", sa.Column("payment_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_schedule_versions_payment_id_transactions"),
        "schedule_versions",
        "transactions",
        ["payment_id"],
        ["id"],
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_column("schedule_versions", "payment_id")
    op.drop_index("ix_instalments_earning", table_name="instalments")
    op.drop_column("instalments", "earning")
