"""Months of a book are closed for good; products map accounts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


APPEND_ONLY = (
    "period_accounts",
    "period_closings",
    "period_differences",
    "period_snapshots",
    "period_totals",
)


def _guards_and_grants() -> None:
    """Closed months refuse entries, from whoever; the serving role adds and reads."""
    for table in APPEND_ONLY:
        op.execute(
            f"create trigger append_only before update or delete or truncate on {table} "
            "for each statement execute function refuse_change()"
        )
        op.execute(f"grant select, insert on {table} to tenor_api")
        op.execute(f"revoke update, delete, truncate on {table} from tenor_api")
    # What would be booked into a closed month is booked on the first open day, at its own value
    # date: days that a loan catches up with, for one.
    op.execute(
        """
        create function book_in_open_period() returns trigger language plpgsql as $$
        begin
            new.booked_on = greatest(new.booked_on, (
                select (max(month) + interval '1 month')::date
                from period_closings
                where creditor_id = new.creditor_id
                  and test_clock_id is not distinct from new.test_clock_id));
            return new;
        end $$
        """
    )
    op.execute(
        "create trigger book_in_open_period before insert on journal_entries "
        "for each row execute function book_in_open_period()"
    )
    # The lock is shared among those who book and kept from them by who signs a month off: an
    # entry is either in the totals that are signed or refused here.
    op.execute(
        """
        create function refuse_closed_period() returns trigger language plpgsql as $$
        declare
            late record;
        begin
            perform pg_advisory_xact_lock_shared(
                hashtextextended('period:' || book.creditor_id || ':'
                                 || coalesce(book.test_clock_id::text, ''), 0))
            from (select distinct creditor_id, test_clock_id from booked) as book;
            select booked.booked_on, closing.month into late
            from booked
            join period_closings closing
              on closing.creditor_id = booked.creditor_id
             and closing.test_clock_id is not distinct from booked.test_clock_id
            where booked.booked_on < closing.month + interval '1 month'
            limit 1;
            if found then
                raise exception 'the period of % is closed', late.booked_on
                    using errcode = 'TN001';
            end if;
            return null;
        end $$
        """
    )
    op.execute(
        "create trigger refuse_closed_period after insert on journal_entries "
        "referencing new table as booked "
        "for each statement execute function refuse_closed_period()"
    )


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "period_snapshots",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("creditor_id", sa.Uuid(), nullable=False),
        sa.Column("test_clock_id", sa.Uuid(), nullable=True),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.String(), nullable=False),
        sa.Column("taken_by_user", sa.Uuid(), nullable=True),
        sa.Column("days_closed_through", sa.Date(), nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["creditor_id"],
            ["creditors.id"],
            name=op.f("fk_period_snapshots_creditor_id_creditors"),
        ),
        sa.ForeignKeyConstraint(
            ["test_clock_id"],
            ["test_clocks.id"],
            name=op.f("fk_period_snapshots_test_clock_id_test_clocks"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period_snapshots")),
    )
    op.create_index(
        "ix_period_snapshots_book", "period_snapshots", ["creditor_id", "month", "id"], unique=False
    )
    op.create_table(
        "period_accounts",
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("opening", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("debit", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("credit", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("closing", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_period_accounts_product_id_products")
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"],
            ["period_snapshots.id"],
            name=op.f("fk_period_accounts_snapshot_id_period_snapshots"),
        ),
        sa.PrimaryKeyConstraint("snapshot_id", "line", name=op.f("pk_period_accounts")),
    )
    op.create_table(
        "period_closings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("creditor_id", sa.Uuid(), nullable=False),
        sa.Column("test_clock_id", sa.Uuid(), nullable=True),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_by", sa.String(), nullable=False),
        sa.Column("signed_by_user", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["creditor_id"], ["creditors.id"], name=op.f("fk_period_closings_creditor_id_creditors")
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"],
            ["period_snapshots.id"],
            name=op.f("fk_period_closings_snapshot_id_period_snapshots"),
        ),
        sa.ForeignKeyConstraint(
            ["test_clock_id"],
            ["test_clocks.id"],
            name=op.f("fk_period_closings_test_clock_id_test_clocks"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period_closings")),
        sa.UniqueConstraint(
            "creditor_id",
            "test_clock_id",
            "month",
            name=op.f("uq_period_closings_creditor_id_test_clock_id_month"),
            postgresql_nulls_not_distinct=True,
        ),
        sa.UniqueConstraint("snapshot_id", name=op.f("uq_period_closings_snapshot_id")),
    )
    op.create_table(
        "period_totals",
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("general_ledger", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("sub_ledger", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_period_totals_product_id_products")
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"],
            ["period_snapshots.id"],
            name=op.f("fk_period_totals_snapshot_id_period_snapshots"),
        ),
        sa.PrimaryKeyConstraint("snapshot_id", "line", name=op.f("pk_period_totals")),
    )
    op.create_table(
        "period_differences",
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=True),
        sa.Column("loan_id", sa.Uuid(), nullable=True),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("general_ledger", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.Column("sub_ledger", sa.Numeric(precision=20, scale=3), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["journal_entries.id"],
            name=op.f("fk_period_differences_entry_id_journal_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["loan_id"], ["loans.id"], name=op.f("fk_period_differences_loan_id_loans")
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"],
            ["period_snapshots.id"],
            name=op.f("fk_period_differences_snapshot_id_period_snapshots"),
        ),
        sa.PrimaryKeyConstraint("snapshot_id", "line", name=op.f("pk_period_differences")),
    )
    op.create_index(
        "ix_journal_entries_book",
        "journal_entries",
        ["creditor_id", "booked_on", "id"],
        unique=False,
    )
    op.add_column(
        "products",
        sa.Column(
            "accounts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
    )
    _guards_and_grants()


def downgrade() -> None:
    """Take the change back."""
    op.execute("drop trigger refuse_closed_period on journal_entries")
    op.execute("drop function refuse_closed_period()")
    op.execute("drop trigger book_in_open_period on journal_entries")
    op.execute("drop function book_in_open_period()")
    op.drop_column("products", "accounts")
    op.drop_index("ix_journal_entries_book", table_name="journal_entries")
    op.drop_table("period_differences")
    op.drop_table("period_totals")
    op.drop_table("period_closings")
    op.drop_table("period_accounts")
    op.drop_index("ix_period_snapshots_book", table_name="period_snapshots")
    op.drop_table("period_snapshots")
