"""Passwords: Argon2id, one at a time, never on the event loop.

A hash takes 64 MiB and a good part of a second of a core on purpose. One at a time keeps a burst
of log-ins from taking the memory and the processor that payments need; whoever comes when the
queue is long is told to come back.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Literal

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from domain.errors import DomainError, ErrorCode

Cost = Literal["standard", "test"]

MAX_WAITING: Final = 32
"""How many may wait for their turn: at three hashes a second the last one waits ten seconds."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password fits; `rehashed` is set when the stored hash is of yesterday's cost."""

    fits: bool
    rehashed: str | None = None


class Turn:
    """The right to hash, held by one caller of the process at a time."""

    def __init__(self, hashing: PasswordHash, nobody: str) -> None:
        """Hash with `hashing`; `nobody` is the hash that stands in for a missing one."""
        self._hashing = hashing
        self._nobody = nobody

    async def hash(self, password: str) -> str:
        """The salted hash of a new password, parameters included (PHC string)."""
        return await asyncio.to_thread(self._hashing.hash, password)

    async def verify(self, password: str, stored: str | None) -> Verdict:
        """Whether a password fits a stored hash.

        Without one (an unknown user) the same work is done, so that the time taken says nothing.
        """
        return await asyncio.to_thread(self._verify, password, stored)

    def _verify(self, password: str, stored: str | None) -> Verdict:
        try:
            fits, rehashed = self._hashing.verify_and_update(password, stored or self._nobody)
        except UnknownHashError:
            fits, rehashed = False, None
        return Verdict(fits, rehashed) if stored is not None else Verdict(False)


class Passwords:
    """Hashes and verifies the passwords of a process."""

    def __init__(self, cost: Cost = "standard") -> None:
        """`standard` is the second recommended option of RFC 9106, section 4; `test` is cheap."""
        hasher = (
            Argon2Hasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
            if cost == "standard"
            else Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)
        )
        self._hashing = PasswordHash((hasher,))
        self._nobody: str | None = None
        self._lock = asyncio.Lock()
        self._waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Turn]:
        """Wait for the turn to hash and keep it for the block.

        Raises `UNAVAILABLE` when `MAX_WAITING` are waiting already.
        """
        if self._waiting >= MAX_WAITING:
            raise DomainError(
                ErrorCode.UNAVAILABLE, "Too many people are logging in; try again in a moment."
            )
        self._waiting += 1
        try:
            await self._lock.acquire()
        finally:
            self._waiting -= 1
        try:
            yield Turn(self._hashing, await self._stand_in())
        finally:
            self._lock.release()

    async def hash(self, password: str) -> str:
        """The hash of a new password, in a turn of its own; raises `UNAVAILABLE`."""
        async with self.turn() as turn:
            return await turn.hash(password)

    async def _stand_in(self) -> str:
        """The hash of a password nobody knows, made once."""
        if self._nobody is None:
            self._nobody = await asyncio.to_thread(self._hashing.hash, secrets.token_urlsafe(32))
        return self._nobody
