"""All SQL about recovery cases."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Date as SqlDate
from sqlalchemy import (
    Select,
    and_,
    column,
    exists,
    func,
    or_,
    select,
    update,
    values,
)
from sqlalchemy import Uuid as SqlUuid
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from api.db.base import among, new_id
from api.identity.tables import UserRow
from api.loans.tables import InstalmentRow, LoanRow
from api.loans.unpaid import unpaid
from api.messages.tables import MessageRow
from api.payments.tables import PaymentLifeRow, TransactionRow
from api.recovery.tables import (
    CaseEventRow,
    CaseLoanRow,
    CaseRow,
    CaseStepRow,
    HoldRow,
    PromiseRow,
    ProposalRow,
)
from api.work import Work
from domain.lending.payment_life import PaymentState
from domain.money import ZERO
from domain.recovery.holds import OF_THE_PERSON
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
class MessageLine:
    """What became of one message of a case; its text is not read."""

    direction: str
    channel: str
    template: str | None
    status: str
    reasons: list[str]
    due_at: datetime
    sent_at: datetime | None
    call_outcome: str | None = None


@dataclass(frozen=True, slots=True)
class CaseArrears:
    """How late a case is as a whole; a case without arrears has none of these."""

    overdue: Decimal
    past_due_since: date
    bucket: str


# -- one case ----------------------------------------------------------------------------------


async def find(work: Work, case_id: UUID) -> CaseRow | None:
    """A case, as it stands now."""
    return await work.session.get(CaseRow, case_id, populate_existing=True)


async def lock(work: Work, case_id: UUID) -> CaseRow | None:
    """A case, locked."""
    return await work.session.get(CaseRow, case_id, with_for_update=True, populate_existing=True)


async def loan_ids(work: Work, case_id: UUID, *, present: bool) -> frozenset[UUID]:
    """The loans in a case now, or (not `present`) all that ever were."""
    query = select(CaseLoanRow.loan_id).where(CaseLoanRow.case_id == case_id)
    if present:
        query = query.where(CaseLoanRow.left_on.is_(None))
    return frozenset(await work.session.scalars(query))


async def lock_loans(work: Work, ids: Collection[UUID]) -> Sequence[LoanRow]:
    """Loans, locked in number order."""
    if not ids:
        return []
    return (
        await work.session.scalars(
            select(LoanRow)
            .where(among(LoanRow.id, ids))
            .order_by(LoanRow.number)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).all()


async def loans(work: Work, ids: Collection[UUID]) -> Sequence[LoanRow]:
    """Loans in number order, as they are now."""
    return (
        await work.session.scalars(
            select(LoanRow).where(among(LoanRow.id, ids)).order_by(LoanRow.number)
        )
    ).all()


async def page_on_strategy(
    work: Work, strategy_id: UUID, after: int, limit: int, *, lock: bool
) -> Sequence[CaseRow]:
    """Open cases that keep a version, in number order, locked if so; one more than `limit`."""
    chosen = (
        select(CaseRow)
        .where(CaseRow.strategy_id == strategy_id, CaseRow.status == "open", CaseRow.number > after)
        .order_by(CaseRow.number)
        .limit(limit + 1)
    )
    if lock:
        chosen = chosen.with_for_update().execution_options(populate_existing=True)
    return (await work.session.scalars(chosen)).all()


async def leave(work: Work, case_id: UUID, ids: Collection[UUID], on: date) -> None:
    """Take loans out of a case; the caller has locked both."""
    if not ids:
        return
    await work.session.execute(
        update(CaseLoanRow)
        .where(CaseLoanRow.case_id == case_id, among(CaseLoanRow.loan_id, ids))
        .values(left_on=on)
    )


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
    work: Work, case_id: UUID, since_on: date, after: UUID
) -> list[tuple[date, Decimal]]:
    """Money on the loans of a case recorded after a promise, by value date, oldest first.

    Reversed payments do not count, nor do provisional ones. `after` is the key of the promise:
    keys are time-ordered, so what was paid earlier on the same day is not taken for the promise.
    """
    reversal = aliased(TransactionRow)
    rows = await work.session.execute(
        select(TransactionRow.value_on, func.sum(TransactionRow.amount))
        .join(CaseLoanRow, CaseLoanRow.loan_id == TransactionRow.loan_id)
        .outerjoin(PaymentLifeRow, PaymentLifeRow.id == TransactionRow.id)
        .where(
            CaseLoanRow.case_id == case_id,
            TransactionRow.kind == "repayment",
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


async def steps(work: Work, case_id: UUID) -> Sequence[CaseStepRow]:
    """The steps performed or superseded so far, oldest first."""
    return (
        await work.session.scalars(
            select(CaseStepRow)
            .where(CaseStepRow.case_id == case_id)
            .order_by(CaseStepRow.performed_at, CaseStepRow.id)
        )
    ).all()


async def add_step(
    work: Work,
    case_id: UUID,
    *,
    anchor_on: date,
    step_key: str,
    action: str,
    outcome: str,
    at: datetime,
) -> bool:
    """Note that a step was done for an obligation; False when that was noted before."""
    made = await work.session.scalar(
        insert(CaseStepRow)
        .values(
            case_id=case_id,
            anchor_on=anchor_on,
            step_key=step_key,
            action=action,
            outcome=outcome,
            performed_at=at,
        )
        .on_conflict_do_nothing(
            index_elements=[CaseStepRow.case_id, CaseStepRow.anchor_on, CaseStepRow.step_key]
        )
        .returning(CaseStepRow.id)
    )
    return made is not None


@dataclass(frozen=True, slots=True)
class NotedStep:
    """A step to note for an obligation of a case."""

    case_id: UUID
    anchor_on: date
    step_key: str
    action: str
    outcome: str
    at: datetime


async def note_steps(work: Work, steps: Collection[NotedStep]) -> None:
    """Note steps of several cases at once; those that were noted before stay as they are."""
    if not steps:
        return
    await work.session.execute(
        insert(CaseStepRow)
        .values(
            [
                {
                    "id": new_id(),
                    "case_id": step.case_id,
                    "anchor_on": step.anchor_on,
                    "step_key": step.step_key,
                    "action": step.action,
                    "outcome": step.outcome,
                    "performed_at": step.at,
                }
                for step in steps
            ]
        )
        .on_conflict_do_nothing(
            index_elements=[CaseStepRow.case_id, CaseStepRow.anchor_on, CaseStepRow.step_key]
        )
    )


async def promises(work: Work, case_id: UUID) -> Sequence[PromiseRow]:
    """All promises made on a case, oldest first."""
    return (
        await work.session.scalars(
            select(PromiseRow)
            .where(PromiseRow.case_id == case_id)
            .order_by(PromiseRow.made_at, PromiseRow.id)
        )
    ).all()


async def proposals(work: Work, case_id: UUID) -> Sequence[ProposalRow]:
    """The proposals of a case, oldest first."""
    return (
        await work.session.scalars(
            select(ProposalRow)
            .where(ProposalRow.case_id == case_id)
            .order_by(ProposalRow.proposed_at, ProposalRow.id)
        )
    ).all()


async def lock_proposal(work: Work, case_id: UUID, proposal_id: UUID) -> ProposalRow | None:
    """One proposal of a case, locked."""
    found: ProposalRow | None = await work.session.scalar(
        select(ProposalRow)
        .where(ProposalRow.case_id == case_id, ProposalRow.id == proposal_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found


def _concerning(case_id: UUID) -> Select[HoldRow]:
    """The holds that concern a case: those on its debt, and those about the person.

    A hold outlives the case it was placed on: a debt that is disputed is so when it falls late
    again.
    """
    case, placed_on = aliased(CaseRow), aliased(CaseRow)
    same_debt = and_(placed_on.creditor_id == case.creditor_id, placed_on.currency == case.currency)
    return (
        select(HoldRow)
        .join(case, case.customer_id == HoldRow.customer_id)
        .join(placed_on, placed_on.id == HoldRow.case_id)
        .where(case.id == case_id, or_(same_debt, HoldRow.kind.in_(sorted(OF_THE_PERSON))))
    )


async def holds(work: Work, case_id: UUID) -> Sequence[HoldRow]:
    """All holds that concern a case, wherever they were placed, oldest first."""
    query = _concerning(case_id).order_by(HoldRow.created_at, HoldRow.id)
    return (await work.session.scalars(query)).all()


async def find_hold(work: Work, case_id: UUID, hold_id: UUID) -> HoldRow | None:
    """A hold that concerns a case."""
    found: HoldRow | None = await work.session.scalar(
        _concerning(case_id).where(HoldRow.id == hold_id)
    )
    return found


async def events(work: Work, case_id: UUID) -> Sequence[CaseEventRow]:
    """The story of a case, oldest first."""
    return (
        await work.session.scalars(
            select(CaseEventRow)
            .where(CaseEventRow.case_id == case_id)
            .order_by(CaseEventRow.at, CaseEventRow.id)
        )
    ).all()


async def message_status(work: Work, case_id: UUID, dedupe_key: str) -> str | None:
    """The status of the message of a step; None when the step sent none."""
    found: str | None = await work.session.scalar(
        select(MessageRow.status).where(
            MessageRow.case_id == case_id, MessageRow.dedupe_key == dedupe_key
        )
    )
    return found


async def message_lines(work: Work, case_id: UUID) -> list[MessageLine]:
    """The messages of a case, oldest first."""
    rows = await work.session.execute(
        select(
            MessageRow.direction,
            MessageRow.channel,
            MessageRow.template,
            MessageRow.status,
            MessageRow.reasons,
            MessageRow.due_at,
            MessageRow.sent_at,
            func.jsonb_extract_path_text(MessageRow.facts, "outcome"),
        )
        .where(MessageRow.case_id == case_id)
        .order_by(MessageRow.sequence)
    )
    return [MessageLine(*row) for row in rows]


async def loan_ids_in_order(work: Work, case_id: UUID) -> list[UUID]:
    """The loans in an open case, or all that were in a closed one, in number order."""
    rows = await work.session.scalars(
        select(LoanRow.id)
        .join(CaseLoanRow, CaseLoanRow.loan_id == LoanRow.id)
        .join(CaseRow, CaseRow.id == CaseLoanRow.case_id)
        .where(
            CaseRow.id == case_id,
            or_(CaseLoanRow.left_on.is_(None), CaseRow.status == "closed"),
        )
        .order_by(LoanRow.number)
    )
    return list(rows)


async def active_role(work: Work, user_id: UUID) -> str | None:
    """The role of a user who may log in; null for anybody else."""
    found: str | None = await work.session.scalar(
        select(UserRow.role).where(UserRow.id == user_id, UserRow.disabled_at.is_(None))
    )
    return found


# -- lists -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases a list shows; null means all."""

    status: str | None = None
    stage: str | None = None
    assignee_id: UUID | None = None
    customer_id: UUID | None = None
    test_clock_id: UUID | None = None
    creditor_id: UUID | None = None
    suspended: bool | None = None
    number: int | None = None


