"""Changes to loans with their limits; what was met without money, and the book balance."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MONEY = sa.Numeric(precision=20, scale=3)
RELIEVED = ("principal_relieved", "interest_relieved", "fee_relieved", "penalty_relieved")
PAID = (
    "principal_paid between 0 and principal "
    "and interest_paid >= 0 and interest_rebated >= 0 "
    "and interest_paid + interest_rebated <= interest "
    "and fee_paid between 0 and fee and penalty_paid between 0 and penalty"
)
MET = (
    "principal_paid >= 0 and principal_relieved >= 0 "
    "and principal_paid + principal_relieved <= principal "
    "and interest_paid >= 0 and interest_rebated >= 0 and interest_relieved >= 0 "
    "and interest_paid + interest_rebated + interest_relieved <= interest "
    "and fee_paid >= 0 and fee_relieved >= 0 and fee_paid + fee_relieved <= fee "
    "and penalty_paid >= 0 and penalty_relieved >= 0 "
    "and penalty_paid + penalty_relieved <= penalty"
)


def upgrade() -> None:
    """Apply the change."""
    for name in RELIEVED:
        op.add_column(
            "instalments", sa.Column(name, MONEY, server_default=sa.text("0"), nullable=False)
        )
    op.drop_constraint(op.f("ck_instalments_paid_within_due"), "instalments")
    op.create_check_constraint(op.f("ck_instalments_paid_within_due"), "instalments", MET)
    for name in ("written_off", "recovered"):
        op.add_column("loans", sa.Column(name, MONEY, server_default=sa.text("0"), nullable=False))
    op.add_column("loans", sa.Column("charged_off_on", sa.Date(), nullable=True))
    op.create_check_constraint(
        op.f("ck_loans_recovered_within_written_off"),
        "loans",
        "recovered between 0 and written_off",
    )
    op.execute(sa.schema.CreateSequence(sa.Sequence("loan_change_numbers", start=1001)))
    op.create_table(
        "loan_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("terms", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("note_ct", sa.LargeBinary(), nullable=True),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("absorbed", MONEY, server_default=sa.text("0"), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("rejected_for", sa.String(), nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.Column("made_loan_id", sa.Uuid(), nullable=True),
        sa.Column("moved", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "status in ('pending', 'applied', 'rejected', 'undone')",
            name=op.f("ck_loan_changes_status"),
        ),
        sa.ForeignKeyConstraint(
            ["loan_id"], ["loans.id"], name=op.f("fk_loan_changes_loan_id_loans")
        ),
        sa.ForeignKeyConstraint(
            ["undone_by"], ["loan_changes.id"], name=op.f("fk_loan_changes_undone_by_loan_changes")
        ),
        sa.ForeignKeyConstraint(
            ["made_loan_id"], ["loans.id"], name=op.f("fk_loan_changes_made_loan_id_loans")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan_changes")),
        sa.UniqueConstraint("number", name=op.f("uq_loan_changes_number")),
    )
    op.create_index("ix_loan_changes_loan_id_number", "loan_changes", ["loan_id", "number"])
    op.create_table(
        "change_limits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("creditor_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["creditor_id"], ["creditors.id"], name=op.f("fk_change_limits_creditor_id_creditors")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_limits")),
        sa.UniqueConstraint(
            "creditor_id",
            "kind",
            "currency",
            name=op.f("uq_change_limits_creditor_id_kind_currency"),
        ),
    )
    op.create_table(
        "schedule_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=True),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("annual_rate_percent", sa.Numeric(precision=12, scale=6), nullable=False),
        sa.Column("rows", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["loan_id"], ["loans.id"], name=op.f("fk_schedule_versions_loan_id_loans")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_versions")),
        sa.UniqueConstraint(
            "loan_id", "version", name=op.f("uq_schedule_versions_loan_id_version")
        ),
    )
    op.execute(
        "create trigger append_only before update or delete or truncate on schedule_versions "
        "for each statement execute function refuse_change()"
    )
    op.execute("grant select, insert on schedule_versions to tenor_api")
    op.execute("grant usage, select on sequence loan_change_numbers to tenor_api")
    for table in ("loan_changes", "change_limits"):
        op.execute(f"grant select, insert, update, delete on {table} to tenor_api")


def downgrade() -> None:
    """Take it back."""
    for table in ("schedule_versions", "change_limits", "loan_changes"):
        op.drop_table(table)
    op.execute(sa.schema.DropSequence(sa.Sequence("loan_change_numbers")))
    op.drop_constraint(op.f("ck_loans_recovered_within_written_off"), "loans")
    for name in ("charged_off_on", "recovered", "written_off"):
        op.drop_column("loans", name)
    op.drop_constraint(op.f("ck_instalments_paid_within_due"), "instalments")
    for name in RELIEVED:
        op.drop_column("instalments", name)
    op.create_check_constraint(op.f("ck_instalments_paid_within_due"), "instalments", PAID)
