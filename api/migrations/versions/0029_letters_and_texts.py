"""Letters as they were written; texts in versions, and which of them a message was written from."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add letters, versions of texts, and the column."""
    op.execute(sa.schema.CreateSequence(sa.Sequence("letter_numbers", start=1001)))
    op.create_table(
        "letters",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("natural_key", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("test_clock_id", sa.Uuid(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("asked_language", sa.String(), nullable=False),
        sa.Column("template_version", sa.String(), nullable=False),
        sa.Column("delivery", sa.String(), nullable=False),
        sa.Column("dispute_until", sa.Date(), nullable=True),
        sa.Column("sheet_ct", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["recovery_cases.id"], name=op.f("fk_letters_case_id_recovery_cases")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_letters_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name=op.f("fk_letters_loan_id_loans")),
        sa.ForeignKeyConstraint(
            ["test_clock_id"], ["test_clocks.id"], name=op.f("fk_letters_test_clock_id_test_clocks")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint("natural_key", name=op.f("uq_letters_natural_key")),
        sa.UniqueConstraint("number", name=op.f("uq_letters_number")),
    )
    op.create_index("ix_letters_customer_id_number", "letters", ["customer_id", "number"])
    op.create_index("ix_letters_loan_id_number", "letters", ["loan_id", "number"])
    op.create_index(op.f("ix_letters_case_id"), "letters", ["case_id"])
    op.create_index(op.f("ix_letters_test_clock_id"), "letters", ["test_clock_id"])
    op.execute(
        "create trigger append_only before update or delete or truncate on letters "
        "for each statement execute function refuse_change()"
    )
    op.execute("grant select, insert on letters to tenor_api")
    op.execute("grant usage, select on sequence letter_numbers to tenor_api")
    op.create_table(
        "template_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("medium", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_by", sa.String(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status in ('draft', 'approved', 'retired')", name=op.f("ck_template_versions_status")
        ),
        sa.CheckConstraint(
            "status = 'draft' or from_on is not null or approved_at is null",
            name=op.f("ck_template_versions_from_on"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template_versions")),
        sa.UniqueConstraint(
            "key",
            "medium",
            "language",
            "number",
            name=op.f("uq_template_versions_key_medium_language_number"),
        ),
    )
    op.create_index(
        "ix_template_versions_in_use",
        "template_versions",
        ["from_on"],
        postgresql_where=sa.text("status = 'approved'"),
    )
    op.execute("grant select, insert, update on template_versions to tenor_api")
    op.add_column("messages", sa.Column("template_version", sa.String(), nullable=True))


def downgrade() -> None:
    """Take them away."""
    op.drop_column("messages", "template_version")
    op.drop_table("template_versions")
    op.drop_table("letters")
    op.execute(sa.schema.DropSequence(sa.Sequence("letter_numbers")))
