"""Random lives of a case against an oracle that knows the rules and nothing of the code.

The life keeps its own books (instalments, payments, holds, promises) and records what a plan
asks for, as the system of record does.
"""

import os
import tomllib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from domain.calendar import business_date
from domain.recovery import deferring
from domain.recovery.case import (
    CancelTasks,
    CaseFacts,
    CasePlan,
    CaseStatus,
    Escalation,
    EscalationLevel,
    PassOverSteps,
    PerformedStep,
    ReEscalate,
    ResolvePromise,
    SupersedeSteps,
)
from domain.recovery.holds import EFFECTS, Hold, HoldKind, binds
from domain.recovery.planning import plan
from domain.recovery.promise import Promise, PromiseState
from domain.recovery.strategy import Action
from domain.recovery.strategy_text import strategy_from_mapping

FILE = Path(__file__).parents[3] / "api" / "packs" / "strategies" / "default.toml"
STRATEGY = strategy_from_mapping(tomllib.loads(FILE.read_text("utf-8")))
RANKS = {stage.name: rank for rank, stage in enumerate(STRATEGY.stages)}
INSTALMENT = Decimal(100)
FIRST_DUE = date(2028, 2, 1)
PERIOD = timedelta(days=30)
PROTECTING = frozenset(
    kind
    for kind in HoldKind
    if EFFECTS[kind].suspends_case and kind not in deferring.AGREED_IN_SPITE
)
ZONES = ["America/New_York", "Europe/Berlin", "Australia/Sydney", "Asia/Kolkata"]


