"""The worklist: which cases wait for somebody."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Query, Request, Response

from api.casework import service as casework
from api.pagination import PageQuery, PageRequest
from api.recovery import worklist
from api.recovery.worklist_queries import Tab
from api.web.console.doors import ConsoleVisit, QuietVisit
from api.web.console.showing import fragment, page
from api.web.forms import sent_fields
from api.web.site import CONSOLE
from api.web.visits import Visit, go
from api.work import Work
from contracts.casework import NextCase
from domain.errors import DomainError

router = APIRouter(include_in_schema=False)

TABS = (
    (Tab.MINE, "Mine"),
    (Tab.TEAM, "Team"),
    (Tab.BROKEN, "Broken promises"),
    (Tab.REPLIES, "Replies waiting"),
    (Tab.UNASSIGNED, "Unassigned"),
    (Tab.HOLDS, "Holds"),
)
"""The tabs, in the order in which they are shown."""

_NOTHING = {
    Tab.MINE: "No case is yours. Take one from the team's.",
    Tab.TEAM: "No case is open: nobody is in arrears long enough.",
    Tab.BROKEN: "No broken promise waits for a new one.",
    Tab.REPLIES: "No reply waits to be read.",
    Tab.UNASSIGNED: "Every open case has an owner.",
    Tab.HOLDS: "No case stands still because of a hold.",
}
"""What an empty tab says."""

ROWS = 25

TabChoice = Annotated[Tab | None, Query()]
Narrow = Annotated[str, Query(max_length=64)]


@router.get(CONSOLE.root)
async def console_worklist(
    visit: ConsoleVisit,
    asked: PageQuery,
    *,
    tab: TabChoice = None,
    stage: Narrow = "",
    number: Narrow = "",
    nothing_next: Annotated[bool, Query(alias="none")] = False,
) -> Response:
    """Open cases of a tab; without one, those of whoever looks, or else the team's."""
    async with visit.begin("list_cases") as work:
        counts = await worklist.counts(work)
        chosen = tab or (Tab.MINE if counts[Tab.MINE] else Tab.TEAM)
        found, refusal = worklist.Worklist((), None), ""
        try:
            found = await worklist.rows(
                work,
                chosen,
                worklist.Narrowing(stage, number.strip()),
                PageRequest(ROWS, asked.after),
            )
        except DomainError as error:
            refusal = error.detail
        stages = await worklist.stages(work)
    return page(
        visit,
        "worklist.html",
        _tabs(visit, chosen, counts)
        | {
            "found": found,
            "refusal": refusal,
            "stages": stages,
            "stage": stage,
            "number": number,
            "is_narrowed": bool(stage or number),
            "is_first": asked.after is None,
            "nothing": _NOTHING[chosen],
            "nothing_next": nothing_next,
            "key": uuid4().hex,
        },
        422 if refusal else 200,
    )


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
async def console_counts(visit: QuietVisit, tab: TabChoice = None) -> Response:
    """The tabs with their counts, fetched by the page itself."""
    async with visit.begin("list_cases") as work:
        counts = await worklist.counts(work)
    return fragment(visit, "worklist.html", ("tabs",), _tabs(visit, tab or Tab.TEAM, counts))


def _tabs(visit: Visit, chosen: Tab, counts: object) -> dict[str, object]:
    return {"tabs_shown": TABS, "tab": chosen, "counts": counts, "root": visit.site.root}
