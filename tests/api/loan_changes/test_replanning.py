"""Changes to the schedule: what stays, what is planned anew, and that the interest adds up."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.api.ledger.tying import untied
from tests.api.loan_changes.support import Desk, open_desk, set_limits
from tests.api.payments.days import live_until
from tests.api.support import Api, Scene, key, make_scene

MID_PERIOD = datetime(2028, 2, 10, 12, tzinfo=UTC)
PLAN = ("number", "from_on", "due_on", "principal", "interest")


@pytest.fixture
async def scene(api: Api) -> Scene:
    scene = await make_scene(api, starts_at=MID_PERIOD)
    await set_limits(scene)
    return scene


@pytest.fixture
async def desk(scene: Scene) -> Desk:
    """A loan of 12 instalments, disbursed on 1 February, nine days into its first period."""
    return await open_desk(scene, disbursed_on="2028-02-01")


def plan(loan: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [tuple(row[field] for field in PLAN) for row in loan["schedule"]]


def principal(loan: dict[str, Any]) -> Decimal:
    return sum((Decimal(row["principal"]) for row in loan["schedule"]), Decimal(0))


async def pay_all_on_time(desk: Desk) -> None:
    """Walk to each due date and pay what is due, to the end."""
    for row in (await desk.loan())["schedule"]:
        if Decimal(row["outstanding"]):
            await live_until(desk.scene, date.fromisoformat(row["due_on"]))
            await desk.scene.pay(desk.loan_id, row["outstanding"])
            assert await untied(desk.scene) == ()


async def interest_books(desk: Desk) -> dict[str, Decimal]:
    found = await desk.scene.trial_balance()
    return {account: Decimal(balance) for (_, account), balance in found.items()}


async def test_a_reschedule_keeps_the_running_period(desk: Desk) -> None:
    before = await desk.loan()
    made = await desk.change(
        "reschedule", instalments=6, annual_rate_percent="6", first_due_on="2028-04-15"
    )
    after = await desk.loan()
    assert plan(after)[0] == plan(before)[0]
    assert len(after["schedule"]) == 7
    assert [row["due_on"] for row in after["schedule"][1:3]] == ["2028-04-15", "2028-05-15"]
    assert after["schedule"][1]["from_on"] == "2028-03-01"
    assert Decimal(after["annual_rate_percent"]) == 6
    assert principal(after) == principal(before) == 1200
    assert made["moved"]["schedule_before"] == before["schedule"]
    assert made["moved"]["schedule_after"] == after["schedule"]
    kept: dict[str, Any] = await desk.scene.get(f"/loans/{desk.loan_id}/schedules")
    assert [item["change_id"] for item in kept["items"]] == [None, made["id"]]
    assert [len(item["rows"]) for item in kept["items"]] == [12, 7]


async def test_interest_adds_up_to_the_end_of_a_replanned_loan(desk: Desk) -> None:
    await desk.change("reschedule", instalments=3, annual_rate_percent="24")
    loan = await desk.loan()
    interest = sum((Decimal(row["interest"]) for row in loan["schedule"]), Decimal(0))
    await pay_all_on_time(desk)
    await live_until(desk.scene, date.fromisoformat("2028-06-10"))
    assert (await desk.loan())["closed_reason"] == "repaid"
    found = await interest_books(desk)
    assert found == {"cash": interest, "interest_income": -interest}


async def test_re_amortising_lowers_the_instalments_after_principal_was_paid_ahead(
    scene: Scene,
) -> None:
    made = await scene.post(
        "/products",
        {
            "code": "ahead",
            "name": "Principal ahead",
            "creditor_id": scene.creditor_id,
            "currency": "USD",
            "annual_rate_percent": "12",
            "waterfall": {
                "past_due": ["interest", "principal", "fee", "penalty"],
                "due": ["interest", "principal", "fee", "penalty"],
                "in_advance": ["principal", "interest", "fee", "penalty"],
                "processing": "vertical",
                "future": "last_instalment",
            },
        },
    )
    scene.product = str(made["code"])
    desk = await open_desk(scene, disbursed_on="2028-02-01")
    before = await desk.loan()
    await scene.pay(desk.loan_id, "600.00")
    await desk.change("re_amortise")
    after = await desk.loan()
    assert len(after["schedule"]) == 12
    assert plan(after)[0][4] == plan(before)[0][4]
    assert Decimal(after["schedule"][1]["total"]) < Decimal(before["schedule"][1]["total"]) * 6 / 10
    assert principal(after) == 1200
    assert after["outstanding"]["principal"] == "600.00"
    await pay_all_on_time(desk)
    await live_until(scene, date.fromisoformat("2029-02-10"))
    assert (await desk.loan())["closed_reason"] == "repaid"
    found = await interest_books(desk)
    assert set(found) == {"cash", "interest_income"}


async def test_a_holiday_asks_for_interest_alone_and_extends_the_loan(desk: Desk) -> None:
    before = await desk.loan()
    await desk.change("payment_holiday", instalments=3)
    after = await desk.loan()
    assert len(after["schedule"]) == 15
    assert [row["principal"] for row in after["schedule"][:3]] == ["0.00"] * 3
    assert [row["interest"] for row in after["schedule"][:3]] == ["12.00"] * 3
    assert after["schedule"][0]["due_on"] == before["schedule"][0]["due_on"]
    assert after["schedule"][3]["total"] == before["schedule"][0]["total"]
    assert principal(after) == 1200
    await pay_all_on_time(desk)
    await live_until(desk.scene, date.fromisoformat("2029-05-10"))
    assert set(await interest_books(desk)) == {"cash", "interest_income"}


async def test_a_holiday_within_the_term_raises_the_later_instalments(desk: Desk) -> None:
    before = await desk.loan()
    await desk.change("payment_holiday", instalments=3, extend=False)
    after = await desk.loan()
    assert len(after["schedule"]) == 12
    assert after["schedule"][-1]["due_on"] == before["schedule"][-1]["due_on"]
    assert Decimal(after["schedule"][3]["total"]) > Decimal(before["schedule"][3]["total"])
    too_long = await desk.ask("payment_holiday", instalments=13)
    assert (too_long.status_code, too_long.json()["code"]) == (422, "invalid-terms")


async def test_re_ageing_brings_a_late_loan_to_current(scene: Scene) -> None:
    desk = await open_desk(scene, disbursed_on="2027-11-01")
    before = await desk.loan()
    assert (before["bucket"], before["past_due_days"]) == ("60-89", 71)
    made = await desk.change("re_age")
    after = await desk.loan()
    assert (after["bucket"], after["past_due_days"], after["overdue"]) == ("current", 0, "0.00")
    assert made["moved"]["before"]["next_due_on"] == "2027-12-01"
    late = sum((Decimal(row["interest"]) for row in before["schedule"][:3]), Decimal(0))
    assert principal(after) == 1200 + late
    assert after["outstanding"]["penalty"] == before["outstanding"]["penalty"]
    assert after["schedule"][4]["penalty"] == before["outstanding"]["penalty"]
    accounts = await interest_books(desk)
    assert accounts["principal_receivable"] == 1200 + late
    await pay_all_on_time(desk)
    assert (await desk.loan())["closed_reason"] == "repaid"
    again = await desk.ask("re_age")
    assert again.json()["code"] == "loan-not-active"


async def test_a_loan_on_time_is_not_re_aged(desk: Desk) -> None:
    answer = await desk.ask("re_age")
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing-owed")


async def test_interest_paid_ahead_keeps_the_schedule(desk: Desk) -> None:
    await desk.scene.pay(desk.loan_id, "300.00")
    answer = await desk.ask("re_amortise")
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal-transition")


async def test_the_past_before_a_change_of_schedule_stands(scene: Scene) -> None:
    desk = await open_desk(scene, disbursed_on="2027-11-01")
    paid = await scene.pay(desk.loan_id, "50.00")
    await desk.change("re_age")
    for path, body in (
        (f"payments/{paid['id']}/reverse", {"reason": "bounced"}),
        ("payments", {"amount": "5.00", "currency": "USD", "value_on": "2028-01-10"}),
    ):
        answer = await scene.api.client.post(
            f"/api/v1/loans/{desk.loan_id}/{path}", json=body, headers=scene.admin | key()
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "behind-schedule-change")
    later = await scene.pay(desk.loan_id, "20.00")
    await scene.post(f"/loans/{desk.loan_id}/payments/{later['id']}/reverse", {"reason": "bounced"})


async def test_a_preview_of_a_new_schedule_keeps_the_old_one(desk: Desk) -> None:
    before = await desk.loan()
    preview = await desk.preview("reschedule", instalments=24)
    assert len(preview["moved"]["schedule_after"]) == 25
    assert await desk.loan() == before
    kept: dict[str, Any] = await desk.scene.get(f"/loans/{desk.loan_id}/schedules")
    assert kept["items"] == []


async def test_impossible_schedules_are_refused(desk: Desk) -> None:
    early = await desk.ask("reschedule", first_due_on="2028-03-01")
    assert (early.status_code, early.json()["code"]) == (422, "invalid-date")
    dear = await desk.ask("reschedule", annual_rate_percent="1001")
    assert (dear.status_code, dear.json()["code"]) == (422, "invalid-terms")


async def test_instalments_that_are_not_needed_any_more_do_not_come_back(api: Api) -> None:
    scene = await make_scene(api, starts_at=MID_PERIOD, schedule={"early_payment": "reduce_term"})
    await set_limits(scene)
    desk = await open_desk(scene, disbursed_on="2028-02-01")
    await scene.pay(desk.loan_id, "506.62")
    fewer = len((await desk.loan())["schedule"])
    await desk.change("re_amortise")
    loan = await desk.loan()
    assert len(loan["schedule"]) == fewer < 12
    assert principal(loan) == 1200
    totals = {row["total"] for row in loan["schedule"][1:-1]}
    assert len(totals) == 1
    # Money paid ahead goes on shortening the loan; before the new plan nothing is told again.
    await scene.pay(desk.loan_id, "200.00")
    assert len((await desk.loan())["schedule"]) < fewer
    assert await untied(scene) == ()
