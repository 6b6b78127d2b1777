"""SQL of evidence: what was recorded about a case, in the order in which it was."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Row, select

from api.audit.tables import AuditRow
from api.customers.tables import ConsentRow
from api.db.base import among
from api.loans.tables import LoanRow
from api.messages.tables import MessageRow
from api.payments.tables import PaymentLifeRow, TransactionRow
from api.recovery.tables import CaseLoanRow
from api.work import Work


async def loans(work: Work, case_id: UUID) -> Sequence[Row[UUID, int, date, date | None]]:
    """Key, number, first and last day of each loan that ever was in a case, by number."""
    return (
        await work.session.execute(
            select(LoanRow.id, LoanRow.number, CaseLoanRow.joined_on, CaseLoanRow.left_on)
            .join(CaseLoanRow, CaseLoanRow.loan_id == LoanRow.id)
            .where(CaseLoanRow.case_id == case_id)
            .order_by(LoanRow.number)
        )
    ).all()


async def messages(work: Work, case_id: UUID) -> Sequence[MessageRow]:
    """The messages of a case, out and in, in the order in which they were made."""
    return (
        await work.session.scalars(
            select(MessageRow).where(MessageRow.case_id == case_id).order_by(MessageRow.sequence)
        )
    ).all()


async def consents(work: Work, customer_id: UUID) -> Sequence[ConsentRow]:
    """Every wish a customer ever gave about a medium, oldest first."""
    return (
        await work.session.scalars(
            select(ConsentRow)
            .where(ConsentRow.customer_id == customer_id)
            .order_by(ConsentRow.given_at, ConsentRow.id)
        )
    ).all()


async def audit(work: Work, subject_ids: Collection[UUID]) -> Sequence[AuditRow]:
    """What was recorded of some things, oldest first."""
    return (
        await work.session.scalars(
            select(AuditRow)
            .where(
                AuditRow.subject_kind.in_(("case", "message")),
                among(AuditRow.subject_id, subject_ids),
            )
            .order_by(AuditRow.id)
        )
    ).all()


async def transactions(work: Work, loan_ids: Collection[UUID]) -> Sequence[TransactionRow]:
    """Every movement on some loans, in the order in which they were booked."""
    return (
        await work.session.scalars(
            select(TransactionRow)
            .where(among(TransactionRow.loan_id, loan_ids))
            .order_by(TransactionRow.number)
        )
    ).all()


async def announced(work: Work, loan_ids: Collection[UUID]) -> Sequence[PaymentLifeRow]:
    """Payments on some loans that were announced before their money came, by number."""
    return (
        await work.session.scalars(
            select(PaymentLifeRow)
            .where(among(PaymentLifeRow.loan_id, loan_ids))
            .order_by(PaymentLifeRow.number)
        )
    ).all()
