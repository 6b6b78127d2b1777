"""SQL of risk: the figures that the card looks at, of several loans at once, and scores kept."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, and_, case, cast, exists, func, or_, select

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
    """The figures of loans on a business date, but for promises; one not active has none."""
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
            cast(~has_open_way(), Integer),
        )
        .join(CustomerRow, CustomerRow.id == LoanRow.customer_id)
        .join(row, and_(row.loan_id == LoanRow.id, row.due_on < on))
        .where(among(LoanRow.id, loan_ids), LoanRow.lifecycle == "active")
        .group_by(LoanRow.id, CustomerRow.id)
    )
    return {
        loan_id: {
            Figure.DAYS_PAST_DUE: days,
            Figure.UNPAID_INSTALMENTS: count,
            Figure.LATE_INSTALMENTS: late,
            Figure.UNPAID_PERCENT: percent,
            Figure.RETURNED_PAYMENTS: back,
            Figure.UNREACHABLE: unreachable,
        }
        for loan_id, days, count, late, percent, back, unreachable in found
    }


def has_open_way() -> ColumnElement[bool]:
    """Whether a medium is left to a customer: with an address that works and was not closed.

    A notice that waits for its reader reaches nobody by itself.
    """
    return or_(*(_is_open(channel) for channel in Channel if not channel.waits_for_reader))


def _is_open(channel: Channel) -> ColumnElement[bool]:
    index = CustomerRow.phone_index if channel.by_phone else CustomerRow.email_index
    closed = exists().where(
        SuppressionRow.address_index == index, SuppressionRow.medium == channel.value
    )
    return and_(index.is_not(None), ~closed)


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
