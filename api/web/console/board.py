"""A manager's first page: the figures of collections, and the rows behind each of them."""

from collections.abc import Mapping
from typing import Annotated, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from api.creditors import service as creditors
from api.dashboards import service as dashboards
from api.dashboards.figures import FIGURES
from api.dashboards.service import Scope
from api.pagination import PageQuery, PageRequest
from api.web.console.doors import ConsoleVisit
from api.web.console.showing import page
from api.web.site import CONSOLE
from contracts.dashboards import Figure

router = APIRouter(include_in_schema=False, prefix=f"{CONSOLE.root}/board")

_ROWS: Final = 50
_CHOICES: Final = 100
_PAST: Final = ("disputes_late", "complaints_late", "hardship_late")

_GROUPS: Final = (
    ("Portfolio", ("par_30", "rolling_7")),
    ("Money", ("collected_today", "collected_month", "unapplied")),
    ("Promises", ("promises_due", "promises_kept")),
    ("Conduct", ("contact_breaches", "withheld", *_PAST)),
    ("Work", ("cases_by_team", "cases_by_agent")),
)
"""The figures as they stand together on the page."""

MUST_BE_ZERO: Final = frozenset({"contact_breaches", *_PAST})
"""Figures that ask for somebody as soon as they are not 0."""

CurrencyChoice = Annotated[str | None, Query(pattern=r"^([A-Z]{3})?$")]
KeyChoice = Annotated[str, Query(max_length=36)]
"""A key, or anything else for none: `live` of a clock."""


@router.get("")
async def console_board(
    visit: ConsoleVisit,
    *,
    currency: CurrencyChoice = None,
    creditor_id: KeyChoice = "",
    clock: KeyChoice = "",
) -> Response:
    """The figures of one currency on one clock."""
    async with visit.begin("get_collections_dashboard") as work:
        times = await dashboards.times(work, _CHOICES)
        chosen = _key(clock) if clock else times.first
        scope = Scope(None, _key(creditor_id), chosen)
        found = await dashboards.collections(work, scope)
        lenders = (await creditors.list_(work, PageRequest(_CHOICES, None))).items
    boards = {each.currency: each for each in found.boards}
    shown = boards.get(currency or "") or next(iter(boards.values()), None)
    figures = {} if shown is None else {each.name: each for each in shown.figures}
    return page(
        visit,
        "board.html",
        {
            "groups": [(title, [figures[name] for name in names]) for title, names in _GROUPS]
            if figures
            else [],
            "currency": "" if shown is None else shown.currency,
            "currencies": list(boards),
            "creditors": lenders,
            "creditor_id": creditor_id,
            "clocks": times.clocks,
            "clock": chosen,
            "as_of": sorted({each.as_of for each in found.as_of}),
            "must_be_zero": MUST_BE_ZERO,
            "link": _Links(visit.site.root, shown.currency if shown else "", creditor_id, chosen),
        },
    )


@router.get("/{figure}")
async def console_figure(
    visit: ConsoleVisit,
    asked: PageQuery,
    figure: Annotated[str, Path(max_length=32)],
    *,
    currency: CurrencyChoice = None,
    creditor_id: KeyChoice = "",
    clock: KeyChoice = "",
    part: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """The rows that a figure counts."""
    chosen = _key(clock)
    scope = Scope(currency or None, _key(creditor_id), chosen)
    async with visit.begin("list_figure_rows") as work:
        found = await dashboards.rows(work, figure, scope, part, PageRequest(_ROWS, asked.after))
    link = _Links(visit.site.root, currency or "", creditor_id, chosen)
    return page(
        visit,
        "figure.html",
        {
            "figure": FIGURES[figure],
            "found": found,
            "currency": currency,
            "back": link.board(),
            "next_page": link.rows(figure, part, found.next_cursor),
            "is_first": asked.after is None,
        },
    )


class _Links:
    """Addresses of the board and of lists, with what was chosen on it."""

    def __init__(self, root: str, currency: str, creditor_id: str, clock: UUID | None) -> None:
        self._root = f"{root}/board"
        self._chosen: Mapping[str, str] = {
            name: value
            for name, value in (
                ("currency", currency),
                ("creditor_id", creditor_id),
                ("clock", "live" if clock is None else str(clock)),
            )
            if value
        }

    def board(self) -> str:
        """The board itself."""
        return self._root + self._query({})

    def rows(self, figure: str, part: str | None = None, cursor: str | None = None) -> str:
        """The rows of a figure, or of a part of it."""
        more = {name: value for name, value in (("part", part), ("cursor", cursor)) if value}
        return f"{self._root}/{figure}{self._query(more)}"

    def figure(self, figure: Figure) -> str:
        """The rows of a figure."""
        return self.rows(figure.name)

    def _query(self, more: Mapping[str, str]) -> str:
        asked = {**self._chosen, **more}
        return f"?{urlencode(asked)}" if asked else ""


def _key(text: str) -> UUID | None:
    """A key that was chosen; none for what is no key."""
    try:
        return UUID(text)
    except ValueError:
        return None
