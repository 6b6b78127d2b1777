"""The guide through a demo: the right case for each thing, with its own words."""

from datetime import UTC, datetime
from uuid import UUID

from contracts.base import TimelineEntry
from contracts.recovery import CaseDetail, Hold
from tenor.client import LogInData, RestClient
from tenor.demo import guide
from tenor.demo.guide import People, people_to_show
from tenor.demo.households import households_of
from tenor.demo.people import Behaviour
from tests.demo.test_driver import case as shown_case
from tests.demo.test_script import life
from tests.portfolio.fake_api import FakeApi, answer

AT = datetime(2028, 3, 1, tzinfo=UTC)


def case(number: int, *kinds: str, customer: int = 1, is_open: bool = True) -> CaseDetail:
    return CaseDetail.model_validate(
        shown_case()
        | {
            "id": str(UUID(int=number)),
            "number": f"RC-{number}",
            "customer_id": str(UUID(int=customer)),
            "status": "open" if is_open else "closed",
            "loan_ids": [],
            "promises": [],
            "holds": [],
            "arrangements": [],
            "settlements": [],
            "moratoria": [],
            "tasks": [],
            "timeline": [
                TimelineEntry(at=AT, kind=kind, actor="x", text=f"{kind} {place}")
                for place, kind in enumerate(kinds)
            ],
        }
    )


def test_an_open_case_comes_before_one_that_has_ended_then_the_first_by_number() -> None:
    cases = [
        case(1001, "acknowledged", is_open=False),
        case(1002, "acknowledged"),
        case(1003, "acknowledged", "re_escalated", is_open=False),
        case(1010, "assigned"),
    ]
    found = {topic.what: each.number for topic, each in guide.chosen(cases, People([], {}))}
    # Nobody's case went from hand to hand.
    assert found == {
        "an escalation answered": "RC-1002",
        "an escalation that went to the manager": "RC-1003",
    }


def test_a_household_shows_by_whose_case_it_is() -> None:
    lives = {
        1001: life(Behaviour.STOPPER),
        1002: life(Behaviour.PAYDAY_SHIFTED, 1002),
        1003: life(Behaviour.SILENT, 1003),
    }
    household = households_of(lives)
    household.deceased = UUID(int=1002)
    lives[1002].customer_id = UUID(int=7)
    cases = [
        case(1, customer=1001),
        case(2, customer=1002),
        case(3, customer=1003),
        case(4, customer=7),
    ]
    people = people_to_show(lives, household)
    assert [each.number for _, each in guide.chosen(cases, people)] == [
        "RC-1",
        "RC-3",
        "RC-2",
        "RC-4",
    ]
    assert people.numbers[UUID(int=1002)] == "CU-1002"
    assert UUID(int=7) not in people.numbers


async def test_an_example_tells_the_last_line_of_its_kind_and_why_the_case_is_there() -> None:
    api = FakeApi()
    told = case(1001, "reply_read", "reply_read", "closed")
    hold = Hold(
        id=UUID(int=2),
        case_id=told.id,
        customer_id=told.customer_id,
        kind="dispute",
        starts_on=AT.date(),
        ends_on=None,
        review_on=None,
        active=True,
    )
    words = {
        "case_id": str(told.id),
        "number": told.number,
        "reader": "agent",
        "why": "It is disputed.",
        "done": [],
        "withheld": [],
        "coming": "Nothing.",
        "next_at": None,
        "stops": [],
    }
    api.on("GET", f"/recovery-cases/{told.id}/explanation", lambda _: answer(words))
    who = LogInData("a@tenor.example", "x" * 12)
    async with RestClient("http://api.test", who, transport=api.transport()) as rest:
        found = await guide.examples(
            rest,
            [told.model_copy(update={"holds": [hold]})],
            People([], {told.customer_id: "CU-1"}),
        )
    assert found == {
        "a dispute": guide.Example("RC-1001", "CU-1", "reply_read 1", "It is disputed.", "Nothing.")
    }
