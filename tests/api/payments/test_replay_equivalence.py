"""However late money becomes known, in the end everything is as if it had been known on its day.

What people charge, waive, give and undo in between counts from its own day as well.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest

from api.arrears import history
from tests.api.conftest import WorkFactory
from tests.api.ledger.tying import untied
from tests.api.loan_changes.support import Desk, set_limits
from tests.api.loan_changes.test_invariants import explained
from tests.api.payments.days import live_until
from tests.api.support import Api, Scene, make_scene

DAY = timedelta(days=1)
START = date(2028, 2, 1)
END = date(2028, 7, 20)
INSTALMENT = Decimal("106.62")
OK = 200


@dataclass(frozen=True, slots=True)
class Fact:
    """Money that counts from one day and is known from another; some of it does not hold."""

    value_on: date
    known_on: date
    amount: Decimal
    back_on: date | None = None


def facts(chance: Random) -> list[Fact]:
    """Some months of a customer's payments: early, late, partial, double, bounced.

    No two of one day: their order would be that of their entry, which is another here.
    """
    found = []
    for number in chance.sample(range(1, (END - START).days - 30), chance.randrange(3, 9)):
        value_on = START + number * DAY
        known_on = value_on + chance.choice([0, 0, 1, 3, 9, 40]) * DAY
        amount = chance.choice(
            [INSTALMENT, INSTALMENT, Decimal(chance.randrange(100, 30000)) / 100, 2 * INSTALMENT]
        )
        back_on = None
        if chance.random() < 0.3:
            back_on = min(END, known_on + chance.choice([1, 8, 35]) * DAY)
        found.append(Fact(value_on, min(END, known_on), amount, back_on))
    return found


@dataclass(frozen=True, slots=True)
class Deed:
    """What a person does to a loan on a day, and the day on which it is undone."""

    on: date
    kind: str
    terms: dict[str, object]
    undone_on: date | None = None


def deeds(chance: Random) -> list[Deed]:
    """Charges, waivers and goodwill on any days."""
    found = []
    for number in sorted(chance.sample(range(1, (END - START).days), 6)):
        on = START + number * DAY
        amount = f"{Decimal(chance.randrange(100, 900)) / 100:.2f}"
        part = {
            "component": chance.choice(["fee", "penalty", "interest"]),
            "instalment": chance.randrange(1, 7),
            "amount": amount,
        }
        kind, terms = chance.choice(
            [
                ("charge", {"component": chance.choice(["fee", "penalty"]), "amount": amount}),
                ("waiver", {"parts": [part]}),
                ("waiver", {"parts": [part]}),
                ("forgiveness", {"parts": [part | {"component": "principal"}]}),
                ("goodwill_credit", {"amount": amount}),
            ]
        )
        undone_on = on + chance.choice([4, 20]) * DAY if chance.random() < 0.4 else None
        found.append(Deed(on, kind, terms, undone_on))
    return found


async def done(desks: Sequence[Desk], kind: str, terms: Sequence[dict[str, object]]) -> list[str]:
    """Do the same to all of some loans where all of them take it; answers the changes."""
    asked = list(zip(desks, terms, strict=True))
    for desk, wanted in asked:
        if (await desk.ask(kind, dry_run=True, **wanted)).status_code != OK:
            return []
    return [(await desk.change(kind, **wanted))["id"] for desk, wanted in asked]


def days() -> Iterator[date]:
    day = START + DAY
    while day <= END:
        yield day
        day += DAY


async def bucket_days(work: WorkFactory, loan_id: object) -> dict[date, str]:
    """The bucket at the end of each day, by the history as it is known now."""
    async with work() as unit:
        spells = await history.of_loan(unit, UUID(str(loan_id)))
    found, bucket = {}, "current"
    for day in days():
        for spell in spells:
            if spell.on == day:
                bucket = spell.after
        found[day] = bucket
    return found


async def payments(scene: Scene, loan_id: object) -> list[Any]:
    """What the payments that stand pay, in the order of their value dates."""
    shown: dict[str, Any] = await scene.get(f"/loans/{loan_id}/payments")
    kept = [item for item in shown["items"] if item["status"] == "cleared"]
    for item in kept:
        parts = sum(Decimal(part["amount"]) for part in item["allocations"])
        assert parts + Decimal(item["credited"]) == Decimal(item["amount"])
    return [
        (item["value_on"], item["amount"], item["allocations"], item["credited"])
        for item in sorted(kept, key=lambda item: item["value_on"])
    ]


PENALTY_FIRST = ["penalty", "fee", "interest", "principal"]
SPLITS: dict[str, dict[str, object]] = {
    "penalty first": {"waterfall": "penalty_fee_interest_principal"},
    "interest first": {"waterfall": "interest_first"},
    "shared out": {
        "waterfall": {
            "past_due": PENALTY_FIRST,
            "due": PENALTY_FIRST[::-1],
            "in_advance": PENALTY_FIRST[::-1],
            "processing": "vertical",
            "future": "reamortise",
        },
        "arrears_tolerance": "15.00",
    },
    "lower instalments": {"schedule": {"early_payment": "reduce_instalment"}},
    "fewer instalments": {
        "schedule": {"early_payment": "reduce_term", "principal_grace": 2},
        "min_instalments": 6,
    },
    "by the day": {"schedule": {"interest": "daily"}, "waterfall": "interest_first"},
    "by the day, shared out": {
        "schedule": {"interest": "daily"},
        "day_count": "actual/365",
        "waterfall": {
            "past_due": PENALTY_FIRST,
            "due": PENALTY_FIRST[::-1],
            "in_advance": PENALTY_FIRST[::-1],
            "processing": "vertical",
            "future": "reamortise",
        },
    },
}


@dataclass(slots=True)
class Pair:
    """Two loans of one product: one hears of everything on its day, the other when it is known."""

    split: str
    scene: Scene
    told: str
    late: str
    made: dict[int, list[str]] = field(default_factory=dict)
    known: dict[int, object] = field(default_factory=dict)

    @property
    def desks(self) -> list[Desk]:
        return [Desk(self.scene, self.told), Desk(self.scene, self.late)]

    async def live(self, day: date, wanted: Sequence[Fact], by_hand: Sequence[Deed]) -> None:
        """Do what people do on a day, and tell what becomes known on it."""
        scene = self.scene
        for place, deed in enumerate(by_hand):
            if deed.on == day:
                self.made[place] = await done(self.desks, deed.kind, [deed.terms] * 2)
            if deed.undone_on == day and self.made[place]:
                await done(self.desks, "undo", [{"change_id": each} for each in self.made[place]])
        for number, fact in enumerate(wanted):
            amount, on = f"{fact.amount:.2f}", fact.value_on.isoformat()
            if fact.value_on == day and fact.back_on is None:
                await scene.pay(self.told, amount)
            if fact.known_on == day:
                paid = await scene.pay(self.late, amount, value_on=on)
                self.known[number] = paid["id"]
            if fact.back_on == day:
                path = f"/loans/{self.late}/payments/{self.known[number]}/reverse"
                await scene.post(path, {"reason": "bounced"})

    async def end_alike(self, work: WorkFactory) -> None:
        """Fail unless nothing tells which of the two heard late."""
        scene, split = self.scene, self.split
        one: dict[str, Any] = await scene.get(f"/loans/{self.told}")
        other: dict[str, Any] = await scene.get(f"/loans/{self.late}")
        assert other["schedule"] == one["schedule"], split
        for name in ("outstanding", "credit", "bucket", "lifecycle", "past_due_days", "overdue"):
            assert other[name] == one[name], (split, name)
        assert await payments(scene, self.late) == await payments(scene, self.told), split
        assert await bucket_days(work, self.late) == await bucket_days(work, self.told), split
        for desk in self.desks:
            await explained(desk)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(2))
async def test_money_known_late_ends_as_if_it_had_been_known_on_its_day(
    api: Api, work: WorkFactory, seed: int
) -> None:
    """Under every split of payments; all of them live in one book, whose days cost most here."""
    product = {
        "penalty": (
            {"kind": "flat", "amount": "10.00", "grace_days": 5}
            if seed % 2
            else {"kind": "percent", "amount": "7.5", "grace_days": 3}
        ),
        "origination_fee": "25.00",
        "min_principal": "100.00",
    }
    scene = await make_scene(api)
    await set_limits(scene)
    pairs = []
    for number, (split, terms) in enumerate(SPLITS.items()):
        on_terms = await scene.with_product(**product | terms)
        told = await on_terms.loan(
            await scene.customer(phone=f"+121255501{2 * number:02}", email=f"a{number}@b.example")
        )
        late = await on_terms.loan(
            await scene.customer(
                phone=f"+121255501{2 * number + 1:02}", email=f"c{number}@d.example"
            )
        )
        pairs.append(Pair(split, on_terms, str(told["id"]), str(late["id"])))
    wanted = facts(Random(seed))  # noqa: S311 - a play, not a secret
    by_hand = deeds(Random(seed))  # noqa: S311 - a play, not a secret
    for day in days():
        await live_until(scene, day)
        for pair in pairs:
            await pair.live(day, wanted, by_hand)
    await live_until(scene, END + DAY)
    for pair in pairs:
        await pair.end_alike(work)
    await scene.trial_balance()
    assert await untied(scene) == ()
