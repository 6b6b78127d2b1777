"""Gives a letter on: to a person who posts it, or to its reader in the portal."""

from datetime import timedelta
from typing import Final

from api.clock import Clock
from api.letters.tables import LetterRow
from api.letters.writing import NUMBER_PREFIX
from api.messages.queueing import NewMessage, Validity, queue
from api.tasks import service as tasks
from api.work import Work
from contracts.names import Role
from domain.contact.channel import Channel, Purpose
from domain.letters import PURPOSES, LetterCode

POST_WITHIN: Final = timedelta(days=2)
"""How soon a letter should be posted."""


async def ask_to_post(
    work: Work, clock: Clock, row: LetterRow, within: timedelta = POST_WITHIN
) -> None:
    """Ask a person to print and post a letter, once."""
    title = f"Print and post the letter {NUMBER_PREFIX}{row.number}"
    await _ask(work, clock, row, within, how="post", kind="letter", title=title)


async def ask_to_give(work: Work, clock: Clock, row: LetterRow, within: timedelta) -> None:
    """Ask a person to give a letter to somebody of whom no address is known, once."""
    title = f"Give the letter {NUMBER_PREFIX}{row.number} in another way; no address is known"
    await _ask(work, clock, row, within, how="give", kind="notice", title=title)


async def _ask(
    work: Work, clock: Clock, row: LetterRow, within: timedelta, *, how: str, kind: str, title: str
) -> None:
    await tasks.open_task(
        work,
        clock,
        natural_key=f"{how}_letter:{row.id}",
        kind=kind,
        title=title,
        role=Role.AGENT,
        due_at=clock.now + within,
        case_id=row.case_id,
        loan_id=row.loan_id,
        customer_id=row.customer_id,
        payload={"letter_id": str(row.id)},
    )


async def tell_reader(work: Work, clock: Clock, row: LetterRow) -> None:
    """Tell in the portal that a letter waits there, if the rules allow it; last in a use case."""
    asks = PURPOSES[LetterCode(row.code)] is Purpose.COLLECTION
    await queue(
        work,
        clock,
        NewMessage(
            customer_id=row.customer_id,
            channel=Channel.IN_APP.value,
            purpose=(Purpose.COLLECTION if asks else Purpose.SERVICING).value,
            template="letter_ready",
            due_at=clock.now,
            not_after=None,
            validity=Validity.ALWAYS.value,
            dedupe_key=f"letter:{row.id}",
            loan_id=row.loan_id,
            case_id=row.case_id if asks else None,
        ),
    )
