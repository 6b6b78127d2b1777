"""What befalls the demo's people by script: on which day, to whom, and as whom it is asked."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import httpx2
import pytest

from tenor.client import LogInData, RestClient
from tenor.demo import agreeing, complaining, floor, households
from tenor.demo.floor import Caseworkers
from tenor.demo.lives import Borrowing, Instalment, Life
from tenor.demo.people import Agreed, Behaviour, Person
from tenor.demo.team import Team
from tests.demo.test_driver import CASE_ID, CLOCK_ID, LOAN_ID, START, case
from tests.portfolio.fake_api import FakeApi, answer, sent

ARRANGED = {
    "id": str(UUID(int=20)),
    "case_id": str(CASE_ID),
    "currency": "USD",
    "status": "open",
    "total": "100.00",
    "received": "0",
    "parts": [],
    "needs_approval": False,
    "pauses": True,
    "forbearance": False,
    "next_due_on": None,
    "past_due_days": 10,
    "made_at": "2028-02-11T12:00:00Z",
    "made_by": "agent",
    "approved_by": None,
    "started_on": "2028-02-11",
    "ended_on": None,
}
OFFERED = {
    "id": str(UUID(int=21)),
    "case_id": str(CASE_ID),
    "currency": "USD",
    "status": "proposed",
    "amount": "60.00",
    "owed": "100.00",
    "forgives": "40.00",
    "received": "0",
    "needs_approval": True,
    "valid_until": "2028-03-06",
    "pay_by": "2028-03-06",
    "made_at": "2028-02-25T12:00:00Z",
    "made_by": "manager",
    "approved_by": None,
    "accepted_on": None,
    "ended_on": None,
}


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
async def team(api: FakeApi) -> AsyncIterator[Team]:
    async with AsyncExitStack() as stack:
        yield Team(
            *[
                await stack.enter_async_context(
                    RestClient(
                        "http://api.example",
                        LogInData(f"{name}@mail.example", "secret"),
                        transport=api.transport(),
                    )
                )
                for name in ("admin", "manager", "advisor", "agent")
            ]
        )


def life(behaviour: Behaviour, number: int = 1001) -> Life:
    row = Instalment(START, Decimal("100.00"), Decimal("100.00"))
    loan = Borrowing(number, LOAN_ID, "USD", {1: row})
    return Life(Person(number, behaviour), UUID(int=number), None, {number: loan})


async def days(count: int) -> AsyncIterator[date]:
    for number in range(count):
        yield START + timedelta(days=number)


async def test_instalments_are_agreed_once_somebody_is_late_and_sum_to_what_is_overdue(
    api: FakeApi, team: Team
) -> None:
    shown = case() | {"overdue": "100.00"}
    api.on("GET", "/recovery-cases", lambda _: answer({"items": [shown]}))
    path = f"/recovery-cases/{CASE_ID}/arrangements"
    api.on("POST", path, lambda _: answer(ARRANGED, 201))
    who = {1001: life(Behaviour.ARRANGER), 1002: life(Behaviour.STEADY, 1002)}
    async for day in days(30):
        await agreeing.act(team, who, day)
    (asked,) = api.asked(path)
    assert asked.headers["Idempotency-Key"] == "demo:1001:arrangement"
    assert sent(asked)["parts"] == [
        {"due_on": "2028-02-16", "amount": "33.33"},
        {"due_on": "2028-02-23", "amount": "33.33"},
        {"due_on": "2028-03-01", "amount": "33.34"},
    ]
    assert [part.on for part in who[1001].agreed] == [
        date(2028, 2, 16),
        date(2028, 2, 23),
        date(2028, 3, 1),
    ]


async def test_nothing_is_agreed_while_a_case_stands_still(api: FakeApi, team: Team) -> None:
    shown = case() | {"suspended_by": "dispute"}
    api.on("GET", "/recovery-cases", lambda _: answer({"items": [shown]}))
    who = {1001: life(Behaviour.ARRANGER), 1002: life(Behaviour.SETTLER, 1002)}
    async for day in days(30):
        await agreeing.act(team, who, day)
    assert {request.method for request in api.requests if "cases" in request.url.path} == {"GET"}


async def test_a_part_is_offered_for_the_whole_accepted_and_then_paid(
    api: FakeApi, team: Team
) -> None:
    api.on("GET", "/recovery-cases", lambda _: answer({"items": [case()]}))
    path = f"/recovery-cases/{CASE_ID}/settlements"
    api.on("POST", path, lambda _: answer(OFFERED, 201))
    for step in ("approve", "accept"):
        api.on("POST", f"{path}/{UUID(int=21)}/{step}", lambda _: answer(OFFERED))
    who = {1001: life(Behaviour.SETTLER)}
    async for day in days(40):
        await agreeing.act(team, who, day)
    assert [sent(each)["percent"] for each in api.asked(path)] == ["60"]
    steps = [api.asked(f"{path}/{UUID(int=21)}/{step}") for step in ("approve", "accept")]
    assert [len(each) for each in steps] == [1, 1]
    proposed, approved = (
        each.headers["Authorization"] for each in (api.asked(path)[0], steps[0][0])
    )
    assert proposed != approved
    assert who[1001].agreed == (Agreed(date(2028, 3, 2), Decimal("60.00")),)


async def test_a_complaint_is_acknowledged_and_answered_by_the_version_last_seen(
    api: FakeApi, team: Team
) -> None:
    versions = iter((1, 2, 3))
    complaint = {
        "id": str(UUID(int=30)),
        "number": "CP-1001",
        "customer_id": str(UUID(int=1001)),
        "creditor_id": str(UUID(int=2)),
        "channel": "phone",
        "causes": ["contact_manner"],
        "state": "received",
        "rulebook": "gb@1",
        "received_on": "2028-02-12",
        "acknowledge_by": "2028-02-17",
        "respond_by": "2028-04-10",
        "referral": "x",
        "late": False,
    }
    nothing = dict.fromkeys(
        (
            *("loan_id", "case_id", "payment_id", "message_id", "outcome", "root_cause"),
            *("owner_id", "summary_by", "acknowledged_on", "resolved_on", "refer_by"),
            *("referred_on", "referred_to", "next_day"),
        )
    )

    def told(_: httpx2.Request) -> httpx2.Response:
        return answer(complaint | nothing | {"version": next(versions)})

    base = f"/complaints/{UUID(int=30)}"
    for path in ("/complaints", f"{base}/acknowledge", f"{base}/resolve"):
        api.on("POST", path, told)
    who = {1001: life(Behaviour.DISPUTER)}
    who[1001].disputed_on = START
    async for day in days(20):
        await complaining.act(team, who, day)
    (acknowledged,), (resolved,) = (
        api.asked(f"{base}/acknowledge"),
        api.asked(f"{base}/resolve"),
    )
    assert [each.headers["If-Match"] for each in (acknowledged, resolved)] == ['"1"', '"2"']
    assert sent(resolved)["outcome"] == "partly_upheld"


async def test_a_holiday_hands_the_whole_book_over_page_by_page(api: FakeApi, team: Team) -> None:
    pages = iter((1050, None))

    def handed(_: httpx2.Request) -> httpx2.Response:
        page = {"applied": True, "cases": [], "portfolio_customers": 0}
        return answer(page | {"next_after_number": next(pages)})

    api.on("POST", "/hand-overs", handed)
    people = Caseworkers(UUID(int=1), UUID(int=2), UUID(int=3))
    async for day in days(40):
        await floor.act(team.manager, people, START, day)
    asked = [sent(each) for each in api.asked("/hand-overs")]
    assert [each["after_number"] for each in asked] == [0, 1050]
    assert {(each["from_user_id"], each["away_until"]) for each in asked} == {
        (str(UUID(int=2)), "2028-03-05")
    }


def test_lenders_close_at_night_on_sundays_and_on_holidays() -> None:
    week = floor.hours_in("IN").week
    assert [day is None for day in week] == [False] * 6 + [True]
    assert floor.hours_in("US").week[5] is None
    assert date(2028, 4, 17) in floor.hours_in("GB").closed_on


async def test_a_death_is_told_then_proven_and_the_partner_answers_the_phone(
    api: FakeApi, team: Team
) -> None:
    loan = UUID(int=40)
    told = {
        "id": str(loan),
        "customer_id": str(UUID(int=1001)),
        "status": "notified",
        "source": "call",
        "notified_on": "2028-04-11",
        "died_on": "2028-04-10",
        "evidence_ref": None,
        "verified_at": None,
        "representative_id": None,
        "reversed_at": None,
        "loans": [],
        "version": 7,
    }
    customer = {
        "id": str(UUID(int=50)),
        "number": "CU-1100",
        "name": "x",
        "country": "US",
        "zone": None,
        "language": "en",
        "email": None,
        "phone": None,
        "address": None,
        "born_on": None,
        "test_clock_id": str(CLOCK_ID),
        "external_ref": None,
        "opted_out": [],
        "created_at": "2028-02-01T12:00:00Z",
        "version": 1,
    }
    path = f"/customers/{UUID(int=1001)}/bereavements"
    api.on("POST", path, lambda _: answer(told, 201))
    api.on("GET", path, lambda _: answer({"items": [told]}))
    api.on("POST", "/customers", lambda _: answer(customer, 201))
    api.on("POST", f"/bereavements/{loan}/verify", lambda _: answer(told))
    who = {1001: life(Behaviour.PAYDAY_SHIFTED)}
    found = households.households_of(who)
    found.partners[1001] = UUID(int=60)
    async for day in days(100):
        await households.act(team, CLOCK_ID, found, START, day)
    (proof,) = api.asked(f"/bereavements/{loan}/verify")
    assert proof.headers["If-Match"] == '"7"'
    assert sent(proof)["representative_id"] == str(UUID(int=50))
    assert found.deceased == UUID(int=1001)
    assert not who[1001].is_away
    assert who[1001].customer_id == UUID(int=60)