class CaseLife(RuleBasedStateMachine):
    """A case from its first day on, poked by everything that may happen to it."""

    home: str
    """The customer's zone."""

    @initialize(book_zone=st.sampled_from(ZONES), late=st.integers(1, 150))
    def open(self, book_zone: str, late: int) -> None:
        self.zone, self.book_zone = self.home, book_zone
        self.now = datetime(2028, 2, 1, 12, tzinfo=UTC) + timedelta(days=late)
        self.paid = Decimal(0)
        self.receipts: list[tuple[date, Decimal]] = []
        self.holds: list[Hold] = []
        self.promises: list[Promise] = []
        self.performed: list[PerformedStep] = []
        self.taken: list[tuple[str, date, datetime]] = []
        self.planned_for: list[date] = []
        self.stages: list[str] = []
        self.escalation: Escalation | None = None
        self.broken: list[str] = []
        self.tasks: list[str] = []
        self.closed = False
        self.seen: CasePlan | None = None
        self.settle()

    # -- the books ---------------------------------------------------------------------------

    @property
    def today(self) -> date:
        return business_date(self.now, self.book_zone)

    def overdue(self) -> Decimal:
        due = 0
        while FIRST_DUE + due * PERIOD < self.today:
            due += 1
        return max(Decimal(0), due * INSTALMENT - self.paid)

    def anchor(self) -> date:
        return FIRST_DUE + int(self.paid // INSTALMENT) * PERIOD

    def facts(self) -> CaseFacts:
        return CaseFacts(
            anchor_on=self.anchor(),
            stage=self.stages[-1] if self.stages else None,
            overdue_amount=self.overdue(),
            performed=tuple(self.performed),
            promises=tuple(self.promises),
            receipts=tuple(self.receipts),
            holds=tuple(self.holds),
            open_tasks=tuple(self.tasks),
            escalation=self.escalation,
            zone=self.zone,
            book_zone=self.book_zone,
            now=self.now,
        )

    def is_suspended(self) -> bool:
        """By the oracle: a hold binds, or an open promise that is one of the first in a row."""
        if any(EFFECTS[hold.kind].suspends_case and binds(hold, self.today) for hold in self.holds):
            return True
        return any(
            promise.state is PromiseState.OPEN
            and sum(
                other.state is PromiseState.BROKEN
                and other.resolved_on is not None
                and other.resolved_on <= promise.made_on
                for other in self.promises
            )
            < STRATEGY.promises.max_broken
            for promise in self.promises
        )

    def settle(self) -> None:
        """Plan and do what is asked, until there is nothing left to do now."""
        for _ in range(len(STRATEGY.steps) + 3):
            found = plan(self.facts(), STRATEGY)
            self.check(found)
            self.record(found)
            if found.status is CaseStatus.CLOSED:
                self.closed = True
                self.seen = None
                return
            self.seen = found
            if found.next is None or found.next.at > self.now:
                again = plan(self.facts(), STRATEGY)
                assert again.effects == (), "a plan that was recorded asks for nothing more"
                return
            self.perform(found)
        raise AssertionError("the case never comes to rest")

    def check(self, found: CasePlan) -> None:
        before = self.stages[-1] if self.stages else None
        assert before is None or RANKS[found.stage] >= RANKS[before], "the stage never falls"
        assert (found.status is CaseStatus.CLOSED) == (self.overdue() <= 0)
        if found.status is CaseStatus.OPEN:
            assert found.wake_at is not None, "every wait has a deadline"
            assert found.wake_at >= self.now
            assert found.wake_at <= self.now + timedelta(days=STRATEGY.review_days)
            due = found.next is not None and found.next.at <= self.now
            assert found.wake_at > self.now or due

    def record(self, found: CasePlan) -> None:
        self.stages.append(found.stage)
        for effect in found.effects:
            match effect:
                case ResolvePromise(promise_id=name, state=state, received=received):
                    at = next(i for i, each in enumerate(self.promises) if each.id == name)
                    old = self.promises[at]
                    if old.state is not PromiseState.OPEN:
                        self.check_reopened(old, received)
                    resolved_on = None if state is PromiseState.OPEN else self.today
                    self.promises[at] = Promise(
                        old.id, old.amount, old.made_on, old.due_on, state, resolved_on, received
                    )
                    if state is PromiseState.BROKEN:
                        self.broken.append(name)
                        assert not self.is_on_hold(old), "nothing is broken while a hold binds"
                case SupersedeSteps(keys=keys):
                    for key in keys:
                        assert not any(
                            done.key == key and done.anchor_on == self.anchor()
                            for done in self.performed
                        )
                        self.performed.append(
                            PerformedStep(key, self.anchor(), self.today, superseded=True)
                        )
                case PassOverSteps():
                    raise AssertionError("no step of this strategy has a condition")
                case ReEscalate(level=level):
                    assert self.escalation is not None
                    assert self.escalation.level is EscalationLevel.ADVISOR
                    self.escalation = Escalation(level, self.now)
                case CancelTasks(keys=keys):
                    assert keys == tuple(self.tasks)
                    self.tasks.clear()
        if found.status is CaseStatus.OPEN:
            assert bool(found.suspended_by) == self.is_suspended()

    def check_reopened(self, old: Promise, received: Decimal) -> None:
        """A promise is resolved once, unless what it was judged by has changed since."""
        was_kept = old.state in {PromiseState.KEPT, PromiseState.PARTIAL}
        assert (was_kept and received < old.received) or self.has_moved(old)
        if old.id in self.broken:
            self.broken.remove(old.id)

    def has_moved(self, promise: Promise) -> bool:
        """A hold binds, or bound, on days on which money for it counted."""
        last = promise.due_on + timedelta(days=STRATEGY.promises.grace_days)
        return any(
            EFFECTS[hold.kind].suspends_case
            and hold.starts_on <= last
            and (hold.ends_on is None or hold.ends_on > promise.made_on)
            for hold in self.holds
        )

    def is_on_hold(self, promise: Promise) -> bool:
        """One binds today that stops dates from counting, whatever was agreed beside it."""
        last = promise.due_on + timedelta(days=STRATEGY.promises.grace_days)
        return any(
            hold.kind in PROTECTING and binds(hold, self.today) and hold.starts_on <= last
            for hold in self.holds
        )

    def perform(self, found: CasePlan) -> None:
        step = found.next
        assert step is not None
        assert not self.is_suspended(), "nothing is done while the case is suspended"
        assert self.overdue() > 0
        stage = next(each.stage for each in STRATEGY.steps if each.key == step.key)
        for key, anchor, when in self.taken:
            if key == step.key:
                assert anchor != self.anchor(), "once for an obligation"
                assert self.now - when > timedelta(days=1), "and not again at once"
        if self.taken and self.taken[-1][1] == self.anchor():
            order = [each.key for each in STRATEGY.steps]
            assert order.index(step.key) > order.index(self.taken[-1][0])
        assert RANKS[stage] <= RANKS[self.stages[-1]]
        self.taken.append((step.key, self.anchor(), self.now))
        self.planned_for.append(business_date(step.at, self.book_zone))
        self.performed.append(PerformedStep(step.key, self.anchor(), self.today))
        if step.action is Action.CALL_TASK:
            self.tasks.append(f"{step.key}:{self.now.isoformat()}")
        if step.action is Action.ESCALATE:
            assert self.escalation is None
            self.escalation = Escalation(EscalationLevel.ADVISOR, self.now)

    # -- what may happen ---------------------------------------------------------------------

    @precondition(lambda self: not self.closed)
    @rule(hours=st.integers(1, 24 * 12))
    def time_passes(self, hours: int) -> None:
        target = self.now + timedelta(hours=hours)
        # The workflow wakes whenever it asked to be woken.
        while not self.closed and self.seen is not None and self.seen.wake_at is not None:
            if self.seen.wake_at > target:
                break
            self.now = self.seen.wake_at
            self.settle()
        if not self.closed:
            self.now = target
            self.settle()

    @precondition(lambda self: not self.closed)
    @rule(amount=st.integers(1, 15_000))
    def pay_some(self, amount: int) -> None:
        self.pay(Decimal(amount) / 100)

    @precondition(lambda self: not self.closed)
    @rule()
    def pay_what_the_oldest_instalment_lacks(self) -> None:
        self.pay(INSTALMENT - self.paid % INSTALMENT)

    def pay(self, money: Decimal) -> None:
        stage_before, anchor_before = self.stages[-1], self.anchor()
        suspended_before = self.is_suspended()
        taken_before = len(self.taken)
        self.paid += money
        self.receipts.append((self.today, money))
        self.settle()
        if self.anchor() == anchor_before or self.closed:
            assert self.stages[-1] == stage_before, "a part payment moves no stage"
        if not suspended_before:
            # What happens to fall due on this very day for the next obligation is no answer.
            assert all(on == self.today for on in self.planned_for[taken_before:]), (
                "a payment is not answered with a reminder"
            )

    @precondition(lambda self: not self.closed and self.paid > 0)
    @rule()
    def a_payment_returns(self) -> None:
        _, money = self.receipts.pop()
        self.paid -= money
        self.settle()
        for each in self.promises:
            counted = sum(money for when, money in self.receipts if when >= each.made_on)
            kept = counted * 100 >= each.amount * STRATEGY.promises.threshold_percent
            assert each.state is not PromiseState.KEPT or kept, "only money that stayed keeps it"

    @precondition(
        lambda self: (
            not self.closed and not any(each.state is PromiseState.OPEN for each in self.promises)
        )
    )
    @rule(ahead=st.integers(0, 20), share=st.integers(10, 100))
    def promise(self, ahead: int, share: int) -> None:
        made_on = business_date(self.now, self.zone)
        self.promises.append(
            Promise(
                str(len(self.promises)),
                (self.overdue() * share / 100).quantize(Decimal("0.01")) or Decimal("0.01"),
                made_on,
                made_on + timedelta(days=ahead),
            )
        )
        self.settle()

    @precondition(lambda self: not self.closed)
    @rule(
        kind=st.sampled_from(list(HoldKind)),
        ago=st.integers(-5, 10),
        days=st.one_of(st.none(), st.integers(0, 40)),
    )
    def hold(self, kind: HoldKind, ago: int, days: int | None) -> None:
        starts_on = self.today - timedelta(days=ago)
        ends_on = None if days is None else starts_on + timedelta(days=days)
        self.holds.append(Hold(kind, starts_on, ends_on))
        self.settle()

    @precondition(lambda self: not self.closed and self.holds)
    @rule(at=st.integers(0, 9))
    def end_a_hold(self, at: int) -> None:
        hold = self.holds[at % len(self.holds)]
        if binds(hold, self.today):
            self.holds[at % len(self.holds)] = Hold(hold.kind, hold.starts_on, self.today)
            self.settle()

    @precondition(
        lambda self: (
            not self.closed
            and self.escalation is not None
            and self.escalation.acknowledged_at is None
        )
    )
    @rule()
    def acknowledge(self) -> None:
        assert self.escalation is not None
        self.escalation = Escalation(self.escalation.level, self.escalation.asked_at, self.now)
        self.settle()

    @rule()
    def nothing_happens(self) -> None:
        """A closed case has nothing else to do."""
        if not self.closed:
            self.settle()

    @invariant()
    def a_promise_is_broken_once(self) -> None:
        broken = getattr(self, "broken", [])
        assert len(broken) == len(set(broken))


LIMITS = settings(
    deadline=None,
    max_examples=int(os.environ.get("TENOR_SEQUENCES", "100")) // len(ZONES),
    stateful_step_count=30,
)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("zone", ZONES)
def test_a_case_in_any_order_ends_as_the_oracle_says(zone: str) -> None:
    """Of a customer in one zone, under books in any."""

    class Life(CaseLife):
        home = zone

    run_state_machine_as_test(Life, settings=LIMITS)