async def page_of_cases(work: Work, which: CaseFilter, after: int, limit: int) -> Sequence[CaseRow]:
    """Cases in number order after a number; one more than `limit`, if there are more."""
    query = select(CaseRow).where(CaseRow.number > after)
    if which.status is not None:
        query = query.where(CaseRow.status == which.status)
    if which.stage is not None:
        query = query.where(CaseRow.stage == which.stage)
    if which.assignee_id is not None:
        query = query.where(CaseRow.assignee_id == which.assignee_id)
    if which.customer_id is not None:
        query = query.where(CaseRow.customer_id == which.customer_id)
    if which.test_clock_id is not None:
        query = query.where(CaseRow.test_clock_id == which.test_clock_id)
    if which.creditor_id is not None:
        query = query.where(CaseRow.creditor_id == which.creditor_id)
    if which.number is not None:
        query = query.where(CaseRow.number == which.number)
    if which.suspended is not None:
        query = query.where(CaseRow.suspended_by.is_not(None) == which.suspended)
    return (await work.session.scalars(query.order_by(CaseRow.number).limit(limit + 1))).all()


# -- what others ask ---------------------------------------------------------------------------


async def open_case_of(work: Work, customer_id: UUID) -> CaseRow | None:
    """The customer's open case; the oldest by number, if there are several."""
    found: CaseRow | None = await work.session.scalar(
        select(CaseRow)
        .where(CaseRow.customer_id == customer_id, CaseRow.status == "open")
        .order_by(CaseRow.number)
        .limit(1)
    )
    return found


