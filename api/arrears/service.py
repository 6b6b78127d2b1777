"""What people ask of and do to a loan's arrears: the history of its buckets, pauses."""

from uuid import UUID

from api.arrears import closing, history
from api.arrears.tables import ArrearsPauseRow
from api.audit.service import record as audit
from api.clock import clock_for
from api.loans import queries as loans
from api.pagination import PageRequest
from api.recovery import opening
from api.work import Work
from contracts.arrears import ArrearsPause, BucketChange, NewArrearsPause
from contracts.base import Page
from domain.errors import DomainError, ErrorCode
from domain.lending.arrears import Pause


async def bucket_changes(work: Work, loan_id: UUID, page: PageRequest) -> Page[BucketChange]:
    """How a loan moved between buckets, in the order it was written; raises `NOT_FOUND`.

    A loan has few of them: they are read whole, as a late one may replace early ones.
    """
    await loans.book_of(work, loan_id)
    after = page.after_id()
    found = [
        one for one in await history.told(work, loan_id) if after is None or one.row.id > after
    ][: page.limit + 1]
    kept, cursor = page.cut(found, [one.row.id for one in found])
    return Page(items=[_change(one) for one in kept], next_cursor=cursor)


async def add_pause(work: Work, loan_id: UUID, new: NewArrearsPause) -> ArrearsPause:
    """Let lateness of an active loan not count for a while, a past while too.

    The bucket is at once what it would be had the pause always been there. Late fees that were
    charged, and what the loan's case did, stay: they are taken back by decisions of their own.

    Raises `NOT_FOUND`, `LOAN_NOT_ACTIVE`, and `INVALID_DATE` for a pause that runs backwards or
    ends before the loan began.
    """
    book = await loans.book_of(work, loan_id)
    clock = await clock_for(work, book.loan.test_clock_id)
    await closing.enter_book(work, clock, book.creditor, loan_id)
    book = await loans.book_of(work, loan_id, lock=True)
    loan = book.loan
    if loan.lifecycle != "active" or loan.disbursed_on is None:
        raise DomainError(
            ErrorCode.LOAN_NOT_ACTIVE,
            f"The loan is {loan.lifecycle}; pauses are for active loans.",
            {"lifecycle": loan.lifecycle},
        )
    pause = Pause(new.starts_on, new.ends_on)
    if pause.end < loan.disbursed_on:
        raise DomainError(
            ErrorCode.INVALID_DATE,
            f"The pause ends before the loan began on {loan.disbursed_on}.",
            {"field": "ends_on"},
        )
    row = ArrearsPauseRow(
        loan_id=loan_id,
        starts_on=pause.start,
        ends_on=pause.end,
        reason=new.reason,
        added_at=work.now,
        added_by=work.principal.actor,
    )
    work.session.add(row)
    await work.session.flush()
    audit(
        work,
        "loan.arrears_paused",
        "loan",
        loan_id,
        {"pause": str(row.id), "from": pause.start.isoformat(), "to": pause.end.isoformat()},
    )
    rows = await loans.instalments(work, loan_id)
    aged = closing.Aged(loan, book.product, rows)
    await closing.set_bucket(work, aged, clock, clock.today(book.creditor.zone))
    loan.version += 1
    await opening.loan_cured(work, loan)
    return _pause(row)


def _change(one: history.Told) -> BucketChange:
    return BucketChange(
        id=one.row.id,
        as_of=one.row.as_of,
        from_bucket=one.row.from_bucket,
        to_bucket=one.row.to_bucket,
        changed_at=one.row.changed_at,
        corrects_from=one.row.corrects_from,
        superseded=one.superseded,
    )


def _pause(row: ArrearsPauseRow) -> ArrearsPause:
    return ArrearsPause(
        id=row.id,
        loan_id=row.loan_id,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        reason=row.reason,
        added_at=row.added_at,
    )
