"""The engine and the sessions of a process."""

from sqlalchemy import QueuePool
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)


def make_engine(url: str, pool: int) -> AsyncEngine:
    """An engine whose connections speak UTC and give up on a lock after five seconds.

    Connections are not tried before use: after a restart of Postgres one request is answered
    "unavailable" and may be repeated, and the whole pool is made anew.
    """
    return create_async_engine(
        url,
        pool_size=pool,
        max_overflow=4,
        # Values of rows are personal data: they stay out of error texts.
        hide_parameters=True,
        connect_args={
            "options": "-c timezone=UTC -c lock_timeout=5s"
            " -c idle_in_transaction_session_timeout=60s",
            "prepare_threshold": 3,
        },
    )


def connections_in_use(engine: AsyncEngine) -> int:
    """How many connections somebody works with at this moment."""
    pool = engine.pool
    return pool.checkedout() if isinstance(pool, QueuePool) else 0


def make_sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Sessions that keep their objects usable after the commit."""
    return async_sessionmaker(engine, expire_on_commit=False)
