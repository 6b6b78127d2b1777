"""Gathers what a plan looks at: the case as the pure rules know it, on its own business date."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from api.customers import service as customers
from api.customers.contact import ContactCard, contact_cards
from api.recovery import (
    arrangements,
    arrears_queries,
    holds,
    moratorium_facts,
    outcomes,
    plan_queries,
    queries,
    rating,
    settlement_facts,
    sla_queries,
)
from api.recovery.arrears_queries import LoanArrears
from api.recovery.cases import Held
from api.recovery.tables import CaseRow, CaseStepRow, PromiseRow
from api.strategies import service as strategies
from api.tasks.service import TaskRow
from api.tasks.service import of_case as tasks_of_case
from api.work import Work
from domain.calendar import business_date
from domain.contact.channel import Channel, Purpose
from domain.contact.consent import may_use
from domain.ids import case_step_key
from domain.money import ZERO
from domain.recovery.case import CaseFacts, Escalation, EscalationLevel, PerformedStep
from domain.recovery.conditions import LastOutcome
from domain.recovery.promise import Promise, PromiseState, Receipt
from domain.recovery.risk import Score
from domain.recovery.strategy import Strategy

SUPERSEDED = "superseded"
"""Outcome of a step that a later one made pointless."""

PASSED_OVER = "passed_over"
"""Outcome of a step whose condition did not hold on its day."""

NOT_TAKEN = frozenset({SUPERSEDED, PASSED_OVER})
"""Outcomes of steps that were recorded without being taken."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """The facts of a case, and the rows they were read from.

    Attributes:
        facts: What the rules look at.
        strategy: The version the case keeps.
        arrears: Its loans that are late now, in number order.
        promises: Its promises, oldest first.
        tasks: Its tasks, oldest first.
        risk: Its risk by the card in use.
    """

    facts: CaseFacts
    strategy: Strategy
    arrears: Sequence[LoanArrears]
    promises: Sequence[PromiseRow]
    tasks: Sequence[TaskRow]
    risk: Score

    @property
    def bucket(self) -> str:
        """The bucket of the loan that leads: the oldest, then the largest, then by number."""
        return _bucket(self.arrears)


async def after_step(work: Work, held: Held, before: Gathered) -> Gathered:
    """The facts once a step was performed: it changes what was done and asked for, no money."""
    await work.session.flush()
    tasks = await tasks_of_case(work, held.case.id)
    steps = await queries.steps(work, held.case.id)
    facts = replace(
        before.facts,
        performed=tuple(_performed(step, held.zone) for step in steps),
        promises=tuple(promise_of(promise, held.zone) for promise in before.promises),
        open_tasks=_open(tasks),
        escalation=await escalation_of(work, held.case),
        last_outcome=await _last_outcome(work, before.strategy, steps, tasks),
    )
    if facts.arrangements or facts.settlements or facts.moratoria:
        # The plan before the step recorded what had become of them.
        facts = await _with_agreed(work, held.case, facts)
    return replace(before, facts=facts, tasks=tasks)


async def _with_agreed(work: Work, case: CaseRow, facts: CaseFacts) -> CaseFacts:
    """The facts with what was agreed on the case, and the moratoria that concern it."""
    return replace(
        facts,
        arrangements=await arrangements.of_case(work, case),
        settlements=await settlement_facts.of_case(work, case),
        moratoria=await moratorium_facts.of_case(work, case),
    )


async def gather(work: Work, held: Held, asking: Strategy | None = None) -> Gathered:
    """Read the facts of a case with its loans, both locked where something follows from them.

    What only some strategies look at is read if the case's own does, or the one that is `asking`.
    """
    case = held.case
    await work.session.flush()
    arrears = await arrears_queries.arrears(work, [loan.id for loan in held.loans], held.today)
    promises = await queries.promises(work, case.id)
    tasks = await tasks_of_case(work, case.id)
    steps = await queries.steps(work, case.id)
    strategy = await strategies.by_id(work, case.strategy_id)
    looking = asking or strategy
    card = await _card(work, looking, case.customer_id)
    risk = await rating.risk_of_case(work, held, promises)
    anchor_on = min((loan.anchor_on for loan in arrears), default=case.anchor_on)
    facts = CaseFacts(
        anchor_on=anchor_on,
        stage=case.stage,
        overdue_amount=sum((loan.overdue for loan in arrears), ZERO),
        performed=tuple(_performed(step, held.zone) for step in steps),
        promises=tuple(promise_of(promise, held.zone) for promise in promises),
        receipts=await _receipts(work, case, promises),
        holds=tuple(await holds.of_case(work, case.id)),
        open_tasks=_open(tasks),
        escalation=await escalation_of(work, case),
        zone=await customers.zone_of(work, case.customer_id),
        book_zone=held.zone,
        now=held.clock.now,
        awaited=await arrears_queries.awaited_payments(work, case.id),
        bucket=_bucket(arrears),
        unpaid_instalments=sum(loan.unpaid for loan in arrears),
        channels=frozenset(Channel) if card is None else reachable(card),
        language="en" if card is None else card.language,
        last_outcome=await _last_outcome(work, looking, steps, tasks),
        office=held.office,
        risk=risk.value,
    )
    if await plan_queries.any_agreed(work, case.id):
        facts = await _with_agreed(work, case, facts)
    return Gathered(facts, strategy, arrears, promises, tasks, risk)


def _open(tasks: Sequence[TaskRow]) -> tuple[str, ...]:
    return tuple(task.natural_key for task in tasks if task.status == "open")


async def _receipts(
    work: Work, case: CaseRow, promises: Sequence[PromiseRow]
) -> tuple[Receipt, ...]:
    """Money since the first promise; where all were replaced nobody asks."""
    if all(promise.status == PromiseState.REPLACED for promise in promises):
        return ()
    first = promises[0]
    return tuple(await arrears_queries.repayments(work, case.id, first.made_on, first.id))


def promise_of(row: PromiseRow, zone: str) -> Promise:
    """A promise as the rules know it; its days are those of a zone."""
    return Promise(
        id=str(row.id),
        amount=row.amount,
        made_on=row.made_on,
        due_on=row.due_on,
        state=PromiseState(row.status),
        resolved_on=None if row.resolved_at is None else business_date(row.resolved_at, zone),
        received=row.received,
    )


def _performed(row: CaseStepRow, zone: str) -> PerformedStep:
    on: date = business_date(row.performed_at, zone)
    return PerformedStep(row.step_key, row.anchor_on, on, superseded=row.outcome in NOT_TAKEN)


async def _card(work: Work, strategy: Strategy, customer_id: UUID) -> ContactCard | None:
    """How the customer is reached; not read for a strategy that never asks."""
    if not strategy.looks_at_the_customer:
        return None
    return (await contact_cards(work, [customer_id])).get(customer_id)


def reachable(card: ContactCard) -> frozenset[Channel]:
    """Media with an address that works and was not closed to us by the customer's last word."""
    return frozenset(
        channel
        for channel in Channel
        if card.address(channel) is not None
        # Whether silence is consent is for the rule packs, when the message is about to go.
        and may_use(
            channel, Purpose.COLLECTION, card.consents, card.suppressed, required=frozenset()
        )
        is None
    )


