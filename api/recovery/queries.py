"""SQL of recovery cases: their loans, steps, promises and story, and lists of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from api.db.base import among, new_id
from api.identity.tables import UserRow
from api.loans.tables import LoanRow
from api.messages.tables import MessageRow
from api.recovery.tables import (
    CaseEventRow,
    CaseLoanRow,
    CaseRow,
    CaseStepRow,
    PromiseRow,
    ProposalRow,
)
from api.work import Work


@dataclass(frozen=True, slots=True)
class MessageLine:
    """What became of one message of a case; its text is not read."""

    id: UUID
    direction: str
    channel: str
    template: str | None
    status: str
    reasons: list[str]
    due_at: datetime
    sent_at: datetime | None
    call_outcome: str | None = None
    disclosed: bool = False
    """Something of the debt was said in a call."""
    to_another: bool = False
    """It was for, or came from, another party than the case's customer."""


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


async def lock_loans_in(work: Work, case_id: UUID) -> Sequence[LoanRow]:
    """The loans that are in a case, locked in number order."""
    present = select(CaseLoanRow.loan_id).where(
        CaseLoanRow.case_id == case_id, CaseLoanRow.left_on.is_(None)
    )
    return (
        await work.session.scalars(
            select(LoanRow)
            .where(LoanRow.id.in_(present))
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


async def events(work: Work, case_id: UUID) -> Sequence[CaseEventRow]:
    """The story of a case, oldest first."""
    return (
        await work.session.scalars(
            select(CaseEventRow)
            .where(CaseEventRow.case_id == case_id)
            .order_by(CaseEventRow.at, CaseEventRow.id)
        )
    ).all()


async def event(work: Work, case_id: UUID, event_id: UUID) -> CaseEventRow | None:
    """One line of the story of a case."""
    found: CaseEventRow | None = await work.session.scalar(
        select(CaseEventRow).where(CaseEventRow.id == event_id, CaseEventRow.case_id == case_id)
    )
    return found


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
            MessageRow.id,
            MessageRow.direction,
            MessageRow.channel,
            MessageRow.template,
            MessageRow.status,
            MessageRow.reasons,
            MessageRow.due_at,
            MessageRow.sent_at,
            func.jsonb_extract_path_text(MessageRow.facts, "outcome"),
            func.coalesce(
                func.jsonb_extract_path_text(MessageRow.facts, "disclosed") == "true", False
            ),
            func.coalesce(MessageRow.customer_id != CaseRow.customer_id, False),
        )
        .join(CaseRow, CaseRow.id == MessageRow.case_id)
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
