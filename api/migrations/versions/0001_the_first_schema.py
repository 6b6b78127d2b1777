"""The first schema: parties, loans, payments, journal, recovery, messages, wakes, audit.

The tables follow `api/**/tables.py`. Written by hand around them: the currency exponents that
check constraints use, keys for rows made set-wise, the guard of append-only tables, and what the
serving role may touch.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from domain.money import EXPONENTS

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "allocations",
    "audit",
    "bucket_changes",
    "case_events",
    "consents",
    "contact_decisions",
    "journal_entries",
    "journal_lines",
    "products",
    "strategies",
    "transactions",
)
"""As of this revision: tables that come later bring their own guards."""


APPEND_ONLY = (
    "allocations",
    "audit",
    "bucket_changes",
    "case_events",
    "consents",
    "contact_decisions",
    "journal_entries",
    "journal_lines",
    "products",
    "strategies",
    "transactions",
)
"""What was append-only at this revision; later tables are guarded where they are made."""

SEQUENCES = {
    "customer_numbers": 1001,
    "loan_numbers": 1001,
    "case_numbers": 1001,
    "transaction_numbers": 100001,
}


def _functions() -> None:
    """The currency's exponent for check constraints, and time-ordered keys for set-wise inserts."""
    odd = {code: decimals for code, decimals in EXPONENTS.items() if decimals != 2}
    cases = " ".join(f"when '{code}' then {decimals}" for code, decimals in sorted(odd.items()))
    op.execute(
        "create function currency_exponent(currency text) returns int immutable language sql "
        f"return case currency {cases} else 2 end"
    )
    op.execute(
        """
        create function uuid_v7() returns uuid volatile language sql return encode(
            set_bit(set_bit(overlay(
                decode(replace(gen_random_uuid()::text, '-', ''), 'hex')
                placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint)
                                  from 3)
                from 1 for 6), 52, 1), 53, 1), 'hex')::uuid
        """
    )
    op.execute(
        """
        create function refuse_change() returns trigger language plpgsql as $$
        begin
            raise exception 'rows of % are never changed or deleted', tg_table_name
                using errcode = 'restrict_violation';
        end $$
        """
    )


def _guards_and_grants() -> None:
    """Append-only tables refuse changes from everybody; the serving role gets what it needs."""
    for table in APPEND_ONLY:
        op.execute(
            f"create trigger append_only before update or delete or truncate on {table} "
            "for each statement execute function refuse_change()"
        )
    op.execute("grant usage on schema public to tenor_api")
    op.execute("grant select, insert, update, delete on all tables in schema public to tenor_api")
    op.execute("grant usage, select on all sequences in schema public to tenor_api")
    op.execute("grant execute on all functions in schema public to tenor_api")
    op.execute(f"revoke update, delete, truncate on {', '.join(APPEND_ONLY)} from tenor_api")
    op.execute("revoke insert, update, delete on alembic_version from tenor_api")


