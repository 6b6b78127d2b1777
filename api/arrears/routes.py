"""Closing of days, for the end-of-day workflow; a loan's buckets and pauses."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.arrears import closing, service
from api.deps import OnceDep, WorkDep
from api.pagination import PageQuery
from contracts.arrears import ArrearsPause, BucketChange, NewArrearsPause
from contracts.base import Page
from contracts.work import CloseReport

router = APIRouter(tags=["books"])


@router.post("/books/close-due", summary="Close one day of every live book that is due")
async def close_due_days(work: WorkDep) -> CloseReport:
    """Close a day of some books whose midnight has come; `more` asks for another call."""
    books, loans = await closing.close_due_books(work, None, work.now)
    return CloseReport(
        books=books, loans=loans, more=await closing.books_to_close(work, work.now) > 0
    )


@router.get("/loans/{loan_id}/bucket-changes", summary="How a loan moved between arrears buckets")
async def list_bucket_changes(work: WorkDep, page: PageQuery, loan_id: UUID) -> Page[BucketChange]:
    """List every change of a loan's bucket in the order written, with the date it is true of.

    A past that turned out to be another is told by new rows: those they replace are `superseded`.
    """
    return await service.bucket_changes(work, loan_id, page)


@router.post(
    "/loans/{loan_id}/arrears-pauses",
    summary="Let lateness not count for a while",
    status_code=201,
    response_model=ArrearsPause,
)
async def pause_arrears(
    work: WorkDep, once: OnceDep, loan_id: UUID, command: NewArrearsPause
) -> Response:
    """Add a pause, for the future or the past; the bucket follows at once.

    Delinquent days leave out the days after `starts_on` through `ends_on`; where pauses overlap a
    day counts once. Past due days are calendar days and do not change.
    """
    return await once.run(work, command, lambda: service.add_pause(work, loan_id, command))
