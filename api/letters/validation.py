"""The notice that validates a debt: written by itself when a rule asks for it, once per debt."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from api.clock import Clock
from api.customers import service as customers
from api.letters import facts, queries
from api.letters.free import language_of
from api.letters.handing_over import POST_WITHIN, ask_to_post
from api.letters.packs import FALLBACK
from api.letters.tables import LetterRow
from api.letters.writing import Matter, NewSheet, write
from api.loans import queries as loans
from api.loans.queries import Book
from api.recovery import service as recovery
from api.tasks import service as tasks
from api.work import Work
from contracts.names import Role
from domain.errors import DomainError
from domain.letters import LetterCode


def _key(loan_id: UUID, language: str = FALLBACK) -> str:
    key = f"validation:{loan_id}"
    return key if language == FALLBACK else f"{key}:{language}"


async def oblige(work: Work, clock: Clock, loan_ids: Collection[UUID], days: int) -> None:
    """See to it that each debt of a person who is first written to about it has its notice.

    It is written and given to a person to post, who has so many days at most; where it cannot be
    written, a person gives it in another way. It is in English, and in the customer's language as
    well where that is another: a translation counts only with the English one before or beside it
    (12 CFR 1006.34(e)). Repeats do nothing.
    """
    written = await queries.keys_there(work, [_key(loan_id) for loan_id in loan_ids])
    within = min(POST_WITHIN, timedelta(days=days))
    for loan_id in sorted(loan_ids):
        if _key(loan_id) in written:
            continue
        book = await loans.book_of(work, loan_id)
        try:
            rows = await _write(work, clock, book)
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
        for row in rows:
            if row.case_id is not None:
                recovery.letter_written(work, row.case_id, row.id, row.code, clock.now)
            await ask_to_post(work, clock, row, within)


async def _write(work: Work, clock: Clock, book: Book) -> Sequence[LetterRow]:
    """The notice in English, and its translation where the customer has another language."""
    loan = book.loan
    own = language_of((await customers.languages(work, {loan.customer_id}))[loan.customer_id])
    figures = await facts.validation_notice(work, book, clock)
    return [
        await write(
            work,
            NewSheet(
                code=LetterCode.VALIDATION_NOTICE,
                matter=Matter.of(book),
                clock=clock,
                figures=figures,
                natural_key=_key(loan.id, language),
                delivery="post",
                language=language,
                case_id=loan.case_id,
            ),
        )
        for language in dict.fromkeys((FALLBACK, own))
    ]
