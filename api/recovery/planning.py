"""Plans a case: gathers its facts, asks the rules, records what came true, answers what is next.

Convergent: the same facts asked twice change nothing the second time. What is recorded is a
promise's end, steps passed over, a further escalation, loans that left, the stage, and the close.
"""

from dataclasses import dataclass
from typing import Final, assert_never
from uuid import UUID

from api.audit.service import record
from api.recovery import (
    acts,
    arrangements,
    cases,
    facts,
    keeping,
    moratorium_facts,
    queries,
    reminding,
    settlement_facts,
    timeline,
)
from api.recovery.cases import Held
from api.recovery.facts import PASSED_OVER, SUPERSEDED, Gathered
from api.tasks import service as tasks
from api.wakes import service as wakes
from api.work import Work
from contracts.work import CasePlan, PlannedStep
from domain.ids import case_workflow_id
from domain.money import quantize
from domain.recovery import case
from domain.recovery.arrangement import ArrangementState, PartState
from domain.recovery.case import (
    AskForReview,
    CancelTasks,
    CaseFacts,
    CaseStatus,
    Effect,
    EscalationLevel,
    MoveArrangement,
    MoveSettlement,
    PassOverSteps,
    ReEscalate,
    RemindOfPart,
    ResolvePromise,
    SupersedeSteps,
)
from domain.recovery.planning import plan as next_plan
from domain.recovery.plans import as_held
from domain.recovery.promise import Promise, PromiseState, last_day
from domain.recovery.strategy import Action, Step, Strategy

_ACTIONS: Final = {
    Action.REMIND: "Remind",
    Action.CALL_TASK: "Ask an agent to call",
    Action.ESCALATE: "Ask an advisor to take over",
    Action.PAY_LINK: "Send the way to pay",
    Action.LETTER: "Post a letter",
    Action.OFFER_SETTLEMENT: "Propose a settlement offer",
    Action.PLACE: "Propose placement with an agency",
    Action.CHARGE_OFF: "Propose to charge off",
    Action.CLOSE: "Close the case",
}
_MEDIA: Final = {"sms": "by SMS", "email": "by e-mail", "in_app": "in the portal"}


@dataclass(frozen=True, slots=True)
class Decided:
    """What the rules say of a case at this moment, with the facts they were told."""

    gathered: Gathered
    plan: case.CasePlan


async def plan(work: Work, case_id: UUID) -> CasePlan:
    """Record what has come true for a case, and say what it does next and when.

    A closed case answers that it is closed. Raises `NOT_FOUND`.
    """
    held = await cases.hold_with_loans(work, case_id)
    if held.case.status != "open":
        return await answer_closed(work, held)
    return await answer(work, held, await decide(work, held))


async def decide(work: Work, held: Held) -> Decided:
    """Ask the rules about a locked open case and record what came true.

    Loans that are up to date leave while others stay; once none is overdue the case closes.
    """
    return await _decide(work, held, await facts.gather(work, held))


async def decide_after_step(work: Work, held: Held, before: Decided) -> Decided:
    """Ask again once a step was performed on what was decided `before`."""
    return await _decide(work, held, await facts.after_step(work, held, before.gathered))


async def _decide(work: Work, held: Held, gathered: Gathered) -> Decided:
    decided = Decided(gathered, next_plan(gathered.facts, gathered.strategy))
    for effect in decided.plan.effects:
        await _apply(work, held, gathered, effect)
    if decided.plan.status is CaseStatus.CLOSED:
        reason = decided.plan.close_reason
        await cases.close(work, held, case.CloseReason.CURED if reason is None else reason)
        held.case.version += 1
    elif "settlement" not in decided.plan.suspended_by:
        # While the debt is being settled its loans stay together, whichever is paid first.
        await _let_cured_leave(work, held, gathered)
    return decided


async def answer(work: Work, held: Held, decided: Decided) -> CasePlan:
    """Keep the plan with the case and settle its wake; last of all, since wakes are locked last.

    While a step is due nothing is settled: the workflow performs it now and is answered again.
    A clock that took the case for settled would only wake it a second time.
    """
    if held.case.status != "open":
        return await answer_closed(work, held)
    _keep(work, held, decided)
    keeping.move_deadline(decided.gathered)
    await keeping.rate(work, held, decided.gathered, decided.plan)
    told = _open_plan(held, decided)
    if told.next_step is None or not told.next_step.due:
        await wakes.settle(work, case_workflow_id(held.case.id), decided.plan.wake_at)
    return told


