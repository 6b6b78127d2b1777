"""Payments that are posted together: the same effect as one by one, each answered on its own."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx2 import AsyncClient
from sqlalchemy import TextClause, text

from api.clocks.tables import TestClockRow
from api.idempotency.service import Once
from api.payments.asking import Ask, post_alone
from api.payments.desk import PostingDesk
from api.payments.group import Poster
from api.security.principal import SYSTEM
from contracts.names import Role
from contracts.payments import NewPayment
from domain.errors import DomainError, ErrorCode
from tests.api.conftest import WorkFactory
from tests.api.ledger.tying import untied
from tests.api.support import Actors, Api, Scene, key, make_scene, ok

TABLES = {
    "transactions": "loan_id, kind, amount, value_on, booked_on, method, reference, credited, "
    "principal_after, interest_after, fee_after, penalty_after",
    "allocations": "(select (t.loan_id, t.principal_after, t.interest_after) from transactions t "
    "where t.id = transaction_id), instalment, component, amount",
    "journal_entries": "loan_id, creditor_id, product_id, test_clock_id, kind, currency, "
    "value_on, booked_on",
    "journal_lines": "(select e.loan_id from journal_entries e where e.id = entry_id), "
    "line, account, currency, amount",
    "audit": "actor, action, subject_id, facts - 'payment'",
    "loans": "id, lifecycle, principal_outstanding, interest_outstanding, fee_outstanding, "
    "penalty_outstanding, credit, next_unmet_due_on, bucket, closed_on, version",
    "instalments": "loan_id, number, principal_paid, interest_paid, fee_paid, penalty_paid, met_on",
    "wakes": "workflow_id, kind, wanted",
    "messages": "loan_id, instalment, status, reasons",
    "tasks": "loan_id, kind",
    "bucket_changes": "loan_id, from_bucket, to_bucket, as_of",
}
"""What a payment writes, without the keys and instants that differ each time."""


@pytest.fixture
async def scene(api: Api) -> Scene:
    return await make_scene(api)


async def _written(work: WorkFactory, loans: Sequence[str]) -> dict[str, list[str]]:
    """What the tables hold of some loans, each named by its place so that two sets compare."""
    found: dict[str, list[str]] = {}
    async with work() as unit:
        for table, columns in TABLES.items():
            rows = (await unit.session.execute(_all_of(table, columns))).all()
            named = (_named(str(tuple(row)), loans) for row in rows)
            found[table] = sorted(row for row in named if row)
    return found


def _all_of(table: str, columns: str) -> TextClause:
    return text(f"select {columns} from {table}")  # noqa: S608 - names of our own


def _named(row: str, loans: Sequence[str]) -> str:
    for place, loan_id in enumerate(loans):
        if loan_id in row:
            return row.replace(loan_id, f"loan {place}")
    return ""


def _ask(loan_id: str, new: NewPayment, idempotency_key: str | None = None) -> Ask:
    path = f"/api/v1/loans/{loan_id}/payments"
    return Ask(
        SYSTEM,
        "test",
        UUID(loan_id),
        new,
        Once("post_payment", path, idempotency_key or uuid4().hex),
    )


async def _loans(scene: Scene, count: int) -> list[str]:
    customer = await scene.customer()
    made = [await scene.loan(customer, principal=f"{600 + 100 * n}.00") for n in range(count)]
    return [str(loan["id"]) for loan in made]


async def _remind(scene: Scene, work: WorkFactory, loans: Sequence[str]) -> None:
    """Shortly before the first instalment falls due: its reminders are queued."""
    async with work() as unit:
        clock = await unit.session.get_one(TestClockRow, UUID(str(scene.clock_id)))
        clock.now_at = datetime(2028, 2, 27, 15, tzinfo=UTC)
    headers = await Actors(scene.api).service("loans")
    for loan_id in loans:
        answer = await scene.api.client.post(f"/api/v1/loans/{loan_id}/advance", headers=headers)
        assert ok(answer)["state"] == "active"


@pytest.fixture(autouse=True)
def nobody_is_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system itself, in whose name these tests post, is no client with a standing."""

    async def good(*_: object) -> bool:
        return True

    monkeypatch.setattr("api.identity.standing.is_good", good)


ORDERS = ("past_due", "due", "in_advance")
PRODUCTS: tuple[dict[str, object], ...] = (
    {},
    {},
    {"waterfall": "principal_first"},
    {
        "waterfall": {order: ["interest", "fee", "principal", "penalty"] for order in ORDERS}
        | {"processing": "vertical", "future": "last_instalment"}
    },
    {
        "waterfall": {order: ["penalty", "interest", "principal", "fee"] for order in ORDERS}
        | {"processing": "horizontal", "future": "reamortise"}
    },
)
"""Products on which money pays the next lines first, and some on which it does not."""


