"""Money paid ahead of the schedule that makes a loan cheaper: lower instalments, or fewer."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.api.ledger.tying import untied
from tests.api.loan_changes.support import Desk, set_limits
from tests.api.payments.days import live_until
from tests.api.support import Api, Scene, key, make_scene, ok

FIRST_DAY = datetime(2028, 2, 1, 12, tzinfo=UTC)
PLAN = ("number", "due_on", "principal", "interest", "fee", "penalty")


@pytest.fixture(params=["reduce_instalment", "reduce_term"])
async def scene(api: Api, request: pytest.FixtureRequest) -> Scene:
    return await make_scene(api, starts_at=FIRST_DAY, schedule={"early_payment": request.param})


@pytest.fixture
async def loan_id(scene: Scene) -> str:
    """1,200 at 12 percent over twelve months: 106.62 a month, the last one 106.60."""
    return str((await scene.loan(await scene.customer(), disbursed_on="2028-02-01"))["id"])


async def loan_of(scene: Scene, loan_id: str) -> dict[str, Any]:
    return await scene.get(f"/loans/{loan_id}")


def plan(loan: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [tuple(row[field] for field in PLAN) for row in loan["schedule"]]


def state(loan: dict[str, Any]) -> dict[str, Any]:
    told = ("schedule", "outstanding", "credit", "bucket", "lifecycle")
    return {field: loan[field] for field in told}


async def reverse(scene: Scene, loan_id: str, payment: dict[str, Any], **more: str) -> Any:
    answer = await scene.api.client.post(
        f"/api/v1/loans/{loan_id}/payments/{payment['id']}/reverse",
        params=more,
        json={"reason": "posted_in_error"},
        headers=scene.admin | key(),
    )
    return ok(answer, 200 if more else 201)


async def test_what_is_more_than_the_running_instalment_repays_principal(
    scene: Scene, loan_id: str, request: pytest.FixtureRequest
) -> None:
    way = request.node.callspec.params["scene"]
    before = await loan_of(scene, loan_id)
    paid = await scene.pay(loan_id, "406.62")
    loan = await loan_of(scene, loan_id)
    assert paid["credited"] == "0.00"
    assert loan["schedule"][0]["outstanding"] == "0.00"
    assert loan["schedule"][0]["principal"] == "394.62"
    assert loan["outstanding"]["principal"] == "805.38"
    totals = [Decimal(row["total"]) for row in loan["schedule"][1:]]
    if way == "reduce_instalment":
        # 805.38 over eleven months at one percent: 77.68 each.
        assert totals[:10] == [Decimal("77.68")] * 10
        assert len(totals) == 11
    else:
        # ln(106.62 / (106.62 − 8.0538)) / ln 1.01 = 7.9: eight instead of eleven.
        assert totals[:7] == [Decimal("106.62")] * 7
        assert 0 < totals[7] < Decimal("106.62")
        assert len(loan["schedule"]) == 9
    saved = sum(Decimal(row["interest"]) for row in before["schedule"]) - sum(
        Decimal(row["interest"]) for row in loan["schedule"]
    )
    assert saved > Decimal(15)
    assert await untied(scene) == ()


async def test_the_books_say_what_was_saved(scene: Scene, loan_id: str) -> None:
    before = await loan_of(scene, loan_id)
    await scene.pay(loan_id, "406.62")
    after = await loan_of(scene, loan_id)
    told: Any = (await scene.get(f"/loans/{loan_id}/explanation"))["items"]
    planned = [
        sum(Decimal(row["interest"]) for row in loan["schedule"]) for loan in (before, after)
    ]
    assert f"ask for {planned[0] - planned[1]} USD less" in told[-1]["text"]
    assert told[-1]["after"] == after["outstanding"]


async def test_the_instalment_paid_early_alone_changes_nothing(scene: Scene, loan_id: str) -> None:
    before = plan(await loan_of(scene, loan_id))
    await scene.pay(loan_id, "106.62")
    assert plan(await loan_of(scene, loan_id)) == before


async def test_a_reversal_restores_the_schedule_exactly(scene: Scene, loan_id: str) -> None:
    await live_until(scene, date(2028, 3, 1))
    await scene.pay(loan_id, "106.62")
    before, books = await loan_of(scene, loan_id), await scene.trial_balance()
    paid = await scene.pay(loan_id, "300.00")
    assert plan(await loan_of(scene, loan_id)) != plan(before)
    told = await reverse(scene, loan_id, paid, dry_run="true")
    assert told["correction"]["schedule_after"] is not None
    await reverse(scene, loan_id, paid)
    assert state(await loan_of(scene, loan_id)) == state(before)
    assert await scene.trial_balance() == books


async def test_a_late_reversal_asks_for_the_interest_that_was_saved(
    scene: Scene, loan_id: str
) -> None:
    twin = str((await scene.loan(await scene.customer(), disbursed_on="2028-02-01"))["id"])
    for each in (loan_id, twin):
        await scene.pay(each, "106.62")
    await live_until(scene, date(2028, 3, 5))
    paid = await scene.pay(loan_id, "300.00")
    second = await scene.pay(loan_id, "100.00")
    await live_until(scene, date(2028, 5, 20))
    await reverse(scene, loan_id, paid)
    await reverse(scene, loan_id, second)
    one, other = await loan_of(scene, loan_id), await loan_of(scene, twin)
    assert plan(one) == plan(other)
    assert state(one) == state(other)
    assert await untied(scene) == ()
    for each in (loan_id, twin):
        quote: dict[str, Any] = await scene.get(f"/loans/{each}/payoff")
        body = {"amount": quote["payoff"]["total"], "currency": "USD", "payoff": True}
        closed = await scene.post(f"/loans/{each}/payments", body)
        assert closed["loan_closed"] is True
    await live_until(scene, date(2028, 5, 22))
    found = await scene.trial_balance()
    assert {name for _, name in found} <= {"cash", "interest_income", "penalty_income"}
    assert await untied(scene) == ()


async def test_reversing_the_first_of_two_leaves_what_the_second_does_alone(
    scene: Scene, loan_id: str
) -> None:
    twin = str((await scene.loan(await scene.customer(), disbursed_on="2028-02-01"))["id"])
    for each in (loan_id, twin):
        await scene.pay(each, "106.62")
    await live_until(scene, date(2028, 3, 5))
    first = await scene.pay(loan_id, "306.62")
    await live_until(scene, date(2028, 3, 8))
    for each in (loan_id, twin):
        await scene.pay(each, "250.00")
    await live_until(scene, date(2028, 4, 3))
    await reverse(scene, loan_id, first)
    one, other = await loan_of(scene, loan_id), await loan_of(scene, twin)
    assert state(one) == state(other)
    assert await untied(scene) == ()
    # And both of them can still be paid to the end.
    for each in (loan_id, twin):
        await scene.pay(each, one["outstanding"]["total"])
    closed = await loan_of(scene, loan_id)
    assert closed["lifecycle"] == "closed"
    assert state(closed) == state(await loan_of(scene, twin))


async def test_entered_late_it_comes_to_the_same_as_on_its_day(scene: Scene, loan_id: str) -> None:
    twin = str((await scene.loan(await scene.customer(), disbursed_on="2028-02-01"))["id"])
    for each in (loan_id, twin):
        await scene.pay(each, "106.62")
    await live_until(scene, date(2028, 3, 5))
    await scene.pay(twin, "406.62")
    await live_until(scene, date(2028, 4, 2))
    for each in (loan_id, twin):
        await scene.pay(each, "90.00")
    await live_until(scene, date(2028, 4, 20))
    preview = await scene.api.client.post(
        f"/api/v1/loans/{loan_id}/payments",
        params={"dry_run": "true"},
        json={"amount": "406.62", "currency": "USD", "value_on": "2028-03-05"},
        headers=scene.admin | key(),
    )
    await scene.pay(loan_id, "406.62", value_on="2028-03-05")
    one, other = await loan_of(scene, loan_id), await loan_of(scene, twin)
    shown: Any = ok(preview)["correction"]
    assert [row["principal"] for row in shown["schedule_after"]][: len(one["schedule"])] == [
        row["principal"] for row in one["schedule"]
    ]
    assert state(one) == state(other)
    assert await untied(scene) == ()


async def test_all_of_it_closes_the_loan(scene: Scene, loan_id: str) -> None:
    await scene.pay(loan_id, "1212.00")
    loan = await loan_of(scene, loan_id)
    assert (loan["lifecycle"], loan["credit"]) == ("closed", "0.00")
    await live_until(scene, date(2028, 2, 4))
    assert {name for _, name in await scene.trial_balance()} == {"cash", "interest_income"}
    assert await untied(scene) == ()


async def test_options_that_do_not_go_together_are_refused(api: Api) -> None:
    plain = await make_scene(api)
    for terms in (
        {"interest_method": "flat", "schedule": {"early_payment": "reduce_term"}},
        {
            "min_instalments": 6,
            "schedule": {"early_payment": "reduce_term", "interest_grace": 1},
        },
    ):
        answer = await api.client.post(
            "/api/v1/products",
            json={
                "code": "contradicting",
                "name": "Contradicting",
                "creditor_id": plain.creditor_id,
                "currency": "USD",
                "annual_rate_percent": "12",
            }
            | terms,
            headers=plain.admin | key(),
        )
        assert (answer.status_code, answer.json()["facts"]) == (422, {"field": "early_payment"})


async def test_a_pause_outlives_money_paid_ahead_and_its_reversal(
    scene: Scene, loan_id: str
) -> None:
    desk = Desk(scene, loan_id)
    await set_limits(scene)
    await desk.change("interest_pause", from_on="2028-05-02", to_on="2028-06-01")
    before = await loan_of(scene, loan_id)
    assert before["schedule"][3]["interest"] == "0.00"
    paid = await scene.pay(loan_id, "406.62")
    assert (await loan_of(scene, loan_id))["schedule"][3]["interest"] == "0.00"
    refused = await desk.ask("interest_pause", from_on="2028-02-02", to_on="2028-02-05")
    assert refused.json()["code"] == "behind-schedule-change"
    await live_until(scene, date(2028, 3, 1))
    await reverse(scene, loan_id, paid)
    assert plan(await loan_of(scene, loan_id)) == plan(before)
    assert await untied(scene) == ()
