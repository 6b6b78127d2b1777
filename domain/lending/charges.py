"""Late fees: once per instalment, after grace, and never a fee on a fee."""

from datetime import date, timedelta
from decimal import Decimal
from typing import assert_never

from domain.lending.rounding import percent_of
from domain.lending.terms import PenaltyKind, PenaltyPolicy
from domain.lending.waterfall import Owed
from domain.money import ZERO, positive


def late_fee_on(policy: PenaltyPolicy, due_on: date) -> date:
    """The first day on which an instalment still unpaid costs a fee.

    A payment on the last day of grace (`due_on` + grace days) is in time.
    """
    return due_on + timedelta(days=policy.grace_days + 1)


def late_fee(
    policy: PenaltyPolicy,
    owed: Owed,
    as_of: date,
    currency: str,
    *,
    already_charged: bool,
    paid_to_penalties: Decimal = ZERO,
) -> Decimal | None:
    """The late fee of one instalment, or None where none is due.

    `owed` is what is unpaid of the instalment as of the day. Only its principal and interest
    count: a fee or a penalty left unpaid neither causes a fee nor enlarges one (Reg Z,
    12 CFR 1026.36(c)(2), on pyramiding). `already_charged` says that this instalment has had its
    fee, whether or not it was paid or waived since. `paid_to_penalties` is what the loan's payments
    have gone to penalties instead of instalments: a shortfall no larger than that is owed to an
    earlier fee alone, and costs nothing (16 CFR 444.4); so does one within the policy's
    tolerance. A percentage is rounded half-even; one that
    rounds to nothing is no fee. Raises `AMOUNT_PRECISION` for a flat fee the currency cannot hold.
    """
    overdue = owed.principal + owed.interest - paid_to_penalties
    if already_charged or overdue <= policy.tolerance or as_of < late_fee_on(policy, owed.due_on):
        return None
    match policy.kind:
        case PenaltyKind.FLAT:
            return positive(policy.amount, currency)
        case PenaltyKind.PERCENT_OF_OVERDUE:
            return percent_of(overdue, policy.amount, currency) or None
        case _:
            assert_never(policy.kind)
