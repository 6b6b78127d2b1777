"""Which case of a demo to open for what: an example of each thing that is shown, with its words.

The first case by number stands for each; the words are those that the API explains it with.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
        why: Why it is where it is.
        coming: What comes next.
    """

    case: str
    customer: str
    why: str
    coming: str


def _told(kind: str) -> Callable[[CaseDetail], bool]:
    return lambda case: any(line.kind == kind for line in case.timeline)


_BY_STORY: Final[Mapping[str, Callable[[CaseDetail], bool]]] = {
    "a promise kept": lambda case: any(each.status == "kept" for each in case.promises),
    "a promise broken": lambda case: any(each.status == "broken" for each in case.promises),
    "a dispute": lambda case: any(each.kind == "dispute" for each in case.holds),
    "a complaint": lambda case: any(each.kind == "complaint" for each in case.holds),
    "a breathing space": lambda case: bool(case.moratoria),
    "hardship": lambda case: any(each.kind == "hardship" for each in case.holds),
    "an arrangement kept": lambda case: any(
        each.status == "completed" for each in case.arrangements
    ),
    "an arrangement broken": lambda case: any(
        each.status == "broken" for each in case.arrangements
    ),
    "a settlement": lambda case: bool(case.settlements),
    "an escalation": _told("acknowledged"),
    "an escalation to the manager": _told("re_escalated"),
    "a hand-over": lambda case: sum(line.kind == "assigned" for line in case.timeline) > 1,
    "high risk": lambda case: case.status == "open" and case.risk_level == "high",
}
"""What shows in a case itself."""


@dataclass(frozen=True, slots=True)
class People:
    """Of whom something is to be seen.

    Attributes:
        shown: Customers by what their case shows, where it is about the person.
        numbers: The numbers of customers.
        deceased: Who has died.
    """

    shown: Mapping[str, UUID]
    numbers: Mapping[UUID, str]
    deceased: UUID | None = None


def people_to_show(lives: Mapping[int, Life], household: Household) -> People:
    """Who of the customers is to be looked at when the days are over."""
    shown: dict[str, UUID] = {}
    if household.stopped is not None:
        shown["a STOP, in a household with one phone"] = household.stopped.customer_id
    if household.guaranteed is not None:
        shown["a guarantor in another zone than his prefix"] = household.guaranteed.customer_id
    numbers = {life.customer_id: f"CU-{life.person.number}" for life in lives.values()}
    if household.deceased is not None and household.bereaved is not None:
        shown["a death"] = household.deceased
        numbers[household.deceased] = f"CU-{household.bereaved.person.number}"
        heir = household.bereaved.customer_id
        if heir != household.deceased:
            shown["a loan passed on to the co-borrower"] = heir
            numbers.pop(heir, None)  # the heir has a number of her own
    return People(shown, numbers, household.deceased)


def chosen(
    cases: Sequence[CaseDetail], people: Mapping[str, UUID]
) -> Iterator[tuple[str, CaseDetail]]:
    """For each thing that is to be seen the first case that shows it; what none shows is left out.

    `cases` are in number order.
    """
    for what, shows in _BY_STORY.items():
        yield from _first(what, (case for case in cases if shows(case)))
    for what, customer_id in people.items():
        yield from _first(what, (case for case in cases if case.customer_id == customer_id))


def _first(what: str, found: Iterable[CaseDetail]) -> Iterator[tuple[str, CaseDetail]]:
    case = next(iter(found), None)
    if case is not None:
        yield what, case


async def examples(
    rest: RestClient, cases: Sequence[CaseDetail], people: People
) -> dict[str, Example]:
    """The examples with their words, by what they show; raises `RestError`."""
    found: dict[str, Example] = {}
    words: dict[UUID, CaseExplanation] = {}
    for what, case in chosen(cases, people.shown):
        if case.id not in words:
            path = f"/recovery-cases/{case.id}/explanation"
            words[case.id] = await rest.get(path, CaseExplanation)
        told = words[case.id]
        number = people.numbers.get(case.customer_id, "")
        found[what] = Example(case.number, number, told.why, told.coming)
    return found
