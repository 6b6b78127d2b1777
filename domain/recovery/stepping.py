"""Which step of a case comes next: what has fallen due, what is left out, and by which way it goes.

Every function is pure and is told the facts; `domain.recovery.planning` puts them together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from domain.calendar import business_date, local_instant
from domain.recovery.case import (
    CaseFacts,
    Escalation,
    PassedOver,
    PerformedStep,
    PlannedStep,
    Why,
    WhyCode,
)
from domain.recovery.conditions import Flag, Situation
from domain.recovery.holds import HoldKind, active
from domain.recovery.pauses import Pauses
from domain.recovery.promise import Promise, PromiseState
from domain.recovery.strategy import MESSAGES, Action, Step, Strategy, Way


def step_at(facts: CaseFacts, pauses: Pauses, step: Step) -> datetime | None:
    """When a step falls due: its local time on its day, once the books have begun that day."""
    on = pauses.day_reached(facts.anchor_on, step.day_offset)
    if on is None:
        return None
    local = local_instant(on, step.at, facts.zone or facts.book_zone)
    return max(local, local_instant(on, time(0), facts.book_zone))


def _is_spent(facts: CaseFacts, strategy: Strategy, step: Step, due_on: date) -> bool:
    """Whether a step that falls due on a day was taken already, for this obligation or lately."""
    return any(
        done.anchor_on == facts.anchor_on
        or (not done.superseded and (due_on - done.on).days < strategy.repeat_after_days)
        for done in facts.performed
        if done.key == step.key
    )


def outgrown_steps(
    facts: CaseFacts, strategy: Strategy, stage: str, active_day: int
) -> tuple[str, ...]:
    """Keys of the steps of earlier stages, when the stage is further than the day alone says.

    That is so once a payment has moved the anchor on: the case has been through those stages.
    """
    rank = strategy.rank(stage)
    if rank <= strategy.rank(strategy.stage_on(active_day)):
        return ()
    recorded = {done.key for done in facts.performed if done.anchor_on == facts.anchor_on}
    return tuple(
        step.key
        for step in strategy.steps
        if strategy.rank(step.stage) < rank and step.key not in recorded
    )


def with_superseded(facts: CaseFacts, keys: Iterable[str], on: date) -> CaseFacts:
    """The facts as they are once steps were recorded as left out on a day."""
    passed_over = [PerformedStep(key, facts.anchor_on, on, superseded=True) for key in keys]
    return replace(facts, performed=(*facts.performed, *passed_over))


def due_steps(
    facts: CaseFacts,
    strategy: Strategy,
    pauses: Pauses,
    escalation: Escalation | None,
    seen: Situation,
) -> tuple[tuple[tuple[Step, datetime], ...], tuple[str, ...], tuple[PassedOver, ...]]:
    """The steps whose time has come, the keys of those a later step makes pointless, and more.

    The third are those whose condition does not hold; they make no other step pointless.

    Of several reminders only the latest is sent. What people do is not passed over, except an
    escalation while the case is with an advisor already. And what the case did for an earlier
    obligation is done again on its own day or not at all: a payment that moves the anchor on is
    not answered with the steps that the new anchor has behind it.
    """
    today = business_date(facts.now, facts.book_zone)
    done_before = {done.key for done in facts.performed if done.anchor_on != facts.anchor_on}
    due: list[tuple[Step, datetime]] = []
    superseded: set[str] = set()
    passed_over: dict[str, PassedOver] = {}
    for step in strategy.steps:
        at = step_at(facts, pauses, step)
        if at is None or at > facts.now:
            continue
        due_on = business_date(at, facts.book_zone)
        if _is_spent(facts, strategy, step, due_on):
            continue
        due.append((step, at))
        is_repeat = step.key in done_before
        is_needless = step.action is Action.ESCALATE and escalation is not None
        if is_needless or (is_repeat and due_on < today):
            superseded.add(step.key)
        elif (why := step.when.unmet(seen)) is not None:
            passed_over[step.key] = PassedOver(step.key, why)
    reminders = [
        step.key
        for step, _ in due
        if step.action in MESSAGES and step.key not in superseded and step.key not in passed_over
    ]
    superseded.update(reminders[:-1])
    return (
        tuple(
            (step, at)
            for step, at in due
            if step.key not in superseded and step.key not in passed_over
        ),
        tuple(step.key for step, _ in due if step.key in superseded),
        tuple(passed_over.values()),
    )


def situation(
    facts: CaseFacts, promises: Sequence[Promise], escalation: Escalation | None, today: date
) -> Situation:
    """The state of a case as the conditions of its steps see it, on a business day."""
    kinds = {hold.kind for hold in facts.holds}
    flags = {
        Flag.VULNERABLE: HoldKind.VULNERABLE in {hold.kind for hold in active(facts.holds, today)},
        Flag.HARDSHIP: HoldKind.HARDSHIP in kinds,
        Flag.DISPUTED: HoldKind.DISPUTE in kinds,
        Flag.ESCALATED: escalation is not None,
    }
    return Situation(
        overdue_amount=facts.overdue_amount,
        bucket=facts.bucket,
        unpaid_instalments=facts.unpaid_instalments,
        channels=facts.channels,
        language=facts.language,
        last_outcome=facts.last_outcome,
        flags=frozenset(flag for flag, is_known in flags.items() if is_known),
        broken_promises=sum(promise.state is PromiseState.BROKEN for promise in promises),
        risk=facts.risk,
    )


def _way(facts: CaseFacts, step: Step) -> tuple[Action, Way]:
    """How a step reaches the customer: by its medium, the first it falls back to, or a letter.

    Where nothing is left the step's own medium stands: the permit then says why nothing went.
    """
    if step.channel is not None and step.channel not in facts.channels:
        for way in step.fallback:
            if way.channel is None:
                return Action.LETTER, way
            if way.channel in facts.channels:
                return step.action, way
    return step.action, Way(step.channel, step.template, step.letter)


def next_step(
    facts: CaseFacts,
    strategy: Strategy,
    pauses: Pauses,
    due: Sequence[tuple[Step, datetime]],
) -> PlannedStep | None:
    """The first step that is due, or else the next one ahead; None when none is left."""
    if due:
        step, at = due[0]
        late = business_date(at, facts.book_zone) < business_date(facts.now, facts.book_zone)
        code = WhyCode.STEP_LATE if late else WhyCode.STEP_DUE
        return _planned(facts, step, at, code)
    for step in strategy.steps:
        ahead = step_at(facts, pauses, step)
        if ahead is None or ahead <= facts.now:
            continue
        if not _is_spent(facts, strategy, step, business_date(ahead, facts.book_zone)):
            return _planned(facts, step, ahead, WhyCode.STEP_PLANNED)
    return None


def _planned(facts: CaseFacts, step: Step, at: datetime, code: WhyCode) -> PlannedStep:
    zone = facts.zone or facts.book_zone
    not_after = None
    action, way = _way(facts, step)
    if action in MESSAGES:
        # A late step is as fresh as the day on which it is taken.
        first_day = business_date(max(at, facts.now), zone)
        not_after = local_instant(first_day + timedelta(days=step.valid_days), time(0), zone)
    text = {
        WhyCode.STEP_DUE: f"day {step.day_offset} of the strategy has come",
        WhyCode.STEP_LATE: f"day {step.day_offset} of the strategy has passed without this step",
    }.get(code, f"this step belongs to day {step.day_offset} of the strategy")
    return PlannedStep(
        key=step.key,
        action=action,
        channel=way.channel,
        template=way.template,
        letter=way.letter,
        at=at,
        not_after=not_after,
        why=Why(code, text),
    )
