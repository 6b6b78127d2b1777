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
        key: The step's key; with a loan it makes its letter the same.
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
        try:
            letter = await _letter(work, held, asked, loan_id)
        except DomainError as error:
            if error.code is ErrorCode.LETTER_NOT_TRUE:
                continue
            payload = {LETTER: asked.code.value, "step": asked.key, "reason": error.code.value}
            title = f"Write and post a letter of {cases.number(held.case)}; it was not written"
        else:
            payload = {"letter_id": str(letter.id)}
            title = f"Print and post the letter {letter.number}"
        await tasks.open_task(
            work,
            held.clock,
            # The first is the task of the step itself, by whose outcome conditions go.
            natural_key=asked.key if count == 0 else f"{asked.key}:{loan_id}",
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


async def _letter(work: Work, held: Held, asked: Asked, loan_id: UUID) -> Letter:
    """Write one letter, once, and tell of it in the case's story; raises as `letters`."""
    told = LoanLetter(asked.code, loan_id, held.clock, f"step:{asked.key}:{loan_id}", held.case.id)
    before = await letters.of_key(work, told.natural_key)
    if before is not None:
        return before
    letter = await letters.write_about_loan(work, told, asked.fonts)
    telling.letter_written(work, held.case.id, letter.id, letter.code, held.clock.now)
    return letter


async def write_late(work: Work, held: Held, loan_id: UUID, asked: Asked) -> Letter:
    """Write the letter of a task that lacked something when its step was performed.

    Raises:
        DomainError: As it did then, while what it lacked is not there.
    """
    return await _letter(work, held, asked, loan_id)
