"""Gathers what a plan looks at: the case as the pure rules know it, on its own business date."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from api.customers import service as customers
from api.recovery import holds, queries
from api.recovery.cases import Held
from api.recovery.queries import LoanArrears
from api.recovery.tables import CaseRow, CaseStepRow, PromiseRow
from api.strategies import service as strategies
from api.tasks.service import TaskRow
from api.tasks.service import of_case as tasks_of_case
from api.work import Work
from domain.calendar import business_date
from domain.money import ZERO
from domain.recovery.case import CaseFacts, Escalation, EscalationLevel, PerformedStep
from domain.recovery.promise import Promise, PromiseState, Receipt
from domain.recovery.strategy import Strategy

SUPERSEDED = "superseded"
"""Outcome of a step that a later one made pointless."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """The facts of a case, and the rows they were read from.

    Attributes:
        facts: What the rules look at.
        strategy: The version the case keeps.
        arrears: Its loans that are late now, in number order.
        promises: Its promises, oldest first.
        tasks: Its tasks, oldest first.
    """

    facts: CaseFacts
    strategy: Strategy
    arrears: Sequence[LoanArrears]
    promises: Sequence[PromiseRow]
    tasks: Sequence[TaskRow]

    @property
    def bucket(self) -> str:
        """The bucket of the loan that leads: the oldest, then the largest, then by number."""
        leader = min(
            self.arrears,
            key=lambda loan: (loan.anchor_on, -loan.overdue, loan.number),
            default=None,
        )
        return "current" if leader is None else leader.bucket


async def after_step(work: Work, held: Held, before: Gathered) -> Gathered:
    """The facts once a step was performed: it changes what was done and asked for, no money."""
    await work.session.flush()
    tasks = await tasks_of_case(work, held.case.id)
    steps = await queries.steps(work, held.case.id)
    facts = replace(
        before.facts,
        performed=tuple(_performed(step, held.zone) for step in steps),
        promises=tuple(_promise(promise, held.zone) for promise in before.promises),
        open_tasks=_open(tasks),
        escalation=_escalation(held.case),
    )
    return replace(before, facts=facts, tasks=tasks)


async def gather(work: Work, held: Held) -> Gathered:
    """Read the facts of a locked case with its locked loans."""
    case = held.case
    await work.session.flush()
    arrears = await queries.arrears(work, [loan.id for loan in held.loans], held.today)
    promises = await queries.promises(work, case.id)
    tasks = await tasks_of_case(work, case.id)
    anchor_on = min((loan.anchor_on for loan in arrears), default=case.anchor_on)
    facts = CaseFacts(
        anchor_on=anchor_on,
        stage=case.stage,
        overdue_amount=sum((loan.overdue for loan in arrears), ZERO),
        performed=tuple(_performed(step, held.zone) for step in await queries.steps(work, case.id)),
        promises=tuple(_promise(promise, held.zone) for promise in promises),
        receipts=await _receipts(work, case, promises),
        holds=tuple(await holds.of_case(work, case.id)),
        open_tasks=_open(tasks),
        escalation=_escalation(case),
        zone=await customers.zone_of(work, case.customer_id),
        book_zone=held.zone,
        now=held.clock.now,
        awaited=await queries.awaited_payments(work, case.id),
    )
    strategy = await strategies.by_id(work, case.strategy_id)
    return Gathered(facts, strategy, arrears, promises, tasks)


def _open(tasks: Sequence[TaskRow]) -> tuple[str, ...]:
    return tuple(task.natural_key for task in tasks if task.status == "open")


async def _receipts(
    work: Work, case: CaseRow, promises: Sequence[PromiseRow]
) -> tuple[Receipt, ...]:
    """Money since the first promise; without an open promise nobody asks."""
    if not any(promise.status == PromiseState.OPEN for promise in promises):
        return ()
    first = promises[0]
    return tuple(await queries.repayments(work, case.id, first.made_on, first.id))


def _promise(row: PromiseRow, zone: str) -> Promise:
    return Promise(
        id=str(row.id),
        amount=row.amount,
        made_on=row.made_on,
        due_on=row.due_on,
        state=PromiseState(row.status),
        resolved_on=None if row.resolved_at is None else business_date(row.resolved_at, zone),
    )


def _performed(row: CaseStepRow, zone: str) -> PerformedStep:
    on: date = business_date(row.performed_at, zone)
    return PerformedStep(row.step_key, row.anchor_on, on, superseded=row.outcome == SUPERSEDED)


def _escalation(case: CaseRow) -> Escalation | None:
    if case.escalation == "none" or case.escalated_at is None:
        return None
    level = (
        EscalationLevel.MANAGER if case.escalation == "re_escalated" else EscalationLevel.ADVISOR
    )
    return Escalation(level, case.escalated_at, case.acknowledged_at)
