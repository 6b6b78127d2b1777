"""Customers complain, and see until when they are answered and what the answer is."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from api.complaints import service as complaints
from api.complaints.service import Filters
from api.web.forms import Form, InvalidForm, blank, command, refused, sent_fields
from api.web.portal.doors import PortalVisit
from api.web.portal.showing import ALL, debts, page
from api.web.site import PORTAL
from api.web.visits import Visit, go
from contracts.complaints import NewComplaint
from domain.errors import DomainError, ErrorCode

router = APIRouter(include_in_schema=False, prefix=PORTAL.root)

_CAUSES: Final = (
    ("contact_frequency", "You contact me too often"),
    ("contact_manner", "How you spoke or wrote to me"),
    ("contact_after_stop", "You went on after I said stop"),
    ("wrong_person", "I am not who you look for"),
    ("amount_owed", "What you say I owe"),
    ("fees_or_interest", "Fees or interest"),
    ("payment_not_booked", "A payment of mine is missing"),
    ("affordability", "I could never afford this loan"),
    ("hardship_ignored", "You did not hear that I am in difficulty"),
    ("information", "What I was told was wrong or missing"),
    ("privacy", "My personal data"),
    ("service", "Your service"),
    ("other", "Something else"),
)


@router.get("/complaints")
async def portal_complaints(
    visit: PortalVisit, done: Annotated[str, Query(max_length=10)] = ""
) -> Response:
    """The customer's complaints, with our answers, and the form for a new one."""
    return await _page(visit, blank("complaint"), done=bool(done))


@router.post("/complaints")
async def portal_complain(visit: PortalVisit, request: Request) -> Response:
    """Receive a complaint, once."""
    sent = await sent_fields(request)
    try:
        new = command(
            NewComplaint,
            dict(sent) | {"customer_id": str(visit.principal.customer_id)},
            "customer_id",
            "loan_id",
            "text",
        )
        told = NewComplaint.model_validate(new.model_dump() | {"causes": [_cause(sent)]})
        await visit.once(
            "make_complaint",
            sent,
            told,
            lambda work: complaints.file(work, told),
            reread=complaints.detail,
        )
    except (InvalidForm, DomainError) as error:
        if isinstance(error, DomainError) and error.code in {
            ErrorCode.NOT_FOUND,
            ErrorCode.FORBIDDEN,
        }:
            raise
        return await _page(visit, refused("complaint", sent, error), 422)
    return go(f"{PORTAL.root}/complaints?done=filed")


def _cause(sent: Mapping[str, str]) -> str:
    """What it is about; anything that the form does not offer is something else."""
    chosen = sent.get("cause", "")
    return chosen if chosen in dict(_CAUSES) else "other"


async def _page(visit: Visit, form: Form, status: int = 200, *, done: bool = False) -> Response:
    customer_id = visit.principal.customer_id
    async with visit.begin("list_complaints") as work:
        found = await complaints.list_(work, Filters(customer_id=customer_id), ALL)
        mine = [await complaints.detail(work, each.id) for each in reversed(found.items)]
        owed = [] if customer_id is None else await debts(work, customer_id)
    shown = {
        "form": form,
        "done": done,
        "complaints": mine,
        "loans": [each.loan for each in owed],
        "causes": _CAUSES,
    }
    return page(visit, "complaints.html", shown, status)
