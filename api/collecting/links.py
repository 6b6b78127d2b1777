"""Pay links: made for a loan, opened by whoever holds them, ended by money or time.

The address of a link is made from its id and a keyed digest of it, so it is not stored and cannot
be guessed, and the same link has the same address whenever it is shown.
"""

import base64
import binascii
import hmac
from datetime import timedelta
from typing import Literal, cast
from uuid import UUID

from api.audit.service import record as audit
from api.clock import clock_for
from api.collecting import amounts, queries
from api.collecting.tables import CollectionRow
from api.db.base import new_id
from api.loans import queries as loans
from api.pagination import PageRequest
from api.versions import check_version
from api.wakes import service as wakes
from api.work import Work
from contracts.base import Page
from contracts.collecting import LinkAmount, NewPayLink, PayLink
from contracts.names import WakeKind
from domain.errors import DomainError, ErrorCode
from domain.ids import collection_workflow_id
from domain.money import positive, quantize

PATH = "/pay/"
_SEAL = 16
_KEY = 16

Status = Literal["open", "paid", "failed", "expired", "cancelled"]


async def create_pay_link(
    work: Work, loan_id: UUID, new: NewPayLink, public_url: str, *, from_portal: bool = False
) -> PayLink:
    """Make a link for a loan the principal may see; its `url` may be sent to the payer.

    With `from_portal` the payer is led back there.

    Raises `NOT_FOUND`, `LOAN_NOT_ACTIVE`, `NOTHING_OWED`, `PAYMENT_EXCEEDS_OWED`,
    `INVALID_REQUEST` unless an amount comes exactly with `other`, and the refusals of amounts.
    """
    book = await loans.book_of(work, loan_id, lock=True)
    loan = book.loan
    if loan.lifecycle != "active":
        raise DomainError(
            ErrorCode.LOAN_NOT_ACTIVE,
            f"The loan is {loan.lifecycle}; payments are taken while it is active.",
            {"lifecycle": loan.lifecycle},
        )
    if (new.asks == "other") != (new.amount is not None):
        raise DomainError(ErrorCode.INVALID_REQUEST, "`amount` comes with `other`, and only then.")
    clock = await clock_for(work, loan.test_clock_id)
    row = CollectionRow(
        id=new_id(),
        number=await queries.next_number(work),
        loan_id=loan.id,
        customer_id=loan.customer_id,
        test_clock_id=loan.test_clock_id,
        kind="link",
        status="open",
        currency=loan.currency,
        asks=new.asks,
        amount=None if new.amount is None else positive(new.amount, loan.currency),
        created_at=clock.now,
        expires_at=clock.now + timedelta(days=new.valid_days),
        page_wanted=False,
        from_portal=from_portal,
        version=1,
    )
    wanted = await amounts.wanted(work, book, row, clock)
    if wanted <= 0:
        raise DomainError(ErrorCode.NOTHING_OWED, "There is nothing to pay of that kind now.")
    if row.amount is not None and row.amount > wanted:
        raise DomainError(
            ErrorCode.PAYMENT_EXCEEDS_OWED,
            f"No more than {quantize(wanted, loan.currency)} {loan.currency} is owed.",
            {"owed": str(quantize(wanted, loan.currency))},
        )
    work.session.add(row)
    await work.session.flush()
    audit(work, "pay_link.created", "loan", loan.id, {"collection": str(row.id)})
    await wakes.raise_wake(
        work, collection_workflow_id(row.id), WakeKind.PAYMENT, row.test_clock_id
    )
    return await shown(work, row, public_url)


async def get_pay_link(work: Work, link_id: UUID, public_url: str) -> PayLink:
    """A link and where it stands; raises `NOT_FOUND`."""
    return await shown(work, await _link(work, link_id), public_url)


async def list_pay_links(
    work: Work, loan_id: UUID, page: PageRequest, public_url: str
) -> Page[PayLink]:
    """The links of a loan in the order they were made; raises `NOT_FOUND`."""
    await loans.book_of(work, loan_id)
    rows = await queries.page(
        work,
        queries.CollectionFilter(loan_id=loan_id, kind="link"),
        page.after_number(),
        page.limit + 1,
    )
    cut, cursor = page.cut(rows, [row.number for row in rows])
    return Page(items=[await shown(work, row, public_url) for row in cut], next_cursor=cursor)


async def cancel_pay_link(work: Work, link_id: UUID, seen: int, public_url: str) -> PayLink:
    """End a link before its time; a page that stands open is closed by its workflow.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, `COLLECTION_NOT_OPEN`.
    """
    row = await _link(work, link_id)
    await loans.book_of(work, row.loan_id, lock=True)
    row = await _link(work, link_id, lock=True)
    check_version(seen, row.version)
    if row.status != "open":
        raise DomainError(
            ErrorCode.COLLECTION_NOT_OPEN, f"The link is {row.status}.", {"status": row.status}
        )
    clock = await clock_for(work, row.test_clock_id)
    row.expires_at = clock.now
    row.version += 1
    audit(work, "pay_link.cancelled", "loan", row.loan_id, {"collection": str(row.id)})
    await work.session.flush()
    await wakes.raise_wake(
        work, collection_workflow_id(row.id), WakeKind.PAYMENT, row.test_clock_id
    )
    return await shown(work, row, public_url)


def address_of(work: Work, link_id: UUID, public_url: str) -> str:
    """What the payer opens."""
    return public_url.rstrip("/") + PATH + _token(work, link_id)


def link_of(work: Work, token: str) -> UUID:
    """The link whose token this is; raises `NOT_FOUND` for any other text."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) == _KEY + _SEAL:
        link_id = UUID(bytes=raw[:_KEY])
        if hmac.compare_digest(raw[_KEY:], _seal(work, link_id)):
            return link_id
    raise no_such_link()


def no_such_link() -> DomainError:
    """The answer for a link that is missing, forged or somebody else's."""
    return DomainError(ErrorCode.NOT_FOUND, "There is no such link.")


async def shown(work: Work, row: CollectionRow, public_url: str) -> PayLink:
    """A link as it goes over the wire."""
    if row.status == "paid":
        amount = row.collected
    else:
        book = await loans.book_of(work, row.loan_id)
        clock = await clock_for(work, row.test_clock_id)
        amount = await amounts.wanted(work, book, row, clock)
    return PayLink(
        id=row.id,
        number=f"CO-{row.number}",
        loan_id=row.loan_id,
        asks=cast("LinkAmount", row.asks),
        amount=quantize(amount, row.currency),
        currency=row.currency,
        status=cast("Status", row.status),
        url=address_of(work, row.id, public_url),
        created_at=row.created_at,
        expires_at=row.expires_at or row.created_at,
        payment_id=row.payment_id,
        version=row.version,
    )


async def _link(work: Work, link_id: UUID, *, lock: bool = False) -> CollectionRow:
    row = await queries.collection(work, link_id, lock=lock)
    if row is None or row.kind != "link":
        raise no_such_link()
    return row


def _token(work: Work, link_id: UUID) -> str:
    raw = link_id.bytes + _seal(work, link_id)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _seal(work: Work, link_id: UUID) -> bytes:
    return work.vault.blind_index("pay-link", str(link_id))[:_SEAL]
