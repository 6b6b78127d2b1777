"""Slows down guessing: a sliding window of failed attempts per account and per address.

The window is kept in the memory of the process (each of N processes allows the figures below).
Who is counted cannot be read from it: keys are digests under a key that dies with the process.
"""

import hashlib
import math
import secrets
import time
from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address
from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from api.problems import RETRY_AFTER_FACT
from domain.errors import DomainError, ErrorCode

WINDOW_MINUTES: Final = 15
PER_ACCOUNT: Final = 5
PER_ADDRESS: Final = 20
_ACCOUNT = RateLimitItemPerMinute(PER_ACCOUNT, WINDOW_MINUTES, namespace="account")
_ADDRESS = RateLimitItemPerMinute(PER_ADDRESS, WINDOW_MINUTES, namespace="address")

_NETWORK_BITS = 64
"""An IPv6 host has a whole /64 to itself, so that is what is counted."""


class Throttle:
    """Counts failed attempts of a process."""

    def __init__(self) -> None:
        """Start with no failures."""
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._key = secrets.token_bytes(32)

    async def admit(self, account: str, address: str) -> None:
        """Let an attempt through, or raise `TOO_MANY_ATTEMPTS` with the seconds to wait."""
        waits = [await self._wait(item, key) for item, key in self._counters(account, address)]
        if max(waits) > 0:
            raise DomainError(
                ErrorCode.TOO_MANY_ATTEMPTS,
                "Too many attempts failed; wait before the next one.",
                {RETRY_AFTER_FACT: max(waits)},
            )

    async def failed(self, account: str, address: str) -> None:
        """Count a failed attempt against the account and the address."""
        for item, key in self._counters(account, address):
            await self._limiter.hit(item, key)

    async def succeeded(self, account: str) -> None:
        """Forget an account's failures; those of the address stay, they may be another's."""
        await self._limiter.clear(_ACCOUNT, self._digest(account))

    async def _wait(self, item: RateLimitItem, key: str) -> int:
        if await self._limiter.test(item, key):
            return 0
        # The storage stamps attempts with the wall clock; only that one tells what is left.
        reset_at, _ = await self._limiter.get_window_stats(item, key)
        return max(1, math.ceil(reset_at - time.time()))

    def _counters(self, account: str, address: str) -> Sequence[tuple[RateLimitItem, str]]:
        return (
            (_ACCOUNT, self._digest(account)),
            (_ADDRESS, self._digest(_network(address))),
        )

    def _digest(self, text: str) -> str:
        return hashlib.blake2b(text.encode(), key=self._key, digest_size=16).hexdigest()


def _network(address: str) -> str:
    """What of a network address stands for one attacker."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{int(parsed) >> _NETWORK_BITS:x}"
