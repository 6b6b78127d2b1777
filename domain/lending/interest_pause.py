"""Days that bear no interest: what an instalment asks for with them left out.

An instalment's interest is earned evenly over its days; a paused day earns nothing. What is left
is rounded cumulatively, so that the parts before and after a pause add up to it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from domain.lending.rounding import Rounding, divide, from_minor, to_minor
from domain.lending.schedule import Instalment, Stretch
from domain.lending.tranches import InterestPause
from domain.money import ZERO

_DAY = timedelta(days=1)


def without_paused_days(
    row: Instalment, pauses: Sequence[InterestPause], currency: str
) -> Instalment:
    """An instalment with its interest of the paused days taken out; its principal stays."""
    whole = (Stretch(row.from_on, row.due_on, row.interest),)
    earning = [
        part
        for stretch in row.earning or whole
        for part in _earning_parts(stretch, pauses, currency)
    ]
    if tuple(earning) == (row.earning or whole):
        return row
    interest = sum((part.interest for part in earning), ZERO)
    return replace(row, interest=interest, earning=tuple(earning))


def _earning_parts(
    stretch: Stretch, pauses: Sequence[InterestPause], currency: str
) -> Iterator[Stretch]:
    """The unpaused parts of a stretch, with what of its interest is earned in each."""
    if stretch.interest == 0 or stretch.from_on == stretch.until_on:
        yield stretch
        return
    whole = (stretch.until_on - stretch.from_on).days
    interest = to_minor(stretch.interest, currency)
    days = earned = 0
    for from_on, until_on in _unpaused(stretch, pauses):
        days += (until_on - from_on).days
        through = divide(interest * days, whole, Rounding.HALF_UP)
        yield Stretch(from_on, until_on, from_minor(through - earned, currency))
        earned = through


def _unpaused(stretch: Stretch, pauses: Sequence[InterestPause]) -> Iterator[tuple[date, date]]:
    """The days (from, until] of a stretch that no pause covers, as long runs as there are."""
    start = stretch.from_on
    for pause in sorted(pauses, key=lambda one: (one.first, one.last)):
        first, last = max(pause.first, start + _DAY), min(pause.last, stretch.until_on)
        if first > last:
            continue
        if first - _DAY > start:
            yield start, first - _DAY
        start = last
    if start < stretch.until_on:
        yield start, stretch.until_on


def given_up(before: Sequence[Instalment], after: Sequence[Instalment]) -> Decimal:
    """How much less interest a schedule asks for than another one."""
    return sum((row.interest for row in before), ZERO) - sum((row.interest for row in after), ZERO)
