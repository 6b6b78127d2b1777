"""Whatever a strategy says and however a case changes: plans come to rest, and stages only rise."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import business_date
from domain.contact.channel import Channel
from domain.recovery.case import (
    CaseFacts,
    CasePlan,
    CaseStatus,
    Escalation,
    EscalationLevel,
    PassOverSteps,
    PerformedStep,
    ReEscalate,
    SupersedeSteps,
)
from domain.recovery.conditions import Condition, Flag, LastOutcome
from domain.recovery.migrating import under
from domain.recovery.planning import plan
from domain.recovery.promise import PromisePolicy
from domain.recovery.strategy import (
    MESSAGES,
    Action,
    EscalationSla,
    Stage,
    Step,
    Strategy,
    Way,
)

ANCHOR = date(2028, 2, 1)
PROMISES = PromisePolicy(2, Decimal(90), 31, Decimal(10), 2, 12)

CONDITIONS = st.builds(
    Condition,
    min_overdue=st.none() | st.integers(0, 300).map(Decimal),
    max_overdue=st.none() | st.integers(0, 300).map(Decimal),
    max_unpaid=st.none() | st.integers(1, 4),
    last_outcomes=st.none() | st.frozensets(st.sampled_from(LastOutcome)),
    reachable=st.frozensets(st.sampled_from(Channel)),
    without_flags=st.frozensets(st.sampled_from(Flag)),
)


@st.composite
def some_strategies(draw: st.DrawFn) -> Strategy:
    """A sound strategy of up to four stages and a dozen steps, conditions and all."""
    starts = [1, *sorted(draw(st.sets(st.integers(2, 90), max_size=3)))]
    stages = tuple(Stage(f"stage_{at}", day) for at, day in enumerate(starts))
    moments = sorted(
        draw(st.lists(st.tuples(st.integers(1, 100), st.integers(8, 19)), min_size=1, max_size=12))
    )
    steps = []
    for at, (day, hour) in enumerate(moments):
        action = draw(st.sampled_from(Action))
        speaks = action in MESSAGES
        steps.append(
            Step(
                key=f"step_{at}",
                day_offset=day,
                stage=[stage.name for stage in stages if stage.from_day <= day][-1],
                action=action,
                channel=draw(st.sampled_from(Channel)) if speaks else None,
                template="text" if speaks else None,
                at=time(hour),
                when=draw(CONDITIONS),
                fallback=draw(st.sampled_from([(), (Way(None, "text"),)])) if speaks else (),
            )
        )
    return Strategy(
        code="some",
        version=1,
        name="Some",
        opens_after_days=1,
        stages=stages,
        steps=tuple(steps),
        pre_due=(),
        escalation=EscalationSla(48, 48),
        promises=PROMISES,
        review_days=draw(st.integers(1, 31)),
        repeat_after_days=draw(st.integers(1, 60)),
    )


CHANGES = st.fixed_dictionaries(
    {
        "overdue_amount": st.integers(1, 400).map(Decimal),
        "unpaid_instalments": st.integers(1, 5),
        "channels": st.frozensets(st.sampled_from(Channel)),
        "last_outcome": st.sampled_from(LastOutcome),
    }
)


class Case:
    """A case whose plans are recorded and performed, as the system of record does."""

    def __init__(self, strategy: Strategy) -> None:
        self.strategy = strategy
        self.ranks = {stage.name: rank for rank, stage in enumerate(strategy.stages)}
        self.is_closed = False
        self.facts = CaseFacts(
            anchor_on=ANCHOR,
            stage=None,
            overdue_amount=Decimal(100),
            performed=(),
            promises=(),
            receipts=(),
            holds=(),
            open_tasks=(),
            escalation=None,
            zone="America/New_York",
            book_zone="Europe/Berlin",
            now=datetime.combine(ANCHOR, time(12), UTC) + timedelta(days=1),
        )

    @property
    def today(self) -> date:
        return business_date(self.facts.now, self.facts.book_zone)

    def note(self, keys: Sequence[str], *, superseded: bool) -> None:
        for key in keys:
            noted = {(done.key, done.anchor_on) for done in self.facts.performed}
            assert (key, self.facts.anchor_on) not in noted, "a step is noted once"
            done = PerformedStep(key, self.facts.anchor_on, self.today, superseded)
            self.facts = replace(self.facts, performed=(*self.facts.performed, done))

    def record(self, found: CasePlan) -> None:
        if self.facts.stage is not None:
            assert self.ranks[found.stage] >= self.ranks[self.facts.stage]
        self.facts = replace(self.facts, stage=found.stage)
        for effect in found.effects:
            match effect:
                case SupersedeSteps(keys):
                    self.note(keys, superseded=True)
                case PassOverSteps(steps):
                    self.note([each.key for each in steps], superseded=True)
                case ReEscalate(level):
                    self.facts = replace(self.facts, escalation=Escalation(level, self.facts.now))
                case _:
                    raise AssertionError(effect)

    def perform(self, found: CasePlan) -> None:
        step = found.next
        assert step is not None
        self.note([step.key], superseded=False)
        if step.action is Action.ESCALATE:
            asked = Escalation(EscalationLevel.ADVISOR, self.facts.now)
            self.facts = replace(self.facts, escalation=asked)
        self.is_closed = step.action is Action.CLOSE

    def settle(self) -> CasePlan:
        """Plan and perform until nothing is due; it must come to rest."""
        for _ in range(2 * len(self.strategy.steps) + 3):
            found = plan(self.facts, self.strategy)
            assert found.status is CaseStatus.OPEN
            assert found.wake_at is not None
            self.record(found)
            again = plan(self.facts, self.strategy)
            assert again.effects == (), "recorded effects are not asked for again"
            assert again.next == found.next
            if self.is_closed or found.next is None or found.next.at > self.facts.now:
                return found
            self.perform(found)
            if self.is_closed:
                return found
        raise AssertionError("the case never comes to rest")


@settings(deadline=None)
@given(some_strategies(), st.lists(st.tuples(st.integers(1, 300), CHANGES), max_size=12))
def test_every_case_comes_to_rest(
    strategy: Strategy, life: list[tuple[int, dict[str, object]]]
) -> None:
    case = Case(strategy)
    for hours, changes in life:
        case.settle()
        if case.is_closed:
            return
        case.facts = replace(
            case.facts,
            now=case.facts.now + timedelta(hours=hours),
            **changes,  # type: ignore[arg-type]
        )


@settings(deadline=None)
@given(some_strategies(), st.integers(1, 110), st.lists(st.integers(1, 99), max_size=6))
def test_a_part_payment_neither_skips_nor_repeats_a_stage(
    strategy: Strategy, days: int, payments: list[int]
) -> None:
    """With conditions aside, which may rightly look at the balance: the plan does not move."""
    plain = replace(
        strategy, steps=tuple(replace(step, when=Condition()) for step in strategy.steps)
    )
    case = Case(plain)
    case.facts = replace(case.facts, now=case.facts.now + timedelta(days=days))
    before = case.settle()
    if case.is_closed:
        return
    for amount in payments:
        noted = case.facts.performed
        case.facts = replace(case.facts, overdue_amount=Decimal(amount))
        after = case.settle()
        assert (after.stage, after.next, after.effects) == (before.stage, before.next, ())
        assert case.facts.performed == noted


@settings(deadline=None)
@given(some_strategies(), some_strategies(), st.integers(1, 110))
def test_a_case_that_goes_over_is_not_caught_up_with(
    old: Strategy, new: Strategy, days: int
) -> None:
    case = Case(old)
    case.facts = replace(case.facts, now=case.facts.now + timedelta(days=days))
    before = case.settle()
    if case.is_closed:
        return
    facts, left_out = under(case.facts, new, before.active_day)
    found = plan(facts, new)
    assert not set(left_out) & {step.key for step in [found.next] if step is not None}
    if found.next is not None:
        assert business_date(found.next.at, facts.book_zone) >= case.today
    assert found.stage in {stage.name for stage in new.stages}
