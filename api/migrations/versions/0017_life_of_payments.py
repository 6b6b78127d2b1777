"""The life of payments that are reported, pending or returned, and the product's terms for it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MONEY = sa.Numeric(precision=20, scale=3)
AWAITED = "state in ('reported', 'pending')"


def upgrade() -> None:
    """Apply the change."""
    op.add_column("products", sa.Column("payment_life", postgresql.JSONB(), nullable=True))
    op.create_table(
        "payment_lives",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("payoff", sa.Boolean(), nullable=False),
        sa.Column("pauses", sa.Boolean(), nullable=False),
        sa.Column("announced_on", sa.Date(), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pending_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("awaited_until", sa.Date(), nullable=False),
        sa.Column("awaited_to", sa.Date(), nullable=True),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("posted_key", sa.Uuid(), nullable=True),
        sa.Column("natural_key", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_lives_amount_positive")),
        sa.CheckConstraint(
            "amount = round(amount, currency_exponent(currency))",
            name=op.f("ck_payment_lives_exact"),
        ),
        sa.CheckConstraint(
            "state in ('reported', 'pending', 'cleared', 'returned', 'reversed', 'withdrawn', "
            "'expired')",
            name=op.f("ck_payment_lives_state"),
        ),
        sa.CheckConstraint(
            "state <> 'cleared' or posted_key is not null",
            name=op.f("ck_payment_lives_cleared_is_posted"),
        ),
        sa.ForeignKeyConstraint(
            ["loan_id"], ["loans.id"], name=op.f("fk_payment_lives_loan_id_loans")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_lives")),
        sa.UniqueConstraint("number", name=op.f("uq_payment_lives_number")),
    )
    op.create_index("ix_payment_lives_loan_id_number", "payment_lives", ["loan_id", "number"])
    op.create_index(
        "ix_payment_lives_awaited",
        "payment_lives",
        ["loan_id"],
        postgresql_where=sa.text(AWAITED),
    )
    op.create_index(
        "uq_payment_lives_natural_key",
        "payment_lives",
        ["natural_key"],
        unique=True,
        postgresql_where=sa.text("natural_key is not null"),
    )
    op.execute("grant select, insert, update on payment_lives to tenor_api")


def downgrade() -> None:
    """Take it back."""
    op.drop_table("payment_lives")
    op.drop_column("products", "payment_life")
