import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from domain.contact.channel import Channel
from domain.recovery.case import (
    CancelTasks,
    CaseFacts,
    CaseStatus,
    CloseReason,
    Escalation,
    EscalationLevel,
    PerformedStep,
    PlannedStep,
    ReEscalate,
    ResolvePromise,
    SupersedeSteps,
    WhyCode,
)
from domain.recovery.holds import Hold, HoldKind
from domain.recovery.pauses import AwaitedPayment
from domain.recovery.planning import plan
from domain.recovery.promise import Promise, PromiseState
from domain.recovery.strategy import Action
from domain.recovery.strategy_text import strategy_from_mapping

FILE = Path(__file__).parents[3] / "api" / "packs" / "strategies" / "default.toml"
STRATEGY = strategy_from_mapping(tomllib.loads(FILE.read_text("utf-8")))
ANCHOR = date(2028, 3, 1)
ALL_STEPS = [step.key for step in STRATEGY.steps]


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    """An instant so many days after the anchor (London in winter: its own clock)."""
    return datetime.combine(ANCHOR + timedelta(days=day), time(hour, minute), UTC)


def performed(*keys: str, day: int = 0, anchor: date = ANCHOR) -> tuple[PerformedStep, ...]:
    return tuple(PerformedStep(key, anchor, ANCHOR + timedelta(days=day)) for key in keys)


def facts(now: datetime, **changes: object) -> CaseFacts:
    start = CaseFacts(
        anchor_on=ANCHOR,
        stage="early",
        overdue_amount=Decimal(100),
        performed=(),
        promises=(),
        receipts=(),
        holds=(),
        open_tasks=(),
        escalation=None,
        zone="Africa/Abidjan",
        book_zone="Africa/Abidjan",
        now=now,
    )
    return replace(start, **changes)  # type: ignore[arg-type]


def promise(made: int, due: int, amount: int = 50, **changes: object) -> Promise:
    made_on, due_on = ANCHOR + timedelta(days=made), ANCHOR + timedelta(days=due)
    return replace(Promise("p1", Decimal(amount), made_on, due_on), **changes)  # type: ignore[arg-type]


def step_of(found: PlannedStep | None) -> tuple[str, datetime]:
    assert found is not None
    return found.key, found.at


def test_the_first_step_is_planned_for_the_morning() -> None:
    found = plan(facts(at(1, 6)), STRATEGY)
    assert step_of(found.next) == ("gentle_sms", at(1, 10))
    assert found.next is not None
    assert (found.next.action, found.next.channel) == (Action.REMIND, Channel.SMS)
    assert found.next.template == "overdue_gentle"
    assert found.next.not_after == at(4, 0)
    assert found.wake_at == at(1, 10)
    assert found.why.code is WhyCode.STEP_PLANNED
    assert (found.stage, found.active_day) == ("early", 1)


def test_a_step_whose_time_has_come_is_due_now() -> None:
    found = plan(facts(at(1, 10)), STRATEGY)
    assert step_of(found.next) == ("gentle_sms", at(1, 10))
    assert found.wake_at == at(1, 10)
    assert found.why.code is WhyCode.STEP_DUE


def test_after_a_step_the_next_one_is_waited_for() -> None:
    found = plan(facts(at(1, 10), performed=performed("gentle_sms")), STRATEGY)
    assert step_of(found.next) == ("details_email", at(4, 10))
    assert found.wake_at == at(4, 10)


def test_the_customers_clock_sets_the_hour() -> None:
    tokyo = plan(facts(at(1, 0), zone="Asia/Tokyo", book_zone="Asia/Tokyo"), STRATEGY)
    assert step_of(tokyo.next) == ("gentle_sms", at(1, 1))


def test_no_step_is_taken_before_the_books_have_begun_its_day() -> None:
    found = plan(facts(at(1, 0), zone="Asia/Tokyo", book_zone="America/New_York"), STRATEGY)
    # 10:00 in Tokyo is still the evening before in New York, where the day begins at 05:00 UTC.
    assert step_of(found.next) == ("gentle_sms", at(1, 5))


