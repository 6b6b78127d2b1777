"""What the books need when a schedule turns out to ask for other interest than it did.

Days that are closed were booked by the old schedule: interest that fell due as a demand, interest
of the running period as accrued. Both are brought to the new one by a single entry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.lending.ledger import Account, Entry, EntryKind, Line
from domain.lending.payoff import earned_by
from domain.lending.schedule import Instalment
from domain.money import ZERO


@dataclass(frozen=True, slots=True)
class Booked:
    """How far a loan's interest was booked.

    Attributes:
        through: The last day whose interest was.
        ended: The loan ended on that day: what fell due on it was accrued and not demanded.
    """

    through: date
    ended: bool = False


def interest_correction(
    before: Sequence[Instalment], after: Sequence[Instalment], booked: Booked, currency: str
) -> Entry | None:
    """The entry that turns the interest booked by one schedule into that of another, if any."""
    demanded = _demanded(after, booked) - _demanded(before, booked)
    earned = earned_by(after, booked.through, currency) - earned_by(
        before, booked.through, currency
    )
    accrued = earned - demanded
    sides = (
        (Account.INTEREST_RECEIVABLE, demanded),
        (Account.ACCRUED_INTEREST, accrued),
        (Account.INTEREST_INCOME, -demanded - accrued),
    )
    lines = tuple(Line(account, amount) for account, amount in sides if amount)
    return Entry(EntryKind.INTEREST_CORRECTION, lines) if lines else None


def _is_demanded(row: Instalment, booked: Booked) -> bool:
    return row.due_on < booked.through or (row.due_on == booked.through and not booked.ended)


def _demanded(rows: Sequence[Instalment], booked: Booked) -> Decimal:
    return sum((row.interest for row in rows if _is_demanded(row, booked)), ZERO)
