"""Use cases over creditors: whose book a loan is in."""

from uuid import UUID

from api.audit.service import record
from api.creditors import queries
from api.creditors.tables import CreditorRow
from api.db.base import new_id
from api.pagination import PageRequest
from api.work import Work
from contracts.base import Page
from contracts.parties import Creditor, NewCreditor
from domain.calendar import check_zone
from domain.errors import DomainError, ErrorCode


async def create(work: Work, new: NewCreditor) -> Creditor:
    """Make a creditor; raises `UNKNOWN_ZONE`, and `CONFLICT` when the code is taken."""
    made = await queries.add(
        work,
        {
            "id": new_id(),
            "code": new.code,
            "name": new.name,
            "country": new.country,
            "zone": check_zone(new.zone),
            "licence_kind": new.licence_kind,
            "legal_order": (
                new.legal_order
                if new.legal_order is None or isinstance(new.legal_order, str)
                else new.legal_order.model_dump(mode="json")
            ),
            "created_at": work.now,
            "version": 1,
        },
    )
    if made is None:
        raise DomainError(
            ErrorCode.CONFLICT,
            "A creditor with this code exists.",
            {"creditor_id": str(await queries.id_by_code(work, new.code))},
        )
    record(work, "creditor.created", "creditor", made.id, {"code": made.code, "zone": made.zone})
    return creditor_of(made)


async def by_id(work: Work, creditor_id: UUID) -> CreditorRow:
    """A creditor as kept, for its zone and licence; raises `NOT_FOUND`."""
    found = await queries.by_id(work, creditor_id)
    if found is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such creditor.")
    return found


async def get(work: Work, creditor_id: UUID) -> Creditor:
    """A creditor; raises `NOT_FOUND`."""
    return creditor_of(await by_id(work, creditor_id))


async def list_(work: Work, page: PageRequest, code: str | None = None) -> Page[Creditor]:
    """Creditors in the order they were made; `INVALID_REQUEST` for a foreign cursor."""
    found = await queries.page(work, code, page.after_id(), page.limit + 1)
    kept, cursor = page.cut(found, [creditor.id for creditor in found])
    return Page(items=[creditor_of(creditor) for creditor in kept], next_cursor=cursor)


def creditor_of(found: CreditorRow) -> Creditor:
    """A creditor as it goes over the wire."""
    return Creditor.model_validate(
        {
            "id": found.id,
            "code": found.code,
            "name": found.name,
            "country": found.country,
            "zone": found.zone,
            "licence_kind": found.licence_kind,
            "legal_order": found.legal_order,
            "version": found.version,
        }
    )
