"""SQL of payments that were announced before they were final, and of lists with them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.orm import aliased

from api.db.base import among
from api.loans.tables import LoanRow
from api.payments.tables import PaymentLifeRow, TransactionRow
from api.security.access import visible_customer
from api.work import Work
from domain.calendar import business_date
from domain.lending.payment_life import AWAITED, PaymentState
from domain.lending.reversal import ReversalKind
from domain.money import ZERO

_REVERSAL = aliased(TransactionRow)
_AWAITED = sorted(state.value for state in AWAITED)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which payments a list is to hold: of a loan or a customer, in a state; None is any."""

    loan_id: UUID | None
    customer_id: UUID | None
    state: PaymentState | None


async def find(work: Work, payment_id: UUID) -> PaymentLifeRow | None:
    """What is kept of a payment that was announced."""
    return await work.session.get(PaymentLifeRow, payment_id)


async def lock(work: Work, payment_id: UUID) -> PaymentLifeRow | None:
    """The same, locked and read anew; lives come after their loan in the lock order."""
    return await work.session.get(
        PaymentLifeRow, payment_id, with_for_update=True, populate_existing=True
    )


async def of(work: Work, payment_ids: Collection[UUID]) -> dict[UUID, PaymentLifeRow]:
    """Of some payments, those that were announced before."""
    if not payment_ids:
        return {}
    rows = await work.session.scalars(
        select(PaymentLifeRow).where(among(PaymentLifeRow.id, payment_ids))
    )
    return {row.id: row for row in rows}


async def awaited(work: Work, loan_id: UUID) -> Sequence[PaymentLifeRow]:
    """Payments of a loan that are announced and not final, oldest first."""
    return (
        await work.session.scalars(
            select(PaymentLifeRow)
            .where(PaymentLifeRow.loan_id == loan_id, PaymentLifeRow.state.in_(_AWAITED))
            .order_by(PaymentLifeRow.number)
        )
    ).all()


async def unkept_reports(work: Work, loan_id: UUID) -> int:
    """Reports of a loan that came to nothing since money last came in."""
    last_money = (
        select(func.coalesce(func.max(TransactionRow.number), 0))
        .where(
            TransactionRow.loan_id == loan_id,
            TransactionRow.kind == "repayment",
            ~exists().where(_REVERSAL.reverses_id == TransactionRow.id),
        )
        .scalar_subquery()
    )
    found: int | None = await work.session.scalar(
        select(func.count())
        .select_from(PaymentLifeRow)
        .where(
            PaymentLifeRow.loan_id == loan_id,
            PaymentLifeRow.state == PaymentState.EXPIRED.value,
            PaymentLifeRow.pauses,
            PaymentLifeRow.number > last_money,
        )
    )
    return found or 0


@dataclass(frozen=True, slots=True)
class Awaited:
    """A payment that is awaited and holds reminders back until a day."""

    loan_id: UUID
    amount: Decimal
    awaited_until: date


async def awaited_on(work: Work, loan_ids: Collection[UUID]) -> list[Awaited]:
    """The payments that hold back reminders of some loans."""
    if not loan_ids:
        return []
    rows = await work.session.execute(
        select(PaymentLifeRow.loan_id, PaymentLifeRow.amount, PaymentLifeRow.awaited_until).where(
            among(PaymentLifeRow.loan_id, loan_ids),
            PaymentLifeRow.state.in_(_AWAITED),
            PaymentLifeRow.pauses,
        )
    )
    return [Awaited(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class AwaitedAmounts:
    """What is awaited on a loan: reported, pending and not counted, pending and counted."""

    reported: Decimal = ZERO
    pending: Decimal = ZERO
    provisional: Decimal = ZERO


async def awaited_amounts(work: Work, loan_id: UUID, on: date, zone: str) -> AwaitedAmounts:
    """The sums of what was awaited on a loan when a day ended, in its creditor's zone."""
    rows = await work.session.execute(
        select(PaymentLifeRow, TransactionRow.booked_on)
        .outerjoin(TransactionRow, TransactionRow.id == PaymentLifeRow.id)
        .where(PaymentLifeRow.loan_id == loan_id, PaymentLifeRow.announced_on <= on)
    )
    reported = pending = provisional = ZERO
    for row in rows:
        life = row[0]
        booked_on: date | None = row[1]  # null: its money never counted
        if _by(life.cleared_at or life.ended_at, on, zone):
            continue
        if booked_on is not None and booked_on <= on:
            provisional += life.amount
        elif _by(life.pending_at, on, zone):
            pending += life.amount
        else:
            reported += life.amount
    return AwaitedAmounts(reported, pending, provisional)


def _by(at: datetime | None, on: date, zone: str) -> bool:
    """Whether something had happened by the end of a day."""
    return at is not None and business_date(at, zone) <= on


async def posted_page(work: Work, asked: Asked, after: int, limit: int) -> Sequence[TransactionRow]:
    """Payments whose money counts or did, after a number."""
    life = aliased(PaymentLifeRow)
    statement = (
        select(TransactionRow)
        .join(LoanRow, LoanRow.id == TransactionRow.loan_id)
        .where(TransactionRow.kind == "repayment", TransactionRow.number > after)
        .order_by(TransactionRow.number)
        .limit(limit)
    )
    if asked.loan_id is not None:
        statement = statement.where(TransactionRow.loan_id == asked.loan_id)
    if asked.state is not None:
        statement = statement.outerjoin(life, life.id == TransactionRow.id).where(
            or_(life.state == asked.state.value, and_(life.id.is_(None), _plainly(asked.state)))
        )
    return (await work.session.scalars(statement.where(*_seen(work, asked)))).all()


async def announced_page(
    work: Work, asked: Asked, after: int, limit: int
) -> Sequence[tuple[PaymentLifeRow, LoanRow]]:
    """Payments whose money never counted, after a number, with their loans."""
    statement = (
        select(PaymentLifeRow, LoanRow)
        .join(LoanRow, LoanRow.id == PaymentLifeRow.loan_id)
        .where(PaymentLifeRow.posted_key.is_(None), PaymentLifeRow.number > after)
        .order_by(PaymentLifeRow.number)
        .limit(limit)
    )
    if asked.loan_id is not None:
        statement = statement.where(PaymentLifeRow.loan_id == asked.loan_id)
    if asked.state is not None:
        statement = statement.where(PaymentLifeRow.state == asked.state.value)
    rows = await work.session.execute(statement.where(*_seen(work, asked)))
    return [(row[0], row[1]) for row in rows]


def _plainly(state: PaymentState) -> ColumnElement[bool]:
    """The state of a payment that was never announced: it came, and was perhaps taken back."""
    taken_back = exists().where(_REVERSAL.reverses_id == TransactionRow.id)
    by_bank = and_(
        taken_back,
        exists().where(
            _REVERSAL.reverses_id == TransactionRow.id,
            _REVERSAL.kind == ReversalKind.RETURNED.value,
        ),
    )
    match state:
        case PaymentState.CLEARED:
            return ~taken_back
        case PaymentState.RETURNED:
            return by_bank
        case PaymentState.REVERSED:
            return and_(taken_back, ~by_bank)
        case _:
            return false()


def _seen(work: Work, asked: Asked) -> list[ColumnElement[bool]]:
    """Narrow payments, joined to their loans, to a customer and to what may be seen."""
    conditions = [] if asked.customer_id is None else [LoanRow.customer_id == asked.customer_id]
    only = visible_customer(work.principal)
    return conditions if only is None else [*conditions, LoanRow.customer_id == only]
