"""Holds: placing and ending what suspends chasing, and which of them bind a person now."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final
from uuid import UUID

from api.audit.service import record
from api.casework import assigning
from api.clock import Clock
from api.customers import service as customers
from api.parties import standings
from api.recovery import cases, hold_queries, queries, timeline
from api.recovery.tables import CaseRow, HoldRow
from api.work import Work
from contracts.recovery import EndHold, NewHold
from contracts.recovery import Hold as WireHold
from domain.errors import DomainError, ErrorCode
from domain.recovery import holds as rules
from domain.recovery.holds import Hold, HoldKind
from domain.recovery.moratorium import is_regulated

REASON_COLUMN: Final = "holds.reason"
"""Binds an encrypted reason to its column."""


async def place_hold(work: Work, case_id: UUID, command: NewHold) -> WireHold:
    """Place a hold on an open case; it binds from its first day on.

    One for another party of a loan in the case binds that party, and the case's customer only
    where it is about the debt itself.

    Raises what `place` raises, and `MORATORIUM_BY_SCHEME` for a moratorium of somebody who lives
    where one has rules of its own: those are kept by placing it as what it is.
    """
    if HoldKind(command.kind) is HoldKind.MORATORIUM:
        case = await cases.found(work, case_id)
        person = await customers.by_id(work, command.customer_id or case.customer_id)
        if is_regulated(person.country, person.region):
            raise DomainError(
                ErrorCode.MORATORIUM_BY_SCHEME,
                "Where he lives a moratorium has a length, reviews and effects of its own: place "
                "it by POST /recovery-cases/{id}/moratoria.",
                {"operation": "place_moratorium", "field": "kind"},
            )
    return await place(work, case_id, command)


async def place(work: Work, case_id: UUID, command: NewHold) -> WireHold:
    """Place a hold on an open case, a moratorium with its scheme checked by the caller too.

    Raises `NOT_FOUND`, `CASE_NOT_OPEN`, `INVALID_DATE` for dates that run backwards,
    `INVALID_REQUEST` for a hold without an end or a review, or with an end that only a person
    with evidence may give, and `INVALID_PARTY` for somebody who stands on none of its loans.
    """
    if command.customer_id is not None:
        # People come before cases: a message to him that is about to leave waits, or has left.
        await customers.lock(work, command.customer_id)
    held = await cases.hold_case(work, case_id)
    cases.require_open(held.case)
    customer_id = command.customer_id or held.case.customer_id
    if customer_id != held.case.customer_id:
        await require_party(work, case_id, customer_id)
    starts_on = command.starts_on or held.today
    kind = HoldKind(command.kind)
    _check_dates(kind, starts_on, command, held.today)
    row = HoldRow(
        case_id=case_id,
        customer_id=customer_id,
        kind=kind.value,
        starts_on=starts_on,
        ends_on=command.ends_on,
        review_on=command.review_on,
        reason_ct=await customers.encrypt(work, customer_id, command.reason, REASON_COLUMN),
        ended_at=None,
        created_at=held.clock.now,
        created_by=work.principal.user_id,
    )
    await keep(work, held.case, row)
    if kind is HoldKind.VULNERABLE and customer_id == held.case.customer_id:
        await assigning.find_specialist(work, held.clock, held.case, held.today)
    await wake_all(work, held, row.customer_id)
    return hold_of(row, held.today)


async def keep(work: Work, case: CaseRow, row: HoldRow) -> None:
    """Add a hold to a case that is locked, and tell of it; the caller wakes who plans."""
    work.session.add(row)
    await work.session.flush()
    case.version += 1
    timeline.write(
        work,
        case,
        row.created_at,
        timeline.EventKind.HOLD_PLACED,
        {
            "hold_id": str(row.id),
            "hold": row.kind,
            "starts_on": row.starts_on.isoformat(),
            "ends_on": None if row.ends_on is None else row.ends_on.isoformat(),
            "review_on": None if row.review_on is None else row.review_on.isoformat(),
            "customer_id": _another(case, row),
        },
    )
    record(
        work,
        "case.hold_placed",
        "case",
        case.id,
        {
            "hold_id": str(row.id),
            "kind": row.kind,
            "starts_on": row.starts_on.isoformat(),
            "customer_id": str(row.customer_id),
        },
    )


async def end_hold(work: Work, case_id: UUID, hold_id: UUID, command: EndHold) -> WireHold:
    """End a hold that concerns a case today; the day of its end is no longer bound by it.

    Raises `NOT_FOUND`, and `HOLD_NOT_ACTIVE` for a hold that has ended.
    """
    held = await cases.hold_case(work, case_id)
    row = await hold_queries.find_hold(work, case_id, hold_id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such hold on this case.")
    if HoldKind(row.kind) in rules.OF_THE_RULES:
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION,
            "This hold follows from a complaint, and ends when that is answered.",
            {"kind": row.kind},
        )
    if row.ended_at is not None or (row.ends_on is not None and row.ends_on <= held.today):
        raise DomainError(
            ErrorCode.HOLD_NOT_ACTIVE,
            "The hold has ended.",
            {"ends_on": None if row.ends_on is None else row.ends_on.isoformat()},
        )
    note = await timeline.sealed(work, held.case, command.reason)
    end(work, held, row, note)
    await wake_all(work, held, row.customer_id)
    return hold_of(row, held.today)


def end(work: Work, held: cases.Held, row: HoldRow, note: bytes | None = None) -> None:
    """End a hold on a case that is locked, today, and tell of it; the caller wakes who plans."""
    row.ends_on = max(held.today, row.starts_on)
    row.ended_at = held.clock.now
    held.case.version += 1
    timeline.write(
        work,
        held.case,
        held.clock.now,
        timeline.EventKind.HOLD_ENDED,
        {"hold_id": str(row.id), "hold": row.kind, "customer_id": _another(held.case, row)},
        note=note,
    )
    record(
        work,
        "case.hold_ended",
        "case",
        held.case.id,
        {"hold_id": str(row.id), "kind": row.kind, "on": row.ends_on.isoformat()},
    )


async def end_kind(work: Work, customer_id: UUID, kind: HoldKind, command: EndHold) -> None:
    """End every hold of a kind that binds a person, in whichever case it was placed."""
    for row, _ in await hold_queries.holds_of_customers(work, [customer_id]):
        if row.kind == kind and row.ended_at is None and row.ends_on is None:
            await end_hold(work, row.case_id, row.id, command)


async def holds_on(
    work: Work, clock: Clock, customer_ids: Collection[UUID]
) -> Mapping[UUID, frozenset[HoldKind]]:
    """The holds that bind people today, whichever case they were placed on.

    Each is dated in the zone of its case's creditor. Closed cases count: a hold outlives its
    case. Who is said to have died is held whether he has a case or not. People without a hold are
    left out.
    """
    rows = await hold_queries.holds_of_customers(work, customer_ids)
    zones = await cases.zones(work, {creditor_id for _, creditor_id in rows})
    found: dict[UUID, set[HoldKind]] = {}
    for row, creditor_id in rows:
        if rules.binds(rule_of(row), clock.today(zones[creditor_id])):
            found.setdefault(row.customer_id, set()).add(HoldKind(row.kind))
    for customer_id in await standings.deceased_since(work, customer_ids):
        found.setdefault(customer_id, set()).add(HoldKind.DECEASED)
    return {customer_id: frozenset(kinds) for customer_id, kinds in found.items()}


async def debt_holds_on(
    work: Work, clock: Clock, case_ids: Collection[UUID]
) -> Mapping[UUID, frozenset[HoldKind]]:
    """The holds that bind the debts of cases today, whichever party they came from."""
    if not case_ids:
        return {}
    rows = await hold_queries.holds_of_debts(work, case_ids)
    zones = await cases.zones(work, {creditor_id for _, _, creditor_id in rows})
    found: dict[UUID, set[HoldKind]] = {}
    for row, case_id, creditor_id in rows:
        if rules.binds(rule_of(row), clock.today(zones[creditor_id])):
            found.setdefault(case_id, set()).add(HoldKind(row.kind))
    return {case_id: frozenset(kinds) for case_id, kinds in found.items()}


async def of_case(work: Work, case_id: UUID) -> list[Hold]:
    """The holds that concern a case, ended ones too, as the rules know them."""
    found = [rule_of(row) for row in await hold_queries.holds(work, case_id)]
    told_on = await standings.deceased_in(work, case_id)
    return found if told_on is None else [*found, Hold(HoldKind.DECEASED, told_on)]


def rule_of(row: HoldRow) -> Hold:
    """A hold as the rules know it."""
    return Hold(HoldKind(row.kind), row.starts_on, row.ends_on, row.review_on)


def hold_of(row: HoldRow, today: date) -> WireHold:
    """A hold as it goes over the wire."""
    return WireHold(
        id=row.id,
        case_id=row.case_id,
        customer_id=row.customer_id,
        kind=row.kind,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        review_on=row.review_on,
        active=rules.binds(rule_of(row), today),
    )


async def wake_all(work: Work, held: cases.Held, customer_id: UUID | None = None) -> None:
    """The case plans again, and so do the other open cases of whom a hold is about."""
    await work.session.flush()
    person = customer_id or held.case.customer_id
    await cases.wake_many(work, [held.case, *await queries.open_cases_of(work, person)])


async def require_party(work: Work, case_id: UUID, customer_id: UUID) -> None:
    """Refuse somebody who stands on none of the loans in a case (`INVALID_PARTY`)."""
    loan_ids = await queries.loan_ids(work, case_id, present=True)
    if not await standings.on_loans(work, loan_ids, [customer_id]):
        raise DomainError(
            ErrorCode.INVALID_PARTY,
            "He is a party of none of the loans in this case.",
            {"field": "customer_id"},
        )


def _another(case: CaseRow, row: HoldRow) -> str | None:
    """The key of whom a hold is about, where that is not the case's customer."""
    return None if row.customer_id == case.customer_id else str(row.customer_id)


def _check_dates(kind: HoldKind, starts_on: date, command: NewHold, today: date) -> None:
    if command.ends_on is not None and command.ends_on <= starts_on:
        raise DomainError(
            ErrorCode.INVALID_DATE, "A hold ends after its first day.", {"field": "ends_on"}
        )
    if command.review_on is not None and command.review_on < max(starts_on, today):
        raise DomainError(
            ErrorCode.INVALID_DATE,
            "A hold is reviewed on or after its first day, and not in the past.",
            {"field": "review_on"},
        )
    if command.ends_on is not None and rules.EFFECTS[kind].ended_by_person:
        raise DomainError(
            ErrorCode.INVALID_REQUEST,
            "This kind of hold never lapses by date: give a day of review, and end it by hand.",
            {"field": "ends_on", "kind": kind.value},
        )
    if command.ends_on is None and command.review_on is None:
        raise DomainError(
            ErrorCode.INVALID_REQUEST,
            "A hold without an end needs a day on which it is reviewed.",
            {"field": "review_on"},
        )
