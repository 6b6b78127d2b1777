"""Books in sections by ranges of loans, and stretches in which lateness does not count."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_FIRST = "00000000-0000-0000-0000-000000000000"


def upgrade() -> None:
    op.add_column("books", sa.Column("from_id", sa.Uuid(), nullable=False, server_default=_FIRST))
    op.alter_column("books", "from_id", server_default=None)
    op.add_column("books", sa.Column("below_id", sa.Uuid(), nullable=True))
    op.drop_constraint(op.f("uq_books_creditor_id_test_clock_id"), "books")
    op.create_unique_constraint(
        op.f("uq_books_creditor_id_test_clock_id_from_id"),
        "books",
        ["creditor_id", "test_clock_id", "from_id"],
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_loans_section", "loans", ["creditor_id", "test_clock_id", "id"])
    op.create_table(
        "arrears_pauses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_arrears_pauses_forwards")),
        sa.ForeignKeyConstraint(
            ["loan_id"], ["loans.id"], name=op.f("fk_arrears_pauses_loan_id_loans")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrears_pauses")),
    )
    op.create_index(op.f("ix_arrears_pauses_loan_id"), "arrears_pauses", ["loan_id"])
    op.execute("grant select, insert on arrears_pauses to tenor_api")
    op.execute(
        """
        create function round_half_even(amount numeric, decimals integer) returns numeric
        immutable language sql as $$
            select case
                when abs(amount - trunc(amount, decimals)) * 10::numeric ^ decimals = 0.5
                     and mod(trunc(amount, decimals) * 10::numeric ^ decimals, 2) = 0
                then trunc(amount, decimals)
                else round(amount, decimals)
            end
        $$
        """
    )


def downgrade() -> None:
    op.execute("drop function round_half_even(numeric, integer)")
    op.drop_index(op.f("ix_arrears_pauses_loan_id"), "arrears_pauses")
    op.drop_table("arrears_pauses")
    op.drop_index("ix_loans_section", "loans")
    op.execute("delete from books where from_id <> '00000000-0000-0000-0000-000000000000'")
    op.drop_constraint(op.f("uq_books_creditor_id_test_clock_id_from_id"), "books")
    op.create_unique_constraint(
        op.f("uq_books_creditor_id_test_clock_id"),
        "books",
        ["creditor_id", "test_clock_id"],
        postgresql_nulls_not_distinct=True,
    )
    op.drop_column("books", "below_id")
    op.drop_column("books", "from_id")
