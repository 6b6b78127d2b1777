"""Instalments whose interest is earned by the day keep the amount that was agreed for them."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_STRETCH_EARNED = """
    create function stretch_earned(
        interest numeric, days int, whole int, balance numeric, rate numeric, carried numeric,
        over numeric, places int
    ) returns numeric immutable language sql as $$
    select case
        when days <= 0 then 0
        when days >= whole then interest
        when over is null then round(interest * days / whole, places)
        else round(greatest(0, round((carried + balance * rate * days) / over))
                   / power(10::numeric, places), places)
    end $$
"""
"""What of a stretch's interest is earned after so many of its days, as
`domain.lending.payoff.earned_through` has it."""


def upgrade() -> None:
    """Add the amount, and the function that says what a stretch has earned."""
    op.add_column("instalments", sa.Column("agreed", sa.Numeric(20, 3), nullable=True))
    op.execute(_STRETCH_EARNED)


def downgrade() -> None:
    """Take the change back."""
    op.execute("drop function stretch_earned")
    op.drop_column("instalments", "agreed")
