"""Tellers, nights and clerks at work on the same loans at the same time.

Whatever they get in each other's way: in the end every loan is what it would be had one person
alone told each fact on its day, and the books agree with the loans.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from tests.api.conftest import WorkFactory
from tests.api.ledger.test_periods import close, shown, sign, trial_balance
from tests.api.ledger.tying import untied
from tests.api.loan_changes.support import Desk, set_limits
from tests.api.loan_changes.test_invariants import explained, some_act
from tests.api.payments.actors import BUSY, nights, send, together
from tests.api.payments.days import live_until
from tests.api.payments.test_replay_equivalence import SPLITS, Fact, bucket_days, payments
from tests.api.support import Api, Scene, make_scene, ok

DAY = timedelta(days=1)
START = date(2028, 2, 1)
WORKDAYS = (date(2028, 2, 20), date(2028, 3, 25), date(2028, 5, 4), date(2028, 6, 12))
"""On these days people come to work; the nights after them are closed while they still do."""
END = date(2028, 7, 20)
CLOSED = "2028-02"
"""The month that is closed and signed on the second of these days."""
LOANS = 3
ROOM = 119999
"""Cents: all the money of a loan, with what is taken back, is less than it lent.

A loan that is paid off takes no money, and in which order the tellers come is not the same twice.
"""
TELLERS = 5
TERMS: dict[str, Any] = {
    "penalty": {"kind": "flat", "amount": "10.00", "grace_days": 5},
    "origination_fee": "25.00",
    "min_principal": "100.00",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A fact of a loan: the workday on which it is told, and the one on which it is taken back."""

    loan: int
    fact: Fact

    @property
    def holds(self) -> bool:
        """The money stays."""
        return self.fact.back_on is None


def some_facts(chance: Random, loan: int) -> list[Told]:
    """Money of a loan: of past days and of workdays themselves, no two of one day.

    It never pays the loan off, in whatever order it comes and is taken back.
    """
    room = ROOM
    past = [START + number * DAY for number in chance.sample(range(1, 130), 9)]
    found = []
    for value_on in {*past, *chance.sample(WORKDAYS, 2)}:
        known = [workday for workday in WORKDAYS if workday >= value_on]
        known_on = chance.choice(known[:2])
        amount = min(room, chance.choice([10662, 10662, chance.randrange(100, 30000)]))
        if not amount:
            break
        room -= amount
        back_on = None
        if chance.random() < 0.35:
            back_on = chance.choice([workday for workday in WORKDAYS if workday >= known_on])
        found.append(Told(loan, Fact(value_on, known_on, Decimal(amount) / 100, back_on)))
    return found


@dataclass(slots=True)
class Play:
    """A scene with the facts of its loans, and the payments that were posted for them."""

    scene: Scene
    loans: Sequence[str]
    wanted: Sequence[Told]
    posted: dict[int, "asyncio.Future[str]"] = field(default_factory=dict)

    async def tell(self, number: int) -> None:
        """Post a payment that counts from its day."""
        told = self.wanted[number]
        body = {
            "amount": f"{told.fact.amount:.2f}",
            "currency": self.scene.currency,
            "value_on": told.fact.value_on.isoformat(),
        }
        answer = await send(self.scene, f"/loans/{self.loans[told.loan]}/payments", body)
        self.posted[number].set_result(str(ok(answer, 201)["id"]))

    async def take_back(self, number: int) -> None:
        """Reverse a payment, once it is there, twice at once: one of the two is refused."""
        payment_id = await self.posted[number]
        path = f"/loans/{self.loans[self.wanted[number].loan]}/payments/{payment_id}/reverse"
        answers = await asyncio.gather(
            *(send(self.scene, path, {"reason": "bounced"}) for _ in range(2))
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409]

    async def work_off(self, todo: deque[tuple[str, int]]) -> None:
        """One teller: takes the next thing to do until there is none."""
        while todo:
            what, number = todo.popleft()
            await (self.tell(number) if what == "tell" else self.take_back(number))

    def todo(self, chance: Random, workday: date) -> deque[tuple[str, int]]:
        """What is told and taken back on a workday, in any order; nothing before it is there."""
        due = [
            (what, number)
            for number, told in enumerate(self.wanted)
            for what, on in (("tell", told.fact.known_on), ("take back", told.fact.back_on))
            if on == workday
        ]
        chance.shuffle(due)
        # A teller who waits for a payment must not be the one who is to post it.
        return deque(sorted(due, key=lambda act: act[0] == "take back" and self._is_new(act[1])))

    def _is_new(self, number: int) -> bool:
        fact = self.wanted[number].fact
        return fact.known_on == fact.back_on


