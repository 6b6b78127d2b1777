"""SQL of risk: the figures that the card looks at, of several loans at once, and scores kept."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, and_, case, cast, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from api.customers.tables import CustomerRow, SuppressionRow
from api.db.base import among
from api.loans.tables import InstalmentRow, LoanRow
from api.loans.unpaid import unpaid
from api.payments.tables import PaymentLifeRow
from api.recovery.tables import CaseRow, PromiseRow, RiskScoreRow
from api.work import Work
from domain.contact.channel import Channel
from domain.lending.payment_life import PaymentState
from domain.recovery.promise import PromiseState
from domain.recovery.risk import Figure

YEAR: Final = timedelta(days=365)
"""How far back a card looks."""


async def of_loans(
    work: Work, loan_ids: Collection[UUID], on: date
) -> Mapping[UUID, Mapping[Figure, int]]:
    """The figures of loans on a business date; a loan that is not active has none."""
    if not loan_ids:
        return {}
    row = InstalmentRow
    since = on - YEAR
    lately = row.due_on >= since
    due = func.sum(
        row.principal + row.interest - row.interest_rebated + row.fee + row.penalty
    ).filter(lately)
    returned = (
        select(func.count())
        .where(
            PaymentLifeRow.loan_id == LoanRow.id,
            PaymentLifeRow.state == PaymentState.RETURNED.value,
            PaymentLifeRow.announced_on >= since,
        )
        .correlate(LoanRow)
        .scalar_subquery()
    )
    found = await work.session.execute(
        select(
            LoanRow.id,
            func.coalesce(on - func.min(row.due_on).filter(row.met_on.is_(None)), 0),
            func.count().filter(row.met_on.is_(None)),
            func.count().filter(lately, or_(row.met_on.is_(None), row.met_on > row.due_on)),
            func.coalesce(
                cast(
                    func.floor(
                        100 * func.sum(unpaid()).filter(lately) / case((due > 0, due), else_=None)
                    ),
                    Integer,
                ),
                0,
            ),
            returned,
        )
        .outerjoin(row, and_(row.loan_id == LoanRow.id, row.due_on < on))
        .where(among(LoanRow.id, loan_ids), LoanRow.lifecycle == "active", row.loan_id.is_not(None))
        .group_by(LoanRow.id)
    )
    return {
        loan_id: {
            Figure.DAYS_PAST_DUE: days,
            Figure.UNPAID_INSTALMENTS: count,
            Figure.LATE_INSTALMENTS: late,
            Figure.UNPAID_PERCENT: percent,
            Figure.RETURNED_PAYMENTS: back,
        }
        for loan_id, days, count, late, percent, back in found
    }


def has_open_way() -> ColumnElement[bool]:
    """Whether a phone number or an address of a customer works and was not closed by a STOP."""
    holder = CustomerRow
    phone = [channel.value for channel in Channel if channel.by_phone]
    written = [channel.value for channel in Channel if not channel.by_phone]

    def stopped(
        index: InstrumentedAttribute[bytes | None], media: list[str]
    ) -> ColumnElement[bool]:
        return exists().where(
            SuppressionRow.address_index == index, SuppressionRow.medium.in_(media)
        )

    return or_(
        and_(holder.phone_index.is_not(None), ~stopped(holder.phone_index, phone)),
        and_(holder.email_index.is_not(None), ~stopped(holder.email_index, written)),
    )


async def is_unreachable(work: Work, customer_id: UUID) -> bool:
    """Whether no way is left by which a customer may be reached."""
    found = await work.session.scalar(select(has_open_way()).where(CustomerRow.id == customer_id))
    return not found


async def broken_promises(work: Work, customer_id: UUID, since: date) -> int:
    """Promises of a customer that fell due since a day and were broken."""
    found = await work.session.scalar(
        select(func.count())
        .select_from(PromiseRow)
        .join(CaseRow, CaseRow.id == PromiseRow.case_id)
        .where(
            CaseRow.customer_id == customer_id,
            PromiseRow.status == PromiseState.BROKEN.value,
            PromiseRow.due_on >= since,
        )
    )
    return found or 0


async def active_loans(work: Work, customer_id: UUID) -> Sequence[LoanRow]:
    """The active loans of a customer, in number order."""
    return (
        await work.session.scalars(
            select(LoanRow)
            .where(LoanRow.customer_id == customer_id, LoanRow.lifecycle == "active")
            .order_by(LoanRow.number)
        )
    ).all()


async def kept_scores(work: Work, customer_id: UUID, count: int) -> Sequence[RiskScoreRow]:
    """The latest scores kept of a customer's cases, newest first."""
    return (
        await work.session.scalars(
            select(RiskScoreRow)
            .where(RiskScoreRow.customer_id == customer_id)
            .order_by(RiskScoreRow.id.desc())
            .limit(count)
        )
    ).all()
