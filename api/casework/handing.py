"""Hands cases over: one, some, or somebody's whole book, to one person or shared out by the rules.

The preview and the change ask the same rules; what was shown is what happens, unless a case or a
person has changed in between. Tasks go with their case: whoever owns it is asked.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from api.audit.service import record
from api.casework import assigning, queries
from api.casework.assigning import Office
from api.casework.teams import require_caseworker
from api.clock import Clock, clock_for
from api.creditors import service as creditors
from api.recovery import cases as recovery_cases
from api.recovery.cases import number
from api.recovery.queries import active_role
from api.recovery.tables import CaseRow
from api.work import Work
from contracts.casework import HandedCase, HandOver, HandOverPage
from contracts.names import Role
from domain.errors import DomainError, ErrorCode, Fact
from domain.recovery.assigning import Because, Given

_NOBODYS_WORK = frozenset({None, Role.CUSTOMER.value, Role.SERVICE.value})


async def hand_over(work: Work, command: HandOver, *, dry_run: bool) -> HandOverPage:
    """Show a page of the cases that would go over, or hand them over.

    Raises `INVALID_REQUEST` for a hand-over to himself, to somebody who is no active member of
    staff, without teams where the rules should share out, of cases that are not his, or of a
    portfolio to nobody in particular; `NOT_FOUND` for a portfolio's new holder who works no cases.
    """
    await _check(work, command)
    rows = await queries.lock_open_cases(
        work,
        owner=command.from_user_id,
        case_ids=command.case_ids,
        after=command.after_number,
        count=command.limit + 1,
        lock=not dry_run,
    )
    if command.case_ids is not None and len(rows) < len(set(command.case_ids)):
        raise _refused("case_ids", "Each case is open and belongs to whom it is taken from.")
    page = rows[: command.limit]
    decided, found = await _decide(work, command, page)
    moved = 0
    if not dry_run:
        await _note_absence(work, command)
        moved = await _portfolio(work, command)
        await _apply(work, command, page, decided, found)
    return HandOverPage(
        applied=not dry_run,
        cases=[
            HandedCase(
                case_id=case.id,
                number=number(case),
                to_user_id=_key(decided[case.id].worker),
                team=decided[case.id].team,
                because=decided[case.id].because.value,
            )
            for case in page
        ],
        portfolio_customers=moved,
        next_after_number=page[-1].number if len(rows) > command.limit else None,
    )


async def _check(work: Work, command: HandOver) -> None:
    if command.to_user_id is not None:
        if command.to_user_id == command.from_user_id:
            raise _refused("to_user_id", "A hand-over goes to somebody else.")
        if await active_role(work, command.to_user_id) in _NOBODYS_WORK:
            raise _refused("to_user_id", "Only an active member of staff can own a case.")
    if command.away_until is not None and command.reason != "absence":
        raise _refused("away_until", "Only an absence has a last day.")
    if command.portfolio and (command.to_user_id is None or command.from_user_id is None):
        raise _refused("portfolio", "A portfolio goes from one person to another.")
    if command.portfolio and command.to_user_id is not None:
        await require_caseworker(work, command.to_user_id)


async def _decide(
    work: Work, command: HandOver, page: Sequence[CaseRow]
) -> tuple[Mapping[UUID, Given], Office | None]:
    """What becomes of each case, and who there is where the rules decided."""
    if command.to_user_id is not None:
        who = await queries.caseworker(work, command.to_user_id)
        codes = {team.id: team.code for team in await queries.teams(work)}
        team = None if who is None else codes[who.team_id]
        given = {
            case.id: Given(str(case.id), str(command.to_user_id), team, Because.HANDED_OVER)
            for case in page
        }
        return given, await assigning.office(work, await _today(work, page))
    leaving = () if command.from_user_id is None else (command.from_user_id,)
    found = await assigning.office(work, await _today(work, page), leaving)
    if found is None:
        raise _refused("to_user_id", "No team was set up among whom to share out.")
    return await assigning.decide(work, found, page), found


async def _apply(
    work: Work,
    command: HandOver,
    page: Sequence[CaseRow],
    decided: Mapping[UUID, Given],
    found: Office | None,
) -> None:
    clocks: dict[UUID | None, Clock] = {}
    for case in page:
        if case.test_clock_id not in clocks:
            clocks[case.test_clock_id] = await clock_for(work, case.test_clock_id)
        given = decided[case.id]
        told: dict[str, Fact] = {"reason": command.reason, "from": _text(command.from_user_id)}
        clock = clocks[case.test_clock_id]
        if found is not None:
            assigning.give(work, clock, case, given, found=found, told=told)
        else:
            owner = _key(given.worker)
            assigning.own(
                work,
                clock,
                case,
                owner=owner,
                team_id=None,
                because=given.because,
                told=told,
            )
    await recovery_cases.wake_many(work, page)


async def _note_absence(work: Work, command: HandOver) -> None:
    if command.away_until is None or command.from_user_id is None:
        return
    who = await queries.caseworker(work, command.from_user_id, lock=True)
    if who is None or who.away_until == command.away_until:
        return
    who.away_until = command.away_until
    who.version += 1
    told: dict[str, Fact] = {"until": command.away_until.isoformat()}
    record(work, "caseworker.away", "user", who.user_id, told)


async def _portfolio(work: Work, command: HandOver) -> int:
    if not command.portfolio or command.to_user_id is None or command.from_user_id is None:
        return 0
    moved = await queries.move_portfolio(work, command.from_user_id, command.to_user_id, work.now)
    if moved:
        told: dict[str, Fact] = {"from": str(command.from_user_id), "customers": moved}
        record(work, "portfolio.handed_over", "user", command.to_user_id, told)
    return moved


async def _today(work: Work, page: Sequence[CaseRow]) -> date:
    """The business date by which absences are judged: that of the first case."""
    if not page:
        return work.now.date()
    creditor = await creditors.by_id(work, page[0].creditor_id)
    return (await clock_for(work, page[0].test_clock_id)).today(creditor.zone)


def _key(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def _text(key: UUID | None) -> str | None:
    return None if key is None else str(key)


def _refused(field: str, detail: str) -> DomainError:
    return DomainError(ErrorCode.INVALID_REQUEST, detail, {"field": field})
