"""The rest of a schedule planned anew, from the end of the running period on.

What has accrued stays as it is: a period that has begun keeps its days and its interest, and the
new rows begin where it ends. So no interest of a past day changes, and nothing needs correcting.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from domain.calendar import nth_date, nth_due_date
from domain.errors import DomainError, ErrorCode
from domain.lending.schedule import Instalment, Stretch, build_schedule, schedule_dates
from domain.lending.terms import ScheduleOptions, Terms
from domain.money import ZERO

_NEARLY = timedelta(days=6)
"""Days by which ends of months and of weeks move the ends of a period that is a whole one."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a schedule is cut on a day.

    Attributes:
        kept: How many rows stay: those due by the day, and the one whose period has begun.
        running: Whether the last row kept is due later than the day.
        on: Where the new rows begin.
    """

    kept: int
    running: bool
    on: date


def cut(rows: Sequence[Instalment], today: date) -> Cut:
    """Cut a schedule on a day; the first row always stays, for what was met ahead stands on it."""
    kept = max(1, sum(row.from_on < today for row in rows))
    last = rows[kept - 1]
    running = last.due_on > today
    return Cut(kept, running, last.due_on if running else max(today, last.due_on))


def plan_rest(
    terms: Terms,
    start: Cut,
    principal: Decimal,
    *,
    instalments: int,
    first_due_on: date | None,
    interest_only: int = 0,
    same_period: bool = False,
) -> tuple[Instalment, ...]:
    """The new rows: `interest_only` ones first, then `instalments` that pay the principal.

    `terms` are the loan's, with the rate that is to hold. Without `first_due_on` the first row is
    due a period after the cut; with `same_period` its period is one that the loan has already, and
    as whole as the frequency makes it, whatever the ends of months do to its days. Raises
    `INVALID_TERMS` and `NOTHING_OWED`.
    """
    if principal <= 0:
        raise DomainError(
            ErrorCode.NOTHING_OWED, "No principal is left for the rest of the schedule."
        )
    first = first_due_on or nth_date(start.on, terms.frequency, 1)
    whole = replace(
        terms,
        principal=principal,
        instalments=interest_only + instalments,
        disbursed_on=start.on,
        first_due_on=first,
        options=of_the_rest(terms),
    )
    dates = schedule_dates(whole)
    rows: list[Instalment] = []
    begins = start.on
    whole_first = True if same_period and is_nearly_whole(terms, begins, first) else None
    for due_on in dates[:interest_only]:
        alone = replace(whole, instalments=1, disbursed_on=begins, first_due_on=due_on)
        row = build_schedule(alone, [due_on], whole_first=whole_first)[0]
        rows.append(replace(row, principal=ZERO))
        begins, whole_first = due_on, True
    paying = dates[interest_only:]
    rest = replace(whole, instalments=instalments, disbursed_on=begins, first_due_on=paying[0])
    rows += build_schedule(rest, paying, whole_first=whole_first)
    return tuple(
        replace(row, number=number) for number, row in enumerate(rows, start=start.kept + 1)
    )


def needed(rows: Sequence[Instalment]) -> Sequence[Instalment]:
    """Rows without the last ones that ask for nothing: the loan ends before them."""
    count = len(rows)
    while count and not rows[count - 1].total:
        count -= 1
    return rows[:count]


def is_nearly_whole(terms: Terms, from_on: date, due_on: date) -> bool:
    """Whether a period is one of the loan's, but for what ends of months and of weeks do to it."""
    whole = nth_due_date(from_on, terms.frequency, 1, terms.options.month_end)
    return abs(due_on - whole) <= _NEARLY


def of_the_rest(terms: Terms) -> ScheduleOptions:
    """Grace and a down payment belong to the beginning of a loan, and that is over."""
    return replace(terms.options, principal_grace=0, interest_grace=0, down_payment_percent=ZERO)


def with_interest_put_off(
    planned: Sequence[Instalment], replaced: Sequence[Instalment], start: Cut
) -> tuple[Instalment, ...]:
    """New rows whose first asks for what the replaced ones had earned before the cut.

    That is interest of a grace at the beginning of the loan: it was put off, not given up.
    """
    put_off = tuple(
        stretch for row in replaced for stretch in row.earning if stretch.until_on <= start.on
    )
    if not put_off:
        return tuple(planned)
    first = planned[0]
    own = first.earning or (Stretch(first.from_on, first.due_on, first.interest),)
    interest = sum((stretch.interest for stretch in put_off), first.interest)
    return (replace(first, interest=interest, earning=(*put_off, *own)), *planned[1:])