async def answer_closed(work: Work, held: Held) -> CasePlan:
    """The plan of a closed case: nothing more is done, and nothing is waited for."""
    case = held.case
    await wakes.settle(work, case_workflow_id(case.id), None)
    reason = case.closed_reason or ""
    return CasePlan(
        case_id=case.id,
        number=cases.number(case),
        open=False,
        stage=case.stage,
        next_step=None,
        wait_until=None,
        waiting_for="",
        why=f"closed: {timeline.words(reason)}",
        closed_reason=reason,
        owner=None if case.assignee_id is None else str(case.assignee_id),
        clock_id=case.test_clock_id,
        line=f"{cases.number(case)} · closed · {timeline.words(reason)}",
    )


def title(step: Step) -> str:
    """What a step is, for people: `Remind by SMS (day 4)`, `Post the default notice (day 60)`."""
    if step.letter is not None:
        return f"Post the {timeline.words(step.letter.value)} (day {step.day_offset})"
    medium = "" if step.channel is None else f" {_MEDIA[step.channel.value]}"
    return f"{_ACTIONS[step.action]}{medium} (day {step.day_offset})"


def step_named(strategy: Strategy, key: str) -> Step:
    """The step of that key; the rules only name steps of the strategy they were given."""
    return next(step for step in strategy.steps if step.key == key)


# -- what came true ----------------------------------------------------------------------------


async def _apply(work: Work, held: Held, gathered: Gathered, effect: Effect) -> None:
    match effect:
        case ResolvePromise():
            _resolve(work, held, gathered, effect)
        case SupersedeSteps(keys):
            for key in keys:
                await _supersede(work, held, gathered, key)
        case PassOverSteps(passed):
            for each in passed:
                await _pass_over(work, held, gathered, each)
        case ReEscalate(level):
            await _re_escalate(work, held, gathered.strategy, level)
        case CancelTasks(keys):
            for task in gathered.tasks:
                if task.natural_key in keys and task.status == "open":
                    tasks.drop(work, task, held.clock.now, "case_closed")
        case MoveArrangement() | MoveSettlement() | RemindOfPart() | AskForReview():
            await _apply_agreed(work, held, effect)
        case _:
            assert_never(effect)


async def _apply_agreed(
    work: Work,
    held: Held,
    effect: MoveArrangement | MoveSettlement | RemindOfPart | AskForReview,
) -> None:
    match effect:
        case MoveArrangement():
            await arrangements.apply(work, held, effect)
        case MoveSettlement():
            await settlement_facts.apply(work, held, effect)
        case RemindOfPart():
            await reminding.remind(work, held, effect)
        case AskForReview():
            await moratorium_facts.ask_for_review(work, held, effect)
        case _:
            assert_never(effect)


def _resolve(work: Work, held: Held, gathered: Gathered, effect: ResolvePromise) -> None:
    row = next(each for each in gathered.promises if str(each.id) == effect.promise_id)
    row.status = effect.state.value
    row.received = effect.received
    row.resolved_at = None if effect.state is PromiseState.OPEN else held.clock.now
    held.case.version += 1
    told = {
        "promise_id": effect.promise_id,
        "status": effect.state.value,
        "amount": format(quantize(row.amount, row.currency), "f"),
        "received": format(quantize(effect.received, row.currency), "f"),
        "currency": row.currency,
        "due_on": row.due_on.isoformat(),
    }
    if effect.state is not PromiseState.REPLACED:
        timeline.write(work, held.case, held.clock.now, timeline.EventKind.PROMISE_RESOLVED, told)
    record(work, "promise.resolved", "case", held.case.id, told)


async def _supersede(work: Work, held: Held, gathered: Gathered, key: str) -> None:
    step = step_named(gathered.strategy, key)
    made = await queries.add_step(
        work,
        held.case.id,
        anchor_on=gathered.facts.anchor_on,
        step_key=key,
        action=step.action.value,
        outcome=SUPERSEDED,
        at=held.clock.now,
    )
    if made:
        told = {"step": key, "title": title(step), "anchor_on": str(gathered.facts.anchor_on)}
        timeline.write(work, held.case, held.clock.now, timeline.EventKind.STEP_SUPERSEDED, told)
        record(work, "case.step_superseded", "case", held.case.id, told)


