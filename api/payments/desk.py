"""Where single payments wait for one another: whoever comes while a group is posted is the next.

Nobody is kept waiting for others to come. Under load the groups grow by themselves, and the
length of the queue is bounded: who finds it full is told to come again.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog
from fastapi import Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from api.grouping import Grouping
from api.payments.asking import Ask, post_alone
from api.payments.group import Outcome, Poster
from domain.errors import DomainError, ErrorCode

log = structlog.get_logger(__name__)

LARGEST_GROUP: Final = 128
LONGEST_QUEUE: Final = 2_000
GROUPS_AT_ONCE: Final = 2
"""While one waits for the database the next is reckoned; they hold a connection each."""
ALONE_AT_ONCE: Final = 4
"""Connections that payments may hold which are posted on their own."""


class PostingDesk:
    """Collects the payments of one process and posts them in groups."""

    def __init__(self, poster: Poster, longest_queue: int = LONGEST_QUEUE) -> None:
        """Open the desk; it works only while somebody waits at it."""
        self.poster = poster
        self._longest_queue = longest_queue
        self._groups = Grouping(self.post_all, largest=LARGEST_GROUP, at_once=GROUPS_AT_ONCE)
        self._alone = asyncio.Semaphore(ALONE_AT_ONCE)

    async def post(self, ask: Ask) -> Response:
        """Post a payment together with others.

        Raises `UNAVAILABLE` when too many wait already, and what `asking.post_alone` raises.
        """
        if self._groups.waiting >= self._longest_queue:
            raise DomainError(
                ErrorCode.UNAVAILABLE, "Too many payments come at once; nothing was changed."
            )
        return await self._groups.join(ask)

    async def post_all(self, asks: Sequence[Ask]) -> list[Response | BaseException]:
        """Post many payments; each gets an answer or an error of its own, in their order."""
        try:
            outcomes = await self.poster.post(asks)
        except (DBAPIError, PoolTimeoutError) as error:
            log.warning("group_failed", kind=type(error).__name__, payments=len(asks))
            outcomes = [None] * len(asks)
        return await self._rest_alone(asks, outcomes)

    async def _rest_alone(
        self, asks: Sequence[Ask], outcomes: Sequence[Outcome]
    ) -> list[Response | BaseException]:
        """Post what the group left: those of one loan in their order, loans side by side."""
        answers: dict[Ask, Response | BaseException] = {}
        left: dict[object, list[Ask]] = {}
        for ask, outcome in zip(asks, outcomes, strict=True):
            if outcome is None:
                left.setdefault(ask.loan_id, []).append(ask)
            else:
                answers[ask] = outcome

        async def in_order(chain: Sequence[Ask]) -> None:
            for ask in chain:
                async with self._alone:
                    try:
                        answers[ask] = await post_alone(self.poster.room, self.poster.tokens, ask)
                    except Exception as error:
                        answers[ask] = error

        await asyncio.gather(*(in_order(chain) for chain in left.values()))
        return [answers[ask] for ask in asks]