async def test_a_group_is_one_transaction(scene: Scene) -> None:
    loans = await _loans(scene, 2)
    kit = scene.api.services
    new = NewPayment.model_validate({"amount": "90.00", "currency": "USD"})
    outcomes = await Poster(kit.room, kit.tokens).post([_ask(loan, new) for loan in loans * 3])
    assert [getattr(outcome, "status_code", outcome) for outcome in outcomes] == [201] * 6


@pytest.mark.parametrize("seed", range(len(PRODUCTS)))
async def test_a_group_writes_what_single_payments_write(
    api: Api, work: WorkFactory, seed: int
) -> None:
    scene = await make_scene(api, **PRODUCTS[seed])
    chance = random.Random(seed)  # noqa: S311 - which payments come
    singly, together = await _loans(scene, 5), await _loans(scene, 5)
    if seed % 2:
        await _remind(scene, work, singly + together)
    payments = [
        (
            chance.randrange(5),
            NewPayment.model_validate(
                {
                    "amount": f"{chance.choice([1, 37, 106, 250, 900])}.{chance.randrange(100):02}",
                    "currency": chance.choice(["USD"] * 9 + ["EUR"]),
                    "method": chance.choice(["cash", "card"]),
                }
            ),
        )
        for _ in range(40)
    ]
    kit = scene.api.services
    refused = 0
    for place, new in payments:
        try:
            await post_alone(kit.room, kit.tokens, _ask(singly[place], new))
        except DomainError:
            refused += 1
    desk = PostingDesk(Poster(kit.room, kit.tokens))
    asks = [_ask(together[place], new) for place, new in payments]
    answers = [
        answer for start in range(0, 40, 10) for answer in await desk.post_all(asks[start:][:10])
    ]
    assert sum(isinstance(answer, DomainError) for answer in answers) == refused
    assert await _written(work, together) == await _written(work, singly)
    await scene.trial_balance()
    assert await untied(scene) == ()


async def test_a_bad_payment_fails_no_other(scene: Scene) -> None:
    (loan,) = await _loans(scene, 1)
    kit = scene.api.services
    good = NewPayment.model_validate({"amount": "10.00", "currency": "USD"})
    bad = NewPayment.model_validate({"amount": "10.001", "currency": "USD"})
    asks = [_ask(loan, good), _ask(loan, bad), _ask(str(uuid4()), good), _ask(loan, good)]
    answers = await kit.posting.post_all(asks)
    codes = [getattr(answer, "status_code", getattr(answer, "code", None)) for answer in answers]
    assert codes == [201, ErrorCode.AMOUNT_PRECISION, ErrorCode.NOT_FOUND, 201]


async def test_duplicates_collapse_and_a_key_serves_one_request(
    scene: Scene, work: WorkFactory
) -> None:
    (loan,) = await _loans(scene, 1)
    kit = scene.api.services
    new = NewPayment.model_validate({"amount": "10.00", "currency": "USD"})
    other = NewPayment.model_validate({"amount": "11.00", "currency": "USD"})
    first, again, reused = await kit.posting.post_all(
        [_ask(loan, new, "k"), _ask(loan, new, "k"), _ask(loan, other, "k")]
    )
    later = await kit.posting.post_all([_ask(loan, new, "k")])
    assert not isinstance(first, BaseException)
    for answer in (again, *later):
        assert not isinstance(answer, BaseException)
        assert (answer.body, answer.headers["Idempotent-Replayed"]) == (first.body, "true")
    assert isinstance(reused, DomainError)
    assert reused.code is ErrorCode.IDEMPOTENCY_KEY_REUSED
    async with work() as unit:
        posted = await unit.session.scalar(
            text("select count(*) from transactions where kind = 'repayment'")
        )
    assert posted == 1