async def change(desk: Desk, chance: Random) -> None:
    """A clerk: pays, waives, charges, writes off, credits and undoes."""
    made: list[str] = []
    for _ in range(6):
        kind, terms = some_act(chance)
        if kind == "pay":
            body = {"amount": terms["amount"], "currency": desk.scene.currency}
            answer = await send(desk.scene, f"/loans/{desk.loan_id}/payments", body)
        elif kind == "undo":
            if not made:
                continue
            answer = await desk.ask(kind, change_id=made.pop())
        else:
            answer = await desk.ask(kind, **terms)
            if answer.status_code == 201:
                made.append(answer.json()["id"])
        # Too late is in order: another clerk was faster, or there is nothing left to change.
        assert answer.status_code in {201, 409, 412, 422, BUSY}, answer.text


async def one_after_the_other(api: Api, split: str, wanted: Sequence[Told]) -> Play:
    """Facts that hold, each told on its day by one person; nothing is known late."""
    scene = await make_scene(api, **TERMS, **SPLITS[split])
    customer = await scene.customer()
    loans = [str((await scene.loan(customer))["id"]) for _ in range(LOANS)]
    for told in sorted(wanted, key=lambda told: told.fact.value_on):
        if told.holds:
            await live_until(scene, told.fact.value_on)
            await scene.pay(loans[told.loan], f"{told.fact.amount:.2f}")
    await live_until(scene, END)
    return Play(scene, loans, wanted)


async def days_closed(work: WorkFactory, scene: Scene) -> list[str]:
    """The days that were closed of a scene's book, in the order of their closing."""
    async with work() as unit:
        rows = await unit.session.execute(
            text(
                "select a.facts ->> 'day' from audit a join books b on b.id = a.subject_id "
                "where a.action = 'book.closed' and b.creditor_id = :creditor order by a.id"
            ),
            {"creditor": UUID(scene.creditor_id)},
        )
        return [str(day) for day in rows.scalars()]


async def unbalanced(work: WorkFactory) -> int:
    """How many entries, and how many days of a loan's, of all there are do not sum to zero."""
    async with work() as unit:
        found = await unit.session.scalar(
            text(
                "select count(*) from (select 1 from journal_lines l "
                "join journal_entries e on e.id = l.entry_id group by grouping sets "
                "((e.id), (e.loan_id, l.currency, e.value_on), (l.currency, e.booked_on)) "
                "having sum(l.amount) <> 0) off"
            )
        )
        return int(found)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("seed", "split"), list(enumerate(SPLITS)))
async def test_many_at_once_end_as_one_after_the_other(
    api: Api, work: WorkFactory, seed: int, split: str
) -> None:
    chance = Random(seed)  # noqa: S311 - a play, not a secret
    wanted = [told for loan in range(LOANS) for told in some_facts(chance, loan)]
    alone = await one_after_the_other(api, split, wanted)

    scene = await make_scene(api, **TERMS, **SPLITS[split])
    await set_limits(scene)
    customer = await scene.customer(phone="+12125550124", email="other@customers.example")
    loans = [str((await scene.loan(customer))["id"]) for _ in range(LOANS)]
    changed = [Desk(scene, str((await scene.loan(customer))["id"])) for _ in range(2)]
    play = Play(scene, loans, wanted)
    play.posted = {
        number: asyncio.get_running_loop().create_future() for number in range(len(wanted))
    }
    await live_until(scene, WORKDAYS[0])
    signed: dict[str, Any] = {}
    books: dict[str, str] = {}
    for workday, following in zip(WORKDAYS, [*WORKDAYS[1:], END], strict=True):
        if workday == WORKDAYS[1]:
            taken = await close(scene, CLOSED)
            signed = await sign(scene, CLOSED, taken["snapshot_id"])
            books = await trial_balance(scene, "known_on=2028-02-29")
        todo = play.todo(chance, workday)
        late = deque(todo.popleft() for _ in range(len(todo) // 2))
        # First the day's own business, then what is left of it while the nights are closed.
        await together(
            *(play.work_off(late) for _ in range(TELLERS)),
            *(change(desk, chance) for desk in changed for _ in range(2)),
        )
        await together(
            *(play.work_off(todo) for _ in range(TELLERS)),
            *(change(desk, chance) for desk in changed),
            nights(scene, workday, following),
        )
        await live_until(scene, following)
        await scene.trial_balance()
        assert await untied(scene) == ()

    for one_id, other_id in zip(alone.loans, loans, strict=True):
        one: dict[str, Any] = await scene.get(f"/loans/{one_id}")
        other: dict[str, Any] = await scene.get(f"/loans/{other_id}")
        assert other["schedule"] == one["schedule"]
        for name in ("outstanding", "credit", "bucket", "lifecycle", "past_due_days", "overdue"):
            assert other[name] == one[name], name
        assert await payments(scene, other_id) == await payments(alone.scene, one_id)
        assert await bucket_days(work, other_id) == await bucket_days(work, one_id)
    for desk in [*changed, *(Desk(scene, loan_id) for loan_id in loans)]:
        await explained(desk)
    assert await unbalanced(work) == 0
    assert await shown(scene, CLOSED) == signed
    assert await trial_balance(scene, "known_on=2028-02-29") == books
    every = [(START + number * DAY).isoformat() for number in range((END - START).days)]
    assert await days_closed(work, scene) == every
