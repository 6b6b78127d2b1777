"""Gives a letter to a person to post."""

from datetime import timedelta
from typing import Final

from api.clock import Clock
from api.letters.tables import LetterRow
from api.letters.writing import NUMBER_PREFIX
from api.tasks import service as tasks
from api.work import Work
from contracts.names import Role

POST_WITHIN: Final = timedelta(days=2)
"""How soon a letter should be posted."""


async def ask_to_post(work: Work, clock: Clock, row: LetterRow) -> None:
    """Ask a person to print and post a letter, once."""
    await tasks.open_task(
        work,
        clock,
        natural_key=f"post_letter:{row.id}",
        kind="letter",
        title=f"Print and post the letter {NUMBER_PREFIX}{row.number}",
        role=Role.AGENT,
        due_at=clock.now + POST_WITHIN,
        case_id=row.case_id,
        loan_id=row.loan_id,
        customer_id=row.customer_id,
        payload={"letter_id": str(row.id)},
    )
