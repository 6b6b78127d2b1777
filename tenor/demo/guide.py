"""Which case of a demo to open for what: an example of each thing that is shown, with its words.

The words are those of the case's own story, and those that the API explains it with.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from contracts.recovery import CaseDetail, CaseExplanation
from tenor.client import RestClient
from tenor.demo.households import Household
from tenor.demo.lives import Life


@dataclass(frozen=True, slots=True)
class Example:
    """A case that shows something.

    Attributes:
        case: Its number.
        customer: The number of its customer; empty for one who came in the course of it.
        line: What its story says of it.
        why: Why it is where it is.
        coming: What comes next.
    """

    case: str
    customer: str
    line: str
    why: str
    coming: str


@dataclass(frozen=True, slots=True)
class Topic:
    """Something to see.

    Attributes:
        what: For people.
        shows: Whether a case shows it.
        kinds: Lines of a story that tell of it; the last one is shown.
    """

    what: str
    shows: Callable[[CaseDetail], bool]
    kinds: frozenset[str]


def _topic(what: str, shows: Callable[[CaseDetail], bool], *kinds: str) -> Topic:
    return Topic(what, shows, frozenset(kinds))


def _held(kind: str) -> Callable[[CaseDetail], bool]:
    return lambda case: any(each.kind == kind for each in case.holds)


def _told(kind: str, times: int = 1) -> Callable[[CaseDetail], bool]:
    return lambda case: sum(line.kind == kind for line in case.timeline) >= times


def _promised(status: str) -> Callable[[CaseDetail], bool]:
    return lambda case: bool(case.promises) and case.promises[-1].status == status


def _arranged(status: str) -> Callable[[CaseDetail], bool]:
    return lambda case: any(each.status == status for each in case.arrangements)


_TOPICS: Final = (
    _topic("a promise kept", _promised("kept"), "promise_resolved"),
    _topic("a promise broken", _promised("broken"), "promise_resolved"),
    _topic("a promise that waits", _promised("open"), "promised"),
    _topic("a dispute", _held("dispute"), "reply_read"),
    _topic("a complaint", _held("complaint"), "complained", "complaint_ended"),
    _topic("a breathing space", _told("moratorium_placed"), "moratorium_placed"),
    _topic("hardship", _held("hardship"), "reply_read"),
    _topic("an arrangement kept", _arranged("completed"), "arrangement_moved"),
    _topic("an arrangement broken", _arranged("broken"), "arrangement_moved"),
    _topic("a settlement", lambda case: bool(case.settlements), "settlement_moved"),
    _topic("an escalation answered", _told("acknowledged"), "acknowledged"),
    _topic("an escalation that went to the manager", _told("re_escalated"), "re_escalated"),
    _topic("a hand-over", _told("assigned", times=2), "assigned"),
    _topic("high risk", lambda case: case.risk_level == "high", "bucket_changed"),
)
"""What shows in a case itself."""


def _of(customer_id: UUID) -> Callable[[CaseDetail], bool]:
    return lambda case: case.customer_id == customer_id


@dataclass(frozen=True, slots=True)
class People:
    """Of whom something is to be seen.

    Attributes:
        shown: What the case of a customer shows because of who he is.
        numbers: The numbers of customers.
        deceased: Who has died.
    """

    shown: Sequence[Topic]
    numbers: Mapping[UUID, str]
    deceased: UUID | None = None


def people_to_show(lives: Mapping[int, Life], household: Household) -> People:
    """Who of the customers is to be looked at when the days are over."""
    shown: list[Topic] = []
    if household.stopped is not None:
        shows = _of(household.stopped.customer_id)
        shown.append(_topic("a STOP, in a household with one phone", shows, "customer_stopped"))
    if household.guaranteed is not None:
        shows = _of(household.guaranteed.customer_id)
        shown.append(_topic("a guarantor in another zone than his prefix", shows, "loan_joined"))
    numbers = {life.customer_id: f"CU-{life.person.number}" for life in lives.values()}
    if household.deceased is not None and household.bereaved is not None:
        shown.append(_topic("a death", _of(household.deceased), "hold_placed", "closed"))
        numbers[household.deceased] = f"CU-{household.bereaved.person.number}"
        heir = household.bereaved.customer_id
        if heir != household.deceased:
            shown.append(_topic("a loan passed on to the co-borrower", _of(heir), "loan_joined"))
            numbers.pop(heir, None)  # the heir has a number of her own
    return People(shown, numbers, household.deceased)


def chosen(cases: Sequence[CaseDetail], people: People) -> Iterator[tuple[Topic, CaseDetail]]:
    """For each thing that is to be seen the case that shows it; what none shows is left out.

    An open case says more than one that has ended; of several it is the first by number.
    """
    ordered = sorted(cases, key=lambda case: (case.status != "open", int(case.number[3:])))
    for topic in (*_TOPICS, *people.shown):
        case = next((case for case in ordered if topic.shows(case)), None)
        if case is not None:
            yield topic, case


async def examples(
    rest: RestClient, cases: Sequence[CaseDetail], people: People
) -> dict[str, Example]:
    """The examples with their words, by what they show; raises `RestError`."""
    found: dict[str, Example] = {}
    words: dict[UUID, CaseExplanation] = {}
    for topic, case in chosen(cases, people):
        if case.id not in words:
            path = f"/recovery-cases/{case.id}/explanation"
            words[case.id] = await rest.get(path, CaseExplanation)
        told = words[case.id]
        lines = [line.text for line in case.timeline if line.kind in topic.kinds]
        found[topic.what] = Example(
            case=case.number,
            customer=people.numbers.get(case.customer_id, ""),
            line=lines[-1] if lines else "",
            why=told.why,
            coming=told.coming,
        )
    return found
