"""The notice that validates a debt: written by itself when a rule asks for it, once per debt."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from api.clock import Clock
from api.letters import facts, queries
from api.letters.handing_over import POST_WITHIN, ask_to_post
from api.letters.writing import NewSheet, write
from api.loans import queries as loans
from api.recovery import service as recovery
from api.tasks import service as tasks
from api.work import Work
from contracts.names import Role
from domain.errors import DomainError
from domain.letters import LetterCode


def _key(loan_id: UUID) -> str:
    return f"validation:{loan_id}"


async def oblige(work: Work, clock: Clock, loan_ids: Collection[UUID], days: int) -> None:
    """See to it that each debt of a person who is first written to about it has its notice.

    It is written and given to a person to post, who has so many days at most; where it cannot be
    written, a person gives it in another way. Repeats do nothing.
    """
    written = await queries.keys_there(work, [_key(loan_id) for loan_id in loan_ids])
    within = min(POST_WITHIN, timedelta(days=days))
    for loan_id in sorted(loan_ids):
        if _key(loan_id) in written:
            continue
        book = await loans.book_of(work, loan_id)
        try:
            row = await write(
                work,
                NewSheet(
                    code=LetterCode.VALIDATION_NOTICE,
                    book=book,
                    clock=clock,
                    figures=await facts.validation_notice(work, book, clock),
                    natural_key=_key(loan_id),
                    delivery="post",
                    case_id=book.loan.case_id,
                ),
            )
        except DomainError as error:
            await tasks.open_task(
                work,
                clock,
                natural_key=f"validate:{loan_id}",
                kind="notice",
                title="Give the validation notice of a debt in another way; it was not written",
                role=Role.AGENT,
                due_at=clock.now + within,
                case_id=book.loan.case_id,
                loan_id=loan_id,
                customer_id=book.loan.customer_id,
                payload={"reason": error.code.value},
            )
            continue
        if row.case_id is not None:
            recovery.letter_written(work, row.case_id, row.id, row.code, clock.now)
        await ask_to_post(work, clock, row, within)