def test_a_customer_behind_the_books_waits_for_his_own_morning() -> None:
    found = plan(facts(at(1, 12), zone="Pacific/Honolulu", book_zone="Australia/Sydney"), STRATEGY)
    # In Sydney it is day 1 already; in Honolulu 10:00 of day 1 is 20:00 UTC.
    assert step_of(found.next) == ("gentle_sms", at(1, 20))
    later = plan(facts(at(1, 19), zone="Pacific/Honolulu", book_zone="Australia/Sydney"), STRATEGY)
    assert step_of(later.next) == ("gentle_sms", at(1, 20))


def test_an_unknown_zone_is_planned_by_the_creditors() -> None:
    assert step_of(plan(facts(at(1, 6), zone=None), STRATEGY).next) == ("gentle_sms", at(1, 10))


def test_a_paid_case_closes_and_leaves_nothing_waiting() -> None:
    found = plan(
        facts(
            at(9),
            overdue_amount=Decimal(0),
            open_tasks=("call:1", "call:2"),
            promises=(promise(8, 12),),
            holds=(Hold(HoldKind.DISPUTE, ANCHOR),),
        ),
        STRATEGY,
    )
    assert (found.status, found.close_reason) == (CaseStatus.CLOSED, CloseReason.CURED)
    assert (found.next, found.wake_at, found.suspended_by) == (None, None, ())
    assert found.effects == (
        ResolvePromise("p1", PromiseState.REPLACED, Decimal(0)),
        CancelTasks(("call:1", "call:2")),
    )


def test_a_promise_kept_by_the_last_payment_is_kept() -> None:
    found = plan(
        facts(
            at(9),
            overdue_amount=Decimal(0),
            promises=(promise(8, 12),),
            receipts=((ANCHOR + timedelta(days=9), Decimal(100)),),
        ),
        STRATEGY,
    )
    assert found.effects == (ResolvePromise("p1", PromiseState.KEPT, Decimal(50)),)


def test_an_open_promise_suspends_until_the_end_of_its_last_day() -> None:
    waiting = facts(at(9), promises=(promise(8, 12),), performed=performed("gentle_sms"))
    found = plan(waiting, STRATEGY)
    assert found.suspended_by == ("promise",)
    assert found.next is None
    # Day 12, two days of grace, and then midnight.
    assert found.wake_at == at(15, 0)
    assert found.why.text == "payment promised for 2028-03-13"
    assert plan(waiting, STRATEGY, at(14, 23, 59)).suspended_by == ("promise",)
    assert plan(waiting, STRATEGY, at(15, 0)).suspended_by == ()


def test_a_promise_ends_when_its_day_is_over_for_customer_and_books() -> None:
    waiting = facts(at(9), promises=(promise(8, 12),), zone="Pacific/Honolulu")
    assert plan(waiting, STRATEGY).wake_at == at(15, 10)
    assert plan(waiting, STRATEGY, at(15, 9)).suspended_by == ("promise",)
    assert plan(waiting, STRATEGY, at(15, 10)).suspended_by == ()


@pytest.mark.parametrize(
    ("paid", "state"),
    [
        ("0", PromiseState.BROKEN),
        ("44", PromiseState.PARTIAL),
        ("45", PromiseState.KEPT),
        ("50", PromiseState.KEPT),
    ],
)
def test_a_promise_is_judged_from_the_ledger(paid: str, state: PromiseState) -> None:
    found = plan(
        facts(
            at(15, 0),
            promises=(promise(8, 12),),
            receipts=((ANCHOR + timedelta(days=14), Decimal(paid)),),
        ),
        STRATEGY,
    )
    assert ResolvePromise("p1", state, Decimal(paid)) in found.effects


def test_a_resolved_promise_is_found_once() -> None:
    broken = promise(8, 12, state=PromiseState.BROKEN, resolved_on=ANCHOR + timedelta(days=15))
    found = plan(facts(at(15, 0), promises=(broken,)), STRATEGY)
    assert not [effect for effect in found.effects if isinstance(effect, ResolvePromise)]


