"""The sweep of a channel: lease, look up, dispatch, send, report, until nothing is due.

What keeps a message from going twice or too late:

- It is sent only between its *dispatch* (the last look, after which it counts as sent) and the
  end of its lease, with room for the provider's time-out.
- Whatever was dispatched is answered for: an outcome that is not known is looked up at the
  provider before anything else happens, and a message is sent again only when the provider proves
  that it does not have it.
- A group holds only as many messages as go out together. Where the provider cannot be asked, a
  group is one message, so that a crash leaves at most one in doubt.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar, assert_never
from uuid import UUID

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.errors import unavailable
from activities.heartbeat import heartbeats
from activities.messaging.failover import FAILOVER_SECONDS
from activities.messaging.port import (
    Accepted,
    CannotTell,
    Found,
    NotFound,
    Outbound,
    Refused,
    Sender,
    Unanswered,
    Unknown,
)
from activities.stopping import stop_if_asked
from contracts.names import ActivityName
from contracts.work import (
    DeliveryReport,
    DeliveryRun,
    Dispatched,
    DispatchMessages,
    Lease,
    LeasedMessage,
    LeaseMessages,
    SendOutcome,
    SendOutcomes,
    Swept,
)

GROUP_SIZE: Final = 100
"""Messages dispatched, and then sent, together."""

LEASE_SIZE: Final = 200

LEASES_AT_WORK: Final = 2
"""While the messages of a full lease are sent, the next are leased and looked at."""

SEND_SECONDS: Final = 8.0
"""The time-out that the senders are given."""

_NEEDED: Final = timedelta(seconds=SEND_SECONDS + FAILOVER_SECONDS)
"""What must be left of a lease when a message is sent: another provider may be asked first."""

_MARGIN: Final = _NEEDED + timedelta(seconds=2)
"""What must be left of a lease when a group is dispatched."""

_PATIENCE_SECONDS: Final = 300.0
"""How long a dispatch or a report is repeated while the API is away."""

_LONGEST_PAUSE: Final = 2.0

_SHORTEST_PAUSE: Final = 0.05

_ASKING_SECONDS: Final = 10.0
"""How long one look-up asks a provider that is away; the next lease asks again."""

_LONGEST_DOUBT: Final = timedelta(hours=1)
"""After so long without an answer of the provider a person looks into a message."""

Result = TypeVar("Result")


class Deliveries(Protocol):
    """The calls of the system of record that a sweep makes."""

    async def lease_messages(self, request: LeaseMessages) -> Lease:
        """Take a group of due messages, permits granted, for a while."""
        ...

    async def dispatch_messages(self, request: DispatchMessages) -> Dispatched:
        """Ask which of a leased group may really go, now."""
        ...

    async def report_outcomes(self, outcomes: SendOutcomes) -> Swept:
        """Record what the provider said, and hear where the channel stands."""
        ...


class DeliveryActivities:
    """What a `Delivery` has done: the sweeps of the channels that have a sender."""

    def __init__(
        self, system: Deliveries, senders: Mapping[str, Sender], now: Callable[[], datetime]
    ) -> None:
        """Keep the collaborators.

        Args:
            system: The system of record, with the scope `deliveries:work`.
            senders: The provider of each channel, by the channel's name.
            now: Technical time, which leases are measured in; never a test clock's.
        """
        self._system = system
        self._senders = senders
        self._now = now

    @activity.defn(name=ActivityName.SEND_DUE.value)
    async def send_due(self, run: DeliveryRun) -> DeliveryReport:
        """Send every message of a channel and shard that is due now."""
        sender = self._senders.get(run.channel)
        if sender is None:
            raise unavailable("this worker has no provider for the channel")
        async with heartbeats(str):
            return await _Sweep(self._system, sender, self._now, run).run()


@dataclass(slots=True)
class _Counts:
    """What became of the messages of a sweep."""

    accepted: int = 0
    refused: int = 0
    withheld: int = 0
    unknown: int = 0

    def add(self, outcome: SendOutcome) -> None:
        match outcome.outcome:
            case "accepted":
                self.accepted += 1
            case "refused":
                self.refused += 1
            case "unknown" | "cannot_tell":
                self.unknown += 1
            case _:
                pass  # not found: it is queued again, and counted when it goes


class _Sweep:
    """One attempt at sending all that is due."""

    def __init__(
        self,
        system: Deliveries,
        sender: Sender,
        now: Callable[[], datetime],
        run: DeliveryRun,
    ) -> None:
        self._system = system
        self._sender = sender
        self._now = now
        self._run = run
        self._counts = _Counts()
        self._swept = Swept()
        # Whether the last lease still holds messages, which come back when it lapses.
        self._left_over = False
        self._at_work: list[asyncio.Task[None]] = []

    async def run(self) -> DeliveryReport:
        try:
            return await self._sweep()
        except asyncio.CancelledError:
            for working in self._at_work:
                working.cancel()
            raise
        finally:
            # A sweep that is to stop, or cannot lease, still answers for what it has leased.
            await asyncio.gather(*self._at_work, return_exceptions=True)

    async def _sweep(self) -> DeliveryReport:
        while True:
            stop_if_asked()
            request = LeaseMessages(
                channel=self._run.channel,
                shard=self._run.shard,
                limit=LEASE_SIZE,
                apart=bool(self._at_work),
            )
            lease = await self._system.lease_messages(request)
            self._counts.withheld += lease.withheld
            if len(lease.messages) == LEASE_SIZE or (lease.messages and self._at_work):
                self._at_work.append(asyncio.create_task(self._work_off(lease)))
                await self._finish(leave=LEASES_AT_WORK - 1)
            elif self._at_work:
                await self._finish(leave=0)
            elif lease.messages:
                self._swept = Swept()
                await self._work_off(lease)
                if not self._swept.more and not self._left_over:
                    return self._told(self._swept.next_due_at, self._swept.clock_id)
            elif lease.held_until is not None:
                await self._wait_for(lease.held_until)
            elif not lease.withheld:
                return self._told(lease.next_due_at, lease.clock_id)

    async def _finish(self, leave: int) -> None:
        """Wait until at most so many leases are at work, and raise what failed of the others.

        What the provider said of those that did not fail is recorded before.
        """
        while len(self._at_work) > leave:
            await asyncio.wait(self._at_work[:1])
            if self._at_work[0].exception() is not None:
                await asyncio.wait(self._at_work)
            self._at_work.pop(0).result()

    def _told(self, next_due_at: datetime | None, clock_id: UUID | None) -> DeliveryReport:
        return DeliveryReport(
            accepted=self._counts.accepted,
            refused=self._counts.refused,
            withheld=self._counts.withheld,
            unknown=self._counts.unknown,
            next_due_at=next_due_at,
            clock_id=clock_id,
        )

    async def _wait_for(self, held_until: datetime) -> None:
        """Rest a little while messages are held, by this attempt or by one that died."""
        left = (held_until - self._now()).total_seconds()
        await asyncio.sleep(max(_SHORTEST_PAUSE, min(left, _LONGEST_PAUSE)))

    async def _work_off(self, lease: Lease) -> None:
        if lease.lease_until - self._now() < _MARGIN:
            raise ApplicationError("a lease is too short to send anything in, or clocks differ")
        doubtful = [message for message in lease.messages if message.look_up]
        fresh = [message for message in lease.messages if not message.look_up]
        doubtful = await self._look_up_all(lease, doubtful, patient=False)
        all_sent = await self._send_all(lease, fresh)
        doubtful = await self._look_up_all(lease, doubtful, patient=True)
        self._left_over = not all_sent or bool(doubtful)

    async def _send_all(self, lease: Lease, fresh: Sequence[LeasedMessage]) -> bool:
        """Send group by group; False when the lease was too short for all."""
        size = GROUP_SIZE if self._sender.can_look_up else 1
        for group in _groups(fresh, size):
            if lease.lease_until - self._now() < _MARGIN:
                return False  # the rest comes back when the lease is over
            await self._send_group(lease, group)
        return True

    async def _look_up_all(
        self, lease: Lease, doubtful: Sequence[LeasedMessage], *, patient: bool
    ) -> list[LeasedMessage]:
        """Ask the provider after messages in doubt; answers those that are in doubt still."""
        unanswered: list[LeasedMessage] = []
        for group in _groups(doubtful, GROUP_SIZE):
            found = await asyncio.gather(
                *(self._look_up(lease, message, patient=patient) for message in group)
            )
            unanswered += [
                message for message, outcome in zip(group, found, strict=True) if outcome is None
            ]
            await self._report(lease, [outcome for outcome in found if outcome is not None])
        return unanswered

    async def _look_up(
        self, lease: Lease, message: LeasedMessage, *, patient: bool
    ) -> SendOutcome | None:
        """What the provider knows of a message; None when it is too early to tell.

        With `patient` it waits until the provider has settled, if that is within the lease, and
        asks again for a while where the provider is away.
        """
        if message.dispatched_at is None or not self._sender.can_look_up:
            return SendOutcome(message_id=message.id, outcome="cannot_tell")
        outbound = _outbound(message, message.dispatched_at)
        settled_at = message.dispatched_at + timedelta(seconds=self._sender.settle_seconds)
        ask_until = min(self._now() + timedelta(seconds=_ASKING_SECONDS), lease.lease_until)
        pause = _SHORTEST_PAUSE
        while True:
            asked_at = self._now()
            found = await self._sender.look_up(outbound)
            match found:
                case Found(provider_id, provider):
                    return SendOutcome(
                        message_id=message.id,
                        outcome="accepted",
                        provider_id=provider_id,
                        provider=provider,
                    )
                case CannotTell():
                    return SendOutcome(message_id=message.id, outcome="cannot_tell")
                case Unanswered():
                    if asked_at >= message.dispatched_at + _LONGEST_DOUBT:
                        return SendOutcome(message_id=message.id, outcome="cannot_tell")
                    if not patient or asked_at >= ask_until:
                        return None
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
                case NotFound():
                    if asked_at >= settled_at:
                        return SendOutcome(message_id=message.id, outcome="not_found")
                    if not patient or settled_at > lease.lease_until:
                        return None
                    await asyncio.sleep((settled_at - asked_at).total_seconds())
                case _:
                    assert_never(found)

    async def _send_group(self, lease: Lease, group: Sequence[LeasedMessage]) -> None:
        request = DispatchMessages(group=lease.group, message_ids=[each.id for each in group])
        dispatched = await self._until_answered(lambda: self._system.dispatch_messages(request))
        self._counts.withheld += dispatched.withdrawn
        allowed = set(dispatched.message_ids)
        outcomes = await asyncio.gather(
            *(
                self._send(lease, message, dispatched.dispatched_at)
                for message in group
                if message.id in allowed
            )
        )
        await self._report(lease, outcomes)

    async def _send(
        self, lease: Lease, message: LeasedMessage, dispatched_at: datetime
    ) -> SendOutcome:
        if lease.lease_until - self._now() < _NEEDED:
            # The dispatch took too long: the message certainly did not leave, and may be tried
            # again under a new lease.
            return SendOutcome(
                message_id=message.id, outcome="refused", code="lease-ended", retryable=True
            )
        try:
            ended = await self._sender.send(_outbound(message, dispatched_at))
        except Exception as error:  # a fault of ours: the message may have left all the same
            activity.logger.error("a sender failed: %s", type(error).__name__)
            ended = Unknown()
        match ended:
            case Accepted(provider_id, provider):
                return SendOutcome(
                    message_id=message.id,
                    outcome="accepted",
                    provider_id=provider_id,
                    provider=provider,
                )
            case Refused() as refused:
                return SendOutcome(
                    message_id=message.id,
                    outcome="refused",
                    code=refused.code[:64],
                    retryable=refused.retryable,
                    retire_address=refused.retire_address,
                    retry_after_seconds=refused.retry_after_seconds,
                    provider=refused.provider,
                )
            case Unknown(code, provider):
                return SendOutcome(
                    message_id=message.id, outcome="unknown", code=code[:64], provider=provider
                )
            case _:
                assert_never(ended)

    async def _report(self, lease: Lease, outcomes: Sequence[SendOutcome]) -> None:
        if not outcomes:
            return
        report = SendOutcomes(group=lease.group, outcomes=list(outcomes))
        self._swept = await self._until_answered(lambda: self._system.report_outcomes(report))
        for outcome in outcomes:
            self._counts.add(outcome)

    async def _until_answered(self, call: Callable[[], Awaitable[Result]]) -> Result:
        """Repeat a call of the API that may be repeated, while it is away.

        What the provider answered is known only here: losing it would put messages in doubt.
        """
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + _PATIENCE_SECONDS
        pause = 0.1
        while True:
            try:
                return await call()
            except ApplicationError as error:
                if error.non_retryable or loop.time() >= give_up_at:
                    raise
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


def _outbound(message: LeasedMessage, dispatched_at: datetime) -> Outbound:
    return Outbound(
        message_id=message.id,
        to=message.to,
        subject=message.subject,
        body=message.body,
        dispatched_at=dispatched_at,
        unsubscribe_url=message.unsubscribe_url,
        provider=message.provider,
    )


def _groups(messages: Sequence[LeasedMessage], size: int) -> Iterator[Sequence[LeasedMessage]]:
    for start in range(0, len(messages), size):
        yield messages[start : start + size]
