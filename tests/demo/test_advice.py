"""The demo's people in trouble: who they are, what they say of their means, and when."""

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from contracts.names import Role
from contracts.tasks import Task
from domain.money import exact
from tenor.client import LogInData, RestClient, RestError
from tenor.demo import advice
from tenor.demo.advice import in_trouble, means_of
from tenor.demo.lives import Borrowing, Instalment, Life
from tenor.demo.people import Behaviour, Person
from tenor.demo.staff import work_of_day
from tenor.demo.totals import AssessmentTotals, count_assessments
from tests.demo.test_staff import DAY, task
from tests.portfolio.fake_api import FakeApi

START = date(2028, 2, 1)


def life(number: int, behaviour: Behaviour = Behaviour.PART_PAYER, currency: str = "USD") -> Life:
    amount = Decimal("9000") if currency == "JPY" else Decimal("106.62")
    instalments = {
        n: Instalment(START + timedelta(days=30 * n), amount, amount) for n in range(1, 7)
    }
    loan = Borrowing(number, uuid4(), currency, instalments)
    return Life(Person(number, behaviour), UUID(int=number), None, {number: loan})


def test_the_first_part_payers_are_in_trouble() -> None:
    lives = {
        n: life(n, Behaviour.PART_PAYER if n % 2 else Behaviour.STEADY) for n in range(1001, 1021)
    }
    assert [each.person.number for each in in_trouble(lives)] == [1001, 1003, 1005]
    assert in_trouble({}) == ()


@pytest.mark.parametrize("currency", ["USD", "JPY"])
def test_means_are_exact_in_their_currency(currency: str) -> None:
    for place in range(3):
        means = means_of(life(1001, currency=currency), place)
        for line in (*means.income, *means.expenses):
            assert exact(line.amount, currency) == line.amount
        assert [debt.name for debt in means.debts] == ["Loan 1", "Credit card"]
        assert means == means_of(life(1001, currency=currency), place)


async def test_each_acts_on_his_days_with_the_keys_of_every_run() -> None:
    api = FakeApi()
    said: list[tuple[int, str, str]] = []
    async with RestClient(
        "http://api.test", LogInData("c@tenor.example", "x" * 12), transport=api.transport()
    ) as rest:
        clients = [advice.Client(life(1001 + place), place, rest) for place in range(2)]
        for day in range(30):
            before = len(api.requests)
            # The stand-in knows none of these calls: what counts is that they are made.
            with suppress(RestError):
                await advice.act(clients, START, START + timedelta(days=day))
            said += [
                (day, each.url.path.rpartition("/")[2], each.headers["Idempotency-Key"])
                for each in api.requests[before:]
                if "Idempotency-Key" in each.headers
            ]
    assert said == [
        (7, "debt-assessments", "demo:assessment:1001"),
        (8, "request-advice", "demo:advice:1001"),
        (11, "debt-assessments", "demo:assessment:1002"),
        (12, "request-advice", "demo:advice:1002"),
    ]


def request(customer: int, role: str = "advisor", *, reminded: bool = False) -> Task:
    asked = task("advice", role=role)
    return asked.model_copy(
        update={
            "customer_id": UUID(int=customer),
            "reminded_at": asked.created_at if reminded else None,
        }
    )


def test_advice_is_given_at_once_when_reminded_or_by_the_manager() -> None:
    people = {UUID(int=n): Person(n, Behaviour.PART_PAYER) for n in range(1, 301)}
    fresh = [request(n) for n in range(1, 301)]
    at_once = work_of_day(1, DAY, fresh, people, None)
    later = work_of_day(1, DAY, [request(n, reminded=True) for n in range(1, 301)], people, None)
    assert 0.3 < len(at_once) / 300 < 0.5
    assert 0.65 < len(later) / 300 < 0.85
    assert {work.role for work in (*at_once, *later)} == {Role.ADVISOR}
    escalated = [request(n, role="manager") for n in range(1, 301)]
    assert {w.role for w in work_of_day(1, DAY, escalated, people, None)} == {Role.MANAGER}
    assert len(work_of_day(1, DAY, escalated, people, None)) == 300


def test_advice_is_counted_by_its_tasks() -> None:
    done = request(1).model_copy(update={"status": "done"})
    found = count_assessments([], [done, request(2), task("call")])
    assert found == AssessmentTotals(made=0, plans=0, advice_requested=2, advice_given=1)