def upgrade() -> None:
    """Apply the change."""
    _functions()
    for name, start in SEQUENCES.items():
        op.execute(sa.schema.CreateSequence(sa.Sequence(name, start=start)))
    op.create_table(
        "audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_subject", "audit", ["subject_kind", "subject_id"], unique=False)
    op.create_table(
        "clients",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
    )
    op.create_table(
        "creditors",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("licence_kind", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_creditors")),
        sa.UniqueConstraint("code", name=op.f("uq_creditors_code")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("principal", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("principal", "route", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(
        op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"], unique=False
    )
    op.create_table(
        "strategies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strategies")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_strategies_code_version")),
    )
    op.create_table(
        "suppressions",
        sa.Column("medium", sa.String(), nullable=False),
        sa.Column("address_index", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("medium", "address_index", name=op.f("pk_suppressions")),
    )
    op.create_table(
        "test_clocks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("now_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("target_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_clocks")),
    )
    op.create_table(
        "books",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("creditor_id", sa.Uuid(), nullable=False),
        sa.Column("test_clock_id", sa.Uuid(), nullable=True),
        sa.Column("closed_through", sa.Date(), nullable=False),
        sa.Column("next_close_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["creditor_id"], ["creditors.id"], name=op.f("fk_books_creditor_id_creditors")
        ),
        sa.ForeignKeyConstraint(
            ["test_clock_id"], ["test_clocks.id"], name=op.f("fk_books_test_clock_id_test_clocks")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_books")),
        sa.UniqueConstraint(
            "creditor_id",
            "test_clock_id",
            name=op.f("uq_books_creditor_id_test_clock_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_books_next_close_at", "books", ["next_close_at"], unique=False)
    op.create_index(op.f("ix_books_test_clock_id"), "books", ["test_clock_id"], unique=False)
    op.create_table(
        "customers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("test_clock_id", sa.Uuid(), nullable=True),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("external_ref", sa.String(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("name_ct", sa.LargeBinary(), nullable=True),
        sa.Column("name_tokens", sa.ARRAY(sa.LargeBinary()), nullable=False),
        sa.Column("email_ct", sa.LargeBinary(), nullable=True),
        sa.Column("email_index", sa.LargeBinary(), nullable=True),
        sa.Column("phone_ct", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.LargeBinary(), nullable=True),
        sa.Column("address_ct", sa.LargeBinary(), nullable=True),
        sa.Column("born_on_ct", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["test_clock_id"],
            ["test_clocks.id"],
            name=op.f("fk_customers_test_clock_id_test_clocks"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint("number", name=op.f("uq_customers_number")),
    )
    op.create_index("ix_customers_email_index", "customers", ["email_index"], unique=False)
    op.create_index(
        "ix_customers_name_tokens",
        "customers",
        ["name_tokens"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index("ix_customers_phone_index", "customers", ["phone_index"], unique=False)
    op.create_index(
        op.f("ix_customers_test_clock_id"), "customers", ["test_clock_id"], unique=False
    )
    op.create_index(
        "uq_customers_external_ref",
        "customers",
        ["external_ref"],
        unique=True,
        postgresql_where=sa.text("external_ref is not null"),
    )
    op.create_table(
        "products",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("creditor_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("annual_rate_percent", sa.Numeric(precision=12, scale=6), nullable=False),
        sa.Column("interest_method", sa.String(), nullable=False),
        sa.Column("frequency", sa.String(), nullable=False),
        sa.Column("day_count", sa.String(), nullable=False),
        sa.Column("min_principal", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("max_principal", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("min_instalments", sa.Integer(), nullable=False),
        sa.Column("max_instalments", sa.Integer(), nullable=False),
        sa.Column("waterfall", sa.String(), nullable=False),
        sa.Column("origination_fee", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("penalty_kind", sa.String(), nullable=False),
        sa.Column("penalty_amount", sa.Numeric(precision=20, scale=6), nullable=False),
        sa.Column("penalty_grace_days", sa.Integer(), nullable=False),
        sa.Column("arrears_grace_days", sa.Integer(), nullable=False),
        sa.Column("arrears_ladder", sa.String(), nullable=False),
        sa.Column("strategy", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["creditor_id"], ["creditors.id"], name=op.f("fk_products_creditor_id_creditors")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_products_code_version")),
    )
    op.create_table(
        "wakes",
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clock_id", sa.Uuid(), nullable=True),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["clock_id"], ["test_clocks.id"], name=op.f("fk_wakes_clock_id_test_clocks")
        ),
        sa.PrimaryKeyConstraint("workflow_id", name=op.f("pk_wakes")),
    )
    op.create_index("ix_wakes_clock_id_due_at", "wakes", ["clock_id", "due_at"], unique=False)
    op.create_index(
        "ix_wakes_unsettled",
        "wakes",
        ["clock_id"],
        unique=False,
        postgresql_where=sa.text("wanted > done"),
    )
    op.create_index(
        "ix_wakes_wanted",
        "wakes",
        ["workflow_id"],
        unique=False,
        postgresql_where=sa.text("wanted > delivered"),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("medium", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("address_index", sa.LargeBinary(), nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_consents_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_customer_id"), "consents", ["customer_id"], unique=False)
    op.create_table(
        "loans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("creditor_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("test_clock_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("principal", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("annual_rate_percent", sa.Numeric(precision=12, scale=6), nullable=False),
        sa.Column("instalment_count", sa.Integer(), nullable=False),
        sa.Column("external_ref", sa.String(), nullable=True),
        sa.Column("lifecycle", sa.String(), nullable=False),
        sa.Column("closed_reason", sa.String(), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("approval_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disbursed_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("principal_outstanding", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("interest_outstanding", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("fee_outstanding", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("penalty_outstanding", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("credit", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("next_unmet_due_on", sa.Date(), nullable=True),
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("closed_through", sa.Date(), nullable=True),
        sa.Column("reminded_through", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "principal_outstanding >= 0 and interest_outstanding >= 0 and fee_outstanding >= 0 and penalty_outstanding >= 0 and credit >= 0",
            name=op.f("ck_loans_balances_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["creditor_id"], ["creditors.id"], name=op.f("fk_loans_creditor_id_creditors")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_loans_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_loans_product_id_products")
        ),
        sa.ForeignKeyConstraint(
            ["test_clock_id"], ["test_clocks.id"], name=op.f("fk_loans_test_clock_id_test_clocks")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loans")),
        sa.UniqueConstraint("number", name=op.f("uq_loans_number")),
    )
    op.create_index(
        "ix_loans_book",
        "loans",
        ["creditor_id", "test_clock_id", "lifecycle", "next_unmet_due_on"],
        unique=False,
    )
    op.create_index(op.f("ix_loans_case_id"), "loans", ["case_id"], unique=False)
    op.create_index(op.f("ix_loans_customer_id"), "loans", ["customer_id"], unique=False)
    op.create_index(
        "uq_loans_external_ref",
        "loans",
        ["creditor_id", "external_ref"],
        unique=True,
        postgresql_where=sa.text("external_ref is not null"),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_users_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "bucket_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("from_bucket", sa.String(), nullable=False),
        sa.Column("to_bucket", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["loan_id"], ["loans.id"], name=op.f("fk_bucket_changes_loan_id_loans")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bucket_changes")),
    )
    op.create_index(op.f("ix_bucket_changes_loan_id"), "bucket_changes", ["loan_id"], unique=False)
    op.create_table(
        "instalments",
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("principal", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("interest", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("fee", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("penalty", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("principal_paid", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("interest_paid", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("interest_rebated", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("fee_paid", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("penalty_paid", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("met_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "principal_paid between 0 and principal and interest_paid >= 0 and interest_rebated >= 0 "
            "and interest_paid + interest_rebated <= interest "
            "and fee_paid between 0 and fee and penalty_paid between 0 and penalty",
            name=op.f("ck_instalments_paid_within_due"),
        ),
        sa.ForeignKeyConstraint(
            ["loan_id"], ["loans.id"], name=op.f("fk_instalments_loan_id_loans")
        ),
        sa.PrimaryKeyConstraint("loan_id", "number", name=op.f("pk_instalments")),
    )
    op.create_index(
        "ix_instalments_unmet",
        "instalments",
        ["due_on", "loan_id"],
        unique=False,
        postgresql_where=sa.text("met_on is null"),
    )
    op.create_table(
        "loan_parties",
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("liable", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_loan_parties_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["loan_id"], ["loans.id"], name=op.f("fk_loan_parties_loan_id_loans")
        ),
        sa.PrimaryKeyConstraint("loan_id", "customer_id", name=op.f("pk_loan_parties")),
    )
    op.create_index(
        op.f("ix_loan_parties_customer_id"), "loan_parties", ["customer_id"], unique=False
    )
    op.create_table(
        "recovery_cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("creditor_id", sa.Uuid(), nullable=False),
        sa.Column("test_clock_id", sa.Uuid(), nullable=True),
        sa.Column("strategy_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("closed_reason", sa.String(), nullable=True),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("anchor_on", sa.Date(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("escalation", sa.String(), nullable=False),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.Column("next_step", sa.String(), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waiting_for", sa.String(), nullable=False),
        sa.Column("suspended_by", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignee_id"], ["users.id"], name=op.f("fk_recovery_cases_assignee_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["creditor_id"], ["creditors.id"], name=op.f("fk_recovery_cases_creditor_id_creditors")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_recovery_cases_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["strategy_id"],
            ["strategies.id"],
            name=op.f("fk_recovery_cases_strategy_id_strategies"),
        ),
        sa.ForeignKeyConstraint(
            ["test_clock_id"],
            ["test_clocks.id"],
            name=op.f("fk_recovery_cases_test_clock_id_test_clocks"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_cases")),
        sa.UniqueConstraint("number", name=op.f("uq_recovery_cases_number")),
    )
    op.create_index(
        op.f("ix_recovery_cases_customer_id"), "recovery_cases", ["customer_id"], unique=False
    )
    op.create_index(
        "ix_recovery_cases_status_number", "recovery_cases", ["status", "number"], unique=False
    )
    op.create_index(
        op.f("ix_recovery_cases_test_clock_id"), "recovery_cases", ["test_clock_id"], unique=False
    )
    op.create_index(
        "uq_recovery_cases_open",
        "recovery_cases",
        ["customer_id", "creditor_id", "currency"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "transactions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("method", sa.String(), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("natural_key", sa.String(), nullable=True),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("credited", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("principal_after", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("interest_after", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("fee_after", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("penalty_after", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.CheckConstraint(
            "amount = round(amount, currency_exponent(currency))",
            name=op.f("ck_transactions_exact"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_transactions_amount_positive")),
        sa.ForeignKeyConstraint(
            ["loan_id"], ["loans.id"], name=op.f("fk_transactions_loan_id_loans")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["transactions.id"], name=op.f("fk_transactions_parent_id_transactions")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"],
            ["transactions.id"],
            name=op.f("fk_transactions_reverses_id_transactions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transactions")),
        sa.UniqueConstraint("number", name=op.f("uq_transactions_number")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_transactions_reverses_id")),
    )
    op.create_index(
        "ix_transactions_loan_id_value_on",
        "transactions",
        ["loan_id", "value_on", "number"],
        unique=False,
    )
    op.create_index(op.f("ix_transactions_parent_id"), "transactions", ["parent_id"], unique=False)
    op.create_index(
        "uq_transactions_natural_key",
        "transactions",
        ["natural_key"],
        unique=True,
        postgresql_where=sa.text("natural_key is not null"),
    )
    op.create_table(
        "allocations",
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("instalment", sa.Integer(), nullable=False),
        sa.Column("component", sa.String(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["transactions.id"],
            name=op.f("fk_allocations_transaction_id_transactions"),
        ),
        sa.PrimaryKeyConstraint(
            "transaction_id", "instalment", "component", name=op.f("pk_allocations")
        ),
    )
    op.create_table(
        "case_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note_ct", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["recovery_cases.id"], name=op.f("fk_case_events_case_id_recovery_cases")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_events")),
    )
    op.create_index(op.f("ix_case_events_case_id"), "case_events", ["case_id"], unique=False)
    op.create_table(
        "case_loans",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["recovery_cases.id"], name=op.f("fk_case_loans_case_id_recovery_cases")
        ),
        sa.ForeignKeyConstraint(
            ["loan_id"], ["loans.id"], name=op.f("fk_case_loans_loan_id_loans")
        ),
        sa.PrimaryKeyConstraint("case_id", "loan_id", name=op.f("pk_case_loans")),
    )
    op.create_index(op.f("ix_case_loans_loan_id"), "case_loans", ["loan_id"], unique=False)
    op.create_table(
        "case_steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("anchor_on", sa.Date(), nullable=False),
        sa.Column("step_key", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("performed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["recovery_cases.id"], name=op.f("fk_case_steps_case_id_recovery_cases")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_steps")),
        sa.UniqueConstraint(
            "case_id",
            "anchor_on",
            "step_key",
            name=op.f("uq_case_steps_case_id_anchor_on_step_key"),
        ),
    )
    op.create_table(
        "holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("reason_ct", sa.LargeBinary(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["recovery_cases.id"], name=op.f("fk_holds_case_id_recovery_cases")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_holds_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_index(op.f("ix_holds_case_id"), "holds", ["case_id"], unique=False)
    op.create_index(op.f("ix_holds_customer_id"), "holds", ["customer_id"], unique=False)
    op.create_table(
        "journal_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("creditor_id", sa.Uuid(), nullable=False),
        sa.Column("test_clock_id", sa.Uuid(), nullable=True),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("loan_id", sa.Uuid(), nullable=True),
        sa.Column("transaction_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("natural_key", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["creditor_id"], ["creditors.id"], name=op.f("fk_journal_entries_creditor_id_creditors")
        ),
        sa.ForeignKeyConstraint(
            ["loan_id"], ["loans.id"], name=op.f("fk_journal_entries_loan_id_loans")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_journal_entries_product_id_products")
        ),
        sa.ForeignKeyConstraint(
            ["test_clock_id"],
            ["test_clocks.id"],
            name=op.f("fk_journal_entries_test_clock_id_test_clocks"),
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["transactions.id"],
            name=op.f("fk_journal_entries_transaction_id_transactions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entries")),
    )
    op.create_index(
        "ix_journal_entries_loan_id_booked_at",
        "journal_entries",
        ["loan_id", "booked_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_journal_entries_transaction_id"),
        "journal_entries",
        ["transaction_id"],
        unique=False,
    )
    op.create_index(
        "uq_journal_entries_natural_key",
        "journal_entries",
        ["natural_key"],
        unique=True,
        postgresql_where=sa.text("natural_key is not null"),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("loan_id", sa.Uuid(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("instalment", sa.Integer(), nullable=True),
        sa.Column("test_clock_id", sa.Uuid(), nullable=True),
        sa.Column("shard", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("validity", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reasons", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("permit_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("address_index", sa.LargeBinary(), nullable=True),
        sa.Column("subject_ct", sa.LargeBinary(), nullable=True),
        sa.Column("body_ct", sa.LargeBinary(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["recovery_cases.id"], name=op.f("fk_messages_case_id_recovery_cases")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_messages_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name=op.f("fk_messages_loan_id_loans")),
        sa.ForeignKeyConstraint(
            ["test_clock_id"],
            ["test_clocks.id"],
            name=op.f("fk_messages_test_clock_id_test_clocks"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_messages_dedupe_key")),
        sa.UniqueConstraint("sequence", name=op.f("uq_messages_sequence")),
    )
    op.create_index(op.f("ix_messages_case_id"), "messages", ["case_id"], unique=False)
    op.create_index(op.f("ix_messages_customer_id"), "messages", ["customer_id"], unique=False)
    op.create_index(
        "ix_messages_due",
        "messages",
        ["channel", "shard", "due_at"],
        unique=False,
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_index(
        "ix_messages_in_flight",
        "messages",
        ["shard", "channel"],
        unique=False,
        postgresql_where=sa.text("status in ('leased', 'dispatched')"),
    )
    op.create_index(op.f("ix_messages_loan_id"), "messages", ["loan_id"], unique=False)
    op.create_index(op.f("ix_messages_test_clock_id"), "messages", ["test_clock_id"], unique=False)
    op.create_index(
        "uq_messages_provider",
        "messages",
        ["channel", "direction", "provider_id"],
        unique=True,
        postgresql_where=sa.text("provider_id is not null"),
    )
    op.create_table(
        "promises",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("received", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["recovery_cases.id"], name=op.f("fk_promises_case_id_recovery_cases")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promises")),
    )
    op.create_index(op.f("ix_promises_case_id"), "promises", ["case_id"], unique=False)
    op.create_index(
        "uq_promises_open",
        "promises",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("natural_key", sa.String(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("loan_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("test_clock_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["recovery_cases.id"], name=op.f("fk_tasks_case_id_recovery_cases")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_tasks_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name=op.f("fk_tasks_loan_id_loans")),
        sa.ForeignKeyConstraint(
            ["test_clock_id"], ["test_clocks.id"], name=op.f("fk_tasks_test_clock_id_test_clocks")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("natural_key", name=op.f("uq_tasks_natural_key")),
    )
    op.create_index(op.f("ix_tasks_case_id"), "tasks", ["case_id"], unique=False)
    op.create_index("ix_tasks_status_due_at", "tasks", ["status", "due_at"], unique=False)
    op.create_table(
        "contact_decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reasons", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("packs", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("inputs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("defer_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_contact_decisions_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_contact_decisions_message_id_messages")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_decisions")),
    )
    op.create_index(
        op.f("ix_contact_decisions_customer_id"), "contact_decisions", ["customer_id"], unique=False
    )
    op.create_index(
        op.f("ix_contact_decisions_message_id"), "contact_decisions", ["message_id"], unique=False
    )
    op.create_table(
        "contact_slots",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("local_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_contact_slots_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_contact_slots_message_id_messages")
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_contact_slots")),
    )
    op.create_index(
        "ix_contact_slots_customer_id_local_on",
        "contact_slots",
        ["customer_id", "local_on"],
        unique=False,
    )
    op.create_table(
        "journal_lines",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_journal_lines_amount_not_zero")),
        sa.CheckConstraint(
            "amount = round(amount, currency_exponent(currency))",
            name=op.f("ck_journal_lines_exact"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["journal_entries.id"],
            name=op.f("fk_journal_lines_entry_id_journal_entries"),
        ),
        sa.PrimaryKeyConstraint("entry_id", "line", name=op.f("pk_journal_lines")),
    )
    op.create_foreign_key(
        "fk_loans_case_id_recovery_cases", "loans", "recovery_cases", ["case_id"], ["id"]
    )
    _guards_and_grants()


def downgrade() -> None:
    """Take the change back."""
    op.drop_constraint("fk_loans_case_id_recovery_cases", "loans", type_="foreignkey")
    op.drop_table("journal_lines")
    op.drop_index("ix_contact_slots_customer_id_local_on", table_name="contact_slots")
    op.drop_table("contact_slots")
    op.drop_index(op.f("ix_contact_decisions_message_id"), table_name="contact_decisions")
    op.drop_index(op.f("ix_contact_decisions_customer_id"), table_name="contact_decisions")
    op.drop_table("contact_decisions")
    op.drop_index("ix_tasks_status_due_at", table_name="tasks")
    op.drop_index(op.f("ix_tasks_case_id"), table_name="tasks")
    op.drop_table("tasks")
    op.drop_index(
        "uq_promises_open", table_name="promises", postgresql_where=sa.text("status = 'open'")
    )
    op.drop_index(op.f("ix_promises_case_id"), table_name="promises")
    op.drop_table("promises")
    op.drop_index(
        "uq_messages_provider",
        table_name="messages",
        postgresql_where=sa.text("provider_id is not null"),
    )
    op.drop_index(op.f("ix_messages_test_clock_id"), table_name="messages")
    op.drop_index(op.f("ix_messages_loan_id"), table_name="messages")
    op.drop_index(
        "ix_messages_in_flight",
        table_name="messages",
        postgresql_where=sa.text("status in ('leased', 'dispatched')"),
    )
    op.drop_index(
        "ix_messages_due", table_name="messages", postgresql_where=sa.text("status = 'queued'")
    )
    op.drop_index(op.f("ix_messages_customer_id"), table_name="messages")
    op.drop_index(op.f("ix_messages_case_id"), table_name="messages")
    op.drop_table("messages")
    op.drop_index(
        "uq_journal_entries_natural_key",
        table_name="journal_entries",
        postgresql_where=sa.text("natural_key is not null"),
    )
    op.drop_index(op.f("ix_journal_entries_transaction_id"), table_name="journal_entries")
    op.drop_index("ix_journal_entries_loan_id_booked_at", table_name="journal_entries")
    op.drop_table("journal_entries")
    op.drop_index(op.f("ix_holds_customer_id"), table_name="holds")
    op.drop_index(op.f("ix_holds_case_id"), table_name="holds")
    op.drop_table("holds")
    op.drop_table("case_steps")
    op.drop_index(op.f("ix_case_loans_loan_id"), table_name="case_loans")
    op.drop_table("case_loans")
    op.drop_index(op.f("ix_case_events_case_id"), table_name="case_events")
    op.drop_table("case_events")
    op.drop_table("allocations")
    op.drop_index(
        "uq_transactions_natural_key",
        table_name="transactions",
        postgresql_where=sa.text("natural_key is not null"),
    )
    op.drop_index(op.f("ix_transactions_parent_id"), table_name="transactions")
    op.drop_index("ix_transactions_loan_id_value_on", table_name="transactions")
    op.drop_table("transactions")
    op.drop_index(
        "uq_recovery_cases_open",
        table_name="recovery_cases",
        postgresql_where=sa.text("status = 'open'"),
    )
    op.drop_index(op.f("ix_recovery_cases_test_clock_id"), table_name="recovery_cases")
    op.drop_index("ix_recovery_cases_status_number", table_name="recovery_cases")
    op.drop_index(op.f("ix_recovery_cases_customer_id"), table_name="recovery_cases")
    op.drop_table("recovery_cases")
    op.drop_index(op.f("ix_loan_parties_customer_id"), table_name="loan_parties")
    op.drop_table("loan_parties")
    op.drop_index(
        "ix_instalments_unmet", table_name="instalments", postgresql_where=sa.text("met_on is null")
    )
    op.drop_table("instalments")
    op.drop_index(op.f("ix_bucket_changes_loan_id"), table_name="bucket_changes")
    op.drop_table("bucket_changes")
    op.drop_table("users")
    op.drop_index(
        "uq_loans_external_ref",
        table_name="loans",
        postgresql_where=sa.text("external_ref is not null"),
    )
    op.drop_index(op.f("ix_loans_customer_id"), table_name="loans")
    op.drop_index(op.f("ix_loans_case_id"), table_name="loans")
    op.drop_index("ix_loans_book", table_name="loans")
    op.drop_table("loans")
    op.drop_index(op.f("ix_consents_customer_id"), table_name="consents")
    op.drop_table("consents")
    op.drop_index(
        "ix_wakes_wanted", table_name="wakes", postgresql_where=sa.text("wanted > delivered")
    )
    op.drop_index(
        "ix_wakes_unsettled", table_name="wakes", postgresql_where=sa.text("wanted > done")
    )
    op.drop_index("ix_wakes_clock_id_due_at", table_name="wakes")
    op.drop_table("wakes")
    op.drop_table("products")
    op.drop_index(
        "uq_customers_external_ref",
        table_name="customers",
        postgresql_where=sa.text("external_ref is not null"),
    )
    op.drop_index(op.f("ix_customers_test_clock_id"), table_name="customers")
    op.drop_index("ix_customers_phone_index", table_name="customers")
    op.drop_index("ix_customers_name_tokens", table_name="customers", postgresql_using="gin")
    op.drop_index("ix_customers_email_index", table_name="customers")
    op.drop_table("customers")
    op.drop_index(op.f("ix_books_test_clock_id"), table_name="books")
    op.drop_index("ix_books_next_close_at", table_name="books")
    op.drop_table("books")
    op.drop_table("test_clocks")
    op.drop_table("suppressions")
    op.drop_table("strategies")
    op.drop_index(op.f("ix_idempotency_keys_created_at"), table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_table("creditors")
    op.drop_table("clients")
    op.drop_index("ix_audit_subject", table_name="audit")
    op.drop_table("audit")
    for name in SEQUENCES:
        op.execute(sa.schema.DropSequence(sa.Sequence(name)))
    for function in ("refuse_change()", "uuid_v7()", "currency_exponent(text)"):
        op.execute(f"drop function {function}")