async def open_cases_of(work: Work, customer_id: UUID) -> Sequence[CaseRow]:
    """The customer's open cases, in number order."""
    return (
        await work.session.scalars(
            select(CaseRow)
            .where(CaseRow.customer_id == customer_id, CaseRow.status == "open")
            .order_by(CaseRow.number)
        )
    ).all()


async def present_cases(work: Work, case_ids: Collection[UUID]) -> Sequence[CaseRow]:
    """Cases by id, read afresh."""
    return (
        await work.session.scalars(
            select(CaseRow)
            .where(among(CaseRow.id, case_ids))
            .execution_options(populate_existing=True)
        )
    ).all()


async def holds_of_customers(
    work: Work, customer_ids: Collection[UUID]
) -> Sequence[tuple[HoldRow, UUID]]:
    """Every hold of these people with the creditor of its case, ended or not."""
    rows = await work.session.execute(
        select(HoldRow, CaseRow.creditor_id)
        .join(CaseRow, CaseRow.id == HoldRow.case_id)
        .where(among(HoldRow.customer_id, customer_ids))
    )
    return [(hold, creditor_id) for hold, creditor_id in rows]


async def total_overdue(work: Work, case_id: UUID, on: date) -> Decimal:
    """What is overdue in a case on a business date."""
    ids = await loan_ids(work, case_id, present=True)
    return sum((loan.overdue for loan in await arrears(work, ids, on)), ZERO)
