"""The text of the letter that a task asks an agent to post."""

from uuid import UUID

from api.db.base import new_id
from api.messages.letters import write_letter
from api.messages.queueing import NewMessage, Validity
from api.recovery import cases, proposals, queries
from api.tasks import service as tasks
from api.work import Work
from contracts.recovery import Letter
from domain.contact.channel import Purpose
from domain.errors import DomainError, ErrorCode, Fact
from domain.recovery.strategy_lint import LETTER_TEXT


async def letter(work: Work, case_id: UUID, task_id: UUID, public_url: str) -> Letter:
    """What to post, with today's figures. Raises `NOT_FOUND` unless the task asks for a letter."""
    case = await queries.find(work, case_id)
    if case is None:
        raise cases.missing()
    held = await cases.seen(work, case)
    task = next((each for each in await tasks.of_case(work, case_id) if each.id == task_id), None)
    if task is None or task.kind != "letter":
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such letter.")
    facts: dict[str, Fact] = {}
    template = task.payload.get("template")
    for row in await queries.proposals(work, case_id):
        if str(row.id) == task.payload.get("proposal_id"):
            template, facts = proposals.OFFER, proposals.figures(row, case.currency)
    text = await write_letter(
        work,
        held.clock,
        NewMessage(
            customer_id=case.customer_id,
            channel=LETTER_TEXT.value,
            purpose=Purpose.COLLECTION.value,
            template=str(template or ""),
            due_at=held.clock.now,
            not_after=None,
            validity=Validity.CASE_OPEN.value,
            dedupe_key=f"letter:{new_id()}",
            case_id=case_id,
            facts=facts,
        ),
        f"{public_url}/portal",
    )
    return Letter(subject=text.subject or "", body=text.body)
