"""A circuit breaker: whether a provider is asked at all, told what became of earlier calls.

Pure: every step is told the time (seconds that only grow) and answers the circuit that follows.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never


class CircuitState(StrEnum):
    """How a provider is treated."""

    CLOSED = "closed"
    """It is asked."""
    OPEN = "open"
    """It failed too often: it is left alone for a while."""
    HALF_OPEN = "half-open"
    """One call tries whether it is back."""


@dataclass(frozen=True, slots=True)
class CircuitRules:
    """When a circuit opens, and for how long.

    Attributes:
        failures: So many in a row open it.
        rest_seconds: The first rest; each probe that fails doubles it.
        longest_rest_seconds: No rest is longer.
    """

    failures: int = 5
    rest_seconds: float = 15.0
    longest_rest_seconds: float = 240.0


@dataclass(frozen=True, slots=True)
class Circuit:
    """The circuit of one provider.

    Attributes:
        rules: When it opens.
        state: As of the last step; an open one whose rest is over lets a probe through when it is
            asked to.
        failures: Failures in a row while closed.
        rest: Seconds of the current, or else of the next rest.
        until: The end of the current rest.
    """

    rules: CircuitRules = CircuitRules()
    state: CircuitState = CircuitState.CLOSED
    failures: int = 0
    rest: float = 0.0
    until: float = 0.0

    def admit(self, now: float) -> "Circuit | None":
        """The circuit with a call under way; None when the provider is not to be asked now."""
        match self.state:
            case CircuitState.CLOSED:
                return self
            case CircuitState.OPEN:
                return replace(self, state=CircuitState.HALF_OPEN) if now >= self.until else None
            case CircuitState.HALF_OPEN:
                return None
            case _:
                assert_never(self.state)

    def succeeded(self) -> "Circuit":
        """The provider did its part. The late word of an older call does not end a rest."""
        if self.state is CircuitState.OPEN:
            return self
        return Circuit(self.rules)

    def failed(self, now: float) -> "Circuit":
        """The provider failed by its own fault. Late words of older calls lengthen no rest."""
        match self.state:
            case CircuitState.CLOSED:
                counted = replace(self, failures=self.failures + 1)
                if counted.failures < self.rules.failures:
                    return counted
                return counted._opened(now, self.rules.rest_seconds)
            case CircuitState.HALF_OPEN:
                return self._opened(now, min(self.rest * 2, self.rules.longest_rest_seconds))
            case CircuitState.OPEN:
                return self
            case _:
                assert_never(self.state)

    def abandoned(self, now: float) -> "Circuit":
        """A call ended without a word: if it was the probe, the next one may try at once."""
        if self.state is not CircuitState.HALF_OPEN:
            return self
        return replace(self, state=CircuitState.OPEN, until=now)

    def seconds_left(self, now: float) -> float:
        """Seconds until it may let a call through; while a probe is under way, the next rest."""
        match self.state:
            case CircuitState.CLOSED:
                return 0.0
            case CircuitState.OPEN:
                return max(self.until - now, 0.0)
            case CircuitState.HALF_OPEN:
                return self.rest
            case _:
                assert_never(self.state)

    def _opened(self, now: float, rest: float) -> "Circuit":
        return replace(self, state=CircuitState.OPEN, rest=rest, until=now + rest)
