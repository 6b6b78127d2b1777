"""The unit of work: one transaction, who asked for it, and what to signal once it is committed."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.metrics import Metrics
from api.security.principal import Principal
from api.security.vault import Vault
from api.signals import Signals


@dataclass(slots=True)
class Work:
    """What a use case works with. Nothing below the request edge commits.

    `now` is technical time, read once at the edge; business dates come from `api.clock`.
    """

    session: AsyncSession
    principal: Principal
    now: datetime
    vault: Vault
    request_id: str
    signals: set[str] = field(default_factory=set)
    clocks: dict[UUID, datetime] = field(default_factory=dict)
    """Test clocks looked at so far: one piece of work lives in one instant."""
    at_end: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    """What locks last of all, done in this order before the commit."""
    acts: Counter[str] = field(default_factory=Counter)
    """What was done, `area.verb`, to be counted after the commit."""
    postings: Counter[str] = field(default_factory=Counter)
    """Movements on loans by their kind, to be counted after the commit."""

    def signal(self, name: str) -> None:
        """Send a signal after the commit."""
        self.signals.add(name)


BeginWork = Callable[[], AbstractAsyncContextManager[Work]]
"""Begins a unit of work of its own each time it is called."""


def technical_now() -> datetime:
    """The wall clock, for leases, tokens and live business time; read at the edge only."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class WorkRoom:
    """What lets an edge begin units of work."""

    sessions: async_sessionmaker[AsyncSession]
    vault: Vault
    signals: Signals
    metrics: Metrics = field(default_factory=Metrics)

    @asynccontextmanager
    async def begin(self, principal: Principal, request_id: str) -> AsyncIterator[Work]:
        """One unit of work: committed when the block ends, rolled back when it raises."""
        async with self.sessions() as session:
            work = Work(session, principal, technical_now(), self.vault, request_id)
            async with session.begin():
                yield work
                for last in work.at_end:
                    await last()
        self.metrics.committed(work.acts, work.postings)
        for name in work.signals:
            self.signals.send(name)
