"""Loans over HTTP."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from api.deps import IfMatch, OnceDep, OnceRequired, ServicesDep, WorkDep
from api.loans import service
from api.loans.queries import LoanFilter
from api.pagination import PageQuery
from contracts.base import Page
from contracts.ledger import Explained
from contracts.loans import (
    ApproveLoan,
    Delinquency,
    DisburseLoan,
    Loan,
    LoanApplication,
    LoanDetail,
    NewLoan,
    Outstanding,
    Quote,
    QuoteLoan,
    RejectLoan,
    WithdrawLoan,
)
from contracts.work import LoanAdvance

router = APIRouter(tags=["loans"])

Lifecycle = Literal["applied", "approved", "active", "closed", "rejected", "expired"]


def _tagged(response: Response, loan: LoanDetail) -> LoanDetail:
    """Give the version as ETag, for the next edit's If-Match."""
    response.headers["ETag"] = f'"{loan.version}"'
    return loan


@router.post(
    "/loans",
    status_code=201,
    response_model=LoanDetail,
    summary="Enter a loan that is already agreed",
)
async def create_loan(new: NewLoan, once: OnceRequired, work: WorkDep) -> Response:
    """Make a loan that is disbursed and active at once; its schedule is in the answer."""
    return await once.run(work, new, lambda: service.create_loan(work, new))


@router.post(
    "/loans/quote",
    summary="What a loan would cost",
    description="Schedule, totals, yearly cost and the caps that the creditor's country sets. A "
    "loan that would cost more than these is refused (`cap-exceeded`), here and when it is made.",
)
async def quote_loan(asked: QuoteLoan, work: WorkDep) -> Quote:
    """Show schedule, totals and yearly cost of a loan; nothing is kept and nobody is bound."""
    return await service.quote_loan(work, asked)


@router.post("/loans/apply", status_code=201, response_model=LoanDetail, summary="Apply for a loan")
async def apply_for_loan(new: LoanApplication, once: OnceDep, work: WorkDep) -> Response:
    """Take an application; it waits for a decision and expires without one."""
    return await once.run(work, new, lambda: service.apply_for_loan(work, new))


@router.get("/loans", summary="Loans, by number")
async def list_loans(  # noqa: PLR0917 - FastAPI fills one parameter per filter, by name
    work: WorkDep,
    page: PageQuery,
    customer_id: UUID | None = None,
    lifecycle: Lifecycle | None = None,
    bucket: Annotated[str | None, Query(max_length=20)] = None,
    test_clock_id: UUID | None = None,
) -> Page[Loan]:
    """List loans, filtered."""
    return await service.list_loans(
        work, LoanFilter(customer_id, lifecycle, bucket, test_clock_id), page
    )


@router.get("/customers/{customer_id}/loans", summary="A customer's loans")
async def list_customer_loans(customer_id: UUID, work: WorkDep, page: PageQuery) -> Page[Loan]:
    """List the loans a customer is a party to."""
    return await service.list_loans(work, LoanFilter(customer_id=customer_id), page)


@router.get("/loans/{loan_id}", summary="A loan with its schedule")
async def get_loan(loan_id: UUID, work: WorkDep, response: Response) -> LoanDetail:
    """Show a loan: terms, state, schedule, parties and what was done to it."""
    return _tagged(response, await service.detail(work, loan_id))


@router.patch("/loans/{loan_id}/approve", summary="Approve an application")
async def approve_loan(
    loan_id: UUID, offer: ApproveLoan, seen: IfMatch, work: WorkDep, response: Response
) -> LoanDetail:
    """Approve for at most what was asked; never one's own application."""
    return _tagged(response, await service.approve_loan(work, loan_id, offer, seen))


@router.patch("/loans/{loan_id}/reject", summary="Reject an application")
async def reject_loan(
    loan_id: UUID, why: RejectLoan, seen: IfMatch, work: WorkDep, response: Response
) -> LoanDetail:
    """Reject with a reason code."""
    return _tagged(response, await service.reject_loan(work, loan_id, why, seen))


@router.patch("/loans/{loan_id}/withdraw", summary="Withdraw before the money has left")
async def withdraw_loan(
    loan_id: UUID, why: WithdrawLoan, seen: IfMatch, work: WorkDep, response: Response
) -> LoanDetail:
    """End an application or an offer that was not taken up."""
    return _tagged(response, await service.withdraw_loan(work, loan_id, why, seen))


@router.patch("/loans/{loan_id}/disburse", summary="Pay out an approved loan")
async def disburse_loan(
    loan_id: UUID, order: DisburseLoan, seen: IfMatch, work: WorkDep, response: Response
) -> LoanDetail:
    """Record that the money left today: the schedule is fixed, servicing begins."""
    return _tagged(response, await service.disburse_loan(work, loan_id, order, seen))


@router.get("/loans/{loan_id}/outstanding", summary="What is owed, by component")
async def get_outstanding(
    loan_id: UUID,
    work: WorkDep,
    as_of: Annotated[date | None, Query()] = None,
    known_at: Annotated[
        AwareDatetime | None, Query(description="Leave out what was booked after this instant")
    ] = None,
) -> Outstanding:
    """Show what is owed today or later, with the payoff; or what was, on a past day."""
    return await service.outstanding(work, loan_id, as_of, known_at)


@router.get("/loans/{loan_id}/explanation", summary="Why the balance is what it is")
async def get_explanation(loan_id: UUID, work: WorkDep, page: PageQuery) -> Page[Explained]:
    """List every movement in words, what it did to each component, and what was owed then."""
    return await service.explanation(work, loan_id, page)


@router.get("/loans/{loan_id}/delinquent", summary="How late a loan is")
async def get_delinquency(loan_id: UUID, work: WorkDep) -> Delinquency:
    """Show days past due, the overdue amount and the bucket on the business date."""
    return await service.delinquency(work, loan_id)


@router.post("/loans/{loan_id}/advance", summary="Apply all that is due for a loan")
async def advance_loan(loan_id: UUID, work: WorkDep, kit: ServicesDep) -> LoanAdvance:
    """For the loan's workflow: convergent, so that a repeat does no harm."""
    return await service.advance_loan(work, loan_id, kit.settings.letter_fonts_dir)
