"""Loans whose interest is earned by the day: paid early, late, in part, taken back."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.daycount import DayCount
from domain.lending.simple_interest import Payment, SimpleInterest
from tests.api.ledger.tying import untied
from tests.api.loan_changes.support import Desk, set_limits
from tests.api.loan_changes.test_invariants import explained
from tests.api.payments.days import live_until
from tests.api.support import Api, Scene, key, make_scene

CASES = {
    case["id"]: case
    for case in json.loads((Path(__file__).parents[2] / "cases/schedules.json").read_text())[
        "cases"
    ]
}
FIRST_DAY = datetime(2028, 2, 1, 12, tzinfo=UTC)
TERMS: dict[str, Any] = {
    "schedule": {"interest": "daily", "rounding": "half-up"},
    "day_count": "actual/365",
    "waterfall": "interest_first",
    "penalty": {"kind": "none"},
}


@pytest.fixture
async def scene(api: Api) -> Scene:
    return await make_scene(api, starts_at=FIRST_DAY, **TERMS)


@pytest.fixture
async def loan_id(scene: Scene) -> str:
    """1,200 at 12 percent over twelve months."""
    return str((await scene.loan(await scene.customer(), disbursed_on="2028-02-01"))["id"])


async def loan_of(scene: Scene, loan_id: str) -> dict[str, Any]:
    return await scene.get(f"/loans/{loan_id}")


def split(paid: dict[str, Any]) -> tuple[Decimal, Decimal]:
    """Interest and principal that a payment paid."""
    found = {"interest": Decimal(0), "principal": Decimal(0)}
    for part in paid["allocations"]:
        found[part["component"]] += Decimal(part["amount"])
    return found["interest"], found["principal"]


def by_calculator(payments: list[Payment]) -> list[tuple[Decimal, Decimal]]:
    told = SimpleInterest(
        Decimal(1200), "USD", Decimal(12), DayCount.ACTUAL_365, date(2028, 2, 1)
    ).paid(payments)
    return [(paid.interest, paid.principal) for paid in told]


async def test_it_lives_months_as_the_calculator_of_simple_interest_says(
    scene: Scene, loan_id: str
) -> None:
    before = await loan_of(scene, loan_id)
    amount = Decimal(before["schedule"][0]["total"])
    made: list[Payment] = []
    told: list[tuple[Decimal, Decimal]] = []
    owed: dict[date, str] = {}
    # Early; late by nine days; a part, and the rest of it; two at once; a day after the date.
    for on, money in (
        (date(2028, 2, 20), amount),
        (date(2028, 4, 10), amount),
        (date(2028, 4, 20), Decimal("40.00")),
        (date(2028, 5, 1), amount - 40),
        (date(2028, 5, 1), Decimal("3.33")),
        (date(2028, 6, 2), 2 * amount),
    ):
        await live_until(scene, on)
        made.append(Payment(on, amount=money))
        told.append(split(await scene.pay(loan_id, f"{money:.2f}")))
        assert told == by_calculator(made), on
        owed[on] = (await scene.get(f"/loans/{loan_id}/outstanding"))["owed"]
        assert await untied(scene) == ()
    after = await loan_of(scene, loan_id)
    assert [row["total"] for row in after["schedule"][:11]] == [
        row["total"] for row in before["schedule"][:11]
    ]
    await live_until(scene, date(2028, 7, 15))
    await scene.trial_balance()
    assert await untied(scene) == ()
    for on, then in owed.items():
        assert (await scene.get(f"/loans/{loan_id}/outstanding?as_of={on}"))["owed"] == then, on
    quote: dict[str, Any] = await scene.get(f"/loans/{loan_id}/payoff")
    expected = by_calculator([*made, Payment(date(2028, 7, 15))])[-1]
    assert Decimal(quote["payoff"]["total"]) == sum(expected)
    paid = await scene.pay(loan_id, quote["payoff"]["total"])
    assert split(paid) == expected
    assert paid["loan_closed"] is True
    await live_until(scene, date(2028, 7, 17))
    found = await scene.trial_balance()
    assert {name for _, name in found} <= {"cash", "interest_income"}
    assert await untied(scene) == ()


STATE = ("schedule", "outstanding", "credit", "bucket", "lifecycle")


def state(loan: dict[str, Any]) -> dict[str, Any]:
    return {field: loan[field] for field in STATE}


async def test_a_loan_is_made_as_it_was_quoted(scene: Scene, loan_id: str) -> None:
    quote: dict[str, Any] = await scene.post(
        "/loans/quote",
        {
            "product": scene.product,
            "principal": "1200.00",
            "currency": "USD",
            "instalments": 12,
            "disbursed_on": "2028-02-01",
            "first_due_on": "2028-03-01",
        },
        200,
    )
    made = (await loan_of(scene, loan_id))["schedule"]
    fields = ("number", "from_on", "due_on", "principal", "interest", "total")
    assert [[row[name] for name in fields] for row in made] == [
        [row[name] for name in fields] for row in quote["schedule"]
    ]


async def test_who_pays_in_time_pays_what_was_planned(scene: Scene, loan_id: str) -> None:
    planned = (await loan_of(scene, loan_id))["schedule"]
    for row in planned[:4]:
        await live_until(scene, date.fromisoformat(row["due_on"]))
        paid = await scene.pay(loan_id, row["total"])
        assert split(paid) == (Decimal(row["interest"]), Decimal(row["principal"]))
    loan = await loan_of(scene, loan_id)
    plan = [(row["principal"], row["interest"]) for row in loan["schedule"]]
    assert plan == [(row["principal"], row["interest"]) for row in planned]
    assert await untied(scene) == ()


async def test_a_payment_taken_back_never_was(scene: Scene, loan_id: str) -> None:
    twin = str((await scene.loan(await scene.customer(), disbursed_on="2028-02-01"))["id"])
    await live_until(scene, date(2028, 2, 18))
    bad = await scene.pay(loan_id, "300.00")
    for on in (date(2028, 3, 1), date(2028, 4, 12)):
        await live_until(scene, on)
        for each in (loan_id, twin):
            await scene.pay(each, "106.00")
    await live_until(scene, date(2028, 4, 20))
    path = f"/loans/{loan_id}/payments/{bad['id']}/reverse"
    await scene.post(path, {"reason": "bounced"})
    assert state(await loan_of(scene, loan_id)) == state(await loan_of(scene, twin))
    assert await untied(scene) == ()


async def test_what_is_unpaid_after_the_last_date_goes_on_bearing_interest(api: Api) -> None:
    scene = await make_scene(api, starts_at=FIRST_DAY, **TERMS)
    loan = await scene.loan(await scene.customer(), disbursed_on="2028-02-01", instalments=3)
    loan_id = str(loan["id"])
    await live_until(scene, date(2028, 3, 1))
    made = [Payment(date(2028, 3, 1), amount=Decimal("400.00"))]
    await scene.pay(loan_id, "400.00")
    for on, amount in ((date(2028, 5, 20), Decimal("100.00")), (date(2028, 6, 30), None)):
        await live_until(scene, on)
        quote: dict[str, Any] = await scene.get(f"/loans/{loan_id}/payoff")
        assert Decimal(quote["payoff"]["total"]) == sum(by_calculator([*made, Payment(on)])[-1])
        made.append(Payment(on, amount=amount))
        money = quote["payoff"]["total"] if amount is None else f"{amount:.2f}"
        assert split(await scene.pay(loan_id, money)) == by_calculator(made)[-1]
        assert await untied(scene) == ()
    assert (await loan_of(scene, loan_id))["lifecycle"] == "closed"
    await live_until(scene, date(2028, 7, 2))
    assert {name for _, name in await scene.trial_balance()} <= {"cash", "interest_income"}
    assert await untied(scene) == ()


async def test_a_payoff_of_a_day_to_come_takes_it_that_nothing_is_paid_before(
    scene: Scene, loan_id: str
) -> None:
    quote: dict[str, Any] = await scene.get(f"/loans/{loan_id}/payoff?on=2028-04-17")
    expected = by_calculator([Payment(date(2028, 4, 17))])[-1]
    assert Decimal(quote["payoff"]["total"]) == sum(expected)
    await live_until(scene, date(2028, 4, 17))
    paid = await scene.pay(loan_id, quote["payoff"]["total"], payoff=True)
    assert (split(paid), paid["loan_closed"]) == (expected, True)


async def test_the_published_figures_come_out_of_payments_entered_late(api: Api) -> None:
    """100.00 of principal with the interest there is, the rest in the end (SCH-141)."""
    case = CASES["SCH-141-us-principal-plus"]
    scene = await make_scene(
        api,
        starts_at=datetime(2023, 9, 1, 16, tzinfo=UTC),
        annual_rate_percent="6",
        max_principal="20000.00",
        min_instalments=12,
        **TERMS | {"schedule": TERMS["schedule"] | {"principal_grace": 11}},
    )
    loan = await scene.loan(
        await scene.customer(),
        principal="10000.00",
        disbursed_on="2022-08-24",
        first_due_on="2022-10-01",
    )
    asked = [
        Payment(date.fromisoformat(one["date"]), principal=Decimal(100))
        if one["principal"] != "rest"
        else Payment(date.fromisoformat(one["date"]))
        for one in case["inputs"]["payments"]
    ]
    told = SimpleInterest(
        Decimal(10000), "USD", Decimal(6), DayCount.ACTUAL_365, date(2022, 8, 24)
    ).paid(asked)
    paid = {}
    for number, one in enumerate(told, start=1):
        amount = f"{one.interest + one.principal:.2f}"
        paid[number] = split(await scene.pay(loan["id"], amount, value_on=one.on.isoformat()))
    for row in case["expected"]["selected_rows"]:
        assert paid[row["n"]] == (Decimal(row["interest"]), Decimal(row["principal"]))
    totals = case["expected"]["totals"]
    assert sum(interest for interest, _ in paid.values()) == Decimal(totals["interest"])
    after = await loan_of(scene, str(loan["id"]))
    assert (after["lifecycle"], after["outstanding"]["total"]) == ("closed", "0.00")
    assert await untied(scene) == ()


async def test_changes_that_would_be_wrong_are_refused_and_the_others_are_right(
    scene: Scene, loan_id: str
) -> None:
    await set_limits(scene)
    desk = Desk(scene, loan_id)
    await live_until(scene, date(2028, 3, 11))
    refused: list[tuple[str, dict[str, object]]] = [
        ("re_amortise", {}),
        ("reschedule", {"instalments": 20}),
        ("payment_holiday", {"instalments": 1}),
        ("re_age", {}),
        ("interest_pause", {"from_on": "2028-03-12", "to_on": "2028-03-20"}),
    ]
    for kind, terms in refused:
        answer = await desk.ask(kind, **terms)
        told = (answer.status_code, answer.json()["code"])
        assert told == (409, "not-with-daily-interest"), kind
    await desk.change("charge", component="fee", amount="20.00")
    await desk.change("waiver", parts=[{"component": "fee", "amount": "20.00"}])
    assert await untied(scene) == ()
    await desk.change("settlement")
    await live_until(scene, date(2028, 3, 14))
    assert (await loan_of(scene, loan_id))["closed_reason"] == "settled"
    assert await untied(scene) == ()


async def test_what_is_given_or_let_off_bears_no_more_interest(scene: Scene, loan_id: str) -> None:
    await set_limits(scene)
    desk = Desk(scene, loan_id)
    amount = Decimal((await desk.loan())["schedule"][0]["total"])
    await live_until(scene, date(2028, 2, 20))
    given = await desk.change("goodwill_credit", amount=f"{amount:.2f}")
    await live_until(scene, date(2028, 3, 11))
    # It pays what money of that day would have paid.
    paid = split(await scene.pay(loan_id, "50.00"))
    made = [Payment(date(2028, 2, 20), amount=amount), Payment(date(2028, 3, 11), Decimal(50))]
    assert paid == by_calculator(made)[1]
    assert await untied(scene) == ()
    # Money known late comes before it: what it meets is told again, and so is what is left.
    await scene.pay(loan_id, "30.00", value_on="2028-02-10")
    made.insert(0, Payment(date(2028, 2, 10), amount=Decimal(30)))
    quote: dict[str, Any] = await scene.get(f"/loans/{loan_id}/payoff")
    told = [*made, Payment(date(2028, 3, 11))]
    assert Decimal(quote["payoff"]["total"]) == sum(by_calculator(told)[-1])
    await desk.change("undo", change_id=given["id"])
    assert await untied(scene) == ()
    # The gift never paid in the end: from today on the whole bears interest again.
    back = await desk.outstanding()
    assert Decimal(back["owed"]) == Decimal(quote["payoff"]["total"]) + amount
    let_off = {"component": "principal", "amount": "200.00"}
    await desk.change("forgiveness", parts=[let_off])
    await desk.change("waiver", parts=[{"component": "interest"}])
    assert (await desk.outstanding())["outstanding"][
        "principal"
    ] == f"{Decimal(back['outstanding']['principal']) - 200:.2f}"
    await live_until(scene, date(2028, 4, 11))
    after: dict[str, Any] = await desk.outstanding()
    principal = Decimal(after["outstanding"]["principal"])
    earned = Decimal(after["owed"]) - principal
    assert earned == (principal * 12 * 31 / 36_500).quantize(Decimal("0.01"))
    assert await untied(scene) == ()
    await explained(desk)


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"schedule": {"interest": "daily", "early_payment": "reduce_term"}}, "early_payment"),
        (
            {"min_instalments": 6, "schedule": {"interest": "daily", "interest_grace": 1}},
            "interest_grace",
        ),
        ({"interest_method": "flat", "schedule": {"interest": "daily"}}, "interest"),
    ],
)
async def test_products_that_contradict_themselves_are_refused(
    scene: Scene, terms: dict[str, object], field: str
) -> None:
    answer = await scene.api.client.post(
        "/api/v1/products",
        json={
            "code": "contradicting",
            "name": "Contradicting",
            "creditor_id": scene.creditor_id,
            "currency": "USD",
            "annual_rate_percent": "12",
        }
        | terms,
        headers=scene.admin | key(),
    )
    assert (answer.status_code, answer.json()["facts"]) == (422, {"field": field})


async def test_what_an_unpaid_date_costs_is_explained(scene: Scene, loan_id: str) -> None:
    await live_until(scene, date(2028, 3, 20))
    told: dict[str, Any] = await scene.get(f"/loans/{loan_id}/explanation")
    owed: dict[str, Any] = await scene.get(f"/loans/{loan_id}/outstanding")
    last = told["items"][-1]
    assert (last["kind"], last["number"]) == ("interest_by_the_day", "")
    assert Decimal(last["change"]["interest"]) > 0
    assert last["text"].endswith("of interest was added since: what is unpaid bears it.")
    assert last["after"] == owed["outstanding"]