async def _pass_over(work: Work, held: Held, gathered: Gathered, passed: case.PassedOver) -> None:
    step = step_named(gathered.strategy, passed.key)
    made = await queries.add_step(
        work,
        held.case.id,
        anchor_on=gathered.facts.anchor_on,
        step_key=passed.key,
        action=step.action.value,
        outcome=PASSED_OVER,
        at=held.clock.now,
    )
    if made:
        told = {
            "step": passed.key,
            "title": title(step),
            "anchor_on": str(gathered.facts.anchor_on),
            "why": passed.why,
        }
        timeline.write(work, held.case, held.clock.now, timeline.EventKind.STEP_PASSED_OVER, told)
        record(work, "case.step_passed_over", "case", held.case.id, told)


async def _re_escalate(work: Work, held: Held, strategy: Strategy, level: EscalationLevel) -> None:
    asked = held.case.escalated_at
    since = "" if asked is None else asked.isoformat()
    await acts.ask_manager(
        work,
        held,
        f"{level.value}:{held.case.id}:{since}",
        strategy.escalation.manager_hours,
    )
    held.case.version += 1


async def _let_cured_leave(work: Work, held: Held, gathered: Gathered) -> None:
    """Loans that are up to date leave a case that goes on with others."""
    late = {loan.loan_id for loan in gathered.arrears}
    cured = [loan for loan in held.loans if loan.id not in late and loan.case_id == held.case.id]
    await cases.let_leave(work, held, cured)
    for loan in cured:
        held.case.version += 1
        timeline.write(
            work,
            held.case,
            held.clock.now,
            timeline.EventKind.LOAN_LEFT,
            {"loan": loan.number},
        )
        record(work, "case.loan_left", "case", held.case.id, {"loan_id": str(loan.id)})


# -- what comes next ---------------------------------------------------------------------------


def _keep(work: Work, held: Held, decided: Decided) -> None:
    """Write the plan to the case; its story and audit grow only where something changed."""
    case, chosen = held.case, decided.plan
    suspended_by = _suspension(chosen)
    step = chosen.next
    next_step = None if step is None else step.key
    next_at = chosen.wake_at if step is None else step.at
    waiting_for = _waiting_for(held, decided)
    if chosen.stage != case.stage:
        timeline.write(
            work,
            case,
            held.clock.now,
            timeline.EventKind.STAGE_CHANGED,
            {"before": case.stage, "after": chosen.stage, "why": f"day {chosen.active_day}"},
        )
    if suspended_by != case.suspended_by:
        kind = timeline.EventKind.SUSPENDED if suspended_by else timeline.EventKind.RESUMED
        timeline.write(work, case, held.clock.now, kind, {"by": suspended_by})
    before = (case.stage, case.next_step, case.suspended_by, case.waiting_for, case.anchor_on)
    after = (chosen.stage, next_step, suspended_by, waiting_for, decided.gathered.facts.anchor_on)
    if before != after:
        case.version += 1
        record(
            work,
            "case.planned",
            "case",
            case.id,
            {
                "stage": chosen.stage,
                "next_step": next_step,
                "next_at": None if next_at is None else next_at.isoformat(),
                "suspended_by": suspended_by,
                "why": chosen.why.code.value,
            },
        )
    case.stage, case.next_step, case.suspended_by, case.waiting_for, case.anchor_on = after
    case.next_at = next_at


def _open_plan(held: Held, decided: Decided) -> CasePlan:
    case, chosen, told = held.case, decided.plan, decided.gathered.facts
    step = chosen.next
    return CasePlan(
        case_id=case.id,
        number=cases.number(case),
        open=True,
        stage=chosen.stage,
        next_step=None
        if step is None
        else PlannedStep(
            key=step.key,
            anchor_on=told.anchor_on,
            action=step.action.value,
            title=title(step_named(decided.gathered.strategy, step.key)),
            at=step.at,
            due=step.at <= held.clock.now,
        ),
        wait_until=chosen.wake_at,
        waiting_for=case.waiting_for,
        why=_why(held, decided),
        bucket=decided.gathered.bucket,
        past_due_since=told.anchor_on,
        owner=None if case.assignee_id is None else str(case.assignee_id),
        clock_id=case.test_clock_id,
        line=_line(held, decided),
    )


def _suspension(chosen: case.CasePlan) -> str | None:
    """What a case stands still for, as codes: `dispute`, `promise`, or several with commas."""
    return ",".join(reason.removeprefix("hold:") for reason in chosen.suspended_by) or None


