"""A sweep sends each message once, within its lease, and answers for what it dispatched."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.delivery import GROUP_SIZE, LEASE_SIZE, LEASES_AT_WORK, DeliveryActivities
from activities.errors import unavailable
from activities.messaging.port import (
    Accepted,
    CannotTell,
    Channel,
    Found,
    LookedUp,
    NotFound,
    Outbound,
    Refused,
    SendOutcome,
    Unanswered,
    Unknown,
)
from contracts.work import (
    DeliveryReport,
    DeliveryRun,
    Dispatched,
    DispatchMessages,
    Lease,
    LeasedMessage,
    LeaseMessages,
    SendOutcomes,
    Swept,
)

RUN = DeliveryRun(channel="sms", shard="live-0")
CANARY = "+15550100"


@dataclass
class Provider:
    """A sender that notes what it was given."""

    can_look_up: bool = True
    settle_seconds: float = 0.0
    channel: Channel = Channel.SMS
    outcome: Callable[[Outbound], SendOutcome] = lambda message: Accepted(
        f"SM-{message.message_id}"
    )
    known: LookedUp = field(default_factory=NotFound)
    sent: list[UUID] = field(default_factory=list)
    asked: list[UUID] = field(default_factory=list)
    away: int = 0
    at_once: int = 0
    most_at_once: int = 0

    async def send(self, message: Outbound) -> SendOutcome:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        self.sent.append(message.message_id)
        return self.outcome(message)

    async def look_up(self, message: Outbound) -> LookedUp:
        self.asked.append(message.message_id)
        if len(self.asked) <= self.away:
            return Unanswered()
        return self.known

    async def close(self) -> None:
        pass


class Book:
    """The system of record's side: messages by state, leases, and what was reported."""

    def __init__(self, messages: Sequence[LeasedMessage], *, lease: timedelta) -> None:
        self.waiting = list(messages)
        self.lease = lease
        self.held: dict[UUID, datetime] = {}
        self.messages = {message.id: message for message in messages}
        self.dispatched: list[list[UUID]] = []
        self.reported: dict[UUID, str] = {}
        self.withdraw: set[UUID] = set()
        self.failures: dict[str, int] = {}

    def now(self) -> datetime:
        return datetime.now(UTC)

    def _fail(self, call: str) -> None:
        if self.failures.get(call, 0):
            self.failures[call] -= 1
            raise unavailable("away")

    async def lease_messages(self, request: LeaseMessages) -> Lease:
        self._fail("lease")
        for key, until in list(self.held.items()):
            if until <= self.now():
                del self.held[key]
                self.waiting.append(
                    self.messages[key].model_copy(
                        update={"look_up": any(key in group for group in self.dispatched)}
                    )
                )
        taken, self.waiting = self.waiting[: request.limit], self.waiting[request.limit :]
        until = self.now() + self.lease
        self.held |= {message.id: until for message in taken}
        return Lease(
            group=uuid4(),
            messages=taken,
            withheld=0,
            next_due_at=None,
            lease_until=until,
            held_until=min(self.held.values(), default=None),
        )

    async def dispatch_messages(self, request: DispatchMessages) -> Dispatched:
        self._fail("dispatch")
        allowed = [key for key in request.message_ids if key not in self.withdraw]
        self.dispatched.append(allowed)
        for key in set(request.message_ids) - set(allowed):
            self.held.pop(key)
        return Dispatched(
            message_ids=allowed,
            dispatched_at=self.now(),
            withdrawn=len(request.message_ids) - len(allowed),
        )

    async def report_outcomes(self, outcomes: SendOutcomes) -> Swept:
        self._fail("report")
        for each in outcomes.outcomes:
            self.reported[each.message_id] = each.outcome
            self.held.pop(each.message_id, None)
            if each.outcome == "not_found":
                message = self.messages[each.message_id]
                self.waiting.append(message.model_copy(update={"look_up": False}))
        return Swept(more=bool(self.waiting or self.held))


def messages(count: int, **changes: object) -> list[LeasedMessage]:
    told: dict[str, object] = {"to": CANARY, "subject": None, "body": "Your instalment is due."}
    return [LeasedMessage.model_validate({"id": uuid4()} | told | changes) for _ in range(count)]


def book(count: int = 0, *, lease: float = 60.0, **changes: object) -> Book:
    return Book(messages(count, **changes), lease=timedelta(seconds=lease))


async def sweep(
    system: Book,
    provider: Provider,
    environment: ActivityEnvironment | None = None,
    now: Callable[[], datetime] | None = None,
) -> DeliveryReport:
    activities = DeliveryActivities(system, {"sms": provider}, now or system.now)
    async with asyncio.timeout(20):
        return await (environment or ActivityEnvironment()).run(activities.send_due, RUN)


