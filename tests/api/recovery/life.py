"""The life of one customer on a floor, played by chance, with books of its own.

Everything that may happen happens through the API, at the case and between the permit of a message
and its sending too; the oracle keeps its own account of it and looks at each message as it goes.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_DOWN, Decimal
from random import Random
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from twilio.request_validator import RequestValidator

from api.messages.tables import MessageRow
from contracts.work import Dispatched, Lease
from domain.ids import delivery_shard
from tests.api.recovery.floor import Floor, Json
from tests.api.support import Actors, Headers, key, ok

ZONE = ZoneInfo("America/New_York")
OPENS, CLOSES = time(8), time(21)
INSTALMENT = Decimal("106.62")
FIRST_DUE = date(2028, 3, 1)
ROOM = Decimal(1100)
"""All money of a life together is less than the loan, so that it never ends it."""
CAP, CAP_DAYS = 7, 7
CHANNELS = ("sms", "email")
BROKEN_MOST = 2
"""So many broken promises in a row, and a further one suspends nothing (the strategy's figure)."""
THRESHOLD = 90
"""The share in percent that keeps a part (the strategy's figure)."""
STAGES = ("early", "firm", "advisor", "late")
PHONE = "+12125550123"
TOKEN = "twilio-test-token"  # noqa: S105 - what the test's settings say
HOLDS = ("dispute", "hardship", "bankruptcy", "cease", "manual")


def local(instant: datetime) -> datetime:
    """The customer's and the creditor's time."""
    return instant.astimezone(ZONE)


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A hold as the oracle knows it: first day, and first day on which it no longer binds."""

    hold_id: str
    starts_on: date
    ends_on: date | None

    def binds(self, on: date) -> bool:
        return self.starts_on <= on and (self.ends_on is None or on < self.ends_on)


@dataclass(slots=True)
class Life:
    """One loan, its case when there is one, and what happened so far."""

    floor: Floor
    chance: Random
    loan: Json
    sender: Headers
    now: datetime
    money: list[tuple[str, Decimal]] = field(default_factory=list)
    spent: Decimal = Decimal(0)
    holds: list[HeldBack] = field(default_factory=list)
    opted_out: bool = False
    texts: int = 0
    sent: list[tuple[datetime, UUID]] = field(default_factory=list)
    stages: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    paid_before: frozenset[str] = frozenset()
    """Payments there were when the last arrangement was made: they are none of its money."""

    # -- the oracle's books --------------------------------------------------------------------

    @property
    def today(self) -> date:
        return local(self.now).date()

    def overdue(self) -> Decimal:
        """What had fallen due before today and is not paid."""
        due, month = 0, FIRST_DUE
        while month < self.today:
            due, month = due + 1, month.replace(month=month.month + 1)
        return max(Decimal(0), due * INSTALMENT - sum((paid for _, paid in self.money), Decimal(0)))

    def is_held(self) -> bool:
        return any(hold.binds(self.today) for hold in self.holds)

    async def is_promised(self) -> bool:
        """A promise is open, and it is one of the first in a row."""
        found = await self.case()
        if found is None:
            return False
        broken = sum(each["status"] == "broken" for each in found["promises"])
        return broken < BROKEN_MOST and any(each["status"] == "open" for each in found["promises"])

    async def is_arranged(self) -> bool:
        """An arrangement is open, and it is one of the first that were not kept."""
        found = await self.case()
        return found is not None and any(
            each["status"] == "open" and each["pauses"] for each in found["arrangements"]
        )

    def check_arrangement(self, case: Json) -> None:
        """What an arrangement kept has come since it was made, and was not taken back."""
        if not case["arrangements"]:
            return
        last = case["arrangements"][-1]
        came = sum((paid for key, paid in self.money if key not in self.paid_before), Decimal(0))
        if last["status"] in {"open", "completed"} and case["status"] == "open":
            assert Decimal(last["received"]) <= came, self.log
        for part in last["parts"]:
            if part["status"] == "kept":
                share = Decimal(part["received"]) * 100 / Decimal(part["amount"])
                assert share >= THRESHOLD, self.log

    async def case(self) -> Json | None:
        found = await self.floor.scene.get(f"/loans/{self.loan['id']}/delinquent")
        return None if found["case_id"] is None else await self.floor.case(str(found["case_id"]))

    # -- time ----------------------------------------------------------------------------------

    async def until(self, target: datetime) -> None:
        """Let time pass: days end, the case is worked, messages go, each at its instant."""
        while self.now < target:
            midnight = datetime.combine(self.today + timedelta(days=1), time(0), ZONE)
            coming = await self.settle()
            self.now = min([target, midnight.astimezone(UTC), *coming])
            await self.floor.move(self.now)
            if self.now == midnight and self.overdue() > 0:
                assert await self.open_case() is not None, "what is late is a case by the night"
        await self.settle()

    async def settle(self) -> list[datetime]:
        """Do what is due now; the instants at which more will be."""
        coming = await self.work_case()
        for channel in CHANNELS:
            coming += await self.deliver(channel)
        # What happened while messages went is a reason to plan again.
        coming += await self.work_case()
        await self.look()
        return [instant for instant in coming if instant > self.now]

    async def work_case(self) -> list[datetime]:
        """What the case's workflow does when it is woken."""
        found = await self.open_case()
        if found is None:
            return []
        plan, _ = await self.floor.run(found["id"])
        return [datetime.fromisoformat(plan["wait_until"])] if plan["open"] else []

    async def deliver(self, channel: str) -> list[datetime]:
        """Send what is due; something may happen between the permit and the last look."""
        shard = delivery_shard(UUID(self.floor.scene.clock_id))
        lease = Lease.model_validate(
            await self._worker("lease", {"channel": channel, "shard": shard, "limit": 50})
        )
        if lease.messages:
            if self.chance.random() < 0.4:
                await self.chance.choice(self.quick_acts())()
            ids = [str(message.id) for message in lease.messages]
            body = {"group": str(lease.group), "message_ids": ids}
            going = Dispatched.model_validate(await self._worker("dispatch", body))
            for message_id in going.message_ids:
                await self.look_at(message_id, channel)
            if going.message_ids:
                outcomes = [
                    {"message_id": str(each), "outcome": "accepted", "provider_id": f"P{each.hex}"}
                    for each in going.message_ids
                ]
                await self._worker("results", {"group": str(lease.group), "outcomes": outcomes})
        return [] if lease.next_due_at is None else [lease.next_due_at]

    async def _worker(self, call: str, body: object) -> dict[str, object]:
        return ok(
            await self.floor.api.client.post(
                f"/api/v1/deliveries/{call}", json=body, headers=self.sender
            )
        )

    # -- what must hold ------------------------------------------------------------------------

    async def look_at(self, message_id: UUID, channel: str) -> None:
        """A message goes now: is it lawful, and does it still make sense?"""
        assert message_id not in [each for _, each in self.sent], "a message goes once"
        async with self.floor.work() as work:
            message = await work.session.get_one(MessageRow, message_id)
        if message.purpose != "collection":
            return
        self.log.append(f"{channel} {message.template}")
        assert OPENS <= local(self.now).time() < CLOSES
        assert self.overdue() > 0, "who owes nothing is not reminded"
        assert not (channel == "sms" and self.opted_out), "a STOP is obeyed"
        assert not self.is_held(), "a hold is obeyed"
        assert not await self.is_promised(), "who has promised is left alone"
        assert not await self.is_arranged(), "who keeps an arrangement is left alone"
        self.sent.append((self.now, message_id))
        since = self.today - timedelta(days=CAP_DAYS - 1)
        assert sum(local(at).date() >= since for at, _ in self.sent) <= CAP

    async def look(self) -> None:
        """Does the case stand as the books say?"""
        found = await self.case()
        if found is None:
            return
        assert found["status"] != "open" or self.overdue() > 0, "a case that is cured is closed"
        case_id = found["id"]
        before = self.stages.get(case_id, STAGES[0])
        assert STAGES.index(found["stage"]) >= STAGES.index(before), "a stage never falls"
        self.stages[case_id] = found["stage"]
        taken = [(anchor, step) for anchor, step, _ in await self.floor.steps(case_id)]
        assert len(taken) == len(set(taken)), "a step is taken once for an obligation"
        suspended = found["suspended_by"] is not None
        if found["status"] == "open":
            agreed = await self.is_promised() or await self.is_arranged()
            assert suspended == (self.is_held() or agreed), self.log
        self.check_arrangement(found)

    # -- what may happen -----------------------------------------------------------------------

    def quick_acts(self) -> Sequence[Callable[[], Awaitable[None]]]:
        """What may happen while a message is on its way."""
        return (self.pay_all, self.pay_some, self.hold, self.promise, self.write_stop)

    def acts(self) -> Sequence[Callable[[], Awaitable[None]]]:
        """What may happen at any time."""
        return (
            *self.quick_acts(),
            self.pay_some,
            self.take_back,
            self.arrange,
            self.end_hold,
            self.write_start,
            self.wait,
            self.wait,
            self.wait,
        )

    async def wait(self) -> None:
        await self.until(self.now + timedelta(hours=self.chance.randrange(1, 24 * 9)))

    async def pay_all(self) -> None:
        await self.pay(self.overdue())

    async def pay_some(self) -> None:
        await self.pay(Decimal(self.chance.randrange(100, 9000)) / 100)

    async def pay(self, amount: Decimal) -> None:
        if not Decimal(0) < amount <= ROOM - self.spent:
            return
        self.spent += amount
        paid = await self.floor.pay(self.loan, f"{amount:.2f}")
        self.money.append((paid["id"], amount))
        self.log.append(f"paid {amount}")

    async def take_back(self) -> None:
        if not self.money:
            return
        payment_id, amount = self.money.pop(self.chance.randrange(len(self.money)))
        path = f"/loans/{self.loan['id']}/payments/{payment_id}/reverse"
        await self.floor.scene.post(path, {"reason": "bounced"})
        self.log.append(f"returned {amount}")

    async def promise(self) -> None:
        found = await self.open_case()
        if found is None:
            return
        amount = (self.overdue() * self.chance.randrange(10, 101) / 100).quantize(Decimal("0.01"))
        due_on = self.today + timedelta(days=self.chance.randrange(21))
        answer = await self.floor.api.client.post(
            f"/api/v1/recovery-cases/{found['id']}/promises",
            json={"amount": f"{amount:.2f}", "due_on": due_on.isoformat()},
            headers=self.floor.agent | key(),
        )
        # One is open already, too little was offered, or too much was promised before.
        assert answer.status_code in {201, 409, 422}, answer.text
        self.log.append(f"promised {amount} until {due_on}: {answer.status_code}")

    async def arrange(self) -> None:
        found = await self.open_case()
        if found is None:
            return
        first = self.today + timedelta(days=self.chance.randrange(1, 10))
        days = [first + timedelta(days=7 * at) for at in range(self.chance.randrange(1, 4))]
        each = (self.overdue() / len(days)).quantize(Decimal("0.01"), ROUND_DOWN)
        parts = [{"due_on": day.isoformat(), "amount": f"{each:.2f}"} for day in days]
        before = frozenset(payment_id for payment_id, _ in self.money)
        answer = await self.floor.api.client.post(
            f"/api/v1/recovery-cases/{found['id']}/arrangements",
            json={"parts": parts},
            headers=self.floor.agent | key(),
        )
        # What is overdue may be less than a cent for each part.
        assert answer.status_code in {201, 422}, answer.text
        if answer.status_code == 201:
            self.paid_before = before
        self.log.append(f"arranged {parts}: {answer.status_code}")

    async def hold(self) -> None:
        found = await self.open_case()
        if found is None:
            return
        starts_on = self.today + timedelta(days=self.chance.choice([0, 0, 0, -3, 4]))
        kind = self.chance.choice(HOLDS)
        body = {"kind": kind, "starts_on": starts_on.isoformat(), "reason": "asked"}
        ends_on = None
        if kind in {"hardship", "manual"}:
            ends_on = max(self.today, starts_on) + timedelta(days=self.chance.randrange(1, 12))
            body["ends_on"] = ends_on.isoformat()
        else:
            body["review_on"] = (self.today + timedelta(days=10)).isoformat()
        answer = await self.floor.api.client.post(
            f"/api/v1/recovery-cases/{found['id']}/holds",
            json=body,
            headers=self.floor.agent | key(),
        )
        made = ok(answer, 201)
        self.holds.append(HeldBack(str(made["id"]), starts_on, ends_on))
        self.log.append(f"hold {body}")

    async def end_hold(self) -> None:
        found = await self.open_case()
        if found is None:
            return
        of_case = {each["id"] for each in found["holds"]}
        binding = [
            hold for hold in self.holds if hold.binds(self.today) and hold.hold_id in of_case
        ]
        if not binding:
            return
        hold = self.chance.choice(binding)
        path = f"holds/{hold.hold_id}/end"
        await self.floor.act(self.floor.agent, found["id"], path, {"reason": "over"})
        ended = HeldBack(hold.hold_id, hold.starts_on, self.today)
        self.holds[self.holds.index(hold)] = ended
        self.log.append("hold ended")

    async def open_case(self) -> Json | None:
        found = await self.case()
        return found if found is not None and found["status"] == "open" else None

    async def write_stop(self) -> None:
        await self.write("STOP")
        self.opted_out = True

    async def write_start(self) -> None:
        await self.write("START")
        self.opted_out = False

    async def write(self, text: str) -> None:
        """What Twilio posts for a text of the customer."""
        self.texts += 1
        path = self.floor.api.app.url_path_for("receive_twilio_message")
        form = {
            "MessageSid": f"SM{self.texts:032}",
            "From": PHONE,
            "To": "+12125550000",
            "Body": text,
            "NumMedia": "0",
        }
        answer = await self.floor.api.client.post(
            str(path),
            content=urlencode(form),
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(
                    f"http://api.test{path}", form
                ),
            },
        )
        assert answer.status_code == 200, answer.text
        self.log.append(f"wrote {text}")


async def begin(floor: Floor, seed: int) -> Life:
    """A loan that was due yesterday, a customer who can be reached, and chance."""
    loan = await floor.late_loan(phone=PHONE)
    now = datetime(2028, 3, 2, 15, tzinfo=UTC)
    await floor.move(now)
    return Life(
        floor,
        Random(seed),  # noqa: S311 - a play, not a secret
        loan,
        await Actors(floor.api).service("delivery"),
        now,
    )
