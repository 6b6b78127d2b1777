"""The first page of the portal, the lines of a loan, and what to do for who cannot pay."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.advice import service as advice
from api.customers import service as customers
from api.notifications import service as notifications
from api.recovery import own_plans
from api.recovery import service as recovery
from api.recovery.queries import CaseFilter
from api.web.forms import blank, sent_fields
from api.web.portal.doors import PortalVisit, own
from api.web.portal.showing import ALL, debt, debts, page, totals
from api.web.site import PORTAL
from api.web.visits import go
from contracts.advice import AskForAdvice

router = APIRouter(include_in_schema=False, prefix=PORTAL.root)


@router.get("")
async def portal_home(visit: PortalVisit, request: Request) -> Response:
    """What a customer owes, why, and the two ways on."""
    async with visit.begin("portal_home") as work:
        found = await debts(work, own(visit))
        unread = await notifications.unread_of_customer(work, own(visit))
        offers = await own_plans.offers(work, own(visit))
        plans = await own_plans.standing(work, own(visit))
    shown = {
        "offers": offers,
        "plans": plans,
        "debts": found,
        "totals": totals(found),
        "unread": unread,
        "done": request.query_params.get("done", ""),
    }
    return page(visit, "home.html", shown)


@router.get("/why")
async def portal_why(visit: PortalVisit) -> Response:
    """Why he is contacted, what comes next, and what stops it, case by case."""
    async with visit.begin("portal_why") as work:
        which = CaseFilter(customer_id=own(visit), status="open")
        cases = (await recovery.list_cases(work, which, ALL)).items
        told = [await recovery.explain(work, case.id) for case in cases]
        zone = await customers.zone_of(work, own(visit)) or "UTC"
    return page(visit, "why.html", {"told": told, "zone": zone})


@router.get("/loans/{loan_id}")
async def portal_loan(visit: PortalVisit, loan_id: UUID) -> Response:
    """Every line of a loan that makes up what is owed."""
    async with visit.begin("portal_loan") as work:
        found = await debt(work, loan_id)
    return page(visit, "loan.html", {"debt": found})


@router.get("/help")
async def portal_cannot_pay(visit: PortalVisit) -> Response:
    """What somebody can do who cannot pay; nothing is placed by looking."""
    async with visit.begin("portal_cannot_pay") as work:
        which = CaseFilter(customer_id=own(visit), status="open")
        cases = (await recovery.list_cases(work, which, ALL)).items
        asked = (await advice.list_requests(work, own(visit), ALL)).items
        offers = await own_plans.offers(work, own(visit))
    shown = {
        "cases": cases,
        "waiting": [each for each in asked if each.status == "open"],
        "offers": offers,
        "form": blank("advice"),
    }
    return page(visit, "help.html", shown)


@router.post("/help")
async def portal_ask_advice(visit: PortalVisit, request: Request) -> Response:
    """Ask for an advisor; while one is asked already, that stands."""
    sent = await sent_fields(request)
    body = AskForAdvice()
    await visit.once(
        "portal_ask_advice", sent, body, lambda work: advice.request_advice(work, own(visit), body)
    )
    return go(f"{PORTAL.root}?done=advice")
