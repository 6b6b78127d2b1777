"""Paying: how much, with its effect shown before, then the gateway's page, and back."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.collecting import service as collecting
from api.web.forms import Form, InvalidForm, blank, command, refused, sent_fields
from api.web.portal.doors import PortalVisit
from api.web.portal.showing import Debt, debt, page
from api.web.site import PORTAL
from api.web.visits import Visit, go
from contracts.collecting import NewPayLink, PayLink
from domain.errors import DomainError, ErrorCode
from domain.money import ZERO

router = APIRouter(include_in_schema=False, prefix=PORTAL.root)


@dataclass(frozen=True, slots=True)
class Effect:
    """What is left after an amount was paid."""

    amount: Decimal
    overdue: Decimal
    owed: Decimal


@router.get("/loans/{loan_id}/pay")
async def portal_pay_page(visit: PortalVisit, loan_id: UUID) -> Response:
    """Choose how much; what each choice comes to stands beside it."""
    return await _page(visit, loan_id, None)


@router.post("/loans/{loan_id}/pay")
async def portal_pay(visit: PortalVisit, request: Request, loan_id: UUID) -> Response:
    """Make a pay link and lead on to it; the same form sent twice makes one."""
    sent = await sent_fields(request)
    url = visit.kit.settings.public_url
    if sent.get("look") == "yes":
        sent = {**sent, "asks": "other"}
    try:
        if sent.get("amount") and sent.get("asks") != "other":
            raise InvalidForm({"amount": "Choose “Another amount” too, or leave this empty."})
        fields = ("asks", "amount") if sent.get("asks") == "other" else ("asks",)
        body = command(NewPayLink, {**sent, "valid_days": "1"}, *fields, "valid_days")
        if body.asks == "other" and body.amount is None:
            raise InvalidForm({"amount": "Fill this in."})
        if sent.get("look") == "yes" and body.amount is not None:
            return await _page(visit, loan_id, Form("pay", sent), body.amount)
        answer = await visit.once(
            "create_pay_link",
            sent,
            body,
            lambda work: collecting.create_pay_link(work, loan_id, body, url, from_portal=True),
            reread=lambda work, key: collecting.get_pay_link(work, key, url),
        )
    except (InvalidForm, DomainError) as error:
        if isinstance(error, DomainError) and error.code in {
            ErrorCode.NOT_FOUND,
            ErrorCode.FORBIDDEN,
        }:
            raise
        return await _page(visit, loan_id, refused("pay", sent, error))
    link = PayLink.model_validate_json(bytes(answer.body))
    return go(f"{PORTAL.root}/to-pay/{link.id}")


@router.get("/to-pay/{link_id}")
async def portal_to_pay(visit: PortalVisit, link_id: UUID) -> Response:
    """Lead on to the payment page, which is another site's.

    A page of its own, for a form may not lead to other sites, not even by a detour: browsers hold
    the whole chain of redirects against the policy of the page the form was on.
    """
    async with visit.begin("portal_to_pay") as work:
        link = await collecting.get_pay_link(work, link_id, visit.kit.settings.public_url)
    answer = page(visit, "to_pay.html", {"link": link})
    answer.headers["Refresh"] = f"0; url={link.url}"
    return answer


@router.get("/paid/{link_id}")
async def portal_paid(visit: PortalVisit, link_id: UUID) -> Response:
    """Where a payment stands: its receipt, or that word of it is awaited."""
    async with visit.begin("portal_paid") as work:
        link = await collecting.get_pay_link(work, link_id, visit.kit.settings.public_url)
        found = await debt(work, link.loan_id)
    answer = page(visit, "paid.html", {"link": link, "debt": found})
    if link.status == "open":
        answer.headers["Refresh"] = "3"
    return answer


async def _page(
    visit: Visit, loan_id: UUID, form: Form | None, looked_at: Decimal | None = None
) -> Response:
    async with visit.begin("portal_pay_page") as work:
        found = await debt(work, loan_id)
    default = "overdue" if found.overdue > ZERO else "due"
    shown = {
        "debt": found,
        "form": form or blank("pay", asks=default),
        "default": default,
        "effect": None if looked_at is None else _effect(found, looked_at),
    }
    status = 422 if form is not None and form.is_wrong else 200
    return page(visit, "pay.html", shown, status)


def _effect(found: Debt, amount: Decimal) -> Effect:
    """Money goes to what is oldest first."""
    owed = found.owed.outstanding.total
    return Effect(amount, max(ZERO, found.overdue - amount), max(ZERO, owed - amount))
