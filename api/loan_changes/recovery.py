"""Recoveries: what is paid on a loan after a part of it was written off is income.

Convergent: it looks at all payments that stand and books the difference to what was booked, so a
payment that bounces takes its recovery back with it.
"""

from datetime import date
from decimal import Decimal
from uuid import UUID

from api.loan_changes import queries
from api.loans.tables import LoanRow
from api.payments import past
from api.payments import queries as payments
from api.payments.recording import Movement, record
from api.work import Work
from domain.lending.change_entries import recovery_entry
from domain.lending.writeoff import WrittenOff
from domain.money import ZERO


async def settle(work: Work, loan: LoanRow, today: date) -> None:
    """Bring the recoveries of a locked loan up to its payments."""
    if not loan.written_off:
        return
    now = WrittenOff(loan.written_off, loan.recovered)
    target = now.after_payments(await _paid_since(work, loan.id))
    await book(work, loan, today, target.recovered - now.recovered)


async def book(work: Work, loan: LoanRow, today: date, amount: Decimal) -> None:
    """Book a recovery; below zero it is taken back."""
    if not amount:
        return
    loan.recovered += amount
    await record(
        work,
        loan,
        Movement(
            kind="recovery",
            amount=abs(amount),
            value_on=today,
            booked_on=today,
            entry=recovery_entry(amount),
        ),
    )


async def _paid_since(work: Work, loan_id: UUID) -> Decimal:
    """What live payments paid that were posted after the oldest write-off that stands."""
    await work.session.flush()
    since = await queries.first_write_off(work, loan_id)
    if since is None:
        return ZERO
    rows = await payments.posted_after(work, loan_id, since)
    return sum(
        (
            part.amount
            for payment in await past.live(work, rows)
            for part in payment.told.allocations
        ),
        ZERO,
    )
