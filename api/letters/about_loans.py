"""Letters that a process sends by itself about a loan: all they say follows from loan and day."""

from dataclasses import dataclass
from uuid import UUID

from api.clock import Clock
from api.letters import facts, queries
from api.letters.facts import Figures
from api.letters.reading import shown
from api.letters.writing import Matter, NewSheet, write
from api.loans import queries as loans
from api.loans.queries import Book
from api.work import Work
from contracts.letters import Letter, NewLetter
from domain.letters import LetterCode, check_writable


@dataclass(frozen=True, slots=True)
class LoanLetter:
    """A letter about a loan.

    Attributes:
        code: Which; one of `domain.letters.BY_STEPS`.
        loan_id: About which loan.
        clock: The customer's clock.
        natural_key: What makes it the same letter.
        case_id: The case it belongs to.
    """

    code: LetterCode
    loan_id: UUID
    clock: Clock
    natural_key: str
    case_id: UUID


async def of_key(work: Work, natural_key: str) -> Letter | None:
    """The letter of a natural key, if it was written."""
    row = await queries.by_key(work, natural_key)
    return None if row is None else shown(row)


async def write_about_loan(work: Work, told: LoanLetter, fonts: str) -> Letter:
    """Write it with today's figures, in the customer's language.

    Raises:
        DomainError: `LETTER_NOT_TRUE`, `LETTER_LACKS_SENDER`, `LETTER_NOT_SET`, and `NOT_FOUND`
            for a customer whose data were erased.
    """
    book = await loans.book_of(work, told.loan_id)
    today = told.clock.today(book.creditor.zone)
    check_writable(told.code, await facts.paid_off(work, book), today)
    row = await write(
        work,
        NewSheet(
            code=told.code,
            matter=Matter.of(book),
            clock=told.clock,
            figures=await _figures(work, book, told),
            natural_key=told.natural_key,
            delivery="post",
            case_id=told.case_id,
            fonts=fonts,
        ),
    )
    return shown(row)


async def _figures(work: Work, book: Book, told: LoanLetter) -> Figures:
    match told.code:
        case LetterCode.ARREARS_NOTICE:
            return await facts.arrears_notice(work, book, told.clock)
        case LetterCode.DEFAULT_NOTICE:
            return await facts.default_notice(
                work, book, told.clock, NewLetter(code="default_notice")
            )
        case LetterCode.STATEMENT:
            return await facts.statement(work, book, told.clock, NewLetter(code="statement"))
        case LetterCode.PAYOFF:
            return await facts.payoff(work, book, told.clock, NewLetter(code="payoff"))
        case _:
            raise ValueError(f"{told.code} is not written by itself")