def _why(held: Held, decided: Decided) -> str:
    told = decided.gathered.facts
    amount = format(quantize(told.overdue_amount, held.case.currency), "f")
    late = len(decided.gathered.arrears)
    loans = "1 loan" if late == 1 else f"{late} loans"
    days = (held.today - told.anchor_on).days
    return (
        f"{decided.plan.why.text}; {amount} {held.case.currency} overdue on {loans}, oldest from "
        f"{timeline.day(told.anchor_on)} ({'1 day' if days == 1 else f'{days} days'})"
    )


def _waiting_for(held: Held, decided: Decided) -> str:
    """What happens next or is waited for, in words that stay the same while nothing changes."""
    chosen = decided.plan
    step = chosen.next
    if chosen.suspended_by:
        return _suspended_for(decided)
    if step is not None:
        named = title(step_named(decided.gathered.strategy, step.key))
        zone = decided.gathered.facts.zone or held.zone
        return f"{named} on {timeline.moment(step.at, zone)}"
    if held.case.escalation == "asked":
        return "an advisor to take over"
    if held.case.escalation == "re_escalated":
        return "a manager to take over"
    return "the next review"


def _suspended_for(decided: Decided) -> str:
    parts: list[str] = []
    for reason in decided.plan.suspended_by:
        if reason == case.AWAITED_PAYMENT:
            parts.append("the payment that was announced")
            continue
        if reason in _AGREED:
            parts.append(
                _AGREED[reason](as_held(decided.gathered.facts, decided.gathered.strategy))
            )
            continue
        if reason != "promise":
            kind = timeline.words(reason.removeprefix("hold:"))
            parts.append(f"the end of the hold ({kind})")
            continue
        parts.append(f"the promised payment, due {_promised(decided)}")
    return " and ".join(parts)


def _arranged_for(facts: CaseFacts) -> str:
    days = [
        part.due_on
        for each in facts.arrangements
        if each.state is ArrangementState.OPEN
        for part in each.parts
        if part.state is PartState.DUE and not part.waits
    ]
    return f"the arranged payment, due {timeline.day(min(days))}" if days else "the arrangement"


def _settled_by(facts: CaseFacts) -> str:
    days = [each.pay_by for each in facts.settlements if each.suspends and not each.waits]
    return f"the settlement to be paid by {timeline.day(max(days))}" if days else "the settlement"


_AGREED: Final = {"arrangement": _arranged_for, "settlement": _settled_by}
"""What of that which was agreed is waited for."""


def _promised(decided: Decided) -> str:
    """When the open promise is due, and until when money counts for it."""
    promise = _open_promise(decided)
    if promise is None:
        return "soon"
    if promise.waits:
        return "once the hold is over"
    until = last_day(promise.due_on, decided.gathered.strategy.promises.grace_days)
    return f"{timeline.day(promise.due_on)} (counted until {timeline.day(until)})"


def _open_promise(decided: Decided) -> Promise | None:
    """The promise that is open after judging, with its date as holds leave it."""
    rows = {str(row.id) for row in decided.gathered.promises if row.status == PromiseState.OPEN}
    held = as_held(decided.gathered.facts, decided.gathered.strategy)
    return next((each for each in held.promises if each.id in rows), None)


def _line(held: Held, decided: Decided) -> str:
    """One line for the memo: `RC-1007 · firm · past due since 3 Nov · promise until 12 Dec`."""
    parts = [
        cases.number(held.case),
        decided.plan.stage,
        f"past due since {timeline.short_day(decided.gathered.facts.anchor_on)}",
    ]
    promise = _open_promise(decided)
    if promise is not None and not promise.waits:
        parts.append(f"promise until {timeline.short_day(promise.due_on)}")
    facts_now = as_held(decided.gathered.facts, decided.gathered.strategy)
    parts += [
        said(facts_now).removeprefix("the ")
        for reason, said in _AGREED.items()
        if reason in decided.plan.suspended_by
    ]
    if case.AWAITED_PAYMENT in decided.plan.suspended_by:
        parts.append("payment awaited")
    parts += [
        f"on hold: {timeline.words(reason.removeprefix('hold:'))}"
        for reason in decided.plan.suspended_by
        if reason.startswith("hold:")
    ]
    if held.case.escalation in {"asked", "re_escalated"}:
        asked = "manager" if held.case.escalation == "re_escalated" else "advisor"
        parts.append(f"{asked} asked")
    return " · ".join(parts)