def test_the_clock_goes_on_after_a_promise_where_it_stood() -> None:
    done = performed("gentle_sms", "details_email")
    broken = promise(6, 10, state=PromiseState.BROKEN, resolved_on=ANCHOR + timedelta(days=13))
    found = plan(facts(at(13), promises=(broken,), performed=done), STRATEGY)
    # Seven days did not count: day 8 is day 15 of the calendar.
    assert found.active_day == 6
    assert step_of(found.next) == ("second_sms", at(15, 17))


def test_after_two_broken_promises_a_third_suspends_nothing() -> None:
    broken = [
        Promise(
            name,
            Decimal(50),
            ANCHOR + timedelta(days=made),
            ANCHOR + timedelta(days=made + 1),
            PromiseState.BROKEN,
            ANCHOR + timedelta(days=made + 4),
        )
        for name, made in (("a", 1), ("b", 5))
    ]
    third = promise(9, 12)
    found = plan(facts(at(9), promises=(*broken, third)), STRATEGY)
    assert found.suspended_by == ()
    assert found.next is not None
    second = plan(facts(at(9), promises=(broken[0], third)), STRATEGY)
    assert second.suspended_by == ("promise",)


def test_a_hold_suspends_and_says_when_it_ends() -> None:
    hold = Hold(HoldKind.DISPUTE, ANCHOR + timedelta(days=2), ANCHOR + timedelta(days=5))
    found = plan(facts(at(3), holds=(hold,), performed=performed("gentle_sms")), STRATEGY)
    assert found.suspended_by == ("hold:dispute",)
    assert (found.next, found.wake_at) == (None, at(5, 0))
    assert found.why.text == "suspended: dispute"


def test_an_open_hold_is_reviewed() -> None:
    hold = Hold(HoldKind.LEGAL_REPRESENTATIVE, ANCHOR + timedelta(days=2))
    found = plan(facts(at(3), holds=(hold,)), STRATEGY)
    assert found.wake_at == at(10)
    assert found.why.text == "suspended: legal representative"
    reviewed = replace(hold, review_on=ANCHOR + timedelta(days=5))
    assert plan(facts(at(3), holds=(reviewed,)), STRATEGY).wake_at == at(5, 0)


def test_overlapping_holds_and_promises_stop_the_clock_once() -> None:
    holds = (
        Hold(HoldKind.DISPUTE, ANCHOR + timedelta(days=3), ANCHOR + timedelta(days=8)),
        Hold(HoldKind.MANUAL, ANCHOR + timedelta(days=5), ANCHOR + timedelta(days=10)),
        Hold(HoldKind.MANUAL, ANCHOR + timedelta(days=6), ANCHOR + timedelta(days=6)),
        Hold(HoldKind.VULNERABLE, ANCHOR),
    )
    kept = promise(9, 11, state=PromiseState.KEPT, resolved_on=ANCHOR + timedelta(days=12))
    found = plan(facts(at(20), holds=holds, promises=(kept,)), STRATEGY)
    assert found.active_day == 20 - 9


def test_a_hold_from_before_the_due_date_counts_from_there() -> None:
    hold = Hold(HoldKind.HARDSHIP, ANCHOR - timedelta(days=30), ANCHOR + timedelta(days=4))
    assert plan(facts(at(10), holds=(hold,)), STRATEGY).active_day == 7


def test_a_hold_in_the_future_moves_the_step_behind_it() -> None:
    hold = Hold(HoldKind.MANUAL, ANCHOR + timedelta(days=3), ANCHOR + timedelta(days=6))
    found = plan(facts(at(2), holds=(hold,), performed=performed("gentle_sms")), STRATEGY)
    assert step_of(found.next) == ("details_email", at(7, 10))
    assert found.wake_at == at(3, 0)


def test_a_vulnerable_customer_stays_on_the_clock() -> None:
    found = plan(facts(at(15), holds=(Hold(HoldKind.VULNERABLE, ANCHOR),)), STRATEGY)
    assert found.suspended_by == ()
    assert found.active_day == 15


