"""What a recovery case does next, and why: one pure function over its facts.

`plan` decides everything about a case that is not a person's decision: whether it is cured, what
became of its promises, which stage holds, which step comes next and when, who must be pressed,
and when to ask again. It is convergent: once its effects are recorded, the same facts ask for no
further effect.

The clock of a case counts *active days*: calendar days since the due date of the obligation that
leads (the anchor), less the days on which a promise, a hold or an agreement suspended it. So a hold
loses no step, and a part payment, which moves no date, neither skips nor repeats anything. When a
payment does move the anchor on, the stage stays where it is, steps of earlier stages are passed
over, and a step of this stage is taken again on its own day only, and only weeks after the last
time
(`repeat_after_days`).

A step whose condition does not hold when its time has come is passed over, for good as far as that
obligation goes: what is recorded is not taken back when the facts change.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from domain.calendar import business_date, local_instant
from domain.money import ZERO
from domain.office import Office
from domain.recovery import keeping, plans
from domain.recovery.arrangement import ArrangementState, PartState
from domain.recovery.case import (
    AWAITED_PAYMENT,
    CancelTasks,
    CaseFacts,
    CasePlan,
    CaseStatus,
    CloseReason,
    Effect,
    Escalation,
    EscalationLevel,
    PassOverSteps,
    PlannedStep,
    ReEscalate,
    ResolvePromise,
    SupersedeSteps,
    Why,
    WhyCode,
)
from domain.recovery.holds import EFFECTS, active, binds
from domain.recovery.pauses import Pauses, pausing
from domain.recovery.plans import Agreed
from domain.recovery.promise import Promise, PromiseState
from domain.recovery.settlement import SettlementState
from domain.recovery.sla import SlaClock, due_at
from domain.recovery.stepping import (
    due_steps,
    next_step,
    outgrown_steps,
    situation,
    with_superseded,
)
from domain.recovery.strategy import Strategy

_DAY = timedelta(days=1)


def plan(facts: CaseFacts, strategy: Strategy, now: datetime | None = None) -> CasePlan:
    """Decide what a case does next.

    Args:
        facts: The case.
        strategy: The version it runs on.
        now: Another instant than the facts', to ask "what if"; the money stays as it is.

    Returns:
        The plan. While it is open, `wake_at` is set: every wait has a deadline.

    Raises:
        DomainError: `UNKNOWN_ZONE`.
    """
    if now is not None:
        facts = replace(facts, now=now)
    today = business_date(facts.now, facts.book_zone)
    settled = keeping.settle_promises(facts, strategy, today)
    promises, effects = settled.promises, list(settled.effects)
    agreed = plans.judge(facts, strategy, today)
    effects.extend(agreed.effects)
    pauses = Pauses.of(facts.holds, promises, strategy, facts.awaited, agreed.spans(strategy))
    active_day = pauses.active_days(facts.anchor_on, today)
    stage = _stage(facts, strategy, active_day)
    # Money of a settlement may clear the arrears long before it is all there.
    if facts.overdue_amount <= ZERO and not agreed.is_settling:
        cured = _cured(facts, promises, effects, stage, active_day)
        return replace(cured, close_reason=_close_reason(agreed))
    escalation = facts.escalation
    if _is_past_sla(facts, strategy):
        effects.append(ReEscalate(EscalationLevel.MANAGER))
        escalation = Escalation(EscalationLevel.MANAGER, facts.now)
    deadlines = _deadlines(facts, strategy, promises, escalation, today)
    deadlines += [at for at in plans.deadlines(facts, agreed, strategy) if at > facts.now]
    suspended_by = (
        *_suspended_by(facts, strategy, promises, today),
        *agreed.suspends(strategy),
    )
    outgrown = outgrown_steps(facts, strategy, stage, active_day)
    if outgrown:
        effects.append(SupersedeSteps(outgrown))
        facts = with_superseded(facts, outgrown, today)
    step: PlannedStep | None = None
    if not suspended_by:
        due, superseded, passed_over = due_steps(
            facts, strategy, pauses, escalation, situation(facts, promises, escalation, today)
        )
        if superseded:
            effects.append(SupersedeSteps(superseded))
        if passed_over:
            effects.append(PassOverSteps(passed_over))
        step = next_step(facts, strategy, pauses, due)
    if step is not None:
        deadlines.append(max(step.at, facts.now))
    review_at = facts.now + timedelta(days=strategy.review_days)
    wake_at = facts.now if agreed.paid else min([*deadlines, review_at])
    return CasePlan(
        status=CaseStatus.OPEN,
        close_reason=None,
        stage=stage,
        active_day=active_day,
        next=step,
        suspended_by=suspended_by,
        wake_at=wake_at,
        why=_why(facts, step, suspended_by, escalation, promises, agreed=agreed),
        effects=tuple(effects),
    )


def _stage(facts: CaseFacts, strategy: Strategy, active_day: int) -> str:
    """The stage of the day, or the one the case has reached, whichever is further."""
    by_day = strategy.stage_on(active_day)
    if facts.stage is None or strategy.rank(by_day) > strategy.rank(facts.stage):
        return by_day
    return facts.stage


# --- Suspension, escalation, waits ------------------------------------------------------------


def _suspended_by(
    facts: CaseFacts, strategy: Strategy, promises: Sequence[Promise], today: date
) -> tuple[str, ...]:
    holds = {
        f"hold:{hold.kind.value}"
        for hold in active(facts.holds, today)
        if EFFECTS[hold.kind].suspends_case
    }
    is_promised = any(promise.state is PromiseState.OPEN for promise in pausing(promises, strategy))
    is_awaited = any(payment.binds(today) for payment in facts.awaited)
    return (
        *sorted(holds),
        *([AWAITED_PAYMENT] if is_awaited else []),
        *(["promise"] if is_promised else []),
    )


def _is_past_sla(facts: CaseFacts, strategy: Strategy) -> bool:
    """Whether an advisor was asked and has not taken the case in time."""
    escalation = facts.escalation
    if escalation is None or escalation.level is not EscalationLevel.ADVISOR:
        return False
    deadline = acknowledge_by(escalation, strategy, facts.office)
    return deadline is not None and facts.now >= deadline


def acknowledge_by(escalation: Escalation, strategy: Strategy, office: Office) -> datetime | None:
    """Until when an escalation is to be answered; None once it is, and while its clock stands."""
    if escalation.acknowledged_at is not None:
        return None
    return due_at(answer_clock(escalation, strategy, office))


def answer_clock(escalation: Escalation, strategy: Strategy, office: Office) -> SlaClock:
    """The clock of the answer to an escalation, in the creditor's business hours."""
    sla = strategy.escalation
    is_advisor = escalation.level is EscalationLevel.ADVISOR
    hours = sla.advisor_hours if is_advisor else sla.manager_hours
    return SlaClock(escalation.asked_at, timedelta(hours=hours), office, escalation.pauses)


