"""Asks a person to look at a document that waits for a review, by a task in the staff's list."""

from datetime import timedelta
from typing import Final

from api.clock import Clock
from api.documents import reading
from api.documents.tables import DocumentRow
from api.tasks import service as tasks
from api.work import Work
from contracts.names import Role

REVIEW_WITHIN: Final = timedelta(days=2)
"""When a review should be done, from the moment that it is wanted."""


async def review_wanted(work: Work, clock: Clock, row: DocumentRow) -> None:
    """Ask an agent to look at a document; once per document."""
    await tasks.open_task(
        work,
        clock,
        natural_key=_natural_key(row),
        kind=tasks.DOCUMENT_REVIEW,
        title=f"Review {reading.NUMBER_PREFIX}{row.number}",
        role=Role.AGENT,
        due_at=clock.now + REVIEW_WITHIN,
        loan_id=row.loan_id,
        customer_id=row.customer_id,
        payload={"document_id": str(row.id)},
    )


async def reviewed(work: Work, clock: Clock, row: DocumentRow) -> None:
    """Somebody has decided on a document: its task is done, with the decision as its outcome."""
    await tasks.finish_opened(work, clock.now, _natural_key(row), row.status)


def _natural_key(row: DocumentRow) -> str:
    return f"{tasks.DOCUMENT_REVIEW}:{row.id}"
