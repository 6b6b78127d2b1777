"""Balances of past days, and why a balance is what it is."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.api.arrears.test_closing import close_until
from tests.api.support import Api, Scene, make_scene

COMPONENTS = ("principal", "interest", "fee", "penalty", "total")


@pytest.fixture
async def scene(api: Api) -> Scene:
    return await make_scene(api)


async def test_movements_add_up_to_what_is_owed(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    await close_until(scene, datetime(2028, 3, 10, 12, tzinfo=UTC))
    paid = await scene.pay(loan["id"], "130.00")
    await scene.post(f"/loans/{loan['id']}/payments/{paid['id']}/reverse", {"reason": "bounced"})
    path = f"/loans/{loan['id']}/explanation"
    told: Any = (await scene.get(path))["items"]
    owed: Any = (await scene.get(f"/loans/{loan['id']}/outstanding"))["outstanding"]
    for part in COMPONENTS:
        running = Decimal(0)
        for each in told:
            running += Decimal(each["change"][part])
            assert running == Decimal(each["after"][part])
        assert running == Decimal(owed[part])
    assert told[0]["text"] == "1,200.00 USD was paid out; 79.42 USD of interest is planned on it."
    assert [each["kind"] for each in told] == ["disbursement", "late_fee", "repayment", "returned"]
    assert told[2]["text"].startswith("A payment of 130.00 USD came in: 10.00 USD penalty of")
    assert paid["number"] in told[3]["text"]
    first: Any = await scene.get(f"{path}?limit=3")
    rest: Any = await scene.get(f"{path}?limit=3&cursor={first['next_cursor']}")
    assert [*first["items"], *rest["items"]] == told


async def test_a_late_payment_explains_itself_and_the_fee_it_took_away(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    await close_until(scene, datetime(2028, 3, 10, 12, tzinfo=UTC))
    await scene.pay(loan["id"], "106.62", value_on="2028-03-01")
    told: Any = (await scene.get(f"/loans/{loan['id']}/explanation"))["items"]
    assert [(each["kind"], each["change"]["total"], each["after"]["total"]) for each in told] == [
        ("disbursement", "1279.42", "1279.42"),
        ("late_fee", "10.00", "1289.42"),
        ("repayment", "-106.62", "1182.80"),
        ("reversal", "-10.00", "1172.80"),
    ]
    assert told[3]["text"] == f"{told[1]['number']} was taken back (corrected): 10.00 USD."


async def test_a_past_day_is_told_by_value_date_and_as_it_was_known(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    await close_until(scene, datetime(2028, 3, 4, 12, tzinfo=UTC))
    path = f"/loans/{loan['id']}/outstanding?as_of=2028-03-02"
    before: Any = await scene.get(path)
    assert before["basis"] == "books"
    assert before["outstanding"]["principal"] == "1200.00"
    assert before["outstanding"]["interest"] == "12.00"
    assert before["overdue"]["principal"] == "94.62"
    known = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    await scene.pay(loan["id"], "106.62", value_on="2028-03-02")
    after: Any = await scene.get(path)
    assert after["outstanding"]["principal"] == "1105.38"
    assert after["outstanding"]["interest"] == "0.00"
    assert after["overdue"]["total"] == "0.00"
    assert await scene.get(f"{path}&known_at={known}") == before
    on_its_eve: Any = await scene.get(f"/loans/{loan['id']}/outstanding?as_of=2028-02-10")
    assert on_its_eve["outstanding"]["total"] == "1200.00"
