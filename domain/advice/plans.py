"""Ways out of debt: the avalanche and the snowball compared, month by month.

Every month each debt bears interest on its opening balance, rounded half-up to the minor unit;
each gets its minimum payment; all money that is left of the budget, freed minimums included, goes
to the first debt of the order and cascades to the next within the month. The avalanche takes the
highest rate first, the snowball the smallest balance. The budget stays the same until the end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

from domain.errors import DomainError, ErrorCode
from domain.money import ZERO, exact, quantize

MOST_MONTHS: Final = 600
"""Fifty years: a plan that takes longer is none."""
MOST_DEBTS: Final = 50
HIGHEST_RATE: Final = Decimal(10_000)
"""Percent a year; short-term credit really costs thousands."""
_RUNAWAY: Final = 100
"""Debts that have grown to so many times what they were do not come back."""
_MONTHS_PERCENT: Final = Decimal(1200)


class Method(StrEnum):
    """In which order debts are paid off."""

    AVALANCHE = "avalanche"
    """The highest rate first: costs least."""
    SNOWBALL = "snowball"
    """The smallest balance first: the first success comes soonest."""


@dataclass(frozen=True, slots=True)
class Debt:
    """A debt as it stands today.

    Attributes:
        name: Tells it from the others of the same person.
        balance: What is owed, above zero.
        annual_rate_percent: Interest, percent a year.
        minimum_payment: What must be paid a month.
    """

    name: str
    balance: Decimal
    annual_rate_percent: Decimal
    minimum_payment: Decimal


@dataclass(frozen=True, slots=True)
class DebtMonth:
    """One debt in one month."""

    debt: str
    interest: Decimal
    paid: Decimal
    balance: Decimal
    """At the end of the month."""


@dataclass(frozen=True, slots=True)
class PlanMonth:
    """One month of a plan, counted from 1."""

    month: int
    interest: Decimal
    paid: Decimal
    balance: Decimal
    debts: tuple[DebtMonth, ...]


@dataclass(frozen=True, slots=True)
class ClearedDebt:
    """When a debt is gone."""

    debt: str
    month: int


@dataclass(frozen=True, slots=True)
class PayoffPlan:
    """A way out of all debts with one monthly budget.

    Attributes:
        method: Whose order it follows.
        months: Until the last debt is gone.
        total_interest: Interest paid on the way.
        total_paid: All payments together.
        order: The debts in the order in which spare money goes to them.
        cleared: When each debt is gone, first to last.
        table: Month by month.
    """

    method: Method
    months: int
    total_interest: Decimal
    total_paid: Decimal
    order: tuple[str, ...]
    cleared: tuple[ClearedDebt, ...]
    table: tuple[PlanMonth, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both plans with the same budget.

    Attributes:
        currency: Of every amount.
        monthly_payment: The budget.
        avalanche: The plan that costs least.
        snowball: The plan with the earliest first success; None where it would never end though
            the avalanche does.
        interest_saved: What the avalanche saves against the snowball.
        months_saved: How much sooner it ends.
    """

    currency: str
    monthly_payment: Decimal
    avalanche: PayoffPlan
    snowball: PayoffPlan | None
    interest_saved: Decimal
    months_saved: int


def compare(debts: Sequence[Debt], monthly_payment: Decimal, currency: str) -> Comparison:
    """Both plans for the same debts and the same monthly payment.

    Raises:
        DomainError: `UNKNOWN_CURRENCY`, `AMOUNT_PRECISION`, `INVALID_REQUEST` for debts that make
            no sense, `BUDGET_BELOW_MINIMUMS` when the payment does not cover the minimum
            payments, `BUDGET_BELOW_INTEREST` when the debts would not be gone in fifty years.
    """
    check(debts, currency)
    exact(monthly_payment, currency)
    _require_minimums(debts, monthly_payment, currency)
    avalanche = _pay_off(debts, monthly_payment, currency, Method.AVALANCHE)
    if avalanche is None:
        interest = first_interest(debts, currency)
        raise DomainError(
            ErrorCode.BUDGET_BELOW_INTEREST,
            f"With this payment the debts would not be cleared within {MOST_MONTHS // 12} years; "
            f"the interest of the first month alone is {interest} {currency}.",
            {
                "monthly_payment": str(monthly_payment),
                "first_interest": str(interest),
                "currency": currency,
            },
        )
    snowball = _pay_off(debts, monthly_payment, currency, Method.SNOWBALL)
    return Comparison(
        currency=currency,
        monthly_payment=quantize(monthly_payment, currency),
        avalanche=avalanche,
        snowball=snowball,
        interest_saved=ZERO
        if snowball is None
        else snowball.total_interest - avalanche.total_interest,
        months_saved=0 if snowball is None else snowball.months - avalanche.months,
    )


def pay_off(
    debts: Sequence[Debt], monthly_payment: Decimal, currency: str, method: Method
) -> PayoffPlan:
    """One plan alone; raises what `compare` raises."""
    check(debts, currency)
    _require_minimums(debts, monthly_payment, currency)
    plan = _pay_off(debts, monthly_payment, currency, method)
    if plan is None:
        raise DomainError(
            ErrorCode.BUDGET_BELOW_INTEREST,
            f"With this payment the debts would not be cleared within {MOST_MONTHS // 12} years.",
            {"monthly_payment": str(monthly_payment), "currency": currency},
        )
    return plan


