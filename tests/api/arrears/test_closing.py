"""Days closed on a test clock: accrual, due interest, ageing, fees, cases, payoff, reopening."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from api.arrears import closing
from api.clocks.tables import TestClockRow
from api.security.principal import SYSTEM
from tests.api.support import Api, Scene, make_scene


@pytest.fixture
async def scene(api: Api) -> Scene:
    return await make_scene(api)


async def close_until(scene: Scene, now: datetime) -> int:
    """Set the clock and close every day of its books, each in a transaction of its own."""
    room = scene.api.services.room
    closed = 0
    while True:
        async with room.begin(SYSTEM, "test") as work:
            clock = await work.session.get_one(TestClockRow, scene.clock_id)
            clock.now_at = now
            books, _ = await closing.close_due_books(work, clock.id, now)
        if not books:
            return closed
        closed += books


async def test_interest_accrues_daily_to_exactly_the_instalment(scene: Scene) -> None:
    await scene.loan(await scene.customer())
    assert await close_until(scene, datetime(2028, 3, 1, 12, tzinfo=UTC)) == 29
    balances = await scene.trial_balance()
    # 28 days of 29 are earned when 29 February is closed.
    assert balances["USD", "accrued_interest"] == "11.59"
    await close_until(scene, datetime(2028, 3, 2, 12, tzinfo=UTC))
    balances = await scene.trial_balance()
    assert balances["USD", "interest_receivable"] == "12.00"
    assert balances["USD", "interest_income"] == "-12.00"
    assert ("USD", "accrued_interest") not in balances


async def test_lateness_fee_and_case_come_on_their_days(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    await close_until(scene, datetime(2028, 3, 1, 12, tzinfo=UTC))
    assert (await scene.get(f"/loans/{loan['id']}/delinquent"))["is_delinquent"] is False
    await close_until(scene, datetime(2028, 3, 2, 12, tzinfo=UTC))
    late: dict[str, Any] = await scene.get(f"/loans/{loan['id']}/delinquent")
    assert (late["past_due_days"], late["bucket"]) == (1, "1-29")
    assert late["case_id"] is not None
    assert late["overdue"] == "106.62"
    await close_until(scene, datetime(2028, 3, 6, 12, tzinfo=UTC))
    owed: dict[str, Any] = await scene.get(f"/loans/{loan['id']}/outstanding")
    assert owed["outstanding"]["penalty"] == "0.00"
    await close_until(scene, datetime(2028, 3, 7, 12, tzinfo=UTC))
    owed = await scene.get(f"/loans/{loan['id']}/outstanding")
    assert owed["outstanding"]["penalty"] == "10.00"
    await close_until(scene, datetime(2028, 4, 20, 12, tzinfo=UTC))
    owed = await scene.get(f"/loans/{loan['id']}/outstanding")
    assert owed["outstanding"]["penalty"] == "20.00"  # one each for March and April
    late = await scene.get(f"/loans/{loan['id']}/delinquent")
    assert (late["past_due_days"], late["bucket"]) == (50, "30-59")
    await scene.trial_balance()


async def test_a_few_cents_short_is_neither_late_nor_costs_a_fee(api: Api) -> None:
    scene = await make_scene(api, arrears_tolerance="0.50")
    met, short = [await scene.loan(await scene.customer()) for _ in range(2)]
    await close_until(scene, datetime(2028, 3, 1, 12, tzinfo=UTC))
    await scene.pay(met["id"], "106.12")
    await scene.pay(short["id"], "106.11")
    await close_until(scene, datetime(2028, 3, 20, 12, tzinfo=UTC))
    found: list[Any] = [
        (
            (await scene.get(f"/loans/{loan['id']}/delinquent"))["bucket"],
            (await scene.get(f"/loans/{loan['id']}"))["schedule"][0]["penalty"],
        )
        for loan in (met, short)
    ]
    assert found == [("current", "0.00"), ("1-29", "10.00")]
    # It is still owed: the next payment pays it first.
    paid: Any = await scene.pay(met["id"], "1.00")
    assert paid["allocations"][0] == {
        "instalment": 1,
        "component": "principal",
        "amount": "0.50",
    }


async def test_a_fee_that_was_taken_first_never_causes_another(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    await close_until(scene, datetime(2028, 3, 10, 12, tzinfo=UTC))
    # Pays the instalment late, and from then on every instalment in full on its day.
    await scene.pay(loan["id"], "106.62")
    for month in (4, 5, 6):
        await close_until(scene, datetime(2028, month, 1, 12, tzinfo=UTC))
        await scene.pay(loan["id"], "106.62")
    await close_until(scene, datetime(2028, 6, 20, 12, tzinfo=UTC))
    schedule: Any = (await scene.get(f"/loans/{loan['id']}"))["schedule"]
    assert [row["penalty"] for row in schedule[:4]] == ["10.00", "0.00", "0.00", "0.00"]


async def test_a_payment_dated_before_a_fee_withdraws_it(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    await close_until(scene, datetime(2028, 3, 10, 12, tzinfo=UTC))
    paid: dict[str, Any] = await scene.pay(loan["id"], "106.62", value_on="2028-03-05")
    assert paid["correction"]["fees_withdrawn"] == [
        {"instalment": 1, "amount": "10.00", "value_on": "2028-03-07"}
    ]
    schedule: Any = (await scene.get(f"/loans/{loan['id']}"))["schedule"]
    assert (schedule[0]["penalty"], schedule[0]["met_on"]) == ("0.00", "2028-03-05")


async def test_a_payment_cures_at_once(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    await close_until(scene, datetime(2028, 3, 4, 12, tzinfo=UTC))
    await scene.pay(loan["id"], "106.62")
    late = await scene.get(f"/loans/{loan['id']}/delinquent")
    assert (late["is_delinquent"], late["bucket"]) == (False, "current")
    overdue: Any = await scene.get("/payments/overdue")
    assert overdue["items"] == []


@pytest.mark.parametrize(
    "payoff_on",
    [
        datetime(2028, 2, 18, 12, tzinfo=UTC),
        datetime(2028, 3, 1, 12, tzinfo=UTC),
        datetime(2028, 4, 15, 12, tzinfo=UTC),
    ],
)
async def test_after_payoff_only_cash_and_income_are_left(
    scene: Scene, payoff_on: datetime
) -> None:
    loan = await scene.loan(await scene.customer())
    await close_until(scene, payoff_on)
    owed: Any = await scene.get(f"/loans/{loan['id']}/outstanding")
    await scene.pay(loan["id"], owed["payoff"]["total"], payoff=True)
    await close_until(scene, datetime(2028, 5, 1, 12, tzinfo=UTC))
    left = {
        account: Decimal(balance)
        for (_, account), balance in (await scene.trial_balance()).items()
        if Decimal(balance) != 0
    }
    interest = Decimal(owed["payoff"]["interest"])
    penalty = Decimal(owed["payoff"]["penalty"])
    expected = {
        "cash": interest + penalty,
        "interest_income": -interest,
        "penalty_income": -penalty,
    }
    assert left == {account: amount for account, amount in expected.items() if amount}


@pytest.mark.parametrize("later", [0, 1, 38])
async def test_a_chargeback_reopens_the_loan_as_if_it_had_never_closed(
    scene: Scene, later: int
) -> None:
    """Whether the closing day was closed meanwhile or not, the books end the same."""
    control = await scene.loan(await scene.customer())
    loan = await scene.loan(await scene.customer(phone="+12125550124", email="b@c.example"))
    await close_until(scene, datetime(2028, 2, 20, 12, tzinfo=UTC))
    owed: Any = await scene.get(f"/loans/{loan['id']}/outstanding")
    paid = await scene.pay(loan["id"], owed["payoff"]["total"], payoff=True)
    assert paid["loan_closed"] is True
    back = datetime(2028, 2, 20, 12, tzinfo=UTC).timestamp() + later * 86400
    await close_until(scene, datetime.fromtimestamp(back, UTC))
    await scene.post(f"/loans/{loan['id']}/payments/{paid['id']}/reverse", {"reason": "chargeback"})
    await close_until(scene, datetime(2028, 4, 20, 12, tzinfo=UTC))
    reopened: Any = await scene.get(f"/loans/{loan['id']}")
    plain: Any = await scene.get(f"/loans/{control['id']}")
    assert reopened["lifecycle"] == "active"
    assert reopened["schedule"] == plain["schedule"]
    assert reopened["bucket"] == plain["bucket"]
    balances = await scene.trial_balance()
    # Two equal loans, one of which was closed for a while: the books are those of two that ran on.
    assert Decimal(balances["USD", "interest_receivable"]) == 2 * (
        Decimal(plain["schedule"][0]["interest"]) + Decimal(plain["schedule"][1]["interest"])
    )
    assert Decimal(balances["USD", "principal_receivable"]) == Decimal("2400.00")
    earned = -Decimal(balances["USD", "interest_income"])
    assert earned == Decimal(balances["USD", "interest_receivable"]) + Decimal(
        balances["USD", "accrued_interest"]
    )


async def test_a_loan_entered_late_catches_up_with_its_book(scene: Scene) -> None:
    first = await scene.loan(await scene.customer())
    await close_until(scene, datetime(2028, 3, 20, 12, tzinfo=UTC))
    second = await scene.loan(
        await scene.customer(phone="+12125550124", email="b@c.example"),
        disbursed_on="2028-02-01",
        first_due_on="2028-03-01",
    )
    shown: Any = await scene.get(f"/loans/{second['id']}")
    old: Any = await scene.get(f"/loans/{first['id']}")
    assert shown["schedule"] == old["schedule"]
    assert shown["bucket"] == old["bucket"] == "1-29"
    late: Any = await scene.get(f"/loans/{second['id']}/delinquent")
    assert late["case_id"] is not None
    balances = await scene.trial_balance()
    assert Decimal(balances["USD", "interest_receivable"]) == Decimal("24.00")
