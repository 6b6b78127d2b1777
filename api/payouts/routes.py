"""Payouts over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.deps import IfMatch, OnceRequired, WorkDep
from api.pagination import PageQuery
from api.payouts import service
from contracts.base import Page
from contracts.collecting import Payout, PayOutTo
from contracts.money_work import BankOutcome, MoneyPlan, PayoutClaim

router = APIRouter(tags=["payouts"])


@router.get("/loans/{loan_id}/payouts", summary="A loan's payouts")
async def list_loan_payouts(loan_id: UUID, work: WorkDep, page: PageQuery) -> Page[Payout]:
    """List what was ordered to be paid out for a loan, and where it stands."""
    return await service.list_payouts(work, loan_id, page)


@router.get("/payouts/{payout_id}", summary="A payout")
async def get_payout(payout_id: UUID, work: WorkDep, response: Response) -> Payout:
    """Show where a payout stands."""
    found = await service.get_payout(work, payout_id)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.post(
    "/payouts/{payout_id}/retry",
    status_code=202,
    response_model=Payout,
    summary="Order a failed payout anew",
)
async def retry_payout(
    payout_id: UUID, to: PayOutTo, seen: IfMatch, once: OnceRequired, work: WorkDep
) -> Response:
    """Send the money of a refused payout again, to the account given now."""
    return await once.run(work, to, lambda: service.retry(work, payout_id, to, seen), status=202)


@router.post("/payouts/{payout_id}/plan", summary="What a payout does next")
async def plan_payout(payout_id: UUID, work: WorkDep) -> MoneyPlan:
    """For the payout's workflow."""
    return await service.plan(work, payout_id)


@router.post("/payouts/{payout_id}/claim", summary="Claim the transfer that is due")
async def claim_payout(payout_id: UUID, work: WorkDep) -> PayoutClaim:
    """For the payout's workflow: committed before the bank is called."""
    return await service.claim(work, payout_id)


@router.post("/payouts/{payout_id}/outcomes", summary="Record what the bank said")
async def record_payout_outcome(payout_id: UUID, said: BankOutcome, work: WorkDep) -> MoneyPlan:
    """For the payout's workflow: once, however often it is told."""
    return await service.record_outcome(work, payout_id, said)
