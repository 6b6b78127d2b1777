"""Makes links into the portal, and lets those in who have one and know a second fact."""

import base64
import binascii
import hmac
import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, assert_never
from uuid import UUID

from api.audit.service import record
from api.customers import service as customers
from api.db.base import new_id
from api.portal_links import queries
from api.portal_links.tables import PortalLinkRow
from api.work import Work
from contracts.parties import Customer
from contracts.portal import PortalLink
from domain.errors import DomainError, ErrorCode

PATH: Final = "/portal/in/"
LIFETIME: Final = timedelta(days=7)
MOST_FAILURES: Final = 10
"""After so many wrong answers a link is used up, whoever gave them."""

_PURPOSE: Final = "portal-link"
_KEY: Final = 16
_SEAL: Final = 16
_LAST_DIGITS: Final = 4
_LINK: Final = re.compile(f"({re.escape(PATH)})[A-Za-z0-9_-]+")


class SecondFact(StrEnum):
    """What is asked besides the link."""

    BORN_ON = "born_on"
    PHONE = "phone"


class Gone(StrEnum):
    """Why a link lets nobody in."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    USED_UP = "used_up"
    NO_FACT = "no_fact"
    """The record holds nothing that could be asked."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of an answer: the customer who may come in, or none."""

    customer_id: UUID | None
    gone: Gone | None = None


async def create_link(work: Work, customer_id: UUID, public_url: str) -> PortalLink:
    """Make a link for a customer; raises `NOT_FOUND`."""
    await customers.by_id(work, customer_id)
    row = _made(work, customer_id)
    await work.session.flush()
    return _shown(work, row, public_url)


def address_for(work: Work, customer_id: UUID, public_url: str) -> str:
    """The address of a new link, for a message to a customer who was looked up already."""
    return _shown(work, _made(work, customer_id), public_url).url


def without_keys(text: str) -> str:
    """A text for others than the customer: where links lead stays, what opens them does not."""
    return _LINK.sub(r"\1…", text)


def _made(work: Work, customer_id: UUID) -> PortalLinkRow:
    row = PortalLinkRow(
        id=new_id(),
        customer_id=customer_id,
        created_at=work.now,
        expires_at=work.now + LIFETIME,
        failures=0,
    )
    work.session.add(row)
    record(work, "portal_link.created", "customer", customer_id, {"link": str(row.id)})
    return row


async def get_link(work: Work, link_id: UUID, public_url: str) -> PortalLink:
    """A link as it was made; raises `NOT_FOUND`."""
    row = await queries.by_id(work, link_id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such link.")
    await customers.by_id(work, row.customer_id)
    return _shown(work, row, public_url)


async def asked_by(work: Work, token: str) -> SecondFact | Gone:
    """Which fact a link asks for, or why it lets nobody in."""
    row = await _find(work, token)
    if row is None:
        return Gone.UNKNOWN
    ended = _ended(work, row)
    if ended is not None:
        return ended
    return _fact_of(await customers.get(work, row.customer_id)) or Gone.NO_FACT


async def answer(work: Work, token: str, given: str) -> Answered:
    """Try a second fact. A wrong one is counted on the link, so this must be committed."""
    row = await _find(work, token, lock=True)
    if row is None:
        return Answered(None, Gone.UNKNOWN)
    ended = _ended(work, row)
    if ended is not None:
        return Answered(None, ended)
    customer = await customers.get(work, row.customer_id)
    if not _is_right(customer, given):
        row.failures += 1
        record(work, "portal_link.refused", "customer", row.customer_id, {"link": str(row.id)})
        return Answered(None, _ended(work, row))
    record(work, "portal_link.opened", "customer", row.customer_id, {"link": str(row.id)})
    return Answered(row.customer_id)


def _ended(work: Work, row: PortalLinkRow) -> Gone | None:
    if work.now >= row.expires_at:
        return Gone.EXPIRED
    return Gone.USED_UP if row.failures >= MOST_FAILURES else None


def _fact_of(customer: Customer) -> SecondFact | None:
    """A birth date is asked where there is one: a phone that was taken does not show it."""
    if customer.born_on is not None:
        return SecondFact.BORN_ON
    return None if customer.phone is None else SecondFact.PHONE


def _is_right(customer: Customer, given: str) -> bool:
    fact = _fact_of(customer)
    match fact:
        case None:
            return False
        case SecondFact.BORN_ON:
            try:
                return date.fromisoformat(given.strip()) == customer.born_on
            except ValueError:
                return False
        case SecondFact.PHONE:
            expected = (customer.phone or "")[-_LAST_DIGITS:]
            return hmac.compare_digest(given.strip().encode(), expected.encode())
        case _:
            assert_never(fact)


async def _find(work: Work, token: str, *, lock: bool = False) -> PortalLinkRow | None:
    """The link whose token this is; none for any other text."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return None
    if len(raw) != _KEY + _SEAL:
        return None
    link_id = UUID(bytes=raw[:_KEY])
    if not hmac.compare_digest(raw[_KEY:], _seal(work, link_id)):
        return None
    return await queries.by_id(work, link_id, lock=lock)


def _shown(work: Work, row: PortalLinkRow, public_url: str) -> PortalLink:
    raw = row.id.bytes + _seal(work, row.id)
    token = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return PortalLink(
        id=row.id,
        customer_id=row.customer_id,
        url=public_url.rstrip("/") + PATH + token,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def _seal(work: Work, link_id: UUID) -> bytes:
    return work.vault.blind_index(_PURPOSE, str(link_id))[:_SEAL]
