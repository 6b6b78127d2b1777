"""Things that are done together: whoever comes while a group is being done is in the next one.

Nobody is kept waiting for others to come; under load the groups grow by themselves.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Ask = TypeVar("Ask")
Answer = TypeVar("Answer")


class Grouping(Generic[Ask, Answer]):
    """Collects what is asked of one process, and has it done in groups."""

    def __init__(
        self,
        do: Callable[[Sequence[Ask]], Awaitable[Sequence[Answer | BaseException]]],
        *,
        largest: int,
        at_once: int,
    ) -> None:
        """Wait for the first to come; nothing runs while nobody waits.

        Args:
            do: Does a group; an answer or an error for each, in their order.
            largest: The most in a group.
            at_once: Groups that may be under way together.
        """
        self._do = do
        self._largest = largest
        self._at_once = at_once
        self._waiting: deque[tuple[Ask, asyncio.Future[Answer]]] = deque()
        self._lanes: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """How many wait for a group."""
        return len(self._waiting)

    async def join(self, ask: Ask) -> Answer:
        """Have something done together with what others ask; raises the error that is its own."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((ask, answer))
        if len(self._lanes) < self._at_once:
            lane = asyncio.create_task(self._lane())
            self._lanes.add(lane)
            lane.add_done_callback(self._lanes.discard)
        return await answer

    async def _lane(self) -> None:
        """Do groups until nobody waits."""
        while self._waiting:
            group = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._largest))]
            try:
                answers = await self._do([ask for ask, _ in group])
            except BaseException as error:
                for _, answer in group:
                    if not answer.done():
                        answer.set_exception(error)
                if not isinstance(error, Exception):
                    raise
                continue  # those who came meanwhile still wait for their group
            for (_, answer), found in zip(group, answers, strict=True):
                if answer.done():
                    continue  # whoever asked has gone
                if isinstance(found, BaseException):
                    answer.set_exception(found)
                else:
                    answer.set_result(found)