async def test_every_due_message_goes_once_in_groups_that_go_together() -> None:
    system, provider = book(125), Provider()
    report = await sweep(system, provider)
    assert sorted(provider.sent) == sorted(system.messages)
    assert set(system.reported.values()) == {"accepted"}
    assert report.accepted == 125
    assert max(len(group) for group in system.dispatched) == GROUP_SIZE
    assert provider.most_at_once <= GROUP_SIZE


async def test_full_leases_are_worked_off_side_by_side_and_all_are_answered_for() -> None:
    system, provider = book(3 * LEASE_SIZE + 7), Provider()
    leased_while_sending: list[int] = []
    ordinary = system.lease_messages

    async def watched(request: LeaseMessages) -> Lease:
        leased_while_sending.append(len(system.held))
        return await ordinary(request)

    system.lease_messages = watched  # type: ignore[method-assign]
    report = await sweep(system, provider)
    assert sorted(provider.sent) == sorted(system.messages)
    assert len(provider.sent) == report.accepted == len(system.reported)
    assert LEASE_SIZE in leased_while_sending
    assert max(leased_while_sending) <= (LEASES_AT_WORK - 1) * LEASE_SIZE


async def test_a_lease_that_fails_does_not_lose_what_is_said_of_the_other() -> None:
    system, provider = book(2 * LEASE_SIZE), Provider()
    ordinary = system.dispatch_messages
    calls = 0

    async def failing(request: DispatchMessages) -> Dispatched:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ApplicationError("refused", non_retryable=True)
        return await ordinary(request)

    system.dispatch_messages = failing  # type: ignore[method-assign]
    with pytest.raises(ApplicationError, match="refused"):
        await sweep(system, provider)
    assert len(provider.sent) == len(system.reported) == LEASE_SIZE


async def test_where_the_provider_cannot_be_asked_messages_go_one_by_one() -> None:
    system, provider = book(5), Provider(can_look_up=False)
    await sweep(system, provider)
    assert [len(group) for group in system.dispatched] == [1] * 5


async def test_what_was_withdrawn_at_the_last_look_is_not_sent() -> None:
    system, provider = book(4), Provider()
    kept, gone = list(system.messages)[:2], list(system.messages)[2:]
    system.withdraw = set(gone)
    report = await sweep(system, provider)
    assert sorted(provider.sent) == sorted(kept)
    assert (report.accepted, report.withheld) == (2, 2)


async def test_each_ending_is_reported_as_what_it_is() -> None:
    system = book(3)
    endings = dict(
        zip(
            system.messages,
            [Accepted("SM1"), Refused("21211", False, True), Unknown("timeout")],
            strict=True,
        )
    )
    provider = Provider(outcome=lambda message: endings[message.message_id])
    report = await sweep(system, provider)
    assert list(system.reported.values()) == ["accepted", "refused", "unknown"]
    assert (report.accepted, report.refused, report.unknown) == (1, 1, 1)


async def test_a_sender_that_fails_leaves_the_message_in_doubt() -> None:
    def fail(message: Outbound) -> SendOutcome:
        raise RuntimeError(message.to)

    system = book(1)
    report = await sweep(system, Provider(outcome=fail))
    assert report.unknown == 1
    assert list(system.reported.values()) == ["unknown"]


@pytest.mark.parametrize(
    ("known", "outcome", "sent"),
    [
        (Found("SM9"), "accepted", 0),
        (CannotTell(), "cannot_tell", 0),
        (NotFound(), "accepted", 1),
    ],
)
async def test_a_message_in_doubt_is_looked_up_before_anything_else(
    known: LookedUp, outcome: str, sent: int
) -> None:
    system = book(1, look_up=True, dispatched_at=datetime.now(UTC) - timedelta(minutes=1))
    provider = Provider(known=known)
    await sweep(system, provider)
    assert provider.asked == list(system.messages)
    assert len(provider.sent) == sent
    assert list(system.reported.values()) == [outcome]


async def test_a_provider_that_is_away_is_asked_again_until_it_is_back() -> None:
    system = book(1, look_up=True, dispatched_at=datetime.now(UTC) - timedelta(minutes=1))
    provider = Provider(known=Found("SM9"), away=3)
    await sweep(system, provider)
    assert len(provider.asked) == 4
    assert provider.sent == []
    assert list(system.reported.values()) == ["accepted"]


async def test_a_provider_that_stays_away_leaves_the_message_to_a_person() -> None:
    system = book(1, look_up=True, dispatched_at=datetime.now(UTC) - timedelta(hours=1))
    provider = Provider(away=100)
    await sweep(system, provider)
    assert provider.sent == []
    assert list(system.reported.values()) == ["cannot_tell"]


async def test_not_found_counts_only_when_the_provider_has_settled() -> None:
    at = datetime.now(UTC)
    system = book(1, look_up=True, dispatched_at=at)
    provider = Provider(settle_seconds=0.5)
    await sweep(system, provider)
    assert len(provider.asked) == 3  # at once, then patiently until it counts
    assert len(provider.sent) == 1
    assert datetime.now(UTC) - at >= timedelta(seconds=0.5)


