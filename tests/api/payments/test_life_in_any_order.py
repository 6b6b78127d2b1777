"""Whatever happens to payments, in any order and however often: owed is what counts, told anew."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from tests.api.payments.days import live_until
from tests.api.payments.test_life import take
from tests.api.support import Api, Scene, make_scene

AMOUNTS = ("106.62", "50.00", "13.37", "250.00")
STEPS = ("clear", "return", "withdraw")
BODIES: dict[str, object] = {
    "clear": {},
    "return": {"reason": "insufficient_funds"},
    "withdraw": None,
}


@dataclass(slots=True)
class Play:
    """A loan to whose payments all sorts of things happen."""

    scene: Scene
    loan: Any
    chance: Random
    known: list[Any]

    async def announce(self) -> None:
        """A payment comes in, in one status or another, perhaps one that was announced before."""
        status = self.chance.choice(["reported", "pending", "cleared"])
        fields = {"status": status, "reference": self.chance.choice(["A", "B", "C"])}
        paid = await self.scene.pay(self.loan["id"], self.chance.choice(AMOUNTS), **fields)
        self.known.append(paid)

    async def step(self) -> None:
        """A step of some payment is asked for, fitting or not, with the version seen last."""
        if not self.known:
            return
        payment = self.chance.choice(self.known)
        seen: Any = await self.scene.get(f"/payments/{payment['id']}")
        step = self.chance.choice(STEPS)
        for _ in range(self.chance.choice([1, 1, 2])):
            answer = await take(self.scene, seen, step, BODIES[step])
            assert answer.status_code in {200, 409, 412}, answer.text


@pytest.mark.parametrize("provisional", [False, True])
@pytest.mark.parametrize("seed", range(3))
async def test_what_is_owed_is_the_replay_of_what_counts(
    api: Api, seed: int, provisional: bool
) -> None:
    counts = "provisionally" if provisional else "when_cleared"
    terms = {"pending_counts": counts, "pending_days": 90, "reported_days": 60}
    scene = await make_scene(api, payment_life=terms, penalty={"kind": "none", "amount": "0"})
    chance = Random(seed)  # noqa: S311 - a play, not a secret
    loan = await scene.loan(await scene.customer(), principal="12000.00")
    play = Play(scene, loan, chance, [])
    for day in range(2, 20):
        await live_until(scene, date(2028, 2, day))
        await chance.choice([play.announce, play.announce, play.step, play.step])()
    listed: Any = await scene.get(f"/loans/{loan['id']}/payments?limit=100")
    payments = listed["items"]
    assert len({item["id"] for item in payments}) == len(payments)
    standing = [item for item in payments if counts_now(item)]
    for item in payments:
        split = sum(Decimal(part["amount"]) for part in item["allocations"])
        counted = item["life"] is None or item["life"]["counts"]
        if counted:
            assert split + Decimal(item["credited"]) == Decimal(item["amount"])
    other = await scene.loan(
        await scene.customer(phone="+12125550199", email="other@customers.example"),
        principal="12000.00",
    )
    for item in sorted(standing, key=lambda each: (each["value_on"], each["number"])):
        await scene.pay(other["id"], item["amount"], value_on=item["value_on"])
    one: Any = await scene.get(f"/loans/{loan['id']}")
    two: Any = await scene.get(f"/loans/{other['id']}")
    for name in ("outstanding", "credit", "bucket", "lifecycle", "past_due_days", "schedule"):
        assert one[name] == two[name], name
    await scene.trial_balance()


def counts_now(item: Any) -> bool:
    """Whether the money of a payment is in the balances."""
    if item["life"] is None:
        return bool(item["status"] == "cleared")
    return bool(item["life"]["counts"])
