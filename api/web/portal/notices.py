"""What a customer finds in the portal: notices, read or not, and letters to him."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response

from api.customers import service as customers
from api.letters import service as letters
from api.letters.service import LetterFilter
from api.notifications import service as notifications
from api.pagination import PageRequest
from api.web.portal.doors import PortalVisit, own
from api.web.portal.showing import ALL, page
from api.web.site import PORTAL
from api.web.visits import go

router = APIRouter(include_in_schema=False, prefix=PORTAL.root)

_NEWEST: Final = PageRequest(50, None)

_TITLES: Final = {
    "arrears_notice": "What is overdue",
    "default_notice": "Notice of default",
    "statement": "Statement",
    "payoff": "What closes the loan",
    "no_dues": "The loan is repaid",
    "settlement_agreement": "Agreement to settle",
    "agency_notice": "Who collects the loan",
    "validation_notice": "About the debt",
    "case_text": "Letter",
    "complaint_received": "We have your complaint",
    "complaint_answered": "Our answer to your complaint",
}


@router.get("/notices")
async def portal_notices(visit: PortalVisit) -> Response:
    """Notices, newest first, and the letters."""
    async with visit.begin("portal_notices") as work:
        found = await notifications.list_of_customer(work, own(visit), _NEWEST)
        written = await letters.list_letters(work, LetterFilter(customer_id=own(visit)), ALL)
        zone = await customers.zone_of(work, own(visit)) or "UTC"
    shown = {
        "notices": found.items,
        "unread": found.unread,
        "letters": [(_TITLES[each.code], each) for each in reversed(written.items)],
        "zone": zone,
    }
    return page(visit, "notices.html", shown)


@router.post("/notices/{notice_id}/read")
async def portal_read_notice(visit: PortalVisit, notice_id: UUID) -> Response:
    """Mark a notice as read; a second time changes nothing."""
    async with visit.begin("portal_read_notice") as work:
        await notifications.read(work, notice_id)
    return go(f"{PORTAL.root}/notices")


@router.get("/letters/{letter_id}")
async def portal_letter(visit: PortalVisit, letter_id: UUID) -> Response:
    """A letter as PDF."""
    async with visit.begin("portal_letter") as work:
        letter, file = await letters.content(
            work, visit.kit.objects, letter_id, visit.kit.settings.letter_fonts_dir
        )
    return Response(
        file,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="{letter.number}.pdf"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
