"""Penalties that arise day by day, caps on them, and what the law lets a loan cost."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

CAPS = ("penalty_cap_per_instalment", "penalty_cap_per_loan")


def upgrade() -> None:
    for column in CAPS:
        op.add_column("products", sa.Column(column, sa.Numeric(20, 3), nullable=True))
    op.create_table(
        "loan_caps",
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("most", sa.Numeric(20, 6), nullable=False),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name=op.f("fk_loan_caps_loan_id_loans")),
        sa.PrimaryKeyConstraint("loan_id", "rule", name=op.f("pk_loan_caps")),
    )
    op.execute("grant select, insert, delete on loan_caps to tenor_api")
    # A quotient of two numerics is cut off somewhere; halves are only seen on whole numbers.
    op.execute(
        """
        create function divide_half_even(numerator numeric, denominator numeric, decimals integer)
        returns numeric immutable language sql as $$
            select round((whole + case
                when 2 * rest > denominator or 2 * rest = denominator and mod(whole, 2) = 1
                then 1 else 0 end) / 10::numeric ^ decimals, decimals)
            from (select div(scaled, denominator) as whole, mod(scaled, denominator) as rest
                  from (select numerator * 10::numeric ^ decimals as scaled) as exact) as divided
        $$
        """
    )


def downgrade() -> None:
    op.execute("drop function divide_half_even(numeric, numeric, integer)")
    op.drop_table("loan_caps")
    for column in reversed(CAPS):
        op.drop_column("products", column)
