"""Dashboards: every figure with its share, its parts, its past, and its rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from api.clock import clock_for
from api.creditors import service as creditors
from api.dashboards import queries
from api.dashboards.figures import FIGURES, Figure
from api.dashboards.queries import Books, FoundRow, Total
from api.identity import service as identity
from api.pagination import PageRequest
from api.work import Work
from contracts import dashboards as wire
from contracts.base import Page
from domain.errors import DomainError, ErrorCode
from domain.money import ZERO, quantize
from domain.recovery.explanation import why

PAST_DAYS: Final = 7
"""How far back the figures are compared."""

_HUNDREDTHS: Final = Decimal("0.01")

_SAID: Final[Mapping[str, str]] = {
    "workable": "Workable",
    "promised": "Promised",
    "no_contact": "May not be contacted",
    "message": "Messages",
    "call": "Calls",
    "answer": "Answer overdue",
    "acknowledgement": "Acknowledgement overdue",
    "nobody": "Nobody",
    "none": "No team",
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Which books a dashboard is about; null means all creditors, all currencies, live time."""

    currency: str | None = None
    creditor_id: UUID | None = None
    test_clock_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Sum:
    """A figure in one currency."""

    rows: int
    amount: Decimal | None

    @classmethod
    def of(cls, parts: Iterable[Total], figure: Figure) -> "_Sum":
        parts = list(parts)
        amount = sum((each.amount or ZERO for each in parts), ZERO) if figure.is_money else None
        return cls(sum(each.rows for each in parts), amount)

    def share(self, whole: "_Sum | None") -> Decimal | None:
        """What percentage of another amount it is."""
        if whole is None or not whole.amount or self.amount is None:
            return None
        return (100 * self.amount / whole.amount).quantize(_HUNDREDTHS)


_Found = Mapping[str, Mapping[str, list[Total]]]
"""Parts by figure, then currency."""


async def collections(work: Work, scope: Scope) -> wire.CollectionsDashboard:
    """The dashboard of some books as of their business dates; raises `NOT_FOUND`."""
    where = await _books(work, scope)
    now = {
        name: await queries.totals(work, where, figure.rows, scope.currency)
        for name, figure in FIGURES.items()
    }
    earlier = where.earlier(PAST_DAYS)
    then = {
        name: await queries.totals(work, earlier, figure.then or figure.rows, scope.currency)
        for name, figure in FIGURES.items()
        if figure.has_past
    }
    names = await _names(work, now)
    currencies = {scope.currency} if scope.currency else {c for f in now.values() for c in f if c}
    return wire.CollectionsDashboard(
        test_clock_id=scope.test_clock_id,
        as_of=[wire.BookDate(creditor_id=key, as_of=day) for key, day, _ in where.creditors],
        boards=[
            wire.CollectionsBoard(
                currency=currency,
                figures=[
                    _figure(name, currency, now, then, names)
                    for name, figure in FIGURES.items()
                    if figure.is_shown
                ],
            )
            for currency in sorted(currencies)
        ],
    )


@dataclass(frozen=True, slots=True)
class Times:
    """The times in which there are books.

    Attributes:
        is_live: Some are in live time.
        clocks: Key and name of test clocks that have some, newest first.
    """

    is_live: bool
    clocks: Sequence[tuple[UUID, str]]

    @property
    def first(self) -> UUID | None:
        """What is looked at unless somebody chooses: live time, if anything is in it."""
        return None if self.is_live or not self.clocks else self.clocks[0][0]


async def times(work: Work, count: int) -> Times:
    """The times in which there are books; of test clocks the newest, so many of them."""
    is_live, clocks = await queries.clocks(work, count)
    return Times(is_live, clocks)


async def rows(
    work: Work, name: str, scope: Scope, part: str | None, page: PageRequest
) -> Page[wire.FigureRow]:
    """The rows behind a figure in one currency, by key.

    Raises `NOT_FOUND` for what is no figure, and `INVALID_REQUEST` without a currency and for a
    foreign cursor.
    """
    figure = FIGURES.get(name)
    if figure is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such figure.")
    if scope.currency is None:
        raise DomainError(
            ErrorCode.INVALID_REQUEST,
            "Name one currency: amounts of several are never listed as one.",
            {"field": "currency"},
        )
    where = await _books(work, scope)
    found = await queries.page(
        work,
        where,
        figure.kind,
        figure.rows,
        currency=scope.currency,
        part=part,
        after=page.after_id(),
        count=page.limit + 1,
    )
    kept, cursor = page.cut(found, [row.id for row in found])
    return Page(items=[_row(row, scope.currency) for row in kept], next_cursor=cursor)


