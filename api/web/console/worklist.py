"""The worklist: which cases wait for somebody."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Request, Response

from api.casework import service as casework
from api.pagination import PageQuery, PageRequest
from api.recovery import worklist
from api.recovery.worklist_queries import Tab
from api.web.console.doors import ConsoleVisit, QuietVisit
from api.web.console.showing import fragment, page
from api.web.forms import Form, InvalidForm, blank, command, refused, sent_fields
from api.web.site import CONSOLE
from api.web.visits import Visit, go
from api.work import Work
from contracts.casework import NextCase
from contracts.views import NewView, SavedView
from domain.errors import DomainError, ErrorCode

router = APIRouter(include_in_schema=False)

_NOTHING = {
    Tab.MINE: "No case is yours. Take one from the team's.",
    Tab.TEAM: "No case is open: nobody is in arrears long enough.",
    Tab.BROKEN: "No broken promise waits for a new one.",
    Tab.CALLS: "No call is asked for.",
    Tab.DISPUTES: "No dispute is open.",
    Tab.HARDSHIP: "No hardship waits for a review.",
    Tab.REPLIES: "No reply waits to be read.",
    Tab.UNASSIGNED: "Every open case has an owner.",
    Tab.HOLDS: "No case stands still because of a hold.",
}
"""What an empty tab says."""

_NOTHING_OF_VIEW: Final = "No open case is what this view looks for."

ROWS = 25

_ALL: Final = PageRequest(200, None)

TabChoice = Annotated[Tab | None, Query()]
ViewChoice = Annotated[UUID | None, Query()]
Narrow = Annotated[str, Query(max_length=64)]


@router.get(CONSOLE.root)
async def console_worklist(
    visit: ConsoleVisit,
    asked: PageQuery,
    *,
    tab: TabChoice = None,
    view: ViewChoice = None,
    stage: Narrow = "",
    number: Narrow = "",
    mine: bool = False,
    nothing_next: Annotated[bool, Query(alias="none")] = False,
) -> Response:
    """Open cases of a view; without one, those of whoever looks, or else the team's."""
    asks = _Asks(tab, view, stage, number.strip(), visit.principal.user_id if mine else None)
    return await _shown(visit, asks, asked, blank("view"), nothing_next=nothing_next)


@router.post(f"{CONSOLE.root}/views")
async def console_save_view(visit: ConsoleVisit, request: Request) -> Response:
    """Keep what the list is narrowed to under a name, for oneself or one's team."""
    sent = await sent_fields(request)
    asks = _Asks(
        _tab(sent.get("tab", "")),
        _key(sent.get("view", "")),
        sent.get("stage", ""),
    )
    try:
        async with visit.begin("list_views") as work:
            look = asks.narrowed(await _look(work, asks))
        named = command(NewView, sent, "name", "team")
        kept = named.model_copy(
            update={"filters": casework.filters_of(look), "sort": look.sort.value}
        )
        answer = await visit.once(
            "save_view", sent, kept, lambda work: casework.save_view(work, kept)
        )
    except (DomainError, InvalidForm) as error:
        form = refused("view", sent, error)
        return await _shown(visit, asks, PageRequest(ROWS, None), form, status=422)
    return go(SavedView.model_validate_json(bytes(answer.body)).url)


@router.post(f"{CONSOLE.root}/views/{{view_id}}/delete")
async def console_delete_view(visit: ConsoleVisit, request: Request, view_id: UUID) -> Response:
    """Delete a view, as it was seen."""
    sent = await sent_fields(request)
    version = sent.get("version", "")
    async with visit.begin("delete_view") as work:
        await casework.delete_view(work, view_id, int(version) if version.isdecimal() else 0)
    return go(visit.site.root)


@router.post(f"{CONSOLE.root}/next")
async def console_next(visit: ConsoleVisit, request: Request) -> Response:
    """Lease the first case that waits for whoever asks, and show it."""
    sent = await sent_fields(request)
    taken: list[NextCase] = []

    async def take(work: Work) -> NextCase:
        taken.append(await casework.take_next(work))
        return taken[0]

    answer = await visit.once("take_next_case", sent, NextCase(case=None), take)
    found = taken[0] if taken else NextCase.model_validate_json(bytes(answer.body))
    if found.case is None:
        return go(f"{visit.site.root}?none=true")
    return go(f"{visit.site.root}/cases/{found.case.id}")


