"""It is kept that somebody was asked who he is before a debt was disclosed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for confirmations of who is spoken with."""
    op.create_table(
        "right_party_checks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("medium", sa.String(), nullable=False),
        sa.Column("facts", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "outcome in ('confirmed', 'not_confirmed', 'refused', 'wrong_person')",
            name=op.f("ck_right_party_checks_outcome"),
        ),
        sa.CheckConstraint(
            "conversation_id is null or outcome = 'confirmed'",
            name=op.f("ck_right_party_checks_used"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["recovery_cases.id"],
            name=op.f("fk_right_party_checks_case_id_recovery_cases"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_right_party_checks_customer_id_customers"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_right_party_checks")),
    )
    op.create_index(
        op.f("ix_right_party_checks_case_id"), "right_party_checks", ["case_id"], unique=False
    )
    op.execute("grant select, insert on right_party_checks to tenor_api")
    op.execute("grant update (conversation_id) on right_party_checks to tenor_api")


def downgrade() -> None:
    """Forget them."""
    op.drop_table("right_party_checks")
