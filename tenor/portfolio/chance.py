"""Chance that can be repeated: a hash of what it is about, never a generator with a state."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, TypeVar

_DIGEST_BYTES: Final = 8
_STEPS: Final = 2 ** (8 * _DIGEST_BYTES)

Choice = TypeVar("Choice")


def chance(seed: int, *about: object) -> float:
    """A number from 0 up to, but not including, 1: always the same for the same arguments."""
    return _digest(seed, about) / _STEPS


def whole(seed: int, low: int, high: int, *about: object) -> int:
    """A whole number from `low` to `high`, both included."""
    return low + _digest(seed, about) % (high - low + 1)


def pick(seed: int, choices: Sequence[Choice], *about: object) -> Choice:
    """One of several."""
    return choices[_digest(seed, about) % len(choices)]


def weighted(seed: int, choices: Sequence[tuple[Choice, int]], *about: object) -> Choice:
    """One of several, each as likely as its weight says."""
    left = _digest(seed, about) % sum(weight for _, weight in choices)
    for choice, weight in choices:
        if left < weight:
            return choice
        left -= weight
    raise ValueError("weights are not negative")


def _digest(seed: int, about: Sequence[object]) -> int:
    text = "\x1f".join(str(part) for part in (seed, *about))
    return int.from_bytes(blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest(), "big")
