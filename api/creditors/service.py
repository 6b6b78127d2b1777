"""Use cases over creditors: whose book a loan is in."""

from uuid import UUID

from api.audit.service import record
from api.creditors import queries
from api.creditors.tables import CreditorRow
from api.db.base import new_id
from api.pagination import PageRequest
from api.versions import check_version
from api.work import Work
from contracts.base import Page
from contracts.parties import (
    BusinessHours,
    Correspondence,
    Creditor,
    NewCreditor,
    SetBusinessHours,
    SetCorrespondence,
)
from domain.calendar import check_zone
from domain.errors import DomainError, ErrorCode
from domain.office import AROUND_THE_CLOCK, Office, Opening


async def create(work: Work, new: NewCreditor) -> Creditor:
    """Make a creditor; raises `UNKNOWN_ZONE`, `CONFLICT` when the code is taken.

    And `INVALID_REQUEST` for business hours that leave no time to work.
    """
    if new.business_hours is not None:
        _office(new.business_hours, check_zone(new.zone))
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
            "business_hours": _kept(new.business_hours),
            "correspondence": _kept(new.correspondence),
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


def office_of(found: CreditorRow) -> Office:
    """When a creditor works; around the clock where it never said."""
    if found.business_hours is None:
        return AROUND_THE_CLOCK
    return _office(BusinessHours.model_validate(found.business_hours), found.zone)


async def set_hours(
    work: Work, creditor_id: UUID, command: SetBusinessHours, seen: int
) -> Creditor:
    """Say when a creditor works, from now on.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED` unless it is at the version `seen`, and
    `INVALID_REQUEST` for hours that leave no time to work.
    """
    found = await queries.lock(work, creditor_id)
    if found is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such creditor.")
    check_version(seen, found.version)
    hours = command.business_hours
    if hours is not None:
        _office(hours, found.zone)
    found.business_hours = _kept(hours)
    found.version += 1
    record(work, "creditor.hours_set", "creditor", found.id, {"always": hours is None})
    return creditor_of(found)


async def set_correspondence(
    work: Work, creditor_id: UUID, command: SetCorrespondence, seen: int
) -> Creditor:
    """Say where a creditor is written to; letters that were written keep what they print.

    Raises `NOT_FOUND`, and `PRECONDITION_FAILED` unless it is at the version `seen`.
    """
    found = await queries.lock(work, creditor_id)
    if found is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such creditor.")
    check_version(seen, found.version)
    found.correspondence = _kept(command.correspondence)
    found.version += 1
    facts = {"known": command.correspondence is not None}
    record(work, "creditor.correspondence_set", "creditor", found.id, facts)
    return creditor_of(found)


def correspondence_of(found: CreditorRow) -> Correspondence | None:
    """Where a creditor is written to; None where that was never said."""
    if found.correspondence is None:
        return None
    return Correspondence.model_validate(found.correspondence)


def _office(hours: BusinessHours, zone: str) -> Office:
    week = tuple(None if day is None else Opening(day.opens, day.closes) for day in hours.week)
    return Office(zone, week, frozenset(hours.closed_on))


def _kept(said: BusinessHours | Correspondence | None) -> dict[str, object] | None:
    return None if said is None else said.model_dump(mode="json")


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
            "business_hours": found.business_hours,
            "correspondence": found.correspondence,
            "version": found.version,
        }
    )
