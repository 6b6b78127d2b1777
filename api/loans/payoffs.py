"""What closes a loan on a day, whatever way its interest is earned."""

from collections.abc import Sequence
from datetime import date

from api.loans.balances import PlannedState, owed, scheduled
from api.products.schedules import earns_daily
from api.products.tables import ProductRow
from api.products.terms import daily_of
from domain.lending.payoff import Payoff, payoff
from domain.lending.schedule import Instalment
from domain.lending.telling import owed_by_plan
from domain.lending.waterfall import Owed


def payoff_of(rows: Sequence[PlannedState], on: date, product: ProductRow) -> Payoff:
    """What closes a loan on a day if nothing is paid before; all its instalments are given."""
    left, plan = standing_on(rows, on, product)
    return payoff(left, plan, on, product.currency)


def standing_on(
    rows: Sequence[PlannedState], on: date, product: ProductRow
) -> tuple[list[Owed], list[Instalment]]:
    """What is owed, and how it was planned, as a day opens on which nothing was paid meanwhile.

    Where interest is earned by the day, what is unpaid goes on bearing it.
    """
    left, plan = [owed(row) for row in rows], [scheduled(row) for row in rows]
    if not earns_daily(product):
        return left, plan
    new = {row.number: row for row in daily_of(product).as_of(plan, left, on)}
    now = [new.get(row.number, row) for row in plan]
    return [owed_by_plan(*each) for each in zip(left, plan, now, strict=True)], now
