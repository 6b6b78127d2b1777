"""The letter that a task asks an agent to post: its text now, and the PDF that is kept."""

from uuid import UUID

from api.customers import service as customers
from api.db.base import new_id
from api.letters import service as letters
from api.messages.letters import write_letter
from api.messages.queueing import NewMessage, Validity
from api.messages.rendering import Text
from api.recovery import cases, proposals, queries, step_letters, telling
from api.recovery.cases import Held
from api.settings import Settings
from api.tasks import service as tasks
from api.tasks.tables import TaskRow
from api.work import Work
from contracts.letters import Letter
from contracts.recovery import LetterText
from domain.contact.channel import Purpose
from domain.errors import DomainError, ErrorCode, Fact
from domain.letters import LetterCode
from domain.recovery.strategy_lint import LETTER_TEXT


async def text(work: Work, case_id: UUID, task_id: UUID, public_url: str) -> LetterText:
    """What to post, with today's figures. Raises `NOT_FOUND` unless the task asks for a letter."""
    held, task = await _asked(work, case_id, task_id)
    written = _written(task)
    if written is not None:
        subject, body = await letters.text_of(work, written)
        return LetterText(subject=subject, body=body)
    words = await _words(work, held, task, public_url, None)
    return LetterText(subject=words.subject or "", body=words.body)


async def write_for_task(work: Work, case_id: UUID, task_id: UUID, settings: Settings) -> Letter:
    """Make the letter of a task, once; its figures are those of the first time.

    Raises:
        DomainError: `NOT_FOUND` unless the task asks for a letter, `LETTER_NOT_TRUE` for a case
            without a loan, `LETTER_LACKS_SENDER` while what the letter lacks is not there, and as
            `text`.
    """
    held, task = await _asked(work, case_id, task_id)
    written = _written(task)
    if written is not None:
        return await letters.get(work, written)
    if step_letters.LETTER in task.payload and task.loan_id is not None:
        code = LetterCode(str(task.payload[step_letters.LETTER]))
        fonts = settings.letter_fonts_dir
        return await step_letters.write_once(
            work, held, code, task.loan_id, task.natural_key, fonts
        )
    before = await letters.of_task(work, task_id)
    if before is not None:
        return before
    loan_ids = await queries.loan_ids_in_order(work, case_id)
    if not loan_ids:
        raise DomainError(ErrorCode.LETTER_NOT_TRUE, "There is no loan in the case any more.")
    customer_id, fonts = held.case.customer_id, settings.letter_fonts_dir
    wanted = (await customers.languages(work, {customer_id}))[customer_id]
    language = letters.printable(wanted, fonts)
    words = await _words(work, held, task, settings.public_url, language)
    letter = await letters.write_case_text(
        work,
        letters.CaseText(case_id, task_id, loan_ids[0], held.clock, language, words),
        fonts,
    )
    telling.letter_written(work, case_id, letter.id, letter.code, held.clock.now)
    return letter


async def _asked(work: Work, case_id: UUID, task_id: UUID) -> tuple[Held, TaskRow]:
    case = await queries.find(work, case_id)
    if case is None:
        raise cases.missing()
    held = await cases.seen(work, case)
    task = next((each for each in await tasks.of_case(work, case_id) if each.id == task_id), None)
    if task is None or task.kind != "letter":
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such letter.")
    return held, task


def _written(task: TaskRow) -> UUID | None:
    found = task.payload.get("letter_id")
    return None if found is None else UUID(str(found))


async def _words(
    work: Work, held: Held, task: TaskRow, public_url: str, language: str | None
) -> Text:
    facts: dict[str, Fact] = {}
    template = task.payload.get("template")
    for row in await queries.proposals(work, held.case.id):
        if str(row.id) == task.payload.get("proposal_id"):
            template, facts = proposals.OFFER, proposals.figures(row, held.case.currency)
    if template is None:
        raise DomainError(ErrorCode.NOT_FOUND, "The letter of this task is written already.")
    return await write_letter(
        work,
        held.clock,
        NewMessage(
            customer_id=held.case.customer_id,
            channel=LETTER_TEXT.value,
            purpose=Purpose.COLLECTION.value,
            template=str(template),
            due_at=held.clock.now,
            not_after=None,
            validity=Validity.CASE_OPEN.value,
            dedupe_key=f"letter:{new_id()}",
            case_id=held.case.id,
            facts=facts,
        ),
        f"{public_url}/portal",
        language=language,
    )