def minimums(debts: Sequence[Debt]) -> Decimal:
    """What must be paid on all debts in a month, at most what is owed on each."""
    return sum((min(debt.minimum_payment, debt.balance) for debt in debts), ZERO)


def first_interest(debts: Sequence[Debt], currency: str) -> Decimal:
    """The interest of all debts in the first month."""
    return sum((_interest(debt, debt.balance, currency) for debt in debts), ZERO)


def check(debts: Sequence[Debt], currency: str) -> None:
    """Raise `INVALID_REQUEST` for debts without sense, `AMOUNT_PRECISION` for their amounts."""
    if not 1 <= len(debts) <= MOST_DEBTS:
        raise _refused("debts", f"A plan is for one to {MOST_DEBTS} debts.")
    if len({debt.name for debt in debts}) != len(debts):
        raise _refused("debts", "Every debt needs a name of its own.")
    for debt in debts:
        exact(debt.balance, currency)
        exact(debt.minimum_payment, currency)
        if debt.balance <= 0 or debt.minimum_payment < 0:
            raise _refused("debts", "A debt has a balance above zero and no negative minimum.")
        if not 0 <= debt.annual_rate_percent <= HIGHEST_RATE:
            raise _refused("debts", f"A rate is between 0 and {HIGHEST_RATE} percent a year.")


def _require_minimums(debts: Sequence[Debt], monthly_payment: Decimal, currency: str) -> None:
    needed = minimums(debts)
    if monthly_payment < needed:
        raise DomainError(
            ErrorCode.BUDGET_BELOW_MINIMUMS,
            f"The minimum payments together are {needed} {currency} a month; the payment is "
            f"{monthly_payment}. Ask the creditors, or an advisor, for smaller payments.",
            {
                "monthly_payment": str(monthly_payment),
                "minimum_payments": str(needed),
                "currency": currency,
            },
        )


def order_of(debts: Sequence[Debt], method: Method) -> tuple[Debt, ...]:
    """The debts in the order of a method; ties go by the other's measure, then as given."""
    if method is Method.AVALANCHE:
        return tuple(sorted(debts, key=lambda debt: (-debt.annual_rate_percent, debt.balance)))
    return tuple(sorted(debts, key=lambda debt: (debt.balance, -debt.annual_rate_percent)))


def _interest(debt: Debt, balance: Decimal, currency: str) -> Decimal:
    return quantize(balance * debt.annual_rate_percent / _MONTHS_PERCENT, currency, ROUND_HALF_UP)


def _pay_off(
    debts: Sequence[Debt], budget: Decimal, currency: str, method: Method
) -> PayoffPlan | None:
    """The plan of one method; None when it would not end."""
    order = order_of(debts, method)
    balances = {debt.name: quantize(debt.balance, currency) for debt in order}
    limit = sum(balances.values(), ZERO) * _RUNAWAY
    table: list[PlanMonth] = []
    cleared: list[ClearedDebt] = []
    while any(balances.values()):
        month = _month(order, balances, budget, currency, len(table) + 1)
        cleared += [
            ClearedDebt(line.debt, month.month)
            for line in month.debts
            if not line.balance and balances[line.debt]
        ]
        balances |= {line.debt: line.balance for line in month.debts}
        table.append(month)
        if len(table) > MOST_MONTHS or month.balance > limit:
            return None
    return PayoffPlan(
        method=method,
        months=len(table),
        total_interest=sum((month.interest for month in table), ZERO),
        total_paid=sum((month.paid for month in table), ZERO),
        order=tuple(debt.name for debt in order),
        cleared=tuple(cleared),
        table=tuple(table),
    )


def _month(
    order: Sequence[Debt],
    opening: Mapping[str, Decimal],
    budget: Decimal,
    currency: str,
    number: int,
) -> PlanMonth:
    """One month: interest, minimums, then the rest of the budget in order."""
    live = [debt for debt in order if opening[debt.name]]
    interest = {debt.name: _interest(debt, opening[debt.name], currency) for debt in live}
    owed = {debt.name: opening[debt.name] + interest[debt.name] for debt in live}
    paid = {debt.name: min(debt.minimum_payment, owed[debt.name]) for debt in live}
    spare = budget - sum(paid.values(), ZERO)
    for debt in live:
        more = min(max(spare, ZERO), owed[debt.name] - paid[debt.name])
        paid[debt.name] += more
        spare -= more
    lines = tuple(
        DebtMonth(
            debt=debt.name,
            interest=interest[debt.name],
            paid=quantize(paid[debt.name], currency),
            balance=quantize(owed[debt.name] - paid[debt.name], currency),
        )
        for debt in live
    )
    return PlanMonth(
        month=number,
        interest=sum(interest.values(), ZERO),
        paid=sum((line.paid for line in lines), ZERO),
        balance=sum((line.balance for line in lines), ZERO),
        debts=lines,
    )


def _refused(field: str, detail: str) -> DomainError:
    return DomainError(ErrorCode.INVALID_REQUEST, detail, {"field": field})
