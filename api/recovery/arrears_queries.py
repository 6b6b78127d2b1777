"""SQL of what is late in cases: what is overdue, what came in, what is awaited."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Date as SqlDate
from sqlalchemy import Uuid as SqlUuid
from sqlalchemy import (
    and_,
    column,
    exists,
    func,
    or_,
    select,
    true,
    values,
)
from sqlalchemy.orm import aliased

from api.db.base import among
from api.loans.tables import InstalmentRow, LoanRow
from api.loans.unpaid import unpaid
from api.payments.tables import PaymentLifeRow, TransactionRow
from api.recovery import queries
from api.recovery.tables import (
    CaseLoanRow,
)
from api.work import Work
from domain.lending.payment_life import PaymentState
from domain.money import ZERO
from domain.recovery.pauses import AwaitedPayment


@dataclass(frozen=True, slots=True)
class LoanArrears:
    """How late one loan of a case is on a business date."""

    loan_id: UUID
    number: int
    bucket: str
    anchor_on: date
    """Due date of its oldest unmet instalment."""
    overdue: Decimal
    """All that is unpaid of what fell due before the day, penalties included."""
    unpaid: int
    """Instalments that fell due before the day and are not met."""


@dataclass(frozen=True, slots=True)
class CaseArrears:
    """How late a case is as a whole; a case without arrears has none of these."""

    overdue: Decimal
    past_due_since: date
    bucket: str


async def arrears(work: Work, ids: Collection[UUID], on: date) -> list[LoanArrears]:
    """The arrears of those loans that are late on a business date, in number order.

    A loan is late while an instalment that fell due before the day is not met; a penalty alone
    makes none late, but is part of what has to be paid.
    """
    if not ids:
        return []
    since = func.min(InstalmentRow.due_on).filter(InstalmentRow.met_on.is_(None))
    rows = await work.session.execute(
        select(
            LoanRow.id,
            LoanRow.number,
            LoanRow.bucket,
            since,
            func.sum(unpaid()),
            func.count().filter(InstalmentRow.met_on.is_(None)),
        )
        .join(InstalmentRow, InstalmentRow.loan_id == LoanRow.id)
        .where(among(LoanRow.id, ids), LoanRow.lifecycle == "active", InstalmentRow.due_on < on)
        .group_by(LoanRow.id, LoanRow.number, LoanRow.bucket)
        .having(since.is_not(None))
        .order_by(LoanRow.number)
    )
    return [LoanArrears(*row) for row in rows]


async def arrears_of_cases(work: Work, days: Mapping[UUID, date]) -> Mapping[UUID, CaseArrears]:
    """The arrears of several cases, each on its own business date."""
    if not days:
        return {}
    on = values(
        column("case_id", SqlUuid()), column("on_day", SqlDate()), name="business_day"
    ).data(sorted(days.items()))
    since = func.min(InstalmentRow.due_on).filter(InstalmentRow.met_on.is_(None))
    rows = await work.session.execute(
        select(on.c.case_id, LoanRow.bucket, since, func.sum(unpaid()))
        .select_from(on)
        .join(
            CaseLoanRow,
            and_(CaseLoanRow.case_id == on.c.case_id, CaseLoanRow.left_on.is_(None)),
        )
        .join(LoanRow, and_(LoanRow.id == CaseLoanRow.loan_id, LoanRow.lifecycle == "active"))
        .join(
            InstalmentRow,
            and_(InstalmentRow.loan_id == LoanRow.id, InstalmentRow.due_on < on.c.on_day),
        )
        .group_by(on.c.case_id, LoanRow.id, LoanRow.bucket)
        .having(since.is_not(None))
    )
    found: dict[UUID, CaseArrears] = {}
    for case_id, bucket, oldest, amount in rows:
        before = found.get(case_id)
        if before is None:
            found[case_id] = CaseArrears(amount, oldest, bucket)
            continue
        leads = oldest < before.past_due_since
        found[case_id] = CaseArrears(
            before.overdue + amount,
            min(oldest, before.past_due_since),
            bucket if leads else before.bucket,
        )
    return found


async def repayments(
    work: Work,
    case_id: UUID,
    since_on: date,
    after: UUID,
    *,
    loan_ids: Collection[UUID] | None = None,
    without: UUID | None = None,
) -> list[tuple[date, Decimal]]:
    """Money on the loans of a case recorded after a promise, by value date, oldest first.

    Reversed payments do not count, nor do provisional ones. `after` is the key of the promise:
    keys are time-ordered, so what was paid earlier on the same day is not taken for the promise.
    With `loan_ids` only money on these loans counts; `without` is a payment that is left out.
    """
    reversal = aliased(TransactionRow)
    rows = await work.session.execute(
        select(TransactionRow.value_on, func.sum(TransactionRow.amount))
        .join(CaseLoanRow, CaseLoanRow.loan_id == TransactionRow.loan_id)
        .outerjoin(PaymentLifeRow, PaymentLifeRow.id == TransactionRow.id)
        .where(
            CaseLoanRow.case_id == case_id,
            true() if loan_ids is None else among(CaseLoanRow.loan_id, loan_ids),
            TransactionRow.kind == "repayment",
            true() if without is None else TransactionRow.id != without,
            TransactionRow.value_on >= since_on,
            # What was announced keeps its key; what counts is when its money did.
            func.coalesce(PaymentLifeRow.posted_key, TransactionRow.id) > after,
            or_(PaymentLifeRow.id.is_(None), PaymentLifeRow.state != PaymentState.PENDING.value),
            ~exists().where(reversal.reverses_id == TransactionRow.id),
        )
        .group_by(TransactionRow.value_on)
        .order_by(TransactionRow.value_on)
    )
    return [(value_on, amount) for value_on, amount in rows]


async def awaited_payments(work: Work, case_id: UUID) -> tuple[AwaitedPayment, ...]:
    """The payments on loans of a case that were announced and hold it still, or held it."""
    rows = await work.session.execute(
        select(PaymentLifeRow.announced_on, PaymentLifeRow.awaited_until, PaymentLifeRow.awaited_to)
        .join(CaseLoanRow, CaseLoanRow.loan_id == PaymentLifeRow.loan_id)
        .where(CaseLoanRow.case_id == case_id, PaymentLifeRow.pauses)
        .order_by(PaymentLifeRow.number)
    )
    return tuple(
        AwaitedPayment(starts_on, min(until, ended_on or until))
        for starts_on, until, ended_on in rows
    )


async def total_overdue(work: Work, case_id: UUID, on: date) -> Decimal:
    """What is overdue in a case on a business date."""
    ids = await queries.loan_ids(work, case_id, present=True)
    return sum((loan.overdue for loan in await arrears(work, ids, on)), ZERO)
