"""Promises that customers make themselves, by the policy that binds agents' records of them."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.clock import clock_for
from api.customers import service as customers
from api.recovery import promises
from api.recovery import service as recovery
from api.recovery.queries import CaseFilter
from api.web.forms import Form, InvalidForm, blank, command, refused, sent_fields
from api.web.portal.doors import PortalVisit, own
from api.web.portal.showing import ALL, page
from api.web.site import PORTAL
from api.web.visits import Visit, go
from contracts.recovery import Case, NewPromise
from domain.errors import DomainError, ErrorCode

router = APIRouter(include_in_schema=False, prefix=PORTAL.root)

_AHEAD = timedelta(days=7)

_LIMITS = {
    "max_days_ahead": "The latest day we can agree here is {}.",
    "min_percent_of_overdue": "The least we can agree here is {}.",
    "overdue_amount": "Overdue is {}.",
    "max_promises": "We can agree {} promises here; please ask for an advisor instead.",
}


@router.get("/promise/{case_id}")
async def portal_promise_page(visit: PortalVisit, case_id: UUID) -> Response:
    """The form of a promise."""
    return await _page(visit, case_id, None)


@router.post("/promise/{case_id}")
async def portal_promise(visit: PortalVisit, request: Request, case_id: UUID) -> Response:
    """Make a promise, once, or say plainly why not."""
    sent = await sent_fields(request)
    try:
        body = command(NewPromise, {**sent, "source": "portal"}, "amount", "due_on", "source")
        await visit.once(
            "portal_promise",
            sent,
            body,
            lambda work: promises.make_own_promise(work, own(visit), case_id, body),
        )
    except InvalidForm as error:
        return await _page(visit, case_id, refused("promise", sent, error))
    except DomainError as error:
        if error.code in {ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN}:
            raise
        return await _page(visit, case_id, refused("promise", sent, _bounded(error)))
    return go(f"{PORTAL.root}?done=promise")


def _bounded(error: DomainError) -> DomainError:
    """The refusal with the bound that was crossed, in words."""
    if error.code is ErrorCode.PLAN_STANDS:
        return DomainError(
            error.code,
            "We have agreed with you already. If you cannot keep it, write to us.",
            error.facts,
        )
    said = _LIMITS.get(str(error.facts.get("bound")))
    if said is None:
        return error
    detail = f"{error.detail} {said.format(error.facts.get('limit'))}"
    return DomainError(error.code, detail, error.facts)


async def _page(visit: Visit, case_id: UUID, form: Form | None) -> Response:
    async with visit.begin("portal_promise_page") as work:
        which = CaseFilter(customer_id=own(visit), status="open")
        case = _own_case((await recovery.list_cases(work, which, ALL)).items, case_id)
        customer = await customers.by_id(work, own(visit))
        clock = await clock_for(work, customer.test_clock_id)
        today = clock.today(customer.zone or "UTC")
    shown = {
        "case": case,
        "form": form or blank("promise", amount=case.overdue, due_on=today + _AHEAD),
    }
    return page(visit, "promise.html", shown, 200 if form is None else 422)


def _own_case(cases: list[Case], case_id: UUID) -> Case:
    for case in cases:
        if case.id == case_id:
            return case
    raise DomainError(ErrorCode.NOT_FOUND, "There is no such case.")
