"""What is set aside for losses, and interest that is no income while a loan is far in arrears."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

KEPT = ("allowance", "suspended_interest")


def upgrade() -> None:
    op.add_column("products", sa.Column("provisioning", postgresql.JSONB(), nullable=True))
    for column in KEPT:
        op.add_column(
            "loans", sa.Column(column, sa.Numeric(20, 3), nullable=False, server_default="0")
        )
    op.create_table(
        "provisions",
        sa.Column("book_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("creditor_id", sa.Uuid(), nullable=False),
        sa.Column("test_clock_id", sa.Uuid(), nullable=True),
        sa.Column("loans", sa.Integer(), nullable=False),
        sa.Column("non_accrual_loans", sa.Integer(), nullable=False),
        sa.Column("book_balance", sa.Numeric(20, 3), nullable=False),
        sa.Column("percent", sa.Numeric(12, 6), nullable=False),
        sa.Column("allowance", sa.Numeric(20, 3), nullable=False),
        sa.Column("suspended_interest", sa.Numeric(20, 3), nullable=False),
        sa.ForeignKeyConstraint(
            ["book_id"], ["books.id"], name=op.f("fk_provisions_book_id_books")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_provisions_product_id_products")
        ),
        sa.ForeignKeyConstraint(
            ["creditor_id"], ["creditors.id"], name=op.f("fk_provisions_creditor_id_creditors")
        ),
        sa.ForeignKeyConstraint(
            ["test_clock_id"],
            ["test_clocks.id"],
            name=op.f("fk_provisions_test_clock_id_test_clocks"),
        ),
        sa.PrimaryKeyConstraint(
            "book_id", "day", "product_id", "currency", "bucket", name=op.f("pk_provisions")
        ),
    )
    op.create_index("ix_provisions_creditor_id_day", "provisions", ["creditor_id", "day"])
    op.execute(
        "create trigger append_only before update or delete or truncate on provisions "
        "for each statement execute function refuse_change()"
    )
    op.execute("grant select, insert on provisions to tenor_api")


def downgrade() -> None:
    op.drop_table("provisions")
    for column in reversed(KEPT):
        op.drop_column("loans", column)
    op.drop_column("products", "provisioning")
