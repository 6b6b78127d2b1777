"""The driver: a day's acts become calls, each with the key it has in every run."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import httpx2
import pytest

from tenor.client import LogInData, RestClient
from tenor.demo.driver import STARTS_AT, DemoError, Driver
from tenor.demo.lives import Borrowing, Instalment, Life
from tenor.demo.people import Behaviour, Person
from tenor.demo.phones import Phones
from tenor.demo.script import Script
from tenor.demo.team import Team
from tests.portfolio.fake_api import FakeApi, answer, sent

CLOCK_ID = UUID(int=9)
LOAN_ID = UUID(int=7)
CASE_ID = UUID(int=5)
CUSTOMER_ID = UUID(int=3)
PHONE, US = "+13125550100", "+15005550006"
START = STARTS_AT.date()
NOTHING = dict.fromkeys(("principal", "interest", "fee", "penalty", "total"), "0")


@dataclass
class World:
    """API, sandbox and time in memory: the clock arrives after some looks."""

    api: FakeApi = field(default_factory=FakeApi)
    now: float = 0.0
    at: str = STARTS_AT.isoformat()
    looks: int = 0
    looks_needed: int = 3
    overdue: str = "0"
    tasks: list[dict[str, object]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        on = self.api.on
        on("GET", f"/test-clocks/{CLOCK_ID}", lambda _: self._clock())
        on("POST", f"/test-clocks/{CLOCK_ID}/advance", self._advance)
        on("GET", "/tasks", lambda _: answer({"items": self.tasks}))
        on("GET", "/recovery-cases", lambda _: answer({"items": [case()]}))
        on("GET", f"/loans/{LOAN_ID}/outstanding", lambda _: answer(self._outstanding()))
        on("POST", f"/loans/{LOAN_ID}/payments", self._payment)

    def _shown(self, status: str, settled: bool) -> httpx2.Response:
        return answer(
            {
                "id": str(CLOCK_ID),
                "name": "demo",
                "now": self.at,
                "target": None,
                "status": status,
                "settled": settled,
                "created_at": self.at,
            }
        )

    def _clock(self) -> httpx2.Response:
        self.looks += 1
        done = self.looks >= self.looks_needed
        return self._shown("idle" if done else "advancing", settled=done)

    def _advance(self, request: httpx2.Request) -> httpx2.Response:
        self.at, self.looks = str(sent(request)["to"]), 0
        return self._shown("advancing", settled=False)

    def _outstanding(self) -> dict[str, object]:
        balances = NOTHING | {"total": self.overdue, "principal": self.overdue}
        return {
            "loan_id": str(LOAN_ID),
            "currency": "USD",
            "as_of": "2028-02-10",
            "outstanding": balances,
            "overdue": balances,
            "credit": "0",
            "awaited": {"reported": "0", "pending": "0", "provisional": "0"},
            "owed": self.overdue,
            "paid_ahead": "0",
            "written_off": "0",
            "book": self.overdue,
            "charged_off_on": None,
            "payoff": None,
        }

    def _payment(self, request: httpx2.Request) -> httpx2.Response:
        amount = sent(request)["amount"]
        return answer(
            {
                "id": str(UUID(int=1)),
                "number": "PY-1",
                "loan_id": str(LOAN_ID),
                "amount": amount,
                "currency": "USD",
                "value_on": "2028-02-10",
                "booked_at": self.at,
                "method": "bank_transfer",
                "reference": None,
                "status": "cleared",
                "version": 1,
                "allocations": [{"instalment": 1, "component": "principal", "amount": amount}],
                "credited": "0",
                "outstanding_after": NOTHING,
                "loan_closed": False,
            },
            201,
        )

    def sandbox(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/replies"):
            self.replies.append(str(json.loads(request.content)["body"]))
            return httpx2.Response(200, json={"accepted": True})
        if request.url.path.endswith("/pending"):
            return httpx2.Response(200, json={"count": 0})
        found = [
            {"id": number, "from": US, "to": PHONE, "body": body}
            for number, body in enumerate(self.texts, start=1)
            if number > int(request.url.params["after_id"])
            and request.url.params["direction"] == "outbound"
        ]
        return httpx2.Response(200, json={"messages": found, "next_after_id": None})

    async def pause(self, seconds: float) -> None:
        self.now += seconds


def case() -> dict[str, object]:
    return {
        "id": str(CASE_ID),
        "number": "RC-1001",
        "customer_id": str(CUSTOMER_ID),
        "creditor_id": str(UUID(int=2)),
        "currency": "USD",
        "status": "open",
        "closed_reason": None,
        "stage": "early",
        "strategy": "default",
        "strategy_version": 1,
        "overdue": "0",
        "past_due_days": 1,
        "past_due_since": None,
        "bucket": "1-29",
        "assignee_id": None,
        "escalation": "none",
        "opened_at": STARTS_AT.isoformat(),
        "closed_at": None,
        "next_step": None,
        "next_at": None,
        "waiting_for": "",
        "suspended_by": None,
        "workflow_id": "case:x",
        "version": 1,
    }


def task(kind: str, role: str = "agent") -> dict[str, object]:
    return {
        "id": str(UUID(int=4)),
        "case_id": str(CASE_ID),
        "customer_id": str(CUSTOMER_ID),
        "kind": kind,
        "title": "x",
        "status": "open",
        "role": role,
        "due_at": STARTS_AT.isoformat(),
        "created_at": STARTS_AT.isoformat(),
        "done_at": None,
    }


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def players(world: World) -> AsyncIterator[tuple[Team, Phones]]:
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(
                RestClient(
                    "http://api.example",
                    LogInData(f"{name}@mail.example", "secret"),
                    transport=world.api.transport(),
                )
            )
            for name in ("admin", "manager", "advisor", "agent")
        ]
        transport = httpx2.MockTransport(world.sandbox)
        phones = await stack.enter_async_context(Phones("http://sandbox", transport=transport))
        yield Team(*clients), phones


async def play(  # noqa: PLR0913, PLR0917 - a world, who plays in it, and for how long
    world: World,
    players: tuple[Team, Phones],
    behaviour: Behaviour,
    due_on: date,
    days: int,
    region: str | None = None,
) -> None:
    row = Instalment(due_on, Decimal("100.00"), Decimal("100.00"))
    loan = Borrowing(1001, LOAN_ID, "USD", {1: row})
    life = Life(Person(1001, behaviour), CUSTOMER_ID, PHONE, {1001: loan}, region=region)
    team, phones = players
    lives = {1001: life}
    driver = Driver(
        1,
        team,
        phones,
        CLOCK_ID,
        lives,
        script=Script(1, START, team, lives, CLOCK_ID),
        clock=lambda: world.now,
        pause=world.pause,
    )
    reached: list[tuple[date, int]] = []
    await driver.run(days, lambda on, count: reached.append((on, count)))
    assert reached == [(START + timedelta(days=n), n) for n in range(1, days + 1)]


def payments(world: World) -> Iterator[tuple[object, str]]:
    for request in world.api.asked(f"/loans/{LOAN_ID}/payments"):
        yield sent(request)["amount"], request.headers["Idempotency-Key"]


async def test_a_bill_is_paid_once_under_a_key_of_person_and_day(
    world: World, players: tuple[Team, Phones]
) -> None:
    await play(world, players, Behaviour.STEADY, START, 4)
    assert list(payments(world)) == [("100.00", "demo:1:1001:2028-02-01:1001:bill:1")]
    steps = world.api.asked(f"/test-clocks/{CLOCK_ID}/advance")
    assert [each.headers["Idempotency-Key"] for each in steps] == [
        f"demo:advance:2028-02-0{day}" for day in (2, 3, 4, 5)
    ]


async def test_what_is_overdue_is_asked_of_the_books_fees_included(
    world: World, players: tuple[Team, Phones]
) -> None:
    world.overdue = "125.00"
    await play(world, players, Behaviour.PAYDAY_SHIFTED, START, 6)
    assert [amount for amount, _ in payments(world)] == ["125.00"]


async def test_nothing_overdue_is_nothing_paid(world: World, players: tuple[Team, Phones]) -> None:
    await play(world, players, Behaviour.PAYDAY_SHIFTED, START, 7)
    assert list(payments(world)) == []


async def test_a_reminder_is_answered_with_a_promise_of_what_is_overdue(
    world: World, players: tuple[Team, Phones]
) -> None:
    world.overdue, world.texts = "125.00", ["USD 125.00 is still unpaid"]
    await play(world, players, Behaviour.PROMISER, START - timedelta(days=1), 2)
    (said,) = world.replies
    assert said.startswith("cant today, 125.00 on ")


async def test_a_stopper_texts_stop_once(world: World, players: tuple[Team, Phones]) -> None:
    world.texts = ["is due today"]
    await play(world, players, Behaviour.STOPPER, START + timedelta(days=30), 3)
    assert world.replies == ["STOP"]


async def test_a_disputer_texts_it_once(world: World, players: tuple[Team, Phones]) -> None:
    world.texts = ["USD 125.00 is still unpaid"]
    await play(world, players, Behaviour.DISPUTER, START - timedelta(days=1), 2)
    assert world.replies == ["I dispute this debt"]


@pytest.mark.parametrize(("region", "noted"), [("GB-ENG", 1), ("GB-SCT", 0), (None, 0)])
async def test_the_breathing_space_of_one_person_is_noted_where_it_is_the_law(
    world: World, players: tuple[Team, Phones], region: str | None, noted: int
) -> None:
    shown = {
        "id": str(UUID(int=11)),
        "case_id": str(CASE_ID),
        "customer_id": str(UUID(int=13)),
        "scheme": "standard",
        "starts_on": "2028-02-21",
        "ends_on": "2028-04-21",
        "active": True,
        "hold_id": str(UUID(int=12)),
        "treatment_ended_on": None,
        "reference": "BS-1001",
        "reviews": 0,
        "review_opens_on": None,
        "review_closes_on": None,
        "paused": [],
    }
    path = f"/recovery-cases/{CASE_ID}/moratoria"
    world.api.on("POST", path, lambda _: answer(shown, 201))
    await play(world, players, Behaviour.SILENT, START, 22, region)
    assert len(world.api.asked(path)) == noted


async def test_calls_are_made_by_the_agent_and_escalations_taken_by_whom_they_ask(
    world: World, players: tuple[Team, Phones]
) -> None:
    done: list[str] = []

    def complete(request: httpx2.Request) -> httpx2.Response:
        done.append(request.headers["Authorization"])
        world.tasks = []
        return answer(task("call"))

    def acknowledge(request: httpx2.Request) -> httpx2.Response:
        done.append(request.headers["Authorization"])
        world.tasks = []
        return answer(case())

    world.api.on("POST", f"/tasks/{UUID(int=4)}/complete", complete)
    world.api.on("POST", f"/recovery-cases/{CASE_ID}/acknowledge", acknowledge)
    world.tasks = [task("call")]
    await play(world, players, Behaviour.SILENT, START, 1)
    world.tasks, world.at, world.looks = [task("escalation", "manager")], STARTS_AT.isoformat(), 0
    await play(world, players, Behaviour.SILENT, START, 1)
    assert len(set(done)) == 2


async def test_a_clock_that_stands_still_ends_the_demo_in_words(
    world: World, players: tuple[Team, Phones]
) -> None:
    world.looks_needed = 10**9
    with pytest.raises(DemoError, match="stands still at 2028-02-01 12:00"):
        await play(world, players, Behaviour.SILENT, START, 1)
