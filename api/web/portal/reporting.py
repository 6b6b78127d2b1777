"""Customers say that they have paid: it is known at once, and moves nothing until money comes."""

from decimal import Decimal
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.payments import service as payments
from api.web.forms import Form, InvalidForm, blank, command, refused, sent_fields
from api.web.portal.doors import PortalVisit
from api.web.portal.showing import debt, page
from api.web.site import PORTAL
from api.web.visits import Visit, go
from contracts.payments import NewReport
from domain.errors import DomainError, ErrorCode

router = APIRouter(include_in_schema=False, prefix=PORTAL.root)

_METHODS = (
    ("bank_transfer", "Bank transfer"),
    ("cash", "Cash"),
    ("card", "Card"),
    ("cheque", "Cheque"),
    ("other", "In another way"),
)


@router.get("/loans/{loan_id}/paid-already")
async def portal_report_page(visit: PortalVisit, loan_id: UUID) -> Response:
    """The form in which somebody says that he has paid."""
    return await _page(visit, loan_id, None)


@router.post("/loans/{loan_id}/paid-already")
async def portal_report(visit: PortalVisit, request: Request, loan_id: UUID) -> Response:
    """Take note of it, once, or say plainly why not."""
    sent = await sent_fields(request)
    try:
        told = command(NewReport, sent, "amount", "currency", "paid_on", "method", "reference")
        await visit.once(
            "report_payment", sent, told, lambda work: payments.report(work, loan_id, told)
        )
    except InvalidForm as error:
        return await _page(visit, loan_id, refused("report", sent, error))
    except DomainError as error:
        if error.code in {ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN}:
            raise
        return await _page(visit, loan_id, refused("report", sent, error))
    return go(f"{PORTAL.root}?done=report")


async def _page(visit: Visit, loan_id: UUID, form: Form | None) -> Response:
    async with visit.begin("portal_report_page") as work:
        found = await debt(work, loan_id)
    asked = found.overdue or (found.coming.outstanding if found.coming else Decimal())
    shown = {
        "debt": found,
        "methods": _METHODS,
        "form": form
        or blank(
            "report",
            amount=asked or None,
            currency=found.loan.currency,
            paid_on=found.owed.as_of,
            method="bank_transfer",
        ),
    }
    return page(visit, "paid_already.html", shown, 200 if form is None else 422)