async def _last_outcome(
    work: Work, strategy: Strategy, steps: Sequence[CaseStepRow], tasks: Sequence[TaskRow]
) -> LastOutcome:
    """What came of the last step taken; not read for a strategy that never asks."""
    taken = [step for step in steps if step.outcome not in NOT_TAKEN]
    if not taken or not strategy.looks_at_the_customer:
        return LastOutcome.NOTHING
    last = taken[-1]
    key = case_step_key(last.case_id, last.anchor_on, last.step_key)
    status = await queries.message_status(work, last.case_id, key)
    if status is not None:
        return outcomes.of_message(status)
    task = next((each for each in tasks if each.natural_key == key), None)
    return LastOutcome.DONE if task is None else outcomes.of_task(task.status, task.outcome)


def _bucket(arrears: Sequence[LoanArrears]) -> str:
    leader = min(
        arrears,
        key=lambda loan: (loan.anchor_on, -loan.overdue, loan.number),
        default=None,
    )
    return "current" if leader is None else leader.bucket


async def escalation_of(work: Work, case: CaseRow) -> Escalation | None:
    """The last time somebody was asked to take a case, with the pauses of his clock."""
    if case.escalation == "none" or case.escalated_at is None:
        return None
    level = (
        EscalationLevel.MANAGER if case.escalation == "re_escalated" else EscalationLevel.ADVISOR
    )
    answered = case.acknowledged_at is not None
    pauses = () if answered else await sla_queries.pauses_since(work, case.id, case.escalated_at)
    return Escalation(level, case.escalated_at, case.acknowledged_at, pauses)
