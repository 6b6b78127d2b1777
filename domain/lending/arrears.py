"""How late a loan is: days past due, delinquent days, the bucket they fall in.

Two clocks run from the due date of the oldest unpaid instalment. *Past due days* are calendar
days. *Delinquent days* leave out paused days and grace, and choose the bucket. A part payment
lowers the amount and stops neither.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType

from domain.errors import DomainError, ErrorCode
from domain.money import ZERO

Unpaid = tuple[date, Decimal]
"""The due date of an instalment, and what is still unpaid of it."""


@dataclass(frozen=True, slots=True)
class BucketStep:
    """A bucket: its name, and the first delinquent day that belongs to it."""

    name: str
    from_days: int


@dataclass(frozen=True, slots=True)
class Ladder:
    """Buckets in rising order; the first one begins at zero and means "not delinquent".

    Raises `INVALID_TERMS` (field `arrears_ladder`) for any other shape.
    """

    name: str
    steps: tuple[BucketStep, ...]

    def __post_init__(self) -> None:
        """Refuse a ladder on which some day has no bucket, or two."""
        days = [step.from_days for step in self.steps]
        names = {step.name for step in self.steps}
        if not days or days[0] != 0 or sorted(set(days)) != days or len(names) != len(days):
            raise DomainError(
                ErrorCode.INVALID_TERMS,
                "A ladder begins at day 0 and its buckets rise, each with a name of its own.",
                {"field": "arrears_ladder"},
            )

    def bucket(self, delinquent_days: int) -> str:
        """The name of the bucket that a number of delinquent days belongs to."""
        name = self.steps[0].name
        for step in self.steps:
            if step.from_days > delinquent_days:
                break
            name = step.name
        return name


STANDARD = Ladder(
    "standard",
    (
        BucketStep("current", 0),
        BucketStep("1-29", 1),
        BucketStep("30-59", 30),
        BucketStep("60-89", 60),
        BucketStep("90+", 90),
    ),
)
"""The month-wide buckets of consumer credit."""

RBI_SMA = Ladder(
    "rbi_sma",
    (
        BucketStep("current", 0),
        BucketStep("SMA-0", 1),
        BucketStep("SMA-1", 31),
        BucketStep("SMA-2", 61),
        BucketStep("NPA", 91),
    ),
)
"""The special mention accounts of the Reserve Bank of India.

RBI/2021-2022/125 (12 November 2021), paragraphs 5 and 6: an account due on 31 March and unpaid at
that day's end is SMA-1 at the end of 30 April, SMA-2 of 30 May and NPA of 29 June: the due date is
counted. A day's end is the opening of the next business date here, so that these are past due days
1, 31, 61 and 91.
"""

LADDERS: Mapping[str, Ladder] = MappingProxyType(
    {ladder.name: ladder for ladder in (STANDARD, RBI_SMA)}
)
"""The ladders a product may name."""


def ladder_named(name: str) -> Ladder:
    """The ladder of that name; raises `INVALID_TERMS` (field `arrears_ladder`)."""
    try:
        return LADDERS[name]
    except KeyError:
        raise DomainError(
            ErrorCode.INVALID_TERMS,
            "No arrears ladder has this name.",
            {"field": "arrears_ladder"},
        ) from None


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in which lateness does not count: the days after `start`, through `end`.

    A pause resumed early ends on the day of the resumption. One that ends where it starts is
    empty. Raises `INVALID_DATE` if it ends before it starts.
    """

    start: date
    end: date

    def __post_init__(self) -> None:
        """Refuse a pause that runs backwards."""
        if self.end < self.start:
            raise DomainError(ErrorCode.INVALID_DATE, "A pause ends on or after its first day.")


@dataclass(frozen=True, slots=True)
class Arrears:
    """How late a loan is on a business date."""

    past_due_days: int
    """Calendar days since the oldest unmet due date."""
    delinquent_days: int
    """Past due days less paused days less grace, never below zero."""
    overdue_amount: Decimal
    """What is unpaid of instalments due before the business date and not met."""
    past_due_since: date | None
    """The oldest unmet due date; None when nothing is past due."""
    delinquent_since: date | None
    """The oldest unmet due date plus grace, pauses left aside; None when nothing is past due."""
    bucket: str


def _paused_days(pauses: Iterable[Pause], since: date, until: date) -> int:
    """Days in the union of the pauses within (since, until]; an overlap counts once."""
    days = 0
    covered = since
    for pause in sorted(pauses, key=lambda pause: (pause.start, pause.end)):
        start, end = max(pause.start, covered), min(pause.end, until)
        if end > start:
            days += (end - start).days
            covered = end
    return days


def _past_due(unpaid: Iterable[Unpaid], business_date: date, tolerance: Decimal) -> list[Unpaid]:
    """What is late: not met and due before the day. The due date itself is still in time."""
    return [row for row in unpaid if row[1] > tolerance and row[0] < business_date]


def assess(
    unpaid: Sequence[Unpaid],
    business_date: date,
    grace_days: int,
    pauses: Sequence[Pause] = (),
    ladder: Ladder = STANDARD,
    *,
    tolerance: Decimal = ZERO,
) -> Arrears:
    """How late a loan is on a day, from what is unpaid of its instalments (in any order).

    past due days = day − oldest unmet due date; delinquent days = max(0, past due days − paused
    days between the two − grace). Once the oldest is paid the clock restarts from the next.
    An instalment of which no more than `tolerance` is unpaid counts as met.
    """
    late = _past_due(unpaid, business_date, tolerance)
    if not late:
        return Arrears(0, 0, ZERO, None, None, ladder.bucket(0))
    since = min(due_on for due_on, _ in late)
    past_due_days = (business_date - since).days
    delinquent_days = max(
        0, past_due_days - _paused_days(pauses, since, business_date) - grace_days
    )
    return Arrears(
        past_due_days=past_due_days,
        delinquent_days=delinquent_days,
        overdue_amount=sum((amount for _, amount in late), ZERO),
        past_due_since=since,
        delinquent_since=since + timedelta(days=grace_days),
        bucket=ladder.bucket(delinquent_days),
    )


def overdue_by_bucket(
    unpaid: Sequence[Unpaid],
    business_date: date,
    grace_days: int,
    pauses: Sequence[Pause] = (),
    ladder: Ladder = STANDARD,
    *,
    tolerance: Decimal = ZERO,
) -> dict[str, Decimal]:
    """The overdue amount of a delinquent loan, by the bucket of each instalment.

    Grace belongs to the loan: an instalment is as old as it is, less paused days. Empty while
    the loan as a whole is not delinquent.
    """
    found = assess(unpaid, business_date, grace_days, pauses, ladder, tolerance=tolerance)
    if found.delinquent_days == 0:
        return {}
    amounts: dict[str, Decimal] = {}
    for due_on, amount in _past_due(unpaid, business_date, tolerance):
        days = (business_date - due_on).days - _paused_days(pauses, due_on, business_date)
        bucket = ladder.bucket(days)
        amounts[bucket] = amounts.get(bucket, ZERO) + amount
    return amounts


def next_due_on(unpaid: Sequence[Unpaid], business_date: date) -> date | None:
    """The next date on which something unpaid falls due, this day included; None after the last."""
    return min((due for due, amount in unpaid if amount > 0 and due >= business_date), default=None)
