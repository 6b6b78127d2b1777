"""The providers of one channel in their order: the first that is well takes a message.

Another provider is asked only when the one before certainly did not send, and for a reason of its
own: it could not be reached, let us in no more, or had too much to do. A bad address is bad
everywhere, and after an unknown outcome nobody else is asked: the message may be on its way.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Final, Protocol, assert_never

import structlog

from activities.messaging.circuit import Circuit, CircuitRules, CircuitState
from activities.messaging.port import (
    Accepted,
    CannotTell,
    Channel,
    Found,
    LookedUp,
    NotFound,
    Outbound,
    Refused,
    Sender,
    SendOutcome,
    Unanswered,
    Unknown,
)

FAILOVER_SECONDS: Final = 2.0
"""How long after the first provider was asked another still is: a message is not sent late."""

AWAY: Final = "provider-away"
"""The code of a refusal of ours: no provider of the channel is well."""

_log = structlog.stdlib.get_logger(__name__)


class Watch(Protocol):
    """Who counts what providers do."""

    def sent(self, channel: str, provider: str, outcome: str) -> None:
        """A provider was asked to send: `accepted`, `refused`, `failed` or `unknown`."""
        ...


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider of a channel.

    Attributes:
        name: What it is called on messages, in measures and logs: `twilio`, `twilio-backup`.
        sender: How it is reached.
    """

    name: str
    sender: Sender


class Failover:
    """`Sender` that stands for several in their order, each with a circuit of its own.

    A lone provider is always asked: to withhold messages from it would help nobody, they wait in
    the queue as well. Its circuit only shows how it is.
    """

    def __init__(
        self,
        providers: Sequence[Provider],
        *,
        rules: CircuitRules | None = None,
        clock: Callable[[], float] = monotonic,
        watch: Watch | None = None,
    ) -> None:
        """Keep the providers.

        Args:
            providers: At least one, all of the same channel; the first is preferred.
            rules: When a circuit opens.
            clock: Seconds that only grow.
            watch: Who counts.
        """
        if len({one.sender.channel for one in providers}) != 1:
            raise ValueError("providers of one channel are wanted")
        self._providers = tuple(providers)
        self._circuits = {one.name: Circuit(rules or CircuitRules()) for one in providers}
        self._clock = clock
        self._watch = watch

    @property
    def channel(self) -> Channel:
        """The channel they all serve."""
        return self._providers[0].sender.channel

    @property
    def can_look_up(self) -> bool:
        """Whether each can be asked after a message: any of them may have it."""
        return all(one.sender.can_look_up for one in self._providers)

    @property
    def settle_seconds(self) -> float:
        """The longest of theirs."""
        return max(one.sender.settle_seconds for one in self._providers)

    @property
    def names(self) -> tuple[str, ...]:
        """The providers in their order."""
        return tuple(one.name for one in self._providers)

    def states(self) -> Mapping[str, CircuitState]:
        """How each provider is, by name."""
        return {name: circuit.state for name, circuit in self._circuits.items()}

    async def send(self, message: Outbound) -> SendOutcome:
        """Hand one message to the first provider that is well; a second never gets it too."""
        until = self._clock() + FAILOVER_SECONDS
        refused: Refused | None = None
        for one in self._providers:
            if refused is not None and self._clock() > until:
                break
            if not self._enter(one):
                continue
            ended = await self._ask(one, message)
            if not (isinstance(ended, Refused) and ended.provider_fault):
                return ended
            refused = refused or ended
        return refused or Refused(AWAY, True, False, self._rest(), provider_fault=True)

    async def look_up(self, message: Outbound) -> LookedUp:
        """Ask whoever took the message; where that is not known, everybody who may have."""
        asked = [one for one in self._providers if message.provider in {None, one.name}]
        if not asked:
            return CannotTell()  # a provider that is set up no more
        said: list[LookedUp] = []
        for one in asked:
            match await one.sender.look_up(message):
                case Found() as found:
                    return replace(found, provider=one.name)
                case NotFound() | Unanswered() | CannotTell() as other:
                    said.append(other)
                case unforeseen:
                    assert_never(unforeseen)
        for one_word in said:
            if isinstance(one_word, CannotTell):
                return one_word
        return next((word for word in said if isinstance(word, Unanswered)), NotFound())

    async def close(self) -> None:
        """Let go of all of them."""
        for one in self._providers:
            await one.sender.close()

    def _enter(self, one: Provider) -> bool:
        """Whether a provider is asked now."""
        if len(self._providers) == 1:
            return True
        circuit = self._circuits[one.name].admit(self._clock())
        if circuit is not None:
            self._turn(one, circuit)
        return circuit is not None

    async def _ask(self, one: Provider, message: Outbound) -> SendOutcome:
        ended: SendOutcome | None = None
        try:
            ended = await one.sender.send(message)
        finally:
            if ended is None:
                self._turn(one, self._circuits[one.name].abandoned(self._clock()))
        circuit = self._circuits[one.name]
        match ended:
            case Accepted():
                outcome, circuit = "accepted", circuit.succeeded()
            case Refused(provider_fault=True):
                outcome, circuit = "failed", circuit.failed(self._clock())
            case Refused():
                # It answered, and it was right to refuse.
                outcome, circuit = "refused", circuit.succeeded()
            case Unknown():
                outcome, circuit = "unknown", circuit.failed(self._clock())
            case _:
                assert_never(ended)
        self._turn(one, circuit)
        if self._watch is not None:
            self._watch.sent(self.channel.value, one.name, outcome)
        return replace(ended, provider=one.name)

    def _turn(self, one: Provider, circuit: Circuit) -> None:
        before = self._circuits[one.name].state
        self._circuits[one.name] = circuit
        if circuit.state is not before:
            _log.warning(
                "provider circuit turned",
                channel=self.channel.value,
                provider=one.name,
                state=circuit.state.value,
            )

    def _rest(self) -> float:
        """Seconds until a provider is asked again."""
        now = self._clock()
        return min(circuit.seconds_left(now) for circuit in self._circuits.values())