def test_a_case_that_comes_late_sends_only_the_latest_reminder() -> None:
    found = plan(facts(at(35), stage="advisor"), STRATEGY)
    assert SupersedeSteps(("gentle_sms", "details_email", "second_sms", "firm_sms")) in (
        found.effects
    )
    # People's steps still happen, in their order, and then the one reminder.
    recorded = performed("gentle_sms", "details_email", "second_sms", "firm_sms")
    order = []
    while found.next is not None and found.next.at <= at(35):
        assert found.why.code is WhyCode.STEP_LATE
        order.append(found.next.key)
        recorded += performed(found.next.key, day=35)
        found = plan(facts(at(35), stage="advisor", performed=recorded), STRATEGY)
        assert found.effects == ()
    assert order == ["first_call", "to_advisor", "advice_email"]
    assert step_of(found.next) == ("advisor_sms", at(45, 10))


def test_a_late_reminder_is_fresh_on_the_day_it_goes() -> None:
    found = plan(facts(at(6)), STRATEGY)
    assert found.next is not None
    assert (found.next.key, found.next.not_after) == ("details_email", at(9, 0))


def test_a_part_payment_that_moves_no_date_changes_nothing() -> None:
    whole = facts(at(16), stage="firm", performed=performed(*ALL_STEPS[:4]))
    assert plan(whole, STRATEGY) == plan(replace(whole, overdue_amount=Decimal(1)), STRATEGY)


def test_when_the_anchor_moves_on_the_stage_stays_and_is_not_repeated() -> None:
    moved = facts(
        at(36),
        anchor_on=ANCHOR + timedelta(days=31),
        stage="advisor",
        performed=performed(*ALL_STEPS[:7], day=31),
    )
    found = plan(moved, STRATEGY)
    assert (found.stage, found.active_day) == ("advisor", 5)
    assert found.effects == (SupersedeSteps(tuple(ALL_STEPS[:5])),)
    # The advisor is asked again when the later obligation is as old as the earlier one was.
    assert step_of(found.next) == ("to_advisor", at(61, 9))


def test_a_step_is_not_taken_again_within_weeks() -> None:
    moved = facts(
        at(22),
        anchor_on=ANCHOR + timedelta(days=7),
        stage="firm",
        performed=(
            *performed("first_call", "firm_sms", day=21),
            *performed(*ALL_STEPS[:3], anchor=ANCHOR + timedelta(days=7)),
        ),
    )
    found = plan(moved, STRATEGY)
    assert found.effects == ()
    assert step_of(found.next) == ("to_advisor", at(37, 9))


def test_a_payment_is_not_answered_with_steps_that_lie_behind_the_new_anchor() -> None:
    # After 110 days one instalment is paid; the next has been due for 79 days.
    moved = facts(
        at(110),
        anchor_on=ANCHOR + timedelta(days=31),
        stage="late",
        performed=performed(*ALL_STEPS, day=70),
    )
    found = plan(moved, STRATEGY)
    assert (found.stage, found.active_day, found.next) == ("late", 79, None)
    (effect,) = found.effects
    assert isinstance(effect, SupersedeSteps)
    # The others were taken less than weeks before their day.
    assert effect.keys == ("third_call",)


def test_a_step_passed_over_for_an_earlier_obligation_may_come_for_a_later_one() -> None:
    skipped = PerformedStep("firm_sms", ANCHOR, ANCHOR + timedelta(days=21), superseded=True)
    moved = facts(
        at(22),
        anchor_on=ANCHOR + timedelta(days=7),
        stage="firm",
        performed=(
            skipped,
            *performed("first_call", day=21),
            *performed(*ALL_STEPS[:3], anchor=ANCHOR + timedelta(days=7)),
        ),
    )
    assert step_of(plan(moved, STRATEGY).next) == ("firm_sms", at(28, 10))


def test_an_escalation_is_not_asked_for_while_one_is_with_an_advisor() -> None:
    found = plan(
        facts(
            at(30),
            stage="firm",
            performed=performed(*ALL_STEPS[:5]),
            escalation=Escalation(EscalationLevel.ADVISOR, at(20), at(21)),
        ),
        STRATEGY,
    )
    assert found.stage == "advisor"
    assert SupersedeSteps(("to_advisor",)) in found.effects
    assert step_of(found.next) == ("advice_email", at(31, 10))