@router.get(f"{CONSOLE.root}/counts")
async def console_counts(
    visit: QuietVisit, tab: TabChoice = None, view: ViewChoice = None
) -> Response:
    """The views with their counts, fetched by the page itself."""
    asks = _Asks(tab or (None if view else Tab.TEAM), view)
    async with visit.begin("list_views") as work:
        views = (await casework.list_views(work, _ALL)).items
    return fragment(
        visit,
        "worklist.html",
        ("tabs",),
        {"views": views, "chosen": asks.chosen(views), "root": visit.site.root},
    )


@dataclass(frozen=True, slots=True)
class _Asks:
    """What a visitor asks to see.

    Attributes:
        tab: A part of the worklist.
        view: A saved view; it goes before the tab.
        stage: Of these cases, those in this stage.
        number: Of these cases, that of this number.
        owner_id: Of these cases, those of this owner.
    """

    tab: Tab | None
    view: UUID | None
    stage: str = ""
    number: str = ""
    owner_id: UUID | None = None

    def chosen(self, views: Sequence[SavedView]) -> SavedView | None:
        """The view that is asked for; without one, one's own cases if there are some."""
        if self.view is not None:
            return next((each for each in views if each.id == self.view), None)
        of_tab = {each.filters.tab: each for each in views if each.scope == "system"}
        if self.tab is not None:
            return of_tab[self.tab.value]
        return of_tab["mine"] if of_tab["mine"].cases else of_tab["team"]

    def narrowed(self, look: worklist.Look) -> worklist.Look:
        """A look, narrowed by what was typed."""
        only = replace(
            look.only,
            stage=self.stage or look.only.stage,
            number=self.number,
            assignee_id=self.owner_id or look.only.assignee_id,
        )
        return replace(look, only=only)

    @property
    def is_narrowed(self) -> bool:
        """Something was typed."""
        return bool(self.stage or self.number or self.owner_id)


async def _look(work: Work, asks: _Asks) -> worklist.Look:
    if asks.view is not None:
        return await casework.look_of(work, asks.view)
    return worklist.Look(asks.tab or Tab.TEAM)


async def _shown(
    visit: Visit,
    asks: _Asks,
    asked: PageRequest,
    form: Form,
    *,
    nothing_next: bool = False,
    status: int = 200,
) -> Response:
    async with visit.begin("get_worklist") as work:
        views = (await casework.list_views(work, _ALL)).items
        chosen = asks.chosen(views)
        if chosen is None:
            raise DomainError(ErrorCode.NOT_FOUND, "There is no such view any more.")
        look = asks.narrowed(await casework.look_of(work, chosen.id))
        found, refusal = worklist.Worklist((), None), ""
        try:
            found = await worklist.rows(work, look, PageRequest(ROWS, asked.after))
        except DomainError as error:
            refusal = error.detail
        stages = await worklist.stages(work)
        own = worklist.Narrowing(assignee_id=visit.principal.user_id)
        waiting = await worklist.count(
            work, [worklist.Look(tab, own) for tab in (Tab.TEAM, Tab.CALLS, Tab.REPLIES)]
        )
        teams = (await casework.list_teams(work, _ALL)).items
    return page(
        visit,
        "worklist.html",
        {
            "views": views,
            "chosen": chosen,
            "root": visit.site.root,
            "found": found,
            "refusal": refusal,
            "stages": stages,
            "teams": teams,
            "stage": asks.stage,
            "number": asks.number,
            "mine": asks.owner_id is not None,
            "is_narrowed": asks.is_narrowed,
            "is_first": asked.after is None,
            "nothing": _NOTHING[look.tab] if chosen.scope == "system" else _NOTHING_OF_VIEW,
            "nothing_next": nothing_next,
            "waiting": waiting,
            "key": uuid4().hex,
            "form": form,
        },
        422 if refusal else status,
    )


def _tab(text: str) -> Tab | None:
    return Tab(text) if text in set(Tab) else None


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
