"""Instalments tell where their interest is earned, if not evenly over their period."""

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


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_instalments_earning", table_name="instalments")
    op.drop_column("instalments", "earning")