async def _books(work: Work, scope: Scope) -> Books:
    if scope.creditor_id is not None:
        await creditors.by_id(work, scope.creditor_id)
    clock = await clock_for(work, scope.test_clock_id)
    return await queries.books(work, clock, scope.creditor_id)


async def _names(work: Work, found: _Found) -> Mapping[str, str]:
    """The names of the people that parts are about, by key."""
    keys = {
        UUID(each.part)
        for parts in found["cases_by_agent"].values()
        for each in parts
        if each.part != "nobody"
    }
    return {str(key): name for key, name in (await identity.names(work, keys)).items()}


def _figure(
    name: str, currency: str, now: _Found, then: _Found, names: Mapping[str, str]
) -> wire.Figure:
    figure = FIGURES[name]
    parts = _parts(now[name], currency)
    total = _Sum.of(parts, figure)
    whole = _whole(figure, currency, now)
    return wire.Figure(
        name=name,
        title=figure.title,
        definition=figure.definition,
        rows=total.rows,
        amount=_money(total.amount, currency),
        of=figure.of,
        of_rows=None if whole is None else whole.rows,
        of_amount=None if whole is None else _money(whole.amount, currency),
        percent=total.share(whole),
        oldest_on=min((each.oldest for each in parts if each.oldest is not None), default=None),
        parts=_told(parts, figure, currency, names),
        before=_before(name, currency, then, total, total.share(whole)),
    )


def _before(
    name: str, currency: str, then: _Found, now: _Sum, percent: Decimal | None
) -> wire.FigureChange | None:
    figure = FIGURES[name]
    if name not in then:
        return None
    was = _Sum.of(_parts(then[name], currency), figure)
    share = was.share(_whole(figure, currency, then))
    since = None if now.amount is None or was.amount is None else now.amount - was.amount
    return wire.FigureChange(
        rows=was.rows,
        amount=_money(was.amount, currency),
        percent=share,
        rows_since=now.rows - was.rows,
        amount_since=_money(since, currency),
        percent_since=None if percent is None or share is None else percent - share,
    )


def _whole(figure: Figure, currency: str, found: _Found) -> _Sum | None:
    """What a figure is a share of; null where it is none, or that is not known of the day."""
    if figure.of is None or figure.of not in found:
        return None
    return _Sum.of(_parts(found[figure.of], currency), FIGURES[figure.of])


def _parts(found: Mapping[str, list[Total]], currency: str) -> list[Total]:
    """The parts in a currency, with what belongs to none and so stands in each of them."""
    parts: dict[str, Total] = {}
    for each in (*found.get(currency, ()), *found.get("", ())):
        had = parts.get(each.part)
        parts[each.part] = each if had is None else _added(had, each)
    return sorted(parts.values(), key=lambda each: (-each.rows, each.part))


def _added(one: Total, other: Total) -> Total:
    amounts = [each.amount for each in (one, other) if each.amount is not None]
    days = [each.oldest for each in (one, other) if each.oldest is not None]
    return Total(
        one.part,
        one.rows + other.rows,
        sum(amounts, ZERO) if amounts else None,
        min(days, default=None),
    )


def _told(
    parts: Sequence[Total], figure: Figure, currency: str, names: Mapping[str, str]
) -> list[wire.FigurePart]:
    if all(each.part == "" for each in parts):
        return []
    return [
        wire.FigurePart(
            part=each.part,
            title=names.get(each.part) or _SAID.get(each.part) or _words(figure, each.part),
            rows=each.rows,
            amount=_money(each.amount if figure.is_money else None, currency),
        )
        for each in parts
    ]


def _words(figure: Figure, part: str) -> str:
    return why(part) if figure.kind == "decision" else part


def _money(amount: Decimal | None, currency: str) -> Decimal | None:
    return None if amount is None else quantize(amount, currency)


def _row(row: FoundRow, currency: str) -> wire.FigureRow:
    return wire.FigureRow(
        id=row.id,
        kind=row.kind,
        part=row.part,
        amount=_money(row.amount, currency),
        on=row.day,
        loan_id=row.loan_id,
        loan_number=None if row.loan is None else f"LN-{row.loan}",
        case_id=row.case_id,
        case_number=None if row.case is None else f"RC-{row.case}",
        customer_id=row.customer_id,
        customer_number=None if row.customer is None else f"CU-{row.customer}",
    )
