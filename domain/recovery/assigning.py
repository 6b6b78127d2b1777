"""Who works a case that nobody owns: portfolio first, then skill, then the least loaded.

Pure and deterministic: the same cases and the same people, in any order, give the same owners.
Within one call each case given away counts towards the load of whoever got it, so that a night
which opens a thousand cases shares them out evenly.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

VULNERABLE = "vulnerable"
"""The skill of those who work with vulnerable customers."""
MICROFINANCE = "microfinance"
"""The skill of those who work the books of microfinance lenders."""
LANGUAGE = "language:"
"""Begins the skill of a language: `language:es`."""


class Because(StrEnum):
    """Why a case has the owner it has, or why it waits in a queue."""

    PORTFOLIO = "portfolio"
    """The customer is in that person's portfolio."""
    LEAST_LOADED = "least_loaded"
    """Of those who can, this one has the most room."""
    BY_HAND = "by_hand"
    """Somebody named the owner."""
    HANDED_OVER = "handed_over"
    """It came from another owner."""
    NO_SKILL = "no_skill"
    """Nobody who is there has all that it asks for; it waits in a queue."""
    FULL = "full"
    """Whoever could is full; it waits in a queue."""
    NOBODY = "nobody"
    """No team takes the book; it waits in the queue of everybody."""


@dataclass(frozen=True, slots=True)
class Team:
    """People who work together.

    Attributes:
        code: Its name among programs; ties are broken by it.
        skills: What everybody in it can do.
        creditors: The books it takes; empty for all.
    """

    code: str
    skills: frozenset[str] = frozenset()
    creditors: frozenset[str] = frozenset()

    def takes(self, creditor: str) -> bool:
        """Whether the team works a book."""
        return not self.creditors or creditor in self.creditors


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody who works cases.

    Attributes:
        key: Names the person; the last tie is broken by it.
        team: The code of the team.
        skills: What this one can do beyond the team.
        capacity: The most open cases at a time.
        load: Open cases now.
        is_here: Whether new cases may be given at all.
    """

    key: str
    team: str
    skills: frozenset[str]
    capacity: int
    load: int
    is_here: bool = True


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case to be given to somebody.

    Attributes:
        key: Names the case.
        number: Its number; cases are given away in this order.
        creditor: Whose book.
        needs: The skills it asks for.
        portfolio: Whose portfolio the customer is in.
    """

    key: str
    number: int
    creditor: str
    needs: frozenset[str] = frozenset()
    portfolio: str | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What becomes of a case.

    Attributes:
        case: Its key.
        worker: Who works it; None where it waits in a queue.
        team: Whose it is: the worker's, or the team in whose queue it waits.
        because: Why.
    """

    case: str
    worker: str | None
    team: str | None
    because: Because


def needs_of(
    *, language: str, is_vulnerable: bool, is_microfinance: bool, spoken: Collection[str]
) -> frozenset[str]:
    """The skills that a case asks for.

    Args:
        language: The customer's.
        is_vulnerable: A hold for vulnerability binds.
        is_microfinance: The book is a microfinance lender's.
        spoken: Languages that anybody claims as a skill. One that nobody does is asked of nobody:
            an office that never wrote down its languages is not left without owners.
    """
    return frozenset(
        {f"{LANGUAGE}{language}"} & {f"{LANGUAGE}{each}" for each in spoken}
        | ({VULNERABLE} if is_vulnerable else set())
        | ({MICROFINANCE} if is_microfinance else set())
    )


def assign(
    waiting: Sequence[Waiting], teams: Sequence[Team], workers: Sequence[Worker]
) -> tuple[Given, ...]:
    """Give each case to somebody, or put it into a queue, in the order of their numbers.

    Whoever has the customer in the portfolio gets the case while there is room, whatever the
    skills. Else it goes to the one of those with all the skills whose load is the smallest share
    of the capacity; then the fewest cases; then the first by key. A case that nobody can take
    waits with the first team (by code) that takes the book, one that has the skills before others.
    """
    by_code = {team.code: team for team in teams}
    people = {worker.key: worker for worker in workers if worker.team in by_code}
    loads = {key: worker.load for key, worker in people.items()}
    found: list[Given] = []
    for case in sorted(waiting, key=lambda each: (each.number, each.key)):
        given = _give(case, by_code, people, loads)
        if given.worker is not None:
            loads[given.worker] += 1
        found.append(given)
    return tuple(found)


def _give(
    case: Waiting, teams: Mapping[str, Team], people: Mapping[str, Worker], loads: Mapping[str, int]
) -> Given:
    def has_room(worker: Worker) -> bool:
        return worker.is_here and loads[worker.key] < worker.capacity

    theirs = None if case.portfolio is None else people.get(case.portfolio)
    if theirs is not None and has_room(theirs) and teams[theirs.team].takes(case.creditor):
        return Given(case.key, theirs.key, theirs.team, Because.PORTFOLIO)
    able = [
        worker
        for worker in people.values()
        if teams[worker.team].takes(case.creditor)
        and case.needs <= worker.skills | teams[worker.team].skills
    ]
    free = [worker for worker in able if has_room(worker)]
    if free:
        chosen = min(
            free,
            key=lambda each: (loads[each.key] / each.capacity, loads[each.key], each.key),
        )
        return Given(case.key, chosen.key, chosen.team, Because.LEAST_LOADED)
    queue = _queue(case, teams, able)
    if queue is None:
        return Given(case.key, None, None, Because.NOBODY)
    return Given(case.key, None, queue, Because.FULL if able else Because.NO_SKILL)


def _queue(case: Waiting, teams: Mapping[str, Team], able: Sequence[Worker]) -> str | None:
    """The team in whose queue a case waits."""
    fitting = {worker.team for worker in able}
    return min(
        (code for code, team in teams.items() if team.takes(case.creditor)),
        key=lambda code: (code not in fitting, not case.needs <= teams[code].skills, code),
        default=None,
    )
