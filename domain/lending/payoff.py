"""Interest earned by the day, and what closes a loan before its time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from domain.lending.rounding import Rounding, divide, from_minor, to_minor
from domain.lending.schedule import Instalment, Stretch
from domain.lending.waterfall import Owed
from domain.money import ZERO


def accrued_interest(instalment: Instalment, on: date, currency: str) -> Decimal:
    """The part of an instalment's interest that is earned at the end of a day.

    round(interest × k / days), k days of the period being over; nothing before it, all of it
    after. Interest that is not earned evenly over the period is told stretch by stretch, each
    rounded so. Halves are rounded up, as SQL's `round(numeric)` does, so that a set-based close
    and this function agree to the cent.
    """
    if on >= instalment.due_on:
        return instalment.interest
    whole = Stretch(instalment.from_on, instalment.due_on, instalment.interest)
    return sum((_earned(stretch, on, currency) for stretch in instalment.earning or (whole,)), ZERO)


def _earned(stretch: Stretch, on: date, currency: str) -> Decimal:
    elapsed = (on - stretch.from_on).days
    if elapsed <= 0:
        return ZERO
    days = (stretch.until_on - stretch.from_on).days
    if elapsed >= days:
        return stretch.interest
    if stretch.bearing is not None:
        return from_minor(stretch.bearing.rounded(elapsed, Rounding.HALF_UP), currency)
    interest = to_minor(stretch.interest, currency)
    return from_minor(divide(interest * elapsed, days, Rounding.HALF_UP), currency)


def earned_by(instalments: Sequence[Instalment], on: date, currency: str) -> Decimal:
    """All interest of a loan that is earned at the end of a day.

    Where it is earned by the day it is told by the stretches alone, whichever instalment asks for
    it.
    """
    return sum(
        (
            accrued_interest(row, on, currency)
            if row.agreed is None
            else earned_through(row.earning, on, currency)
            for row in instalments
        ),
        ZERO,
    )


def earned_through(stretches: Iterable[Stretch], on: date, currency: str) -> Decimal:
    """What of the interest of stretches is earned at the end of a day."""
    return sum((_earned(stretch, on, currency) for stretch in stretches), ZERO)


def accrual(instalment: Instalment, after: date, through: date, currency: str) -> Decimal:
    """Interest earned on the days after `after`, through `through`.

    The difference of two rounded totals, so that the accruals of neighbouring stretches add up
    to that of the whole, and a whole period to exactly its interest.
    """
    return accrued_interest(instalment, through, currency) - accrued_interest(
        instalment, after, currency
    )


@dataclass(frozen=True, slots=True)
class Payoff:
    """What closes a loan on a day; paying `total` leaves nothing owed."""

    principal: Decimal
    interest: Decimal
    """Unpaid interest of periods past, and what is earned but unpaid of the running one."""
    fee: Decimal
    penalty: Decimal
    total: Decimal
    rebate_interest: Decimal
    """Unpaid interest of the plan that is never going to be earned, and is not asked for."""
    running_interest: Decimal
    """All interest earned by the day and not due before it, paid or not: to be billed now."""
    unearned_paid_interest: Decimal
    """Interest already paid for days after `on`: to be given back, not netted from `total`."""


def payoff(
    owed: Sequence[Owed], instalments: Sequence[Instalment], on: date, currency: str
) -> Payoff:
    """What closes a loan on a day.

    All principal, fees and penalties; all unpaid interest of the periods that are over; of the
    running period what is earned by the day (the due-day is charged, the from-day is not) less
    what was already paid of it; nothing of the periods to come. An instalment that `owed` does
    not name is paid in full. Raises `ValueError` where `owed` names an instalment with interest
    that the schedule does not have.
    """
    if any(row.agreed is not None for row in instalments):
        return _daily_payoff(owed, instalments, on, currency)
    unpaid_interest = {row.number: row.interest for row in owed if row.interest}
    interest = rebate = running = unearned_paid = ZERO
    for instalment in instalments:
        unpaid = unpaid_interest.pop(instalment.number, ZERO)
        earned = accrued_interest(instalment, on, currency)
        paid = instalment.interest - unpaid
        payable = max(ZERO, earned - paid)
        interest += payable
        rebate += unpaid - payable
        unearned_paid += max(ZERO, paid - earned)
        if on < instalment.due_on:
            running += earned
    if unpaid_interest:
        raise ValueError("interest is owed for an instalment that the schedule does not have")
    principal = sum((row.principal for row in owed), ZERO)
    fee = sum((row.fee for row in owed), ZERO)
    penalty = sum((row.penalty for row in owed), ZERO)
    return Payoff(
        principal=principal,
        interest=interest,
        fee=fee,
        penalty=penalty,
        total=principal + interest + fee + penalty,
        rebate_interest=rebate,
        running_interest=running,
        unearned_paid_interest=unearned_paid,
    )


def _daily_payoff(
    owed: Sequence[Owed], instalments: Sequence[Instalment], on: date, currency: str
) -> Payoff:
    """The same where interest is earned by the day: what is earned, less what was met of it."""
    principal = sum((row.principal for row in owed), ZERO)
    fee = sum((row.fee for row in owed), ZERO)
    penalty = sum((row.penalty for row in owed), ZERO)
    unpaid = sum((row.interest for row in owed), ZERO)
    met = sum((row.interest for row in instalments), ZERO) - unpaid
    earned = earned_by(instalments, on, currency)
    billed = sum((row.interest for row in instalments if row.due_on <= on), ZERO)
    interest = max(ZERO, earned - met)
    return Payoff(
        principal=principal,
        interest=interest,
        fee=fee,
        penalty=penalty,
        total=principal + interest + fee + penalty,
        rebate_interest=max(ZERO, unpaid - interest),
        running_interest=max(ZERO, earned - billed),
        unearned_paid_interest=max(ZERO, met - earned),
    )


def earned_part(
    owed: Sequence[Owed], instalments: Sequence[Instalment], on: date, currency: str
) -> tuple[Owed, ...]:
    """What may be asked for on a day, by instalment: what is owed, less interest not yet earned.

    Its total is the payoff of that day. Raises what `payoff` raises.
    """
    scheduled = {instalment.number: instalment for instalment in instalments}
    rows = []
    if any(row.agreed is not None for row in instalments):
        left = _daily_payoff(owed, instalments, on, currency).interest
        for row in sorted(owed, key=lambda each: each.number):
            part = min(left, row.interest)
            left -= part
            rows.append(replace(row, interest=part))
        return tuple(rows)
    for row in owed:
        single = payoff([row], [scheduled[row.number]], on, currency)
        rows.append(
            Owed(
                row.number,
                row.due_on,
                penalty=row.penalty,
                fee=row.fee,
                interest=single.interest,
                principal=row.principal,
            )
        )
    return tuple(rows)