async def test_a_group_that_the_database_refuses_is_posted_one_by_one(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    loans = await _loans(scene, 3)
    kit = scene.api.services

    async def broken(*_: object) -> list[int]:
        return [1, 1, 1]  # a number that is taken twice

    monkeypatch.setattr("api.payments.reckoning.Locking.next_numbers", broken)
    new = NewPayment.model_validate({"amount": "10.00", "currency": "USD"})
    answers = await kit.posting.post_all([_ask(loan, new) for loan in loans])
    assert [getattr(answer, "status_code", answer) for answer in answers] == [201] * 3


async def test_a_full_queue_asks_to_come_again(scene: Scene) -> None:
    (loan,) = await _loans(scene, 1)
    kit = scene.api.services
    desk = PostingDesk(Poster(kit.room, kit.tokens), longest_queue=2)
    new = NewPayment.model_validate({"amount": "1.00", "currency": "USD"})
    answers = await asyncio.gather(
        *(desk.post(_ask(loan, new)) for _ in range(4)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, DomainError)]
    assert [error.code for error in refused] == [ErrorCode.UNAVAILABLE] * 2


async def test_a_batch_answers_each_payment_and_is_posted_once(
    scene: Scene, client: AsyncClient
) -> None:
    one, two = await _loans(scene, 2)
    body = {
        "items": [
            {"loan_id": one, "amount": "10.00", "currency": "USD"},
            {"loan_id": two, "amount": "20.00", "currency": "EUR"},
            {"loan_id": two, "amount": "30.00", "currency": "USD", "key": "mine"},
            {"loan_id": one, "amount": "40.00", "currency": "USD"},
        ]
    }
    headers = scene.admin | key()
    first = await client.post("/api/v1/payments/batch", json=body, headers=headers)
    found: dict[str, Any] = ok(first)
    assert [item["status"] for item in found["items"]] == [201, 422, 201, 201]
    assert found["items"][1]["problem"]["code"] == "currency-mismatch"
    again = await client.post("/api/v1/payments/batch", json=body, headers=headers)
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    single = await client.post(
        f"/api/v1/loans/{two}/payments",
        json={"amount": "30.00", "currency": "USD"},
        headers=scene.admin | {"Idempotency-Key": "mine"},
    )
    assert ok(single, 201) == found["items"][2]["payment"]
    assert single.headers["Idempotent-Replayed"] == "true"
    other = await client.post(
        "/api/v1/payments/batch", json={"items": body["items"][:1]}, headers=headers
    )
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    history: dict[str, Any] = await scene.get(f"/loans/{one}/payments")
    assert [item["amount"] for item in history["items"]] == ["10.00", "40.00"]


async def test_customers_post_nothing(scene: Scene, client: AsyncClient) -> None:
    (loan,) = await _loans(scene, 1)
    who = await Actors(scene.api).user(Role.CUSTOMER)
    for path, body in (
        (f"/loans/{loan}/payments", {"amount": "1.00", "currency": "USD"}),
        ("/payments/batch", {"items": [{"loan_id": loan, "amount": "1.00", "currency": "USD"}]}),
    ):
        answer = await client.post(f"/api/v1{path}", json=body, headers=who | key())
        assert answer.status_code == 403


async def test_a_batch_that_comes_twice_at_once_is_posted_once(
    scene: Scene, client: AsyncClient
) -> None:
    loans = await _loans(scene, 3)
    body = {
        "items": [{"loan_id": loan, "amount": "10.00", "currency": "USD"} for loan in loans * 2]
    }
    headers = scene.admin | key()
    both = await asyncio.gather(
        *(client.post("/api/v1/payments/batch", json=body, headers=headers) for _ in range(2))
    )
    first, second = (
        [(item["status"], item["payment"]) for item in ok(answer)["items"]] for answer in both
    )
    assert first == second
    for loan in loans:
        history: dict[str, Any] = await scene.get(f"/loans/{loan}/payments")
        assert [item["amount"] for item in history["items"]] == ["10.00", "10.00"]


async def test_payments_of_a_batch_keep_the_keys_that_follow_from_its_own(
    scene: Scene, client: AsyncClient
) -> None:
    (loan,) = await _loans(scene, 1)
    one = {"amount": "10.00", "currency": "USD"}
    path = f"/api/v1/loans/{loan}/payments"
    before = await client.post(path, json=one, headers=scene.admin | {"Idempotency-Key": "b#0"})
    body = {"items": [{"loan_id": loan} | one, {"loan_id": loan} | one]}
    batch = await client.post(
        "/api/v1/payments/batch", json=body, headers=scene.admin | {"Idempotency-Key": "b"}
    )
    items: list[dict[str, Any]] = ok(batch)["items"]
    assert [item["replayed"] for item in items] == [True, False]
    assert items[0]["payment"] == ok(before, 201)
    after = await client.post(path, json=one, headers=scene.admin | {"Idempotency-Key": "b#1"})
    assert (ok(after, 201), after.headers["Idempotent-Replayed"]) == (items[1]["payment"], "true")


@pytest.mark.parametrize("seed", range(2))
async def test_a_batch_writes_what_single_payments_write(
    scene: Scene, client: AsyncClient, work: WorkFactory, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - which payments come
    singly, together = await _loans(scene, 4), await _loans(scene, 4)
    payments = [
        (
            chance.randrange(4),
            {
                "amount": f"{chance.choice([1, 37, 250, 900])}.{chance.randrange(100):02}",
                "currency": chance.choice(["USD"] * 9 + ["EUR"]),
            },
        )
        for _ in range(30)
    ]
    statuses = [
        (
            await client.post(
                f"/api/v1/loans/{singly[place]}/payments", json=new, headers=scene.admin | key()
            )
        ).status_code
        for place, new in payments
    ]
    items = [{"loan_id": together[place]} | new for place, new in payments]
    found: list[int] = []
    for start in range(0, 30, 10):
        answer = await client.post(
            "/api/v1/payments/batch",
            json={"items": items[start : start + 10]},
            headers=scene.admin | key(),
        )
        found += [item["status"] for item in ok(answer)["items"]]
    assert found == statuses
    assert await _written(work, together) == await _written(work, singly)
