"""The journal over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.deps import WorkDep
from api.ledger import reading
from api.pagination import PageQuery
from contracts.base import Page
from contracts.payments import JournalEntry, TrialBalance

router = APIRouter(tags=["ledger"])


@router.get(
    "/loans/{loan_id}/journal",
    summary="A loan's journal",
    description="Balanced entries in the order they were booked; debits are positive. What "
    "accrues day by day is booked for the whole book and does not show here.",
)
async def get_loan_journal(loan_id: UUID, work: WorkDep, page: PageQuery) -> Page[JournalEntry]:
    """List the entries of a loan."""
    return await reading.loan_journal(work, loan_id, page)


@router.get(
    "/ledger/trial-balance",
    summary="The balance of every account",
    description="Per currency, over everything or over one creditor's book or one test clock. "
    "`balanced` says that every currency sums to zero.",
)
async def get_trial_balance(
    work: WorkDep,
    creditor_id: Annotated[UUID | None, Query()] = None,
    test_clock_id: Annotated[UUID | None, Query()] = None,
) -> TrialBalance:
    """Sum all accounts."""
    return await reading.trial_balance(work, creditor_id, test_clock_id)
