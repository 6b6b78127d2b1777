"""What is shown of changes to loans, and the payoff quote."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from api.clock import clock_for
from api.customers import service as customers
from api.loan_changes import queries
from api.loan_changes.tables import LoanChangeRow
from api.loans import queries as loans
from api.loans import service as loan_service
from api.pagination import PageRequest
from api.work import Work
from contracts.base import Page
from contracts.loan_changes import LoanChange, NewLoanChange, PayoffQuote
from domain.errors import DomainError, ErrorCode
from domain.money import quantize

NOTE: Final = "loan_changes.note"
"""Binds encrypted words to their column."""


def missing() -> DomainError:
    """The answer for a change that does not exist."""
    return DomainError(ErrorCode.NOT_FOUND, "There is no such change on this loan.")


async def one(work: Work, loan_id: UUID, change_id: UUID) -> LoanChange:
    """A change of a loan; raises `NOT_FOUND`."""
    await work.session.flush()
    await loans.book_of(work, loan_id)
    row = await queries.one(work, loan_id, change_id)
    if row is None:
        raise missing()
    note = await customers.decrypt(work, row.customer_id, row.note_ct, NOTE)
    return shown(row, note)


async def list_changes(work: Work, loan_id: UUID, page: PageRequest) -> Page[LoanChange]:
    """A loan's changes in the order they were asked for; raises `NOT_FOUND`."""
    await loans.book_of(work, loan_id)
    rows = await queries.page(work, loan_id, page.after_number(), page.limit + 1)
    kept, cursor = page.cut(rows, [row.number for row in rows])
    return Page(
        items=[
            shown(row, await customers.decrypt(work, row.customer_id, row.note_ct, NOTE))
            for row in kept
        ],
        next_cursor=cursor,
    )


def shown(row: LoanChangeRow, note: str | None) -> LoanChange:
    """A change as it goes over the wire."""
    return LoanChange.model_validate(
        {
            "id": row.id,
            "number": f"LC-{row.number}",
            "loan_id": row.loan_id,
            "kind": row.kind,
            "status": row.status,
            "change": row.terms,
            "reason": row.reason,
            "note": note,
            "amount": quantize(row.amount, row.currency),
            "currency": row.currency,
            "needs_approval": row.status == "pending",
            "on": row.value_on,
            "requested_at": row.requested_at,
            "requested_by": row.requested_by,
            "decided_at": row.decided_at,
            "decided_by": row.decided_by,
            "undone_by": row.undone_by,
            "made_loan_id": row.made_loan_id,
            "moved": row.moved,
        }
    )


def previewed(row: LoanChangeRow, new: NewLoanChange, *, needs_approval: bool) -> LoanChange:
    """A change that was only tried out."""
    return shown(row, new.note).model_copy(
        update={
            "id": None,
            "number": None,
            "status": "preview",
            "needs_approval": needs_approval,
            "decided_at": None,
            "decided_by": None,
            "made_loan_id": None,
        }
    )


async def payoff_quote(work: Work, loan_id: UUID, on: date | None) -> PayoffQuote:
    """What closes a loan on a day from today on.

    Raises `NOT_FOUND`, `LOAN_NOT_ACTIVE`, and `INVALID_DATE` for a past day.
    """
    book = await loans.book_of(work, loan_id)
    today = (await clock_for(work, book.loan.test_clock_id)).today(book.creditor.zone)
    day = on or today
    quoted = (await loan_service.outstanding(work, loan_id, day)).payoff
    following = (await loan_service.outstanding(work, loan_id, day + timedelta(days=1))).payoff
    if quoted is None or following is None:
        raise DomainError(
            ErrorCode.LOAN_NOT_ACTIVE,
            f"The loan is {book.loan.lifecycle}; nothing closes it.",
            {"lifecycle": book.loan.lifecycle},
        )
    return PayoffQuote(
        loan_id=loan_id,
        currency=book.loan.currency,
        payoff=quoted,
        per_day=following.total - quoted.total,
        valid_until=day,
    )
