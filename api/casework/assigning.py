"""Gives cases to people by rule: reads who there is and what each case asks for, and writes owners.

Everything is read for all cases at once, so that a night which opens a thousand costs no more
questions than one that opens ten. An office that has set up no team assigns by hand.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from api.audit.service import record
from api.casework import queries
from api.casework.tables import TeamRow
from api.clock import Clock
from api.creditors import service as creditors
from api.recovery import timeline
from api.recovery.tables import CaseRow
from api.work import Work
from domain.errors import Fact
from domain.recovery.assigning import (
    LANGUAGE,
    Because,
    Given,
    Team,
    Waiting,
    Worker,
    assign,
    needs_of,
)


@dataclass(frozen=True, slots=True)
class Office:
    """Who there is to work cases.

    Attributes:
        on: The day for which that was read.
        teams: By code.
        workers: Everybody, absent or not.
    """

    on: date
    teams: Mapping[str, TeamRow]
    workers: tuple[Worker, ...]

    def team_id(self, code: str | None) -> UUID | None:
        """The key of a team."""
        return None if code is None else self.teams[code].id


async def office(work: Work, on: date, without: Collection[UUID] = ()) -> Office | None:
    """Who there is on a day, apart from some; null where no team was set up."""
    teams = await queries.teams(work)
    if not teams:
        return None
    people = await queries.caseworkers(work)
    loads = await queries.loads(work, [row.user_id for row, _ in people])
    codes = {team.id: team.code for team in teams}
    return Office(
        on,
        {team.code: team for team in teams},
        tuple(
            Worker(
                key=str(row.user_id),
                team=codes[row.team_id],
                skills=frozenset(row.skills),
                capacity=row.capacity,
                load=loads.get(row.user_id, 0),
                is_here=is_active
                and row.user_id not in without
                and (row.away_until is None or row.away_until < on),
            )
            for row, is_active in people
        ),
    )


async def decide(work: Work, found: Office, cases: Sequence[CaseRow]) -> Mapping[UUID, Given]:
    """What becomes of cases by the rules; nothing is written."""
    teams = [
        Team(code, frozenset(row.skills), frozenset(map(str, row.creditor_ids)))
        for code, row in found.teams.items()
    ]
    claimed = {skill for team in teams for skill in team.skills}
    claimed |= {skill for worker in found.workers for skill in worker.skills}
    spoken = {each.removeprefix(LANGUAGE) for each in claimed if each.startswith(LANGUAGE)}
    asked = await queries.needs(work, {case.customer_id for case in cases}, found.on)
    licences = {
        creditor_id: (await creditors.by_id(work, creditor_id)).licence_kind
        for creditor_id in sorted({case.creditor_id for case in cases})
    }
    waiting = [
        Waiting(
            key=str(case.id),
            number=case.number,
            creditor=str(case.creditor_id),
            needs=needs_of(
                language=asked[case.customer_id].language,
                is_vulnerable=asked[case.customer_id].is_vulnerable,
                is_microfinance=licences[case.creditor_id] == "microfinance",
                spoken=spoken,
            ),
            portfolio=_text(asked[case.customer_id].portfolio),
        )
        for case in cases
    ]
    return {UUID(given.case): given for given in assign(waiting, teams, found.workers)}


async def assign_new(work: Work, clock: Clock, cases: Sequence[CaseRow], on: date) -> None:
    """Give cases that were just opened to somebody, or put them into a queue.

    They are locked, and all on the clock; `on` is the business day being closed. Their wakes are
    for the caller.
    """
    if not cases or (found := await office(work, on)) is None:
        return
    decided = await decide(work, found, cases)
    for case in cases:
        give(work, clock, case, decided[case.id], found=found)


async def find_specialist(work: Work, clock: Clock, case: CaseRow, on: date) -> None:
    """A locked case asks for more than before: give it to somebody who can, if there is one.

    Whoever owns it keeps it while able, or while nobody else is.
    """
    found = await office(work, on)
    if found is None:
        return
    owner = next((each for each in found.workers if each.key == _text(case.assignee_id)), None)
    if owner is not None:
        alone = Office(found.on, found.teams, (replace(owner, load=0, is_here=True),))
        decided = await decide(work, alone, [case])
        if decided[case.id].worker is not None:
            return
    given = (await decide(work, found, [case]))[case.id]
    if given.worker is not None and given.worker != _text(case.assignee_id):
        give(work, clock, case, given, found=found, told={"reason": "skill"})


async def own_by_hand(work: Work, clock: Clock, case: CaseRow, owner: UUID | None) -> bool:
    """Give a locked case to whom a person named, or to nobody; whether that changed anything."""
    if case.assignee_id == owner:
        return False
    who = None if owner is None else await queries.caseworker(work, owner)
    own(
        work,
        clock,
        case,
        owner=owner,
        team_id=None if who is None else who.team_id,
        because=None if owner is None else Because.BY_HAND,
    )
    return True


def give(
    work: Work,
    clock: Clock,
    case: CaseRow,
    given: Given,
    *,
    found: Office,
    told: Mapping[str, Fact] | None = None,
) -> None:
    """Write what was decided about a locked case; nothing where it is so already."""
    owner = None if given.worker is None else UUID(given.worker)
    team_id = found.team_id(given.team)
    own(work, clock, case, owner=owner, team_id=team_id, because=given.because, told=told)


def own(
    work: Work,
    clock: Clock,
    case: CaseRow,
    *,
    owner: UUID | None,
    team_id: UUID | None,
    because: Because | None,
    told: Mapping[str, Fact] | None = None,
) -> None:
    """Write the owner of a locked case and why; nothing where it is so already."""
    after = (owner, team_id, None if because is None else because.value)
    if (case.assignee_id, case.team_id, case.assigned_because) == after:
        return
    if case.assignee_id != owner:
        case.leased_by = case.leased_until = None
    case.assignee_id, case.team_id, case.assigned_because = after
    case.version += 1
    facts: dict[str, Fact] = {
        "user_id": _text(owner),
        "team_id": _text(team_id),
        "because": after[2],
        **(told or {}),
    }
    timeline.write(work, case, clock.now, timeline.EventKind.ASSIGNED, facts)
    record(work, "case.assigned", "case", case.id, facts)


def _text(key: UUID | None) -> str | None:
    return None if key is None else str(key)
