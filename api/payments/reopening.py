"""What a loan that had ended needs when its past changes: it goes on, or its last day is redone."""

from datetime import date

from api.arrears import closing
from api.ledger import service as ledger
from api.loans import lifecycle
from api.loans.tables import LoanRow
from api.payments.planning import Ground
from api.work import Work
from domain.lending.ledger import Entry, Line, reversal_entry
from domain.lending.loan import Command


def reopen(work: Work, loan: LoanRow, reason: str) -> date:
    """A closed loan owes again; answers the day it had ended on."""
    closed_on = loan.closed_on
    if closed_on is None:
        raise ValueError("a closed loan has the day on which it ended")
    lifecycle.move(work, loan, Command.REOPEN, {"reason": reason})
    loan.closed_reason = None
    loan.closed_on = None
    return closed_on


async def resume(work: Work, ground: Ground, closed_on: date) -> None:
    """Undo a reopened loan's final interest entry, if that day was closed, and catch up.

    Only interest catches up: late fees and buckets of the days missed follow from its past.
    """
    if closed_on > ground.days.closed_through:
        return
    loan = ground.book.loan
    await _undo_final(work, ground, closed_on)
    # The day it was closed on was accrued with the book, but what fell due on it was not billed.
    await closing.bill_due(work, ground.days, loan, closed_on, ground.today)
    await closing.catch_up(work, ground.days, ground.book.creditor, loan, closed_on, ageing=False)


async def redo_final(work: Work, ground: Ground) -> None:
    """A loan that stays closed gave back more or less interest: its last entry is made anew."""
    loan = ground.book.loan
    if loan.closed_on is None or loan.closed_on > ground.days.closed_through:
        return
    posted = await closing.final_entry(work, loan.id, loan.closed_on)
    wanted = await closing.final_interest(work, loan, loan.closed_on)
    if _lines(posted) == _lines(wanted):
        return
    if posted is not None:
        await _post(work, ground, reversal_entry(posted), loan.closed_on)
    if wanted is not None:
        await _post(work, ground, wanted, loan.closed_on)


def _lines(entry: Entry | None) -> frozenset[Line]:
    return frozenset(() if entry is None else entry.lines)


async def _undo_final(work: Work, ground: Ground, closed_on: date) -> None:
    entry = await closing.final_entry(work, ground.book.loan.id, closed_on)
    if entry is not None:
        await _post(work, ground, reversal_entry(entry), closed_on)


async def _post(work: Work, ground: Ground, entry: Entry, value_on: date) -> None:
    await ledger.post(
        work,
        ledger.Posting.of_loan(ground.book.loan, entry, value_on=value_on, booked_on=ground.today),
    )
