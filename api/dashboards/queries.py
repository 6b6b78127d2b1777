"""SQL of dashboards: the figures of one clock's books, and the rows behind one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import Row, exists, select, text

from api.arrears.tables import BookRow
from api.clock import Clock
from api.clocks.tables import TestClockRow
from api.creditors.tables import CreditorRow
from api.dashboards.figures import RowKind
from api.products.tables import ProductRow
from api.products.terms import ladder_of
from api.work import Work
from domain.contact.channel import Purpose
from domain.contact.decision import ALLOWING
from domain.recovery.holds import EFFECTS, OF_THE_PERSON

_BOOK: Final = """
    with book as (
        select * from unnest(cast(:creditors as uuid[]), cast(:days as date[]),
                             cast(:zones as text[])) with ordinality
                      as b(creditor_id, day, zone, place)
        cross join lateral (select b.place = 1 as is_first) one
    )
"""

_TOTALS: Final = """
    select coalesce(r.currency, '') as currency, r.part, count(*) as rows,
           sum(r.amount) as amount, min(r.day) as oldest
    from ({rows}) r
    where cast(:currency as text) is null or coalesce(r.currency, :currency) = :currency
    group by 1, 2
"""

_PAGE: Final = """
    select r.*, l.number as loan, c.number as kase, cu.number as customer
    from ({rows}) r
    left join loans l on l.id = r.loan_id
    left join recovery_cases c on c.id = r.case_id
    left join customers cu on cu.id = r.customer_id
    where coalesce(r.currency, :currency) = :currency
      and (cast(:part as text) is null or r.part = :part)
      and (cast(:after as uuid) is null or r.id > :after)
    order by r.id
    limit :count
"""


@dataclass(frozen=True, slots=True)
class Step:
    """The first delinquent day of a bucket of a product."""

    product_id: UUID
    from_days: int


@dataclass(frozen=True, slots=True)
class Books:
    """The books that are looked at: those of some creditors on one clock.

    Attributes:
        test_clock_id: The clock; null for live time.
        creditors: Key, business date and zone of each.
        steps: The ladders of their products.
    """

    test_clock_id: UUID | None
    creditors: Sequence[tuple[UUID, date, str]]
    steps: Sequence[Step]

    def earlier(self, days: int) -> "Books":
        """The same books some days earlier."""
        return Books(
            self.test_clock_id,
            [(key, day - timedelta(days=days), zone) for key, day, zone in self.creditors],
            self.steps,
        )

    def sql(self, template: str, rows: str) -> str:
        """A statement over the rows of a figure."""
        return _BOOK + template.format(rows=rows.format(clock=_ClockCondition(self)))

    def parameters(self, rows: str, **more: object) -> dict[str, object]:
        """What the statement asks for, and more of its own."""
        found: dict[str, object] = {
            "creditors": [key for key, _, _ in self.creditors],
            "days": [day for _, day, _ in self.creditors],
            "zones": [zone for _, _, zone in self.creditors],
        }
        if self.test_clock_id is not None:
            found["clock"] = self.test_clock_id
        if ":step_days" in rows:
            found |= {
                "step_products": [step.product_id for step in self.steps],
                "step_days": [step.from_days for step in self.steps],
                "stopping": [
                    kind.value
                    for kind, effect in EFFECTS.items()
                    if Purpose.COLLECTION in effect.stops
                ],
                "personal": sorted(kind.value for kind in OF_THE_PERSON),
            }
        if ":allowing" in rows:
            found["allowing"] = sorted(code.value for code in ALLOWING)
        return found | more


@dataclass(frozen=True, slots=True)
class _ClockCondition:
    """`{clock:l}` in a statement: that the rows of `l` live on the clock asked for."""

    books: Books

    def __format__(self, alias: str) -> str:
        is_live = self.books.test_clock_id is None
        return f"{alias}.test_clock_id is null" if is_live else f"{alias}.test_clock_id = :clock"


@dataclass(frozen=True, slots=True)
class Total:
    """Count and sum of the rows of a figure in one part of it."""

    part: str
    rows: int
    amount: Decimal | None
    oldest: date | None


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A row behind a figure, with the human numbers of what it is about."""

    id: UUID
    kind: RowKind
    part: str
    amount: Decimal | None
    day: date | None
    loan_id: UUID | None
    loan: int | None
    case_id: UUID | None
    case: int | None
    customer_id: UUID | None
    customer: int | None


async def books(work: Work, clock: Clock, creditor_id: UUID | None) -> Books:
    """The books of a creditor, or of all, on a clock."""
    wanted = select(CreditorRow.id, CreditorRow.zone).order_by(CreditorRow.id)
    products = select(ProductRow).order_by(ProductRow.id)
    if creditor_id is not None:
        wanted = wanted.where(CreditorRow.id == creditor_id)
        products = products.where(ProductRow.creditor_id == creditor_id)
    found = [(key, clock.today(zone), zone) for key, zone in await work.session.execute(wanted)]
    steps = [
        Step(product.id, step.from_days)
        for product in await work.session.scalars(products)
        for step in ladder_of(product).steps
    ]
    return Books(clock.test_clock_id, found, steps)


async def clocks(work: Work, count: int) -> tuple[bool, Sequence[tuple[UUID, str]]]:
    """Whether there are books in live time, and the test clocks that have some, newest first."""
    is_live = await work.session.scalar(select(exists().where(BookRow.test_clock_id.is_(None))))
    found = await work.session.execute(
        select(TestClockRow.id, TestClockRow.name)
        .where(exists().where(BookRow.test_clock_id == TestClockRow.id))
        .order_by(TestClockRow.id.desc())
        .limit(count)
    )
    return bool(is_live), [(clock_id, name) for clock_id, name in found]


async def totals(
    work: Work, where: Books, rows: str, currency: str | None
) -> Mapping[str, list[Total]]:
    """The parts of a figure by currency; those of no currency under an empty one."""
    found: dict[str, list[Total]] = {}
    for row in await work.session.execute(
        text(where.sql(_TOTALS, rows)), where.parameters(rows, currency=currency)
    ):
        found.setdefault(row.currency, []).append(Total(row.part, row.rows, row.amount, row.oldest))
    return found


async def page(  # noqa: PLR0913 - what narrows a list
    work: Work,
    where: Books,
    kind: RowKind,
    rows: str,
    *,
    currency: str,
    part: str | None,
    after: UUID | None,
    count: int,
) -> Sequence[FoundRow]:
    """The rows behind a figure by key, after one of them."""
    found = await work.session.execute(
        text(where.sql(_PAGE, rows)),
        where.parameters(rows, currency=currency, part=part, after=after, count=count),
    )
    return [_row(kind, row) for row in found]


def _row(kind: RowKind, row: Row[UUID]) -> FoundRow:
    return FoundRow(
        id=row.id,
        kind=kind,
        part=row.part,
        amount=row.amount,
        day=row.day,
        loan_id=row.loan_id,
        loan=row.loan,
        case_id=row.case_id,
        case=row.kase,
        customer_id=row.customer_id,
        customer=row.customer,
    )
