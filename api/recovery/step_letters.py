"""Writes the letters that a step names by their code, and asks an agent to post each of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from api.letters import service as letters
from api.letters.service import LoanLetter
from api.recovery import cases, telling
from api.recovery.cases import Held
from api.tasks import service as tasks
from api.work import Work
from contracts.letters import Letter
from contracts.names import Role
from domain.errors import DomainError, ErrorCode
from domain.letters import LetterCode

LETTER: Final = "letter"
"""In a task: the code of a letter that has still to be written."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a step asks for.

    Attributes:
        code: Which letter.
        key: The step's key; it makes its tasks and letters the same.
        due_at: When it should be posted, on the customer's clock.
        fonts: The folder of further fonts.
    """

    code: LetterCode
    key: str
    due_at: datetime
    fonts: str


async def write(work: Work, held: Held, asked: Asked, loan_ids: Sequence[UUID]) -> int:
    """Write the letter about each overdue loan of a case, in order; answers how many there are.

    Each is a task for an agent. One that is not true of its loan is left out; one that cannot be
    written is a task all the same, which writes it once what it lacked is there.
    """
    count = 0
    for loan_id in loan_ids:
        # The first is the task of the step itself, by whose outcome conditions go.
        key = asked.key if count == 0 else f"{asked.key}:{loan_id}"
        try:
            letter = await write_once(work, held, asked.code, loan_id, key, asked.fonts)
        except DomainError as error:
            if error.code is ErrorCode.LETTER_NOT_TRUE:
                continue
            payload = {LETTER: asked.code.value, "reason": error.code.value}
            title = f"Write and post a letter of {cases.number(held.case)}; it was not written"
        else:
            payload = {"letter_id": str(letter.id)}
            title = f"Print and post the letter {letter.number}"
        await tasks.open_task(
            work,
            held.clock,
            natural_key=key,
            kind="letter",
            title=title,
            role=Role.AGENT,
            due_at=asked.due_at,
            case_id=held.case.id,
            loan_id=loan_id,
            customer_id=held.case.customer_id,
            payload=payload,
        )
        count += 1
    return count


async def write_once(  # noqa: PLR0913, PLR0917 - what one letter is made of
    work: Work, held: Held, code: LetterCode, loan_id: UUID, task_key: str, fonts: str
) -> Letter:
    """Write the letter of a task, once, and tell of it in the case's story.

    Raises:
        DomainError: `LETTER_NOT_TRUE`, `LETTER_LACKS_SENDER`, `LETTER_NOT_SET`, `NOT_FOUND`.
    """
    told = LoanLetter(code, loan_id, held.clock, f"letter:{task_key}", held.case.id)
    before = await letters.of_key(work, told.natural_key)
    if before is not None:
        return before
    letter = await letters.write_about_loan(work, told, fonts)
    telling.letter_written(work, held.case.id, letter.id, letter.code, held.clock.now)
    return letter