def test_an_escalation_nobody_takes_goes_to_the_manager_once() -> None:
    asked = Escalation(EscalationLevel.ADVISOR, at(30, 9))
    waiting = facts(
        at(31, 12), stage="advisor", performed=performed(*ALL_STEPS[:7]), escalation=asked
    )
    before = plan(waiting, STRATEGY)
    assert before.effects == ()
    assert before.wake_at == at(32, 9)
    after = plan(waiting, STRATEGY, at(32, 9))
    assert after.effects == (ReEscalate(EscalationLevel.MANAGER),)
    assert after.wake_at == at(34, 9)
    again = replace(waiting, escalation=Escalation(EscalationLevel.MANAGER, at(32, 9)))
    assert plan(again, STRATEGY, at(32, 10)).effects == ()
    much_later = plan(again, STRATEGY, at(40, 10))
    assert much_later.effects == ()
    taken = replace(waiting, escalation=replace(asked, acknowledged_at=at(31)))
    assert plan(taken, STRATEGY, at(33)).effects == ()


def test_without_a_step_left_a_case_is_reviewed_weekly() -> None:
    done = facts(at(100), stage="late", performed=performed(*ALL_STEPS))
    found = plan(done, STRATEGY)
    assert (found.next, found.wake_at) == (None, at(107))
    assert found.why.code is WhyCode.REVIEW
    asked = plan(replace(done, escalation=Escalation(EscalationLevel.MANAGER, at(99))), STRATEGY)
    assert asked.why.code is WhyCode.ESCALATION_OPEN
    assert asked.wake_at == at(101)


def test_a_case_without_a_stage_gets_the_one_of_its_day() -> None:
    assert plan(facts(at(20), stage=None), STRATEGY).stage == "firm"


def test_a_returned_payment_moves_the_stage_on_and_repeats_nothing_recent() -> None:
    returned = facts(
        at(36),
        stage="early",
        performed=performed("gentle_sms", "details_email", day=35, anchor=date(2028, 4, 1)),
    )
    found = plan(returned, STRATEGY)
    assert found.stage == "advisor"
    assert step_of(found.next)[0] == "first_call"


def test_the_day_of_a_clock_change_is_a_day() -> None:
    # New York goes to summer time on 12 March: 10:00 is an hour earlier by UTC.
    found = plan(
        facts(
            datetime(2028, 3, 11, 15, tzinfo=UTC),
            anchor_on=date(2028, 3, 11),
            zone="America/New_York",
            book_zone="America/New_York",
        ),
        STRATEGY,
    )
    assert step_of(found.next) == ("gentle_sms", datetime(2028, 3, 12, 14, tzinfo=UTC))


def awaited(first: int, end: int) -> AwaitedPayment:
    return AwaitedPayment(ANCHOR + timedelta(days=first), ANCHOR + timedelta(days=end))


def test_an_announced_payment_suspends_the_case_until_its_day() -> None:
    found = plan(facts(at(2), awaited=(awaited(2, 7),)), STRATEGY)
    assert (found.next, found.suspended_by) == (None, ("payment",))
    assert found.wake_at == at(7, 0)
    assert found.why.code is WhyCode.PAYMENT_AWAITED
    assert "2028-03-08" in found.why.text


def test_the_days_of_an_announced_payment_do_not_count() -> None:
    done = performed("gentle_sms", day=1)
    late = plan(facts(at(8), performed=done, awaited=(awaited(2, 7),)), STRATEGY)
    plain = plan(facts(at(3), performed=done), STRATEGY)
    assert (late.active_day, plain.active_day) == (3, 3)
    assert late.suspended_by == ()
    assert step_of(late.next)[1] - step_of(plain.next)[1] == timedelta(days=5)


def test_a_hold_is_named_before_an_announced_payment_and_a_promise() -> None:
    hold = Hold(HoldKind.DISPUTE, ANCHOR)
    found = plan(
        facts(at(2), holds=(hold,), promises=(promise(1, 9),), awaited=(awaited(2, 7),)), STRATEGY
    )
    assert found.suspended_by == ("hold:dispute", "payment", "promise")
    assert found.why.code is WhyCode.ON_HOLD
