"""Closing of days, for the end-of-day workflow."""

from fastapi import APIRouter

from api.arrears import closing
from api.deps import WorkDep
from contracts.work import CloseReport

router = APIRouter(tags=["books"])


@router.post("/books/close-due", summary="Close one day of every live book that is due")
async def close_due_days(work: WorkDep) -> CloseReport:
    """Close a day of some books whose midnight has come; `more` asks for another call."""
    books, loans = await closing.close_due_books(work, None, work.now)
    return CloseReport(
        books=books, loans=loans, more=await closing.books_to_close(work, work.now) > 0
    )
