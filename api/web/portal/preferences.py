"""How a customer wants to be written to: out of a medium, and back in."""

from fastapi import APIRouter, Request, Response

from api.customers import service as customers
from api.messages import wishes
from api.web.forms import Form, blank, sent_fields
from api.web.portal.doors import PortalVisit, own
from api.web.portal.showing import page
from api.web.site import PORTAL
from api.web.visits import Visit, go
from contracts.base import Wire
from domain.contact.channel import Channel
from domain.errors import DomainError, ErrorCode

router = APIRouter(include_in_schema=False, prefix=PORTAL.root)


class Wish(Wire):
    """A wish about one medium."""

    medium: Channel
    granted: bool


@router.get("/preferences")
async def portal_preferences(visit: PortalVisit) -> Response:
    """Each medium, whether it is used, and what changing that would mean."""
    return await _page(visit, None)


@router.post("/preferences")
async def portal_prefer(visit: PortalVisit, request: Request) -> Response:
    """Stop or resume a medium; it takes effect before the next page is shown."""
    sent = await sent_fields(request)
    try:
        wish = Wish(medium=Channel(sent.get("medium", "")), granted=sent.get("wish") == "in")
    except ValueError:
        raise DomainError(ErrorCode.INVALID_REQUEST, "Choose one of the media.") from None
    change = wishes.opt_in if wish.granted else wishes.opt_out
    try:
        async with visit.begin("portal_prefer") as work:
            await change(work, own(visit), wish.medium, "portal")
    except DomainError as error:
        if error.code is not ErrorCode.CONFLICT:
            raise
        return await _page(visit, Form("preferences", refusal=error.detail))
    return go(f"{PORTAL.root}/preferences")


async def _page(visit: Visit, form: Form | None) -> Response:
    async with visit.begin("portal_preferences") as work:
        customer = await customers.get(work, own(visit))
    media = [
        ("sms", "Text messages", customer.phone is not None, "sms" not in customer.opted_out),
        ("email", "E-mails", customer.email is not None, "email" not in customer.opted_out),
    ]
    shown = {"media": media, "form": form or blank("preferences")}
    return page(visit, "preferences.html", shown, 200 if form is None else 409)
