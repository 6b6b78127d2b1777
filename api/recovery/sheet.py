"""A case as somebody works it: its sentences, what comes next, and the bounds of what he may do."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from api.clock import Clock, clock_for
from api.creditors import service as creditors
from api.customers import service as customers
from api.recovery import (
    arrears_queries,
    cases,
    facts,
    holds,
    joint_queries,
    planning,
    queries,
    reading,
)
from api.recovery.tables import CaseRow, PromiseRow
from api.strategies import service as strategies
from api.work import Work
from contracts.recovery import CaseDetail
from domain.recovery import deferring, sentences
from domain.recovery.holds import Hold
from domain.recovery.promise import PromisePolicy
from domain.recovery.sentences import (
    CaseStory,
    ToldArrangement,
    ToldPromise,
    ToldSettlement,
    Withheld,
)
from domain.recovery.strategy import Strategy

_ASKED: Final = {"asked": "an advisor", "re_escalated": "a manager"}

_STEPS_AHEAD: Final = 3


@dataclass(frozen=True, slots=True)
class Ahead:
    """A step that the strategy holds for later, and the active day it falls on."""

    title: str
    stage: str
    day: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A case and all that is said about it.

    Attributes:
        case: The case with its story.
        creditor: Whose book it is in.
        clock: The customer's clock.
        today: The creditor's business date.
        story: What the sentences are made of.
        zone: In which times are told: the customer's, or the creditor's where his is unknown.
        why_here: The first sentence.
        what_may_happen: The second.
        what_ends_it: The third.
        next_title: The next step, in words; empty when none is planned.
        ahead: The steps after it, by the strategy.
        policy: What is accepted as a promise.
        least_promise: The smallest amount of one.
        last_promise_day: The latest day of one.
    """

    case: CaseDetail
    creditor: str
    clock: Clock
    today: date
    story: CaseStory
    zone: str
    why_here: str
    what_may_happen: str
    what_ends_it: str
    next_title: str
    ahead: Sequence[Ahead]
    policy: PromisePolicy
    least_promise: str
    last_promise_day: date


async def sheet(work: Work, case_id: UUID) -> Sheet:
    """A case as somebody works it. Raises `NOT_FOUND`."""
    case = await reading.get_case(work, case_id)
    row = await queries.find(work, case_id)
    if row is None:
        raise cases.missing()
    creditor = await creditors.by_id(work, row.creditor_id)
    clock = await clock_for(work, row.test_clock_id)
    today = clock.today(creditor.zone)
    named = (await customers.names(work, [row.customer_id]))[row.customer_id]
    zone = named.zone or creditor.zone
    strategy = await strategies.by_id(work, row.strategy_id)
    story = await _story(
        work,
        row,
        case,
        strategy=strategy,
        name=named.name or named.number,
        today=today,
        zone=zone,
    )
    return Sheet(
        case=case,
        creditor=creditor.name,
        clock=clock,
        today=today,
        story=story,
        zone=zone,
        why_here=sentences.why_here(story),
        what_may_happen=sentences.what_may_happen(story),
        what_ends_it=sentences.what_ends_it(story),
        next_title=story.next_step or "",
        ahead=_ahead(strategy, row),
        policy=strategy.promises,
        least_promise=format(sentences.least_promise(story), "f"),
        last_promise_day=sentences.last_promise_day(story),
    )


async def _story(
    work: Work,
    row: CaseRow,
    case: CaseDetail,
    *,
    strategy: Strategy,
    name: str,
    today: date,
    zone: str,
) -> CaseStory:
    promises = await queries.promises(work, row.id)
    lines = await queries.message_lines(work, row.id)
    reasons = Counter(
        reason for line in lines if line.status == "withheld" for reason in line.reasons
    )
    ids = await queries.loan_ids(work, row.id, present=True)
    late = await arrears_queries.arrears(work, ids, today)
    step = None if row.next_step is None else planning.step_named(strategy, row.next_step)
    return CaseStory(
        name=name,
        currency=row.currency,
        overdue_amount=case.overdue,
        loans_late=len(late),
        loans=len(case.loan_ids),
        past_due_since=case.past_due_since,
        stage=row.stage,
        promise=_latest(
            promises,
            await holds.of_case(work, row.id) if promises else (),
            policy=strategy.promises,
            zone=zone,
            today=today,
        ),
        promises_so_far=len(promises),
        policy=strategy.promises,
        suspended_by=tuple(filter(None, (row.suspended_by or "").split(","))),
        next_step=None if step is None else planning.title(step),
        next_at=row.next_at,
        asked=_ASKED.get(row.escalation, ""),
        withheld=tuple(Withheld(reason, count) for reason, count in reasons.most_common()),
        closed_reason=row.closed_reason,
        today=today,
        zone=zone,
        arranged=_arranged(case),
        settling=_settling(case),
        protected_until=_protected_until(case),
        stands_in=await joint_queries.stands_in(work, row.id),
        asked_instead=await _asked_instead(work, row.id),
    )


async def _asked_instead(work: Work, case_id: UUID) -> Sequence[str]:
    found = await joint_queries.standing(work, case_id)
    return tuple(dict.fromkeys(f"RC-{one.number}" for one in found))


def _protected_until(case: CaseDetail) -> date | None:
    return next(
        (
            each.ends_on
            for each in case.moratoria
            if each.active and each.customer_id == case.customer_id
        ),
        None,
    )


def _arranged(case: CaseDetail) -> ToldArrangement | None:
    for each in case.arrangements:
        due = [part for part in each.parts if part.status == "due"]
        if each.status == "open" and due:
            first, last = due[0], due[-1]
            return ToldArrangement(
                next_on=first.moved_to or first.due_on,
                next_amount=first.amount - first.received,
                last_on=last.moved_to or last.due_on,
                received=each.received,
                moved_from=None if first.moved_to is None else first.due_on,
                waits=first.waits,
            )
    return None


def _settling(case: CaseDetail) -> ToldSettlement | None:
    for each in case.settlements:
        if each.status == "accepted":
            return ToldSettlement(each.amount, each.moved_to or each.pay_by)
    return None


def _latest(
    promises: Sequence[PromiseRow],
    held: Sequence[Hold],
    *,
    policy: PromisePolicy,
    zone: str,
    today: date,
) -> ToldPromise | None:
    if not promises:
        return None
    last = promises[-1]
    now = deferring.promise(
        facts.promise_of(last, zone), held, grace_days=policy.grace_days, today=today
    )
    return ToldPromise(last.amount, now.due_on, now.state, now.received)


def _ahead(strategy: Strategy, row: CaseRow) -> Sequence[Ahead]:
    """The steps after the next one, in the order they fall due unless something changes.

    None while nothing is planned: what a suspension leaves of them is known when it ends.
    """
    if row.next_step is None:
        return ()
    keys = [step.key for step in strategy.steps]
    later = strategy.steps[keys.index(row.next_step) + 1 :]
    return tuple(
        Ahead(planning.title(step), step.stage, step.day_offset) for step in later[:_STEPS_AHEAD]
    )
