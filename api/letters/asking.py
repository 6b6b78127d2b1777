"""Letters that somebody asks for: checked, written, and given to a person to post."""

from typing import Final, assert_never
from uuid import UUID

from api.clock import Clock, clock_for
from api.db.base import new_id
from api.letters import facts
from api.letters.facts import Figures
from api.letters.handing_over import ask_to_post, tell_reader
from api.letters.packs import FALLBACK
from api.letters.reading import shown
from api.letters.writing import Matter, NewSheet, write
from api.loans import queries as loans
from api.loans.queries import Book
from api.recovery import service as recovery
from api.work import Work
from contracts.letters import Letter, NewLetter
from domain.contact.channel import Purpose
from domain.errors import DomainError, ErrorCode
from domain.letters import PURPOSES, LetterCode, check_writable
from domain.recovery.holds import stops

_USUAL: Final = {LetterCode.VALIDATION_NOTICE: FALLBACK}
"""Languages of letters that are not the customer's: a translation alone validates no debt."""


async def ask(work: Work, loan_id: UUID, asked: NewLetter, fonts: str) -> Letter:
    """Write a letter about a loan with today's figures, and ask somebody to post it.

    Raises:
        DomainError: `NOT_FOUND`; `LETTER_NOT_TRUE` when it does not fit the loan; `LETTER_ON_HOLD`
            for one that asks for money while a hold stops that; `INVALID_REQUEST`,
            `INVALID_DATE`; `LETTER_NOT_SET`.
    """
    book = await loans.book_of(work, loan_id, lock=True)
    clock = await clock_for(work, book.loan.test_clock_id)
    code = LetterCode(asked.code)
    check_writable(code, await facts.paid_off(work, book), clock.today(book.creditor.zone))
    await _check_holds(work, book, clock, code)
    row = await write(
        work,
        NewSheet(
            code=code,
            matter=Matter.of(book),
            clock=clock,
            figures=await _figures(work, book, clock, code, asked),
            natural_key=f"asked:{new_id()}",
            delivery=asked.deliver,
            language=asked.language or _USUAL.get(code),
            case_id=book.loan.case_id,
            fonts=fonts,
        ),
    )
    if row.case_id is not None:
        recovery.letter_written(work, row.case_id, row.id, row.code, clock.now)
    if row.delivery == "post":
        await ask_to_post(work, clock, row)
    else:
        await tell_reader(work, clock, row)
    return shown(row)


async def _check_holds(work: Work, book: Book, clock: Clock, code: LetterCode) -> None:
    """Letters that ask for money stop at a hold; notices and answers are a person's to give."""
    if PURPOSES[code] is not Purpose.COLLECTION:
        return
    customer_id = book.loan.customer_id
    holds = (await recovery.holds_on(work, clock, [customer_id])).get(customer_id, frozenset())
    stopped = stops(holds, Purpose.COLLECTION)
    if stopped:
        raise DomainError(
            ErrorCode.LETTER_ON_HOLD,
            "While the hold stands the customer is not asked for money.",
            {"holds": " ".join(sorted(stopped))},
        )


async def _figures(
    work: Work, book: Book, clock: Clock, code: LetterCode, asked: NewLetter
) -> Figures:
    match code:
        case LetterCode.ARREARS_NOTICE:
            return await facts.arrears_notice(work, book, clock)
        case LetterCode.DEFAULT_NOTICE:
            return await facts.default_notice(work, book, clock, asked)
        case LetterCode.STATEMENT:
            return await facts.statement(work, book, clock, asked)
        case LetterCode.PAYOFF:
            return await facts.payoff(work, book, clock, asked)
        case LetterCode.NO_DUES:
            return facts.no_dues(book)
        case LetterCode.SETTLEMENT_AGREEMENT:
            return await _settlement(work, book, asked)
        case LetterCode.AGENCY_NOTICE:
            return await facts.agency_notice(work, book, clock, asked)
        case LetterCode.VALIDATION_NOTICE:
            return await facts.validation_notice(work, book, clock)
        case LetterCode.CASE_TEXT:
            raise ValueError("the text of a step is written for its task")
        case LetterCode.COMPLAINT_RECEIVED | LetterCode.COMPLAINT_ANSWERED:
            raise ValueError("a complaint is answered by itself")
        case _:
            assert_never(code)


async def _settlement(work: Work, book: Book, asked: NewLetter) -> Figures:
    if asked.proposal_id is None or book.loan.case_id is None:
        raise DomainError(
            ErrorCode.INVALID_REQUEST,
            "Name the approved offer of the loan's case.",
            {"fields": "proposal_id"},
        )
    offer = await recovery.approved_offer(work, book.loan.case_id, asked.proposal_id)
    return Figures({"amount": offer.amount, "due_on": offer.valid_until})
