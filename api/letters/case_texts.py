"""The text of a strategy's step as a letter: its words come from the case, once per task."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from api.clock import Clock
from api.letters import queries
from api.letters.facts import Figures
from api.letters.packs import FALLBACK
from api.letters.reading import shown
from api.letters.typesetting import is_printable
from api.letters.writing import Matter, NewSheet, write
from api.loans import queries as loans
from api.messages.packs import locked_words
from api.messages.rendering import Text
from api.work import Work
from contracts.letters import Letter
from domain.contact.channel import Channel
from domain.letters import LetterCode

_OPT_OUT: Final = "opt-out"
"""Locked words that say how to end e-mails: they say nothing on paper."""


@dataclass(frozen=True, slots=True)
class CaseText:
    """The text of a task's letter."""

    case_id: UUID
    task_id: UUID
    loan_id: UUID
    clock: Clock
    language: str
    text: Text


async def of_task(work: Work, task_id: UUID) -> Letter | None:
    """The letter of a task, if it was written."""
    row = await queries.by_key(work, _key(task_id))
    return None if row is None else shown(row)


def printable(language: str, fonts: str) -> str:
    """The language itself, or English where its letters cannot be printed."""
    return language if is_printable(language, fonts) else FALLBACK


async def write_case_text(work: Work, told: CaseText, fonts: str) -> Letter:
    """Write it down; raises as `api.letters.writing.write`."""
    unneeded = locked_words(told.language, _OPT_OUT, Channel.EMAIL)
    row = await write(
        work,
        NewSheet(
            code=LetterCode.CASE_TEXT,
            matter=Matter.of(await loans.book_of(work, told.loan_id)),
            clock=told.clock,
            figures=Figures({"subject": told.text.subject or ""}),
            natural_key=_key(told.task_id),
            delivery="post",
            language=told.language,
            case_id=told.case_id,
            paragraphs=[
                line
                for part in told.text.body.strip().split("\n\n")
                if not any(words in (line := " ".join(part.split())) for words in unneeded)
            ],
            fonts=fonts,
        ),
    )
    return shown(row)


def _key(task_id: UUID) -> str:
    return f"task:{task_id}"
