"""Payment methods, autopay, collections with their attempts, and payouts."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SEQUENCES = {"collection_numbers": 1001, "payout_numbers": 1001}
TABLES = ("payment_methods", "autopay", "collections", "collection_attempts", "payouts")


def upgrade() -> None:
    """Apply the change."""
    for name, start in SEQUENCES.items():
        op.execute(sa.schema.CreateSequence(sa.Sequence(name, start=start)))
    op.create_table(
        "payment_methods",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("gateway", sa.String(), nullable=False),
        sa.Column("token_ct", sa.LargeBinary(), nullable=True),
        sa.Column("gateway_customer_ct", sa.LargeBinary(), nullable=True),
        sa.Column("brand", sa.String(), nullable=True),
        sa.Column("last4_ct", sa.LargeBinary(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("consent_source", sa.String(), nullable=False),
        sa.Column("consented_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_payment_methods_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_methods")),
    )
    op.create_index(
        op.f("ix_payment_methods_customer_id"), "payment_methods", ["customer_id"], unique=False
    )
    op.create_table(
        "autopay",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("payment_method_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name=op.f("fk_autopay_loan_id_loans")),
        sa.ForeignKeyConstraint(
            ["payment_method_id"],
            ["payment_methods.id"],
            name=op.f("fk_autopay_payment_method_id_payment_methods"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_autopay")),
    )
    op.create_index(op.f("ix_autopay_loan_id"), "autopay", ["loan_id"], unique=False)
    op.create_index(
        op.f("ix_autopay_payment_method_id"), "autopay", ["payment_method_id"], unique=False
    )
    op.create_index(
        "uq_autopay_loan_id",
        "autopay",
        ["loan_id"],
        unique=True,
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_table(
        "payouts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("test_clock_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("account_ct", sa.LargeBinary(), nullable=True),
        sa.Column("holder_ct", sa.LargeBinary(), nullable=True),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("bank_reference", sa.String(), nullable=True),
        sa.Column("failure_code", sa.String(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status in ('ordered', 'sending', 'settled', 'failed')", name=op.f("ck_payouts_status")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payouts_amount_positive")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_payouts_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name=op.f("fk_payouts_loan_id_loans")),
        sa.ForeignKeyConstraint(
            ["test_clock_id"], ["test_clocks.id"], name=op.f("fk_payouts_test_clock_id_test_clocks")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payouts")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_payouts_attempt_id")),
        sa.UniqueConstraint("number", name=op.f("uq_payouts_number")),
    )
    op.create_index("ix_payouts_clock_status", "payouts", ["test_clock_id", "status"], unique=False)
    op.create_index(op.f("ix_payouts_customer_id"), "payouts", ["customer_id"], unique=False)
    op.create_index(op.f("ix_payouts_loan_id"), "payouts", ["loan_id"], unique=False)
    op.create_table(
        "collections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("test_clock_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("instalment", sa.Integer(), nullable=True),
        sa.Column("asks", sa.String(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=3), nullable=True),
        sa.Column("natural_key", sa.String(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("page_wanted", sa.Boolean(), nullable=False),
        sa.Column("collected", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind in ('autopay', 'link')", name=op.f("ck_collections_kind")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_collections_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["loan_id"], ["loans.id"], name=op.f("fk_collections_loan_id_loans")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["transactions.id"], name=op.f("fk_collections_payment_id_transactions")
        ),
        sa.ForeignKeyConstraint(
            ["test_clock_id"],
            ["test_clocks.id"],
            name=op.f("fk_collections_test_clock_id_test_clocks"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collections")),
        sa.UniqueConstraint("number", name=op.f("uq_collections_number")),
    )
    op.create_index(
        op.f("ix_collections_customer_id"), "collections", ["customer_id"], unique=False
    )
    op.create_index(
        "ix_collections_loan_id_status", "collections", ["loan_id", "status"], unique=False
    )
    op.create_index(
        op.f("ix_collections_test_clock_id"), "collections", ["test_clock_id"], unique=False
    )
    op.create_index(
        "uq_collections_natural_key",
        "collections",
        ["natural_key"],
        unique=True,
        postgresql_where=sa.text("natural_key is not null"),
    )
    op.create_table(
        "collection_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("method_id", sa.Uuid(), nullable=True),
        sa.Column("gateway_id", sa.String(), nullable=True),
        sa.Column("payment_reference", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("failure_code", sa.String(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("page_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_collection_attempts_amount_positive")),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collections.id"],
            name=op.f("fk_collection_attempts_collection_id_collections"),
        ),
        sa.ForeignKeyConstraint(
            ["method_id"],
            ["payment_methods.id"],
            name=op.f("fk_collection_attempts_method_id_payment_methods"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_attempts")),
    )
    op.create_index(
        "uq_collection_attempts_number",
        "collection_attempts",
        ["collection_id", "number"],
        unique=True,
    )
    op.execute(f"grant select, insert, update, delete on {', '.join(TABLES)} to tenor_api")
    op.execute(f"grant usage, select on sequence {', '.join(SEQUENCES)} to tenor_api")


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("uq_collection_attempts_number", table_name="collection_attempts")
    op.drop_table("collection_attempts")
    op.drop_index(
        "uq_collections_natural_key",
        table_name="collections",
        postgresql_where=sa.text("natural_key is not null"),
    )
    op.drop_index(op.f("ix_collections_test_clock_id"), table_name="collections")
    op.drop_index("ix_collections_loan_id_status", table_name="collections")
    op.drop_index(op.f("ix_collections_customer_id"), table_name="collections")
    op.drop_table("collections")
    op.drop_index(op.f("ix_payouts_loan_id"), table_name="payouts")
    op.drop_index(op.f("ix_payouts_customer_id"), table_name="payouts")
    op.drop_index("ix_payouts_clock_status", table_name="payouts")
    op.drop_table("payouts")
    op.drop_index(
        "uq_autopay_loan_id", table_name="autopay", postgresql_where=sa.text("status = 'active'")
    )
    op.drop_index(op.f("ix_autopay_payment_method_id"), table_name="autopay")
    op.drop_index(op.f("ix_autopay_loan_id"), table_name="autopay")
    op.drop_table("autopay")
    op.drop_index(op.f("ix_payment_methods_customer_id"), table_name="payment_methods")
    op.drop_table("payment_methods")
    for name in SEQUENCES:
        op.execute(sa.schema.DropSequence(sa.Sequence(name)))
