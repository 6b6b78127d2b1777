"""Child processes that open files, one file each: a few at once, and one that waits warm."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from typing import Final, Literal, Self

from pydantic import ValidationError

from activities.documents.child import LENGTH, READY, Answer, Order
from activities.documents.limits import Limits
from contracts.documents import ReadResult
from domain.documents.rejection import Refused, RejectionCode

_COMMAND: Final = (sys.executable, "-I", "-B", "-m", "activities.documents.child")
_START_SECONDS: Final = 30.0
"""Importing the readers on a busy machine; it is no part of the file's own time."""
_RAN_OUT_OF_TIME: Final = frozenset({-signal.SIGXCPU})
_KILLED: Final = frozenset({-signal.SIGKILL, -signal.SIGTERM})


class ReaderKilledError(Exception):
    """Somebody killed the child: nothing is known about the file, and another try is due."""


class ReaderPool:
    """Opens files in child processes with limits; what goes wrong there stays there.

    Each child opens one file and ends, so that no file meets what another left behind. The next
    child starts ahead, its libraries loaded.
    """

    def __init__(self, limits: Limits | None = None, *, at_once: int = 2) -> None:
        """Plan a pool.

        Args:
            limits: What one file may cost.
            at_once: The most children that work at the same time.
        """
        self._limits = Limits() if limits is None else limits
        self._places = asyncio.Semaphore(at_once)
        self._warm: asyncio.Task[Process] | None = None
        self._working: set[Process] = set()

    async def __aenter__(self) -> Self:
        """Nothing starts before the first file comes."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """End every child."""
        await self.close()

    @property
    def limits(self) -> Limits:
        """What one file may cost."""
        return self._limits

    def pids(self) -> tuple[int, ...]:
        """The children that are at work on a file."""
        return tuple(process.pid for process in self._working)

    async def warmed(self) -> int:
        """Start the child that waits, if none does; answers its process id.

        Raises:
            ReaderKilledError: It did not start.
        """
        if self._warm is None:
            self._warm = asyncio.create_task(_start())
        return (await self._warm).pid

    async def read(self, content: bytes) -> ReadResult:
        """Read a file.

        Raises:
            ReaderKilledError: Somebody killed the child.
        """
        try:
            answer, _ = await self._ask(content, "read")
        except Refused as refused:
            return ReadResult(rejection=refused.code.value)
        if answer.result is None:
            code = answer.rejection or RejectionCode.CRASHED_READER
            return ReadResult(rejection=code.value)
        return answer.result

    async def render(self, content: bytes, first: int, last: int) -> list[bytes]:
        """Images (PNG) of the pages of a PDF file from `first` to `last`, counted from 1.

        Raises:
            Refused: The file cannot be shown.
            ReaderKilledError: Somebody killed the child.
        """
        answer, images = await self._ask(content, "render", first, last)
        if answer.rejection is not None:
            raise Refused(answer.rejection)
        return images

    async def close(self) -> None:
        """End every child, at work or not."""
        if self._warm is not None:
            warm, self._warm = self._warm, None
            with suppress(OSError, ReaderKilledError):
                await _end(await warm)
        for process in tuple(self._working):
            await _end(process)

    # -- one file ------------------------------------------------------------------------------

    async def _ask(
        self, content: bytes, job: Literal["read", "render"], first: int = 0, last: int = 0
    ) -> tuple[Answer, list[bytes]]:
        order = Order(job=job, first=first, last=last, limits=self._limits)
        async with self._places:
            process = await self._child()
            self._working.add(process)
            try:
                async with asyncio.timeout(self._limits.wall_seconds):
                    answer = await self._exchange(process, order, content)
            except TimeoutError:
                raise Refused(RejectionCode.TOOK_TOO_LONG) from None
            finally:
                self._working.discard(process)
                await _end(process)
            return answer

    async def _child(self) -> Process:
        """The child that waits, or a new one; the next is started meanwhile."""
        warm = self._warm
        self._warm = None
        process = None
        if warm is not None:
            with suppress(ReaderKilledError):
                process = await warm
        if process is None or process.returncode is not None:
            process = await _start()
        self._warm = asyncio.create_task(_start())
        return process

    async def _exchange(
        self, process: Process, order: Order, content: bytes
    ) -> tuple[Answer, list[bytes]]:
        given, taken = process.stdin, process.stdout
        if given is None or taken is None:
            raise RuntimeError("the child was started without pipes")
        sending = asyncio.create_task(_send(given, order.model_dump_json().encode(), content))
        try:
            return await _answer(taken, self._limits.answer_bytes)
        except (asyncio.IncompleteReadError, ValidationError, ConnectionError):
            raise _failure(await process.wait()) from None
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await sending


async def _start() -> Process:
    # No environment: what the worker knows (its client's secret) is nothing to a hostile file.
    process = await asyncio.create_subprocess_exec(
        *_COMMAND,
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(_START_SECONDS):
            said = b"" if process.stdout is None else await process.stdout.read(1)
    except TimeoutError:
        said = b""
    if said != READY:
        await _end(process)
        raise ReaderKilledError("the child did not start")
    return process


async def _send(stream: asyncio.StreamWriter, *parts: bytes) -> None:
    for part in parts:
        stream.write(len(part).to_bytes(LENGTH, "big"))
        stream.write(part)
        await stream.drain()


async def _answer(stream: asyncio.StreamReader, most: int) -> tuple[Answer, list[bytes]]:
    """Read a frame; a child that says more than it may is taken as broken."""
    left = most

    async def part() -> bytes:
        nonlocal left
        length = int.from_bytes(await stream.readexactly(LENGTH), "big")
        left -= length
        if left < 0:
            raise asyncio.IncompleteReadError(b"", length)
        return await stream.readexactly(length)

    answer = Answer.model_validate_json(await part())
    return answer, [await part() for _ in range(answer.images)]


def _failure(code: int) -> Exception:
    """What the end of a child without an answer says of its file."""
    if code in _RAN_OUT_OF_TIME:
        return Refused(RejectionCode.TOOK_TOO_LONG)
    if code in _KILLED:
        return ReaderKilledError("the child was killed")
    return Refused(RejectionCode.CRASHED_READER)


async def _end(process: Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
    await process.wait()
    if process.stdin is not None:
        process.stdin.close()
        with suppress(OSError):
            await process.stdin.wait_closed()
