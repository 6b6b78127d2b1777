"""Leases: a case is worked by one person at a time, and "next" gives each another case.

A lease is technical: it ends by the wall clock, whatever clock the case lives on. Whoever has
worked a case leaves it to rest, so that "next" does not give it back at once; news end the rest.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from api.audit.service import record
from api.casework import queries
from api.recovery import service as recovery
from api.recovery.tables import CaseRow
from api.work import Work
from contracts.casework import NextCase
from contracts.names import Role
from contracts.recovery import Case
from domain.errors import DomainError, ErrorCode

LEASE: Final = timedelta(minutes=15)
"""How long a case is somebody's to work, from the last time he said so."""

REST: Final = timedelta(hours=2)
"""How long a case that was worked is not offered again, unless something happens in it."""

_SEE_ALL: Final = frozenset({Role.MANAGER, Role.ADMIN})


async def take_next(work: Work) -> NextCase:
    """The first case that waits for whoever asks, leased to him; null when none does.

    What he worked until now is given back and rests. Two people who ask at once get two cases.
    """
    user_id = _person(work)
    for case in await queries.leased_cases(work, user_id):
        _give_back(work, case)
    await work.session.flush()
    who = await queries.caseworker(work, user_id)
    found = await queries.next_case(
        work,
        user_id,
        None if who is None else who.team_id,
        everybody=who is None and work.principal.role in _SEE_ALL,
    )
    if found is None:
        return NextCase(case=None)
    _lease(work, found, user_id)
    record(work, "case.leased", "case", found.id)
    return NextCase(case=await _told(work, found))


async def renew(work: Work, case_id: UUID) -> Case:
    """Take a case that nobody works, or go on with one's own, for another while.

    Raises `NOT_FOUND`, `CASE_NOT_OPEN`, `CASE_LEASED` while somebody else works it.
    """
    user_id = _person(work)
    case = (await recovery.hold_case(work, case_id)).case
    recovery.require_open(case)
    lasts = case.leased_until is not None and case.leased_until > work.now
    if lasts and case.leased_by != user_id:
        raise DomainError(
            ErrorCode.CASE_LEASED,
            "Somebody else is working this case.",
            {"leased_by": str(case.leased_by), "until": str(case.leased_until)},
        )
    if not lasts or case.leased_by != user_id:
        record(work, "case.leased", "case", case.id)
    _lease(work, case, user_id)
    return await _told(work, case)


async def release(work: Work, case_id: UUID) -> Case:
    """Give a case back; one that is not leased to whoever asks is left alone. `NOT_FOUND`."""
    user_id = _person(work)
    case = (await recovery.hold_case(work, case_id)).case
    if case.leased_by == user_id:
        _give_back(work, case)
    return await _told(work, case)


async def keep(work: Work, case_id: UUID) -> None:
    """Whoever acts in a case he has leased goes on with it; nothing for anybody else's."""
    user_id = work.principal.user_id
    case = (await recovery.hold_case(work, case_id)).case
    lasts = case.leased_until is not None and case.leased_until > work.now
    if user_id is not None and lasts and case.leased_by == user_id:
        _lease(work, case, user_id)


def _lease(work: Work, case: CaseRow, user_id: UUID) -> None:
    case.leased_by, case.leased_until, case.rests_until = user_id, work.now + LEASE, None


def _give_back(work: Work, case: CaseRow) -> None:
    case.leased_by, case.leased_until = None, None
    case.rests_until = work.now + REST
    record(work, "case.released", "case", case.id)


def _person(work: Work) -> UUID:
    """Who asks; machines work no cases (`FORBIDDEN`)."""
    if work.principal.user_id is None:
        raise DomainError(ErrorCode.FORBIDDEN, "Cases are worked by people.")
    return work.principal.user_id


async def _told(work: Work, case: CaseRow) -> Case:
    await work.session.flush()
    return (await recovery.several(work, [case.id]))[case.id]
