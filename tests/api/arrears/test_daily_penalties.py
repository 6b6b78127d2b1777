"""Penalties that arise day by day: whatever order facts arrive in, the account ends the same."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from api.arrears import closing
from api.clocks.tables import TestClockRow
from api.security.principal import SYSTEM
from domain.lending.charges import penalty_interest
from tests.api.loan_changes.support import Desk, set_limits
from tests.api.support import Api, Scene, make_scene

RATE = {"kind": "annual_rate", "amount": "36.5", "grace_days": 5}


async def close_until(scene: Scene, day: str) -> None:
    now = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)
    books = 1
    while books:
        async with scene.api.services.room.begin(SYSTEM, "test") as work:
            clock = await work.session.get_one(TestClockRow, scene.clock_id)
            clock.now_at = now
            books, _ = await closing.close_due_books(work, clock.id, now)


async def penalties(scene: Scene, loan: Any) -> list[str]:
    found: Any = await scene.get(f"/loans/{loan['id']}")
    return [row["penalty"] for row in found["schedule"]]


async def test_penalty_interest_accrues_from_the_day_after_grace(api: Api) -> None:
    scene = await make_scene(api, penalty=RATE)
    loan = await scene.loan(await scene.customer())
    await close_until(scene, "2028-03-06")
    assert (await penalties(scene, loan))[0] == "0.00"
    await close_until(scene, "2028-03-07")
    # 106.62 at 0.1 % a day.
    assert (await penalties(scene, loan))[0] == "0.11"
    await close_until(scene, "2028-03-26")
    assert (await penalties(scene, loan))[0] == "2.13"
    owed: Any = await scene.get(f"/loans/{loan['id']}/outstanding")
    assert owed["outstanding"]["penalty"] == "2.13"
    balances = await scene.trial_balance()
    assert balances["USD", "penalty_receivable"] == "2.13"
    assert balances["USD", "penalty_income"] == "-2.13"


async def test_days_that_are_missed_are_caught_up_and_none_is_charged_twice(api: Api) -> None:
    scene = await make_scene(api, penalty=RATE)
    loan = await scene.loan(await scene.customer())
    await close_until(scene, "2028-03-10")
    await close_until(scene, "2028-03-10")
    await close_until(scene, "2028-04-30")
    first = (date(2028, 4, 30) - date(2028, 3, 6)).days
    second = (date(2028, 4, 30) - date(2028, 4, 6)).days
    expected = [
        penalty_interest(Decimal("106.62"), Decimal("36.5"), days, "USD")
        for days in (first, second)
    ]
    assert (await penalties(scene, loan))[:2] == [str(amount) for amount in expected]
    late = await scene.loan(
        await scene.customer(phone="+12125550124", email="b@c.example"),
        disbursed_on="2028-02-01",
        first_due_on="2028-03-01",
    )
    assert await penalties(scene, late) == await penalties(scene, loan)


@pytest.mark.parametrize("capped", [False, True])
async def test_money_that_is_entered_late_or_taken_back_leaves_what_was_always_due(
    api: Api, capped: bool
) -> None:
    """Three loans with the same payments: entered in time, later, and with one that bounced."""
    caps = {"cap_per_instalment": "2.10", "cap_per_loan": "3.05"} if capped else {}
    scene = await make_scene(api, penalty=RATE | caps)
    in_time, late, bounced = [
        await scene.loan(await scene.customer(phone=f"+1212555012{n}", email=f"{n}@c.example"))
        for n in range(3)
    ]
    paid = [("2028-03-12", "50.00"), ("2028-04-20", "90.00")]
    await close_until(scene, "2028-03-02")
    returned: Any = await scene.pay(bounced["id"], "106.62")
    for on, amount in paid:
        await close_until(scene, on)
        await scene.pay(in_time["id"], amount)
        await scene.pay(bounced["id"], amount)
    await close_until(scene, "2028-05-03")
    for on, amount in reversed(paid):
        await scene.pay(late["id"], amount, value_on=on)
    await scene.post(
        f"/loans/{bounced['id']}/payments/{returned['id']}/reverse", {"reason": "bounced"}
    )
    await close_until(scene, "2028-05-20")
    schedules: list[Any] = [
        (await scene.get(f"/loans/{loan['id']}"))["schedule"] for loan in (in_time, late, bounced)
    ]
    assert schedules[0] == schedules[1] == schedules[2]
    charged = sum(Decimal(row["penalty"]) for row in schedules[0])
    assert charged == Decimal("3.05") if capped else charged > Decimal("3.05")
    balances = await scene.trial_balance()
    assert Decimal(balances["USD", "penalty_income"]) == -3 * charged


async def test_a_loan_that_was_charged_off_costs_no_further_penalties(api: Api) -> None:
    scene = await make_scene(api, penalty=RATE)
    loan = await scene.loan(await scene.customer())
    await close_until(scene, "2028-03-20")
    before = await penalties(scene, loan)
    await set_limits(scene)
    await Desk(scene, str(loan["id"])).change("charge_off")
    await close_until(scene, "2028-05-20")
    assert await penalties(scene, loan) == before
    # Money that is entered late tells the past again, and charges no later day either.
    await scene.pay(loan["id"], "1.00", value_on="2028-03-15")
    assert Decimal((await penalties(scene, loan))[0]) <= Decimal(before[0])
    assert (await penalties(scene, loan))[1] == "0.00"


def test_a_year_is_365_days() -> None:
    leap = timedelta(days=366)
    assert penalty_interest(Decimal(1000), Decimal(10), leap.days, "USD") == Decimal("100.27")
