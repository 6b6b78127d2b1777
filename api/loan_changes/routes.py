"""Changes to loans over HTTP."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.deps import (
    DryRun,
    IfMatch,
    OnceRequired,
    OnceUnlessDryRun,
    SeenVersion,
    WorkDep,
    expected_version,
)
from api.loan_changes import service
from api.pagination import PageQuery
from contracts.base import Page
from contracts.loan_changes import (
    ChangeLimits,
    LoanChange,
    NewLoanChange,
    PayoffQuote,
    RejectChange,
    ScheduleVersion,
)

router = APIRouter(tags=["loan changes"])

PREVIEW: Final[dict[int | str, dict[str, object]]] = {
    200: {"model": LoanChange, "description": "With `dry_run`: what would move."}
}


@router.post(
    "/loans/{loan_id}/changes",
    status_code=201,
    response_model=LoanChange,
    responses=PREVIEW,
    summary="Change a loan",
)
async def change_loan(  # noqa: PLR0917 - what a route asks for
    loan_id: UUID,
    new: NewLoanChange,
    once: OnceUnlessDryRun,
    seen: SeenVersion,
    work: WorkDep,
    dry_run: DryRun = False,
) -> Response:
    """Waive, forgive, settle, charge off, write off, credit, charge, refund, undo one of these.

    Or plan the rest of the schedule anew: re-amortise, reschedule, payment holiday, re-age. The
    running period is kept; its end is where the new rows begin.

    Above the creditor's limit for the kind the change is `pending` until another manager approves
    it; where no limit is set, and for agents, always. It needs `If-Match` with the loan's ETag.
    With `dry_run=true` nothing is written and the answer is a preview (status 200).
    """
    if dry_run:
        preview = await service.ask(work, loan_id, new, seen, dry_run=True)
        return Response(preview.model_dump_json(), media_type="application/json")
    version = seen if seen is not None else await expected_version(None)
    return await once.run(
        work, new, lambda: service.ask(work, loan_id, new, version, dry_run=False)
    )


@router.get("/loans/{loan_id}/changes", summary="A loan's changes")
async def list_loan_changes(loan_id: UUID, work: WorkDep, page: PageQuery) -> Page[LoanChange]:
    """List the changes of a loan in the order they were asked for."""
    return await service.list_changes(work, loan_id, page)


@router.get("/loans/{loan_id}/changes/{change_id}", summary="A change to a loan")
async def get_loan_change(loan_id: UUID, change_id: UUID, work: WorkDep) -> LoanChange:
    """Show a change: who asked, who decided, what it moved."""
    return await service.one(work, loan_id, change_id)


@router.post(
    "/loans/{loan_id}/changes/{change_id}/approve",
    status_code=201,
    response_model=LoanChange,
    summary="Approve a change that waits",
)
async def approve_loan_change(
    loan_id: UUID, change_id: UUID, once: OnceRequired, work: WorkDep
) -> Response:
    """Make the change, against the loan as it is now; never one's own."""
    return await once.run(work, None, lambda: service.approve(work, loan_id, change_id))


@router.post(
    "/loans/{loan_id}/changes/{change_id}/reject",
    status_code=201,
    response_model=LoanChange,
    summary="Reject a change that waits",
)
async def reject_loan_change(
    loan_id: UUID, change_id: UUID, why: RejectChange, once: OnceRequired, work: WorkDep
) -> Response:
    """Decide against a change; nothing moves. Never one's own."""
    return await once.run(work, why, lambda: service.reject(work, loan_id, change_id, why))


@router.get("/loans/{loan_id}/schedules", summary="A loan's schedules, past and present")
async def list_schedules(loan_id: UUID, work: WorkDep, page: PageQuery) -> Page[ScheduleVersion]:
    """List every schedule the loan had, with the change that made it; none if it never changed."""
    return await service.list_versions(work, loan_id, page)


@router.get("/loans/{loan_id}/payoff", summary="What closes a loan")
async def get_payoff(
    loan_id: UUID, work: WorkDep, on: Annotated[date | None, Query()] = None
) -> PayoffQuote:
    """Quote what closes the loan today or on a later day, by component, and until when."""
    return await service.payoff_quote(work, loan_id, on)


@router.get("/creditors/{creditor_id}/change-limits", summary="What one person may change alone")
async def get_change_limits(creditor_id: UUID, work: WorkDep, response: Response) -> ChangeLimits:
    """Show a creditor's limits by kind and currency; the ETag is the creditor's."""
    found, version = await service.get_limits(work, creditor_id)
    response.headers["ETag"] = f'"{version}"'
    return found


@router.put(
    "/creditors/{creditor_id}/change-limits", summary="Set what one person may change alone"
)
async def put_change_limits(
    creditor_id: UUID, wanted: ChangeLimits, seen: IfMatch, work: WorkDep, response: Response
) -> ChangeLimits:
    """Set all limits of a creditor; what is not named needs a second person whatever the amount."""
    found, version = await service.put_limits(work, creditor_id, wanted, seen)
    response.headers["ETag"] = f'"{version}"'
    return found
