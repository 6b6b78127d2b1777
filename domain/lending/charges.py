"""Late penalties: after grace, once or day by day, within caps, and never a fee on a fee."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Final, assert_never

from domain.lending.rounding import Rounding, divide, from_minor, percent_of, to_minor
from domain.lending.terms import PenaltyKind, PenaltyPolicy
from domain.lending.waterfall import Owed
from domain.money import ZERO, positive

DAYS_OF_A_YEAR: Final = 365
"""Over which a yearly rate of penalty interest is spread, in leap years too."""


def late_fee_on(policy: PenaltyPolicy, due_on: date) -> date:
    """The first day on which an instalment still unpaid costs a fee.

    A payment on the last day of grace (`due_on` + grace days) is in time.
    """
    return due_on + timedelta(days=policy.grace_days + 1)


def late_fee(  # noqa: PLR0913 - what the fee follows from, named at the call
    policy: PenaltyPolicy,
    owed: Owed,
    as_of: date,
    currency: str,
    *,
    already_charged: bool,
    paid_to_penalties: Decimal = ZERO,
    room: Decimal | None = None,
) -> Decimal | None:
    """The late fee of one instalment, or None where none is due; of a daily one, the day's part.

    `owed` is what is unpaid of the instalment as of the day. Only its principal and interest
    count: a fee or a penalty left unpaid neither causes a fee nor enlarges one (Reg Z,
    12 CFR 1026.36(c)(2), on pyramiding). `already_charged` says that this instalment has had its
    fee (of a daily one, that of the day), whether or not it was paid or waived since.
    `paid_to_penalties` is what the loan's payments
    have gone to penalties instead of instalments: a shortfall no larger than that is owed to an
    earlier fee alone, and costs nothing (16 CFR 444.4); so does one within the policy's
    tolerance. A percentage is rounded half-even; one that
    rounds to nothing is no fee. `room` is what caps leave (`room_left`): more is never charged.
    Raises `AMOUNT_PRECISION` for a flat fee the currency cannot hold.
    """
    overdue = owed.principal + owed.interest - paid_to_penalties
    first = late_fee_on(policy, owed.due_on)
    if already_charged or overdue <= policy.tolerance or as_of < first:
        return None
    match policy.kind:
        case PenaltyKind.FLAT | PenaltyKind.FLAT_PER_DAY:
            amount = positive(policy.amount, currency)
        case PenaltyKind.PERCENT_OF_OVERDUE:
            amount = percent_of(overdue, policy.amount, currency)
        case PenaltyKind.ANNUAL_RATE:
            day = (as_of - first).days + 1
            amount = penalty_interest(overdue, policy.amount, day, currency) - penalty_interest(
                overdue, policy.amount, day - 1, currency
            )
        case _:
            assert_never(policy.kind)
    if room is not None:
        amount = min(amount, max(ZERO, room))
    return amount or None


def penalty_interest(overdue: Decimal, percent: Decimal, days: int, currency: str) -> Decimal:
    """What an overdue amount costs in so many days: round(amount × rate × days / 365), half-even.

    A day's part is the difference of two such totals. It follows from that day alone, and yet
    the parts of an amount that stands still add up to the cent.
    """
    numerator, denominator = percent.as_integer_ratio()
    return from_minor(
        divide(
            to_minor(overdue, currency) * numerator * days,
            denominator * 100 * DAYS_OF_A_YEAR,
            Rounding.HALF_EVEN,
        ),
        currency,
    )


def room_left(
    policy: PenaltyPolicy,
    *,
    on_instalment: Decimal,
    on_loan: Decimal,
    by_law: Decimal | None = None,
) -> Decimal | None:
    """What caps leave for the next fee of an instalment; None where there is no cap.

    `on_instalment` and `on_loan` are the penalties charged so far, waived ones among them: what
    was waived does not grow again. `by_law` is the room under the caps of a jurisdiction.
    """
    rooms = [
        cap - so_far
        for cap, so_far in (
            (policy.cap_per_instalment, on_instalment),
            (policy.cap_per_loan, on_loan),
        )
        if cap is not None
    ]
    if by_law is not None:
        rooms.append(by_law)
    return max(ZERO, min(rooms)) if rooms else None
