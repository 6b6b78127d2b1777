"""SQL of the automation API."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from api.creditors.tables import CreditorRow
from api.loans.tables import InstalmentRow, LoanRow
from api.messages.tables import MessageRow
from api.recovery.tables import CaseRow
from api.work import Work


@dataclass(frozen=True, slots=True)
class Unpaid:
    """The oldest instalment of an active loan that is not met, and whose book it is in."""

    loan_id: UUID
    customer_id: UUID
    test_clock_id: UUID | None
    zone: str
    instalment: int
    due_on: date
    open_case_id: UUID | None


async def oldest_unpaid(
    work: Work, *, loan_id: UUID | None = None, customer_id: UUID | None = None
) -> Unpaid | None:
    """The oldest unmet instalment of a loan, or of all active loans a customer is primary on."""
    query = (
        select(
            LoanRow.id,
            LoanRow.customer_id,
            LoanRow.test_clock_id,
            CreditorRow.zone,
            InstalmentRow.number,
            InstalmentRow.due_on,
            CaseRow.id,
        )
        .join(InstalmentRow, InstalmentRow.loan_id == LoanRow.id)
        .join(CreditorRow, CreditorRow.id == LoanRow.creditor_id)
        .outerjoin(CaseRow, (CaseRow.id == LoanRow.case_id) & (CaseRow.status == "open"))
        .where(LoanRow.lifecycle == "active", InstalmentRow.met_on.is_(None))
        .order_by(InstalmentRow.due_on, LoanRow.number, InstalmentRow.number)
        .limit(1)
    )
    if loan_id is not None:
        query = query.where(LoanRow.id == loan_id)
    if customer_id is not None:
        query = query.where(LoanRow.customer_id == customer_id)
    row = (await work.session.execute(query)).one_or_none()
    return None if row is None else Unpaid(*row)


async def has_loan(work: Work, loan_id: UUID) -> bool:
    """Whether there is such a loan."""
    return await work.session.get(LoanRow, loan_id) is not None


async def reminder(work: Work, message_id: UUID) -> MessageRow | None:
    """A message that was queued as a reminder by the automation API."""
    found: MessageRow | None = await work.session.scalar(
        select(MessageRow).where(
            MessageRow.id == message_id, MessageRow.dedupe_key.startswith("automation:")
        )
    )
    return found