async def test_where_the_provider_cannot_be_asked_doubt_is_told_at_once() -> None:
    system = book(1, look_up=True, dispatched_at=datetime.now(UTC))
    provider = Provider(can_look_up=False, known=Found("x"))
    await sweep(system, provider)
    assert list(system.reported.values()) == ["cannot_tell"]
    assert provider.asked == provider.sent == []


async def test_nothing_is_sent_when_the_lease_is_nearly_over() -> None:
    system, provider = book(3, lease=5), Provider()
    with pytest.raises(ApplicationError):
        await sweep(system, provider)
    assert provider.sent == []
    assert system.dispatched == []


async def test_a_dispatch_that_outlived_the_lease_sends_nothing() -> None:
    system, provider = book(2), Provider()
    late = timedelta()

    class Slow(Book):
        async def dispatch_messages(self, request: DispatchMessages) -> Dispatched:
            nonlocal late
            answer = await super().dispatch_messages(request)
            late = timedelta(seconds=55)
            return answer

    slow = Slow(list(system.messages.values()), lease=timedelta(seconds=60))
    report = await sweep(slow, provider, now=lambda: datetime.now(UTC) + late)
    assert provider.sent == []
    assert set(slow.reported.values()) == {"refused"}
    assert report.refused == 2


async def test_an_api_that_is_away_for_a_moment_costs_no_outcome() -> None:
    system, provider = book(3), Provider()
    system.failures = {"dispatch": 2, "report": 3}
    report = await sweep(system, provider)
    assert len(provider.sent) == 3
    assert report.accepted == 3


async def test_a_later_attempt_waits_for_the_lease_of_the_one_that_died() -> None:
    """The one before it dispatched a message and died unheard: the provider has it."""
    system = book(1)
    key = next(iter(system.messages))
    system.waiting.clear()
    until = datetime.now(UTC) + timedelta(seconds=1)
    system.held[key] = until
    system.messages[key] = system.messages[key].model_copy(
        update={"dispatched_at": datetime.now(UTC)}
    )
    system.dispatched.append([key])
    provider = Provider(known=Found("SM1"))
    report = await sweep(system, provider)
    assert provider.sent == []
    assert provider.asked == [key]
    assert report.accepted == 1


async def test_a_stopping_worker_leaves_between_two_leases() -> None:
    under_way = LEASES_AT_WORK * LEASE_SIZE
    system, environment = book(under_way + 10), ActivityEnvironment()
    provider = Provider()

    def stop(message: Outbound) -> SendOutcome:
        environment.worker_shutdown()
        return Accepted("SM1")

    provider.outcome = stop
    with pytest.raises(ApplicationError) as stopped:
        await sweep(system, provider, environment)
    assert stopped.value.type == "worker-stopping"
    assert not stopped.value.non_retryable
    assert len(provider.sent) == len(system.reported) == under_way


async def test_a_channel_without_a_provider_waits_for_one() -> None:
    with pytest.raises(ApplicationError) as missing:
        await ActivityEnvironment().run(
            DeliveryActivities(book(), {}, lambda: datetime.now(UTC)).send_due, RUN
        )
    assert not missing.value.non_retryable


async def test_messages_in_doubt_do_not_hold_up_the_others() -> None:
    system = book(1, look_up=True, dispatched_at=datetime.now(UTC))
    doubtful = next(iter(system.messages))
    fresh = messages(2)
    system.waiting += fresh
    system.messages |= {message.id: message for message in fresh}
    provider = Provider(settle_seconds=0.3)
    await sweep(system, provider)
    assert provider.sent[:2] == [message.id for message in fresh]
    assert provider.sent[2:] == [doubtful]


async def test_what_a_short_lease_left_over_is_sent_under_the_next() -> None:
    """Each dispatch takes so long that one lease has room for one group."""
    late = timedelta()

    class Slow(Book):
        async def lease_messages(self, request: LeaseMessages) -> Lease:
            if self.waiting:
                return await super().lease_messages(request)
            nonlocal late
            late += timedelta(seconds=60)
            return await super().lease_messages(request)

        async def dispatch_messages(self, request: DispatchMessages) -> Dispatched:
            nonlocal late
            answer = await super().dispatch_messages(request)
            late += timedelta(seconds=9)
            return answer

        def now(self) -> datetime:
            return datetime.now(UTC) + late

    waiting = messages(GROUP_SIZE + 5)
    slow, provider = Slow(waiting, lease=timedelta(seconds=20)), Provider()
    report = await sweep(slow, provider)
    assert report.accepted == len(waiting)
    assert [len(group) for group in slow.dispatched] == [GROUP_SIZE, 5]
    assert sorted(provider.sent) == sorted(slow.messages)
