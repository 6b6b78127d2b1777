"""Payments dated into the past and payments taken back: what moves, and what the books say."""

import asyncio
import os
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from api.wakes.tables import WakeRow
from domain.ids import loan_workflow_id
from tests.api.conftest import WorkFactory
from tests.api.ledger.tying import untied
from tests.api.payments.actors import send, together
from tests.api.payments.days import live_until
from tests.api.support import Api, Headers, Scene, key, make_scene, ok

INSTALMENT = "106.62"
MANY = int(os.environ.get("TENOR_REVERSALS", "60"))
"""How many payments are taken back at once."""


@pytest.fixture
async def scene(api: Api) -> Scene:
    return await make_scene(api)


async def reverse(
    scene: Scene, paid: dict[str, Any], status: int = 201, **why: object
) -> dict[str, Any]:
    """Take a payment back."""
    path = f"/loans/{paid['loan_id']}/payments/{paid['id']}/reverse"
    return await scene.post(path, {"reason": "bounced"} | why, status)


async def left(scene: Scene) -> dict[str, Decimal]:
    """Accounts that are not at zero."""
    return {
        account: Decimal(amount) for (_, account), amount in (await scene.trial_balance()).items()
    }


async def preview(scene: Scene, path: str, body: object) -> dict[str, Any]:
    """Ask what something would do, without a key."""
    answer = await scene.api.client.post(
        f"/api/v1{path}?dry_run=true", json=body, headers=scene.admin
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found["dry_run"] is True
    return found


async def everything(scene: Scene, loan_id: object) -> list[Any]:
    """All that is known of a loan: itself, its payments, its journal."""
    return [
        await scene.get(f"/loans/{loan_id}"),
        await scene.get(f"/loans/{loan_id}/payments"),
        await scene.get(f"/loans/{loan_id}/journal"),
        await scene.trial_balance(),
    ]


# -- what moves --------------------------------------------------------------------------------


async def test_a_payment_that_comes_to_light_moves_the_later_ones(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    await live_until(scene, date(2028, 3, 10))
    later: Any = await scene.pay(loan["id"], "116.62")
    assert later["correction"] is None
    assert {"instalment": 1, "component": "penalty", "amount": "10.00"} in later["allocations"]
    await live_until(scene, date(2028, 3, 20))
    found: Any = await scene.pay(loan["id"], INSTALMENT, value_on="2028-03-01")
    assert {part["instalment"] for part in found["allocations"]} == {1}
    moved = found["correction"]
    assert moved["since"] == "2028-03-01"
    assert moved["fees_withdrawn"] == [
        {"instalment": 1, "amount": "10.00", "value_on": "2028-03-07"}
    ]
    assert moved["fees_charged"] == []
    (other,) = moved["reallocated"]
    assert other["payment_id"] == later["id"]
    assert other["before"]["allocations"] == later["allocations"]
    assert {part["instalment"] for part in other["after"]["allocations"]} == {2, 3}
    assert (moved["arrears_before"]["bucket"], moved["arrears_after"]["bucket"]) == (
        "current",
        "current",
    )
    assert moved["buckets"] == [{"from_on": "2028-03-02", "bucket": "current"}]
    assert moved["undue_periods"] == [{"first": "2028-03-02", "last": "2028-03-10"}]
    history: Any = await scene.get(f"/loans/{loan['id']}/payments")
    assert [item["reallocated"] for item in history["items"]] == [True, False]
    assert history["items"][0]["allocations"] == other["after"]["allocations"]
    schedule: Any = (await scene.get(f"/loans/{loan['id']}"))["schedule"]
    assert [row["met_on"] for row in schedule[:2]] == ["2028-03-01", "2028-03-10"]
    assert (await left(scene)).get("penalty_income") is None


async def test_every_correction_is_a_new_entry_at_the_old_value_date(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    await live_until(scene, date(2028, 3, 10))
    await scene.pay(loan["id"], "116.62")
    await live_until(scene, date(2028, 3, 20))
    before: Any = (await scene.get(f"/loans/{loan['id']}/journal"))["items"]
    await scene.pay(loan["id"], INSTALMENT, value_on="2028-03-01")
    after: Any = (await scene.get(f"/loans/{loan['id']}/journal"))["items"]
    assert after[: len(before)] == before
    booked = after[len(before) :]
    assert {entry["booked_on"] for entry in booked} == {"2028-03-20"}
    assert [(entry["kind"], entry["value_on"]) for entry in booked] == [
        ("repayment", "2028-03-01"),
        ("reversal", "2028-03-07"),
        ("reallocation", "2028-03-10"),
    ]
    moved = {line["account"]: line["amount"] for line in booked[2]["lines"]}
    assert moved["penalty_receivable"] == "10.00"
    assert "cash" not in moved


async def test_a_withdrawn_fee_arises_again_when_the_payment_bounces(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    await live_until(scene, date(2028, 3, 10))
    late: Any = await scene.get(f"/loans/{loan['id']}")
    for _ in range(3):
        paid: Any = await scene.pay(loan["id"], INSTALMENT, value_on="2028-03-01")
        assert len(paid["correction"]["fees_withdrawn"]) == 1
        back = await reverse(scene, paid)
        assert back["status"] == "returned"
        assert back["correction"]["fees_charged"] == paid["correction"]["fees_withdrawn"]
        again: Any = await scene.get(f"/loans/{loan['id']}")
        for name in ("outstanding", "schedule", "bucket", "past_due_days", "credit"):
            assert again[name] == late[name], name
    await live_until(scene, date(2028, 3, 25))
    assert (await scene.get(f"/loans/{loan['id']}"))["schedule"] == late["schedule"]
    assert (await left(scene))["penalty_receivable"] == 10


async def test_a_bounced_payment_costs_the_fees_it_had_kept_away(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    await live_until(scene, date(2028, 3, 1))
    first: Any = await scene.pay(loan["id"], INSTALMENT)
    await live_until(scene, date(2028, 4, 3))
    second: Any = await scene.pay(loan["id"], INSTALMENT)
    await live_until(scene, date(2028, 4, 20))
    moved = (await reverse(scene, first, kind="returned", reason="insufficient_funds"))[
        "correction"
    ]
    # April's money now pays March, late; and April falls behind.
    assert moved["fees_charged"] == [
        {"instalment": 1, "amount": "10.00", "value_on": "2028-03-07"},
        {"instalment": 2, "amount": "10.00", "value_on": "2028-04-07"},
    ]
    assert [each["payment_id"] for each in moved["reallocated"]] == [second["id"]]
    assert moved["arrears_before"] == {"past_due_days": 0, "overdue": "0.00", "bucket": "current"}
    # Ten of it went to the fee, so that March is still short by ten.
    assert moved["arrears_after"] == {
        "past_due_days": 50,
        "overdue": "116.62",
        "bucket": "30-59",
    }
    assert moved["buckets"] == [
        {"from_on": "2028-03-02", "bucket": "1-29"},
        {"from_on": "2028-03-31", "bucket": "30-59"},
    ]
    assert moved["undue_periods"] == []


async def test_a_later_reversal_takes_back_what_the_payment_pays_now(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    fresh: Any = await scene.get(f"/loans/{loan['id']}")
    await live_until(scene, date(2028, 2, 20))
    empty = await left(scene)
    one: Any = await scene.pay(loan["id"], "200.00")
    other: Any = await scene.pay(loan["id"], "150.00", value_on="2028-02-10")
    assert len(other["correction"]["reallocated"]) == 1
    await reverse(scene, one)
    await reverse(scene, other, reason="wrong_loan")
    again: Any = await scene.get(f"/loans/{loan['id']}")
    assert again["schedule"] == fresh["schedule"]
    assert await left(scene) == empty


# -- loans that end and go on ------------------------------------------------------------------


async def test_a_payment_that_comes_to_light_settles_the_loan(scene: Scene) -> None:
    loan: Any = await scene.loan(await scene.customer(), instalments=3)
    await live_until(scene, date(2028, 3, 10))
    total = Decimal(loan["outstanding"]["total"])
    paid: Any = await scene.pay(loan["id"], str(total), value_on="2028-03-01")
    assert paid["loan_closed"] is True
    assert paid["correction"]["lifecycle_after"] == "closed"
    shown = await scene.get(f"/loans/{loan['id']}")
    assert (shown["lifecycle"], shown["closed_reason"]) == ("closed", "repaid")
    await live_until(scene, date(2028, 6, 10))
    assert set(await left(scene)) == {"cash", "interest_income"}


async def test_a_payoff_that_does_not_suffice_any_more_is_none(scene: Scene) -> None:
    loan: Any = await scene.loan(await scene.customer())
    control: Any = await scene.loan(
        await scene.customer(phone="+12125550124", email="b@customers.example")
    )
    await live_until(scene, date(2028, 3, 1))
    first: Any = await scene.pay(loan["id"], INSTALMENT)
    await live_until(scene, date(2028, 3, 20))
    owed: Any = await scene.get(f"/loans/{loan['id']}/outstanding")
    payoff: Any = await scene.pay(loan["id"], owed["payoff"]["total"], payoff=True)
    await live_until(scene, date(2028, 5, 20))
    moved = (await reverse(scene, first))["correction"]
    assert (moved["lifecycle_before"], moved["lifecycle_after"]) == ("closed", "active")
    (other,) = moved["reallocated"]
    assert other["payment_id"] == payoff["id"]
    assert Decimal(other["before"]["interest_rebated"]) > 0
    assert other["after"]["interest_rebated"] == "0.00"
    # The same by the order of value dates, from the beginning.
    await reverse(scene, payoff)
    await live_until(scene, date(2028, 6, 2))
    again: Any = await scene.get(f"/loans/{loan['id']}")
    plain: Any = await scene.get(f"/loans/{control['id']}")
    assert again["schedule"] == plain["schedule"]
    assert (again["bucket"], again["outstanding"]) == (plain["bucket"], plain["outstanding"])
    balances = await left(scene)
    assert balances["principal_receivable"] == 2400
    assert "cash" in balances
    assert balances["cash"] == -2400
    assert balances["interest_receivable"] == 2 * sum(
        Decimal(row["interest"]) for row in plain["schedule"][:4]
    )


async def test_money_found_after_a_payoff_is_credit_to_be_given_back(scene: Scene) -> None:
    loan: Any = await scene.loan(await scene.customer())
    await live_until(scene, date(2028, 3, 20))
    owed: Any = await scene.get(f"/loans/{loan['id']}/outstanding")
    await scene.pay(loan["id"], owed["payoff"]["total"], payoff=True)
    await live_until(scene, date(2028, 5, 20))
    found: Any = await scene.pay(loan["id"], INSTALMENT, value_on="2028-03-01")
    moved = found["correction"]
    assert moved["lifecycle_after"] == "closed"
    # The late fee of March is not due any more, and one instalment was paid twice.
    assert Decimal(moved["credit_after"]) == Decimal(INSTALMENT) + 10
    tasks: Any = await scene.get("/tasks")
    assert [task["kind"] for task in tasks["items"]] == ["refund"]
    balances = await left(scene)
    assert set(balances) == {"cash", "customer_credit", "interest_income"}
    assert balances["customer_credit"] == -(Decimal(INSTALMENT) + 10)


async def test_a_loan_that_owes_only_a_penalty_again_is_served_again(
    scene: Scene, work: WorkFactory
) -> None:
    loan: Any = await scene.loan(await scene.customer())
    await live_until(scene, date(2028, 3, 10))
    owed: Any = await scene.get(f"/loans/{loan['id']}/outstanding")
    assert owed["outstanding"]["penalty"] == "10.00"
    fee: Any = await scene.pay(loan["id"], "10.00", value_on="2028-03-08")
    rest = Decimal(owed["outstanding"]["total"]) - 10
    await scene.pay(loan["id"], str(rest + 10))
    await reverse(scene, fee)
    shown: Any = await scene.get(f"/loans/{loan['id']}")
    # The last payment had ten to spare: they were credit, and pay the penalty now.
    assert (shown["lifecycle"], shown["credit"]) == ("closed", "0.00")
    again: Any = await scene.get(f"/loans/{loan['id']}/payments")
    last = again["items"][-1]
    wanted = await _wanted(work, loan["id"])
    await reverse(scene, last)
    assert (await scene.get(f"/loans/{loan['id']}"))["lifecycle"] == "active"
    assert await _wanted(work, loan["id"]) > wanted


async def _wanted(work: WorkFactory, loan_id: object) -> int:
    """How often a loan's workflow was asked to look."""
    async with work() as unit:
        row = await unit.session.get_one(WakeRow, loan_workflow_id(UUID(str(loan_id))))
        return row.wanted


async def test_a_closed_loan_takes_no_money_of_a_later_day(scene: Scene) -> None:
    loan: Any = await scene.loan(await scene.customer())
    await scene.pay(loan["id"], loan["outstanding"]["total"])
    await live_until(scene, date(2028, 2, 10))
    answer = await scene.api.client.post(
        f"/api/v1/loans/{loan['id']}/payments",
        json={"amount": "5.00", "currency": "USD", "value_on": "2028-02-05"},
        headers=scene.admin | key(),
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "loan-not-active")


async def test_a_payoff_of_a_past_day_is_that_days(scene: Scene) -> None:
    loan: Any = await scene.loan(await scene.customer())
    await live_until(scene, date(2028, 2, 15))
    owed: Any = await scene.get(f"/loans/{loan['id']}/outstanding")
    await live_until(scene, date(2028, 3, 10))
    body = {"currency": "USD", "payoff": True, "value_on": "2028-02-15"}
    wrong = await scene.api.client.post(
        f"/api/v1/loans/{loan['id']}/payments",
        json=body | {"amount": "1200.00"},
        headers=scene.admin | key(),
    )
    assert wrong.json()["facts"] == {"payoff": owed["payoff"]["total"], "on": "2028-02-15"}
    paid: Any = await scene.pay(loan["id"], owed["payoff"]["total"], **body)
    assert paid["loan_closed"] is True
    await live_until(scene, date(2028, 3, 20))
    balances = await left(scene)
    assert balances == {
        "cash": Decimal(owed["payoff"]["interest"]),
        "interest_income": -Decimal(owed["payoff"]["interest"]),
    }


async def test_interest_paid_ahead_and_not_earned_leaves_nothing_receivable(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    await live_until(scene, date(2028, 2, 10))
    await scene.pay(loan["id"], INSTALMENT)
    owed: Any = await scene.get(f"/loans/{loan['id']}/outstanding")
    await scene.pay(loan["id"], owed["payoff"]["total"], payoff=True)
    await live_until(scene, date(2028, 2, 12))
    balances = await left(scene)
    assert set(balances) == {"cash", "customer_credit", "interest_income"}
    # 9 of the 29 days of February.
    assert balances["interest_income"] == Decimal("-3.72")


# -- shown before it happens -------------------------------------------------------------------


async def test_a_preview_says_what_happens_and_writes_nothing(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    await live_until(scene, date(2028, 3, 10))
    await scene.pay(loan["id"], "116.62")
    before = await everything(scene, loan["id"])
    body = {"amount": INSTALMENT, "currency": "USD", "value_on": "2028-03-01"}
    shown = await preview(scene, f"/loans/{loan['id']}/payments", body)
    assert await everything(scene, loan["id"]) == before
    done: Any = await scene.post(f"/loans/{loan['id']}/payments", body)
    assert shown["correction"] == done["correction"]
    assert shown["split"]["allocations"] == done["allocations"]
    before = await everything(scene, loan["id"])
    path = f"/loans/{loan['id']}/payments/{done['id']}/reverse"
    shown = await preview(scene, path, {"reason": "bounced"})
    assert await everything(scene, loan["id"]) == before
    back = await reverse(scene, done)
    assert shown["correction"] == back["correction"]
    assert shown["payment_id"] == done["id"]


async def test_a_preview_of_an_ordinary_payment(scene: Scene) -> None:
    loan: Any = await scene.loan(await scene.customer())
    body = {"amount": "200.00", "currency": "USD"}
    shown = await preview(scene, f"/loans/{loan['id']}/payments", body)
    correction = shown["correction"]
    assert (correction["reallocated"], correction["buckets"]) == ([], [])
    paid = await scene.pay(loan["id"], "200.00")
    assert shown["split"]["allocations"] == paid["allocations"]
    assert correction["outstanding_after"] == paid["outstanding_after"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"amount": "0.00"}, 422, "amount-not-positive"),
        ({"amount": "1.005"}, 422, "amount-precision"),
        ({"currency": "EUR"}, 422, "currency-mismatch"),
        ({"value_on": "2028-03-11"}, 422, "value-date-out-of-range"),
        ({"value_on": "2028-01-31"}, 422, "value-date-out-of-range"),
        ({"payoff": True}, 422, "payoff-amount-mismatch"),
    ],
)
@pytest.mark.parametrize("dry_run", ["true", "false"])
async def test_refusals_are_the_same_shown_or_done(
    scene: Scene, change: dict[str, object], status: int, code: str, dry_run: str
) -> None:
    loan = await scene.loan(await scene.customer())
    await live_until(scene, date(2028, 3, 10))
    body: dict[str, object] = {
        "amount": "50.00",
        "currency": "USD",
        "value_on": "2028-03-01",
    } | change
    answer = await scene.api.client.post(
        f"/api/v1/loans/{loan['id']}/payments?dry_run={dry_run}",
        json=body,
        headers=scene.admin | key(),
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_what_moves_money_still_needs_a_key(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    answer = await scene.api.client.post(
        f"/api/v1/loans/{loan['id']}/payments?dry_run=false",
        json={"amount": "1.00", "currency": "USD"},
        headers=scene.admin,
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-required")


# -- at once -----------------------------------------------------------------------------------


async def test_days_are_closed_while_the_past_changes(scene: Scene) -> None:
    """A closing day and corrections wait for each other, and neither is lost."""
    loans = [await scene.loan(await scene.customer(phone=f"+1212555{n:04}")) for n in range(3)]
    await live_until(scene, date(2028, 3, 5))
    paid: list[Any] = [await scene.pay(loan["id"], INSTALMENT) for loan in loans]
    late = {"amount": "10.00", "currency": "USD", "value_on": "2028-03-02"}

    async def ask(path: str, body: object) -> None:
        ok(await send(scene, path, body), 201)

    await together(
        live_until(scene, date(2028, 3, 20)),
        *(
            ask(f"/loans/{each['loan_id']}/payments/{each['id']}/reverse", {"reason": "bounced"})
            for each in paid
        ),
        *(ask(f"/loans/{loan['id']}/payments", late) for loan in loans),
    )
    await live_until(scene, date(2028, 3, 21))
    for loan in loans:
        shown: Any = await scene.get(f"/loans/{loan['id']}")
        first = shown["schedule"][0]
        assert (first["penalty"], first["paid"], shown["bucket"]) == ("10.00", "10.00", "1-29")
    balances = await left(scene)
    assert balances["penalty_income"] == -30
    assert balances["cash"] == 30 - 3600


# -- kinds, and twice --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("why", "kind"),
    [
        ({"reason": "bounced"}, "returned"),
        ({"reason": "chargeback"}, "chargeback"),
        ({"reason": "posted_in_error"}, "reversal"),
        ({"reason": "other", "kind": "returned"}, "returned"),
    ],
)
async def test_a_reversal_has_a_kind(scene: Scene, why: dict[str, str], kind: str) -> None:
    loan = await scene.loan(await scene.customer())
    paid: Any = await scene.pay(loan["id"], "50.00")
    await reverse(scene, paid, **why)
    told: Any = (await scene.get(f"/loans/{loan['id']}"))["history"]
    (line,) = [line for line in told if line["kind"] == "payment.reversed"]
    assert f"({kind})" in line["text"]
    second = await scene.api.client.post(
        f"/api/v1/loans/{loan['id']}/payments/{paid['id']}/reverse",
        json=why,
        headers=scene.admin | key(),
    )
    assert (second.status_code, second.json()["code"]) == (409, "already-reversed")


async def test_the_same_key_reverses_once_and_gets_the_same_answer(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    paid: Any = await scene.pay(loan["id"], "50.00")
    url = f"/api/v1/loans/{loan['id']}/payments/{paid['id']}/reverse"
    headers = scene.admin | key()
    body = {"reason": "bounced"}
    one = await scene.api.client.post(url, json=body, headers=headers)
    two = await scene.api.client.post(url, json=body, headers=headers)
    assert (one.status_code, two.status_code) == (201, 201)
    assert one.content == two.content
    assert two.headers["idempotent-replayed"] == "true"


@pytest.mark.timeout(900)
async def test_many_reversals_sent_twice_at_once_each_succeed_once(scene: Scene) -> None:
    """Reversals race each other, each other's repeats, and payments dated into the past."""
    loans = [
        await scene.loan(await scene.customer(phone=f"+1212555{n:04}")) for n in range(MANY // 15)
    ]
    empty = await left(scene)
    payments: list[Any] = []
    for number in range(MANY):
        loan = loans[number % len(loans)]
        payments.append(await scene.pay(loan["id"], f"{3 + number % 7}.00"))
    await live_until(scene, date(2028, 2, 10))
    lasting = [
        scene.pay(loan["id"], "5.00", value_on=f"2028-02-0{2 + number % 8}")
        for number, loan in enumerate(loans)
    ]

    room = asyncio.Semaphore(12)

    async def attempt(paid: dict[str, Any], headers: Headers) -> int:
        async with room:
            answer = await scene.api.client.post(
                f"/api/v1/loans/{paid['loan_id']}/payments/{paid['id']}/reverse",
                json={"reason": "chargeback"},
                headers=headers,
            )
        return answer.status_code

    twice = [paid for paid in payments for _ in range(2)]
    found = await asyncio.gather(*lasting, *(attempt(paid, scene.admin | key()) for paid in twice))
    codes = found[len(lasting) :]
    assert codes.count(201) == len(payments)
    assert codes.count(409) == len(payments)
    balances = await left(scene)
    accrued = {"accrued_interest", "interest_income"}
    assert balances["cash"] == empty["cash"] + 5 * len(loans)
    for loan in loans:
        shown: Any = await scene.get(f"/loans/{loan['id']}")
        owed = Decimal(loan["outstanding"]["total"])  # type: ignore[index]
        assert Decimal(shown["outstanding"]["total"]) == owed - 5
        assert [row["paid"] for row in shown["schedule"][:2]] == ["5.00", "0.00"]
    assert set(balances) - accrued <= {"cash", "principal_receivable", "interest_receivable"}
    assert await untied(scene) == ()