def _deadlines(
    facts: CaseFacts,
    strategy: Strategy,
    promises: Sequence[Promise],
    escalation: Escalation | None,
    today: date,
) -> list[datetime]:
    """Every future instant at which something other than a step may change the plan."""
    instants = [
        keeping.deadline(facts, strategy, promise)
        for promise in promises
        # One that waits is looked at again when its hold ends.
        if promise.state is PromiseState.OPEN and not promise.waits
    ]
    for hold in facts.holds:
        # The start counts too: a hold may be set for a later day.
        days = [hold.starts_on, hold.ends_on]
        if binds(hold, today):
            days.append(hold.review_on)
        instants.extend(
            local_instant(day, time(0), facts.book_zone) for day in days if day is not None
        )
    instants.extend(
        local_instant(day, time(0), facts.book_zone)
        for payment in facts.awaited
        for day in (payment.starts_on, payment.ends_on)
    )
    if escalation is not None:
        answer_by = acknowledge_by(escalation, strategy, facts.office)
        instants.extend([] if answer_by is None else [answer_by])
    return [at for at in instants if at > facts.now]


def _cured(
    facts: CaseFacts,
    promises: Sequence[Promise],
    effects: list[Effect],
    stage: str,
    active_day: int,
) -> CasePlan:
    """Nothing is overdue: the case closes, and nothing of it is left waiting."""
    # A promise that is still open was overtaken: there is nothing left to promise for.
    effects.extend(
        ResolvePromise(promise.id, PromiseState.REPLACED, ZERO)
        for promise in promises
        if promise.state is PromiseState.OPEN
    )
    if facts.open_tasks:
        effects.append(CancelTasks(facts.open_tasks))
    return CasePlan(
        status=CaseStatus.CLOSED,
        close_reason=CloseReason.CURED,
        stage=stage,
        active_day=active_day,
        next=None,
        suspended_by=(),
        wake_at=None,
        why=Why(WhyCode.CURED, "nothing is overdue any more"),
        effects=tuple(effects),
    )


def _close_reason(agreed: Agreed) -> CloseReason:
    if any(each.state is SettlementState.COMPLETED for each in agreed.settlements):
        return CloseReason.SETTLED
    return CloseReason.ARRANGEMENT_COMPLETED if agreed.completed else CloseReason.CURED


def _why(
    facts: CaseFacts,
    step: PlannedStep | None,
    suspended_by: Sequence[str],
    escalation: Escalation | None,
    promises: Sequence[Promise],
    *,
    agreed: Agreed,
) -> Why:
    held = [reason.removeprefix("hold:") for reason in suspended_by if reason.startswith("hold:")]
    if held:
        return Why(WhyCode.ON_HOLD, f"suspended: {', '.join(held).replace('_', ' ')}")
    if AWAITED_PAYMENT in suspended_by:
        until = max(payment.ends_on for payment in facts.awaited)
        return Why(WhyCode.PAYMENT_AWAITED, f"a payment is awaited until {until.isoformat()}")
    if "promise" in suspended_by:
        due_on = min(each.due_on for each in promises if each.state is PromiseState.OPEN)
        return Why(WhyCode.PROMISE_OPEN, f"payment promised for {due_on.isoformat()}")
    if "arrangement" in suspended_by:
        return Why(WhyCode.ARRANGEMENT_OPEN, _arranged(agreed))
    if "settlement" in suspended_by:
        pay_by = max(each.pay_by for each in agreed.settlements if each.suspends)
        return Why(WhyCode.SETTLEMENT_ACCEPTED, f"a settlement is paid until {pay_by.isoformat()}")
    if step is not None:
        return step.why
    if escalation is not None and escalation.acknowledged_at is None:
        return Why(WhyCode.ESCALATION_OPEN, f"waiting for the {escalation.level.value}")
    return Why(WhyCode.REVIEW, "no step is left; the case is reviewed from time to time")


def _arranged(agreed: Agreed) -> str:
    due_on = min(
        part.due_on
        for each in agreed.arrangements
        if each.state is ArrangementState.OPEN
        for part in each.parts
        if part.state is PartState.DUE
    )
    return f"an arrangement stands, its next date is {due_on.isoformat()}"
