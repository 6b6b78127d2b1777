"""Does something in a transaction that is taken back again unless it is to be kept."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from api.work import Work


@dataclass(slots=True)
class Attempt:
    """Whether what was tried stays."""

    keep: bool = False


@asynccontextmanager
async def attempt_on(work: Work) -> AsyncIterator[Attempt]:
    """Do something that is undone at the end unless it is to be kept."""
    await work.session.flush()
    ends, acts = list(work.at_end), work.acts.copy()
    postings, signals = work.postings.copy(), set(work.signals)
    attempt = Attempt()
    savepoint = await work.session.begin_nested()
    try:
        yield attempt
    finally:
        if attempt.keep:
            await savepoint.commit()
        else:
            await savepoint.rollback()
            work.at_end[:] = ends
            for counter, before in ((work.acts, acts), (work.postings, postings)):
                counter.clear()
                counter.update(before)
            work.signals.clear()
            work.signals.update(signals)
