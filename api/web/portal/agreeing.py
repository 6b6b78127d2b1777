"""Dates that customers agree on themselves, and settlements that they accept."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_UP
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.clock import clock_for
from api.customers import service as customers
from api.recovery import own_plans
from api.recovery import service as recovery
from api.recovery.queries import CaseFilter
from api.web.forms import Form, InvalidForm, blank, command, refused, sent_fields
from api.web.portal.doors import PortalVisit, own
from api.web.portal.showing import ALL, page
from api.web.site import PORTAL
from api.web.visits import Visit, go
from contracts.plans import AcceptSettlement, Arrangement, OwnPlan, Settlement
from contracts.recovery import Case
from domain.errors import DomainError, ErrorCode

router = APIRouter(include_in_schema=False, prefix=PORTAL.root)

RHYTHMS: Final = (
    ("week", "every week"),
    ("fortnight", "every two weeks"),
    ("month", "every month"),
)

_FIELDS: Final = ("amount", "first_on", "every", "total")

_AHEAD: Final = timedelta(days=7)

_PARTS_TO_BEGIN_WITH: Final = 3

_LIMITS: Final[Mapping[str, str]] = {
    "count": "We can agree on {} dates at most: choose a larger amount.",
    "first_within_days": "The first date can be {} at the latest.",
    "max_days": "The last date can be {} at the latest: choose a larger amount.",
    "most": "More than that does not fall due until then.",
}


@router.get("/plan/{case_id}")
async def portal_plan_page(visit: PortalVisit, request: Request, case_id: UUID) -> Response:
    """The form of a plan, and the dates it comes to once it is filled in; nothing is kept."""
    sent = {name: request.query_params.get(name, "") for name in _FIELDS}
    if not any(sent.values()):
        return await _page(visit, case_id, None, None)
    return await _shown(visit, case_id, sent)


@router.post("/plan/{case_id}/agree")
async def portal_plan(visit: PortalVisit, request: Request, case_id: UUID) -> Response:
    """Agree on the dates that were shown, once, or say plainly why not."""
    sent = await sent_fields(request)
    try:
        body = command(OwnPlan, sent, *_FIELDS)
        await visit.once(
            "portal_plan", sent, body, lambda work: own_plans.agree(work, own(visit), case_id, body)
        )
    except (InvalidForm, DomainError) as error:
        return await _page(visit, case_id, _refused(sent, error), None)
    return go(f"{PORTAL.root}?done=plan")


@router.get("/offers/{settlement_id}")
async def portal_offer_page(visit: PortalVisit, settlement_id: UUID) -> Response:
    """What is offered, until when, and what accepting it means."""
    return await _offer(visit, settlement_id, None)


@router.post("/offers/{settlement_id}")
async def portal_accept(visit: PortalVisit, request: Request, settlement_id: UUID) -> Response:
    """Accept an offer, once."""
    sent = await sent_fields(request)
    async with visit.begin("portal_offer_page") as work:
        offered = _one(await own_plans.offers(work, own(visit)), settlement_id)
    try:
        await visit.once(
            "portal_accept",
            sent,
            AcceptSettlement(),
            lambda work: own_plans.accept(work, own(visit), offered.case_id, settlement_id),
        )
    except DomainError as error:
        if error.code in {ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN}:
            raise
        return await _offer(visit, settlement_id, refused("offer", sent, error))
    return go(f"{PORTAL.root}?done=offer")


async def _shown(visit: Visit, case_id: UUID, sent: Mapping[str, str]) -> Response:
    try:
        wish = command(OwnPlan, sent, "amount", "first_on", "every")
        async with visit.begin("portal_plan_page") as work:
            found = await own_plans.show(work, own(visit), case_id, wish)
    except (InvalidForm, DomainError) as error:
        return await _page(visit, case_id, _refused(sent, error), None)
    return await _page(visit, case_id, blank("plan", **sent), found)


def _refused(sent: Mapping[str, str], error: DomainError | InvalidForm) -> Form:
    """The form again with the bound that was crossed, in words; what is not his stays unseen."""
    if isinstance(error, InvalidForm):
        return refused("plan", sent, error)
    if error.code in {ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN}:
        raise error
    if error.code is ErrorCode.PLAN_STANDS:
        detail = (
            "An offer of ours stands: accept it, or ask for an advisor to agree on something else."
            if error.facts.get("what") == "settlement"
            else "We have agreed with you already. If you cannot keep it, ask for an advisor."
        )
        return refused("plan", sent, DomainError(error.code, detail, error.facts))
    said = _LIMITS.get(str(error.facts.get("bound")))
    if said is None:
        return refused("plan", sent, error)
    detail = f"{error.detail} {said.format(_limit(error.facts.get('limit')))}"
    return refused("plan", sent, DomainError(error.code, detail, error.facts))


def _limit(value: object) -> str:
    """A bound as it is said: a date in words, anything else as it is."""
    try:
        on = date.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return f"{on.day} {on:%b %Y}"


async def _page(
    visit: Visit, case_id: UUID, form: Form | None, shown: Arrangement | None
) -> Response:
    async with visit.begin("portal_plan_page") as work:
        which = CaseFilter(customer_id=own(visit), status="open")
        case = _own_case((await recovery.list_cases(work, which, ALL)).items, case_id)
        customer = await customers.by_id(work, own(visit))
        clock = await clock_for(work, customer.test_clock_id)
        today = clock.today(customer.zone or "UTC")
    begin = (case.overdue / _PARTS_TO_BEGIN_WITH).quantize(case.overdue, ROUND_UP)
    told = {
        "case": case,
        "form": form or blank("plan", amount=begin, first_on=today + _AHEAD, every="month"),
        "rhythms": RHYTHMS,
        "said": dict(RHYTHMS),
        "shown": shown,
    }
    return page(visit, "plan.html", told, 422 if form is not None and form.is_wrong else 200)


async def _offer(visit: Visit, settlement_id: UUID, form: Form | None) -> Response:
    async with visit.begin("portal_offer_page") as work:
        offered = _one(await own_plans.offers(work, own(visit)), settlement_id)
    told = {"offer": offered, "form": form or blank("offer")}
    return page(visit, "offer.html", told, 200 if form is None else 422)


def _one(offered: Sequence[Settlement], settlement_id: UUID) -> Settlement:
    for each in offered:
        if each.id == settlement_id:
            return each
    raise DomainError(ErrorCode.NOT_FOUND, "There is no such offer.")


def _own_case(cases: list[Case], case_id: UUID) -> Case:
    for case in cases:
        if case.id == case_id:
            return case
    raise DomainError(ErrorCode.NOT_FOUND, "There is no such case.")
