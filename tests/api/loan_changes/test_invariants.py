"""Whatever is paid and changed, in whatever order: the books agree with what is owed."""

import random
from decimal import Decimal
from typing import Any

import pytest

from tests.api.ledger.tying import untied
from tests.api.loan_changes.support import Desk, open_desk, set_limits
from tests.api.support import Api, Scene, make_scene


@pytest.fixture
async def scene(api: Api) -> Scene:
    scene = await make_scene(api)
    await set_limits(scene)
    return scene


async def agree(desk: Desk) -> None:
    """Receivables, contra account and credit are what the loan says, and the book is the rest."""
    balances = await desk.scene.trial_balance()
    accounts = {account: Decimal(amount) for (_, account), amount in balances.items()}
    told: dict[str, Any] = await desk.outstanding()
    for component in ("principal", "fee", "penalty"):
        owed = Decimal(told["outstanding"][component])
        assert accounts.get(f"{component}_receivable", Decimal(0)) == owed
    assert Decimal(told["book"]) == (
        Decimal(told["owed"]) - Decimal(told["paid_ahead"]) - Decimal(told["written_off"])
    )
    assert 0 <= Decimal(told["book"]) <= Decimal(told["owed"])
    assert accounts.get("written_off", Decimal(0)) == -Decimal(told["written_off"])
    assert accounts.get("customer_credit", Decimal(0)) == -Decimal(told["credit"])
    assert await untied(desk.scene) == ()


async def explained(desk: Desk) -> None:
    """Movements add up to what is owed, and no payment is said to have moved anything else."""
    query, told = "", []
    while True:
        page: dict[str, Any] = await desk.scene.get(
            f"/loans/{desk.loan_id}/explanation?limit=50{query}"
        )
        told += page["items"]
        if page["next_cursor"] is None:
            break
        query = f"&cursor={page['next_cursor']}"
    assert told[-1]["after"] == (await desk.outstanding())["outstanding"]
    paid = await desk.scene.get(f"/loans/{desk.loan_id}/payments?limit=200")
    amounts = {each["number"]: each["amount"] for each in paid["items"]}
    for each in told:
        if each["kind"] == "repayment":
            moved = Decimal(each["change"]["total"])
            assert moved <= 0
            assert moved >= -Decimal(amounts[each["number"]]) or "planned anew" in each["text"]


def some_act(chance: random.Random) -> tuple[str, dict[str, object]]:
    """A change or a payment, with an amount that may or may not be possible."""
    amount = str(Decimal(chance.randrange(1, 20_000)).scaleb(-2))
    component = chance.choice(["penalty", "fee", "interest"])
    return chance.choice(
        [
            ("pay", {"amount": amount}),
            ("pay", {"amount": amount}),
            ("waiver", {"parts": [{"component": component, "amount": amount}]}),
            ("waiver", {"parts": [{"component": component}]}),
            ("forgiveness", {"parts": [{"component": "principal", "amount": amount}]}),
            ("goodwill_credit", {"amount": amount}),
            ("charge", {"component": chance.choice(["fee", "penalty"]), "amount": amount}),
            ("write_off", {"amount": amount}),
            ("charge_off", {}),
            ("undo", {}),
        ]
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_random_changes_and_payments_leave_the_books_in_agreement(
    scene: Scene, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a reproducible story, not a secret
    desk = await open_desk(scene)
    began = await desk.outstanding()
    made: list[str] = []
    payments: list[str] = []
    refused = 0
    for _ in range(25):
        kind, terms = some_act(chance)
        if kind == "pay":
            if (await desk.loan())["lifecycle"] == "active":
                paid = await scene.pay(desk.loan_id, str(terms["amount"]))
                payments.append(str(paid["id"]))
        else:
            if kind == "undo" and not made:
                continue
            asked = {"change_id": made.pop()} if kind == "undo" else terms
            answer = await desk.ask(kind, **asked)
            if answer.status_code == 201 and kind != "undo":
                made.append(answer.json()["id"])
            refused += answer.status_code != 201
        await agree(desk)
    assert refused < 25
    # Taken back in the end, newest first, everything is as it was.
    for payment in reversed(payments):
        await scene.post(f"/loans/{desk.loan_id}/payments/{payment}/reverse", {"reason": "bounced"})
        await agree(desk)
    for change in reversed(made):
        await desk.change("undo", change_id=change)
        await agree(desk)
    ended = await desk.outstanding()
    for field in ("outstanding", "owed", "book", "written_off", "credit"):
        assert ended[field] == began[field], field
    await explained(desk)
