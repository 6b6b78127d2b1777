"""What a set of postings must keep to before it is written."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from domain.books.chart import DEFAULT_CHART
from domain.lending.ledger import Entry
from domain.money import ZERO, exact


@dataclass(frozen=True, slots=True)
class Booking:
    """An entry with what it is dated by and belongs to."""

    entry: Entry
    currency: str
    loan_id: UUID | None
    value_on: date
    booked_on: date


def check_set(bookings: Iterable[Booking]) -> None:
    """Refuse a set that would unbalance or blur the books.

    Debits equal credits per entry (an `Entry` cannot be otherwise) and per loan, currency and
    value date; each account stands in the chart; amounts have the currency's decimals; nothing is
    booked before the day from which it counts. A violation is a mistake in the program, never a
    refusal: raises `ValueError`.
    """
    sums: defaultdict[tuple[UUID | None, str, date], Decimal] = defaultdict(lambda: ZERO)
    for booking in bookings:
        kind = booking.entry.kind.value
        if booking.value_on > booking.booked_on:
            raise ValueError(f"a {kind} entry is booked before the day it counts from")
        for line in booking.entry.lines:
            if line.account not in DEFAULT_CHART:
                raise ValueError(f"a {kind} entry names an account that no chart has")
            exact(line.amount, booking.currency)
            sums[booking.loan_id, booking.currency, booking.value_on] += line.amount
    if any(sums.values()):
        raise ValueError("debits and credits of a set differ on a day")
