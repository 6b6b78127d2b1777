"""Looks up the standing of whoever asks, once for all who ask in his name at the same time.

A look-up counts only for requests that came before it began: somebody who is disabled is out at
once, as if each request had looked for itself.
"""

import asyncio

from api.security.principal import Principal
from api.security.tokens import TokenService
from api.work import WorkRoom


class Standings:
    """The look-ups of one process: for each principal one under way, and one that is next."""

    def __init__(self, room: WorkRoom, tokens: TokenService) -> None:
        """Look up with a service's tokens, each time in a transaction of its own."""
        self._room = room
        self._tokens = tokens
        self._under_way: dict[Principal, asyncio.Task[None]] = {}
        self._next: dict[Principal, asyncio.Task[None]] = {}

    async def refuse_disabled(self, principal: Principal) -> None:
        """Raises `UNAUTHENTICATED` for a token whose holder was disabled or changed."""
        task = self._next.get(principal)
        if task is None:
            task = asyncio.create_task(self._look(principal))
            self._next[principal] = task
        await asyncio.shield(task)

    async def _look(self, principal: Principal) -> None:
        before = self._under_way.get(principal)
        if before is not None:
            await asyncio.wait([before])
        task = self._next.pop(principal)
        self._under_way[principal] = task
        try:
            async with self._room.begin(principal, "") as work:
                await self._tokens.refuse_disabled(work, principal)
        finally:
            if self._under_way.get(principal) is task:
                del self._under_way[principal]
