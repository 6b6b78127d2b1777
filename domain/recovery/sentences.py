"""A case in three sentences: why it is here, what may happen or was held back, and what ends it.

Plain words for whoever works the case, from the same facts the plan is made of.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_UP, Decimal
from zoneinfo import ZoneInfo

from domain.money import ZERO, quantize
from domain.recovery.case import AWAITED_PAYMENT
from domain.recovery.promise import PromisePolicy, PromiseState, last_day

_PERCENT = 100

_NOT_HOLDS = frozenset({"promise", "arrangement", "settlement", AWAITED_PAYMENT})
"""What suspends a case and is no hold."""


@dataclass(frozen=True, slots=True)
class ToldPromise:
    """The latest promise of a case, and what came of it."""

    amount: Decimal
    due_on: date
    state: PromiseState
    received: Decimal


@dataclass(frozen=True, slots=True)
class ToldArrangement:
    """The open arrangement of a case: what is still missing of it, next date first.

    Attributes:
        next_on: Its next date.
        next_amount: What is missing for it.
        last_on: Its last date.
        received: What has arrived for it so far.
        moved_from: The next date as agreed, where a hold moved it on.
        waits: A hold covers its dates, and nobody knows when that ends.
    """

    next_on: date
    next_amount: Decimal
    last_on: date
    received: Decimal
    moved_from: date | None = None
    waits: bool = False


@dataclass(frozen=True, slots=True)
class ToldSettlement:
    """The accepted settlement of a case; `pay_by` as holds leave it."""

    amount: Decimal
    pay_by: date


@dataclass(frozen=True, slots=True)
class Withheld:
    """How many messages did not go for one reason."""

    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class CaseStory:
    """What the sentences are made of.

    Attributes:
        name: How the customer is called.
        currency: Of all amounts.
        overdue_amount: What is overdue now.
        loans_late: Loans of the case with something overdue.
        loans: Loans of the case.
        past_due_since: Due date of the oldest unmet instalment; None when nothing is overdue.
        stage: The stage now.
        promise: The latest promise, if there was one.
        promises_so_far: How many there were.
        policy: What is accepted as a promise.
        suspended_by: What the case stands still for: `payment`, `promise`, or a kind of hold.
        next_step: What comes next, in words; None when no step is planned.
        next_at: When the case is looked at again, or its step is taken.
        asked: Who was asked to take the case and has not answered; empty for nobody.
        withheld: Messages held back, by reason, most first.
        closed_reason: Why it is closed; None while it is open.
        today: The creditor's business date.
        zone: In which times are told.
        arranged: The open arrangement, if there is one.
        settling: The accepted settlement, if there is one.
        protected_until: Of a moratorium that binds: the first day on which it no longer does;
            None where there is none, or nobody knows.
        stands_in: He is asked for a loan whose borrower is protected by a moratorium.
        asked_instead: The cases in which joint debtors are asked in his place, by number.
    """

    name: str
    currency: str
    overdue_amount: Decimal
    loans_late: int
    loans: int
    past_due_since: date | None
    stage: str
    promise: ToldPromise | None
    promises_so_far: int
    policy: PromisePolicy
    suspended_by: Sequence[str]
    next_step: str | None
    next_at: datetime | None
    asked: str
    withheld: Sequence[Withheld]
    closed_reason: str | None
    today: date
    zone: str
    arranged: ToldArrangement | None = None
    settling: ToldSettlement | None = None
    protected_until: date | None = None
    stands_in: bool = False
    asked_instead: Sequence[str] = ()


def why_here(story: CaseStory) -> str:
    """Why the case is where it is."""
    if story.closed_reason is not None:
        return f"The case is closed: {words(story.closed_reason)}."
    if story.past_due_since is None:
        return (
            f"Nothing of {story.name}'s is overdue any more; the case closes as soon as it is "
            "planned again."
        )
    days = (story.today - story.past_due_since).days
    loans = "on a loan" if story.loans == 1 else f"on {story.loans_late} of {story.loans} loans"
    said = (
        f"{story.name} owes {money(story, story.overdue_amount)} overdue {loans}, since "
        f"{day(story.past_due_since)} ({_count(days, 'day')}); the stage is “{story.stage}”"
    )
    instead = (
        ". Of a loan in it another debtor is protected by a moratorium, which does not protect "
        "this one: he owes all of it, and is asked until it ends"
        if story.stands_in
        else ""
    )
    return f"{said}{_because(story)}{instead}."


def _because(story: CaseStory) -> str:
    """What became of the latest promise, where it explains why the case goes on."""
    promise = story.promise
    if promise is None or promise.state not in {PromiseState.BROKEN, PromiseState.PARTIAL}:
        return ""
    came = (
        "nothing arrived"
        if promise.received == ZERO
        else f"{money(story, promise.received)} arrived"
    )
    return f", and of {money(story, promise.amount)} promised for {day(promise.due_on)} {came}"


def what_may_happen(story: CaseStory) -> str:
    """What comes next when nobody acts, and what was held back."""
    if story.closed_reason is not None:
        return "Nothing more is sent or asked."
    return f"{_next(story)}{_held_back(story)}"


def _next(story: CaseStory) -> str:
    when = "" if story.next_at is None else f" on {moment(story.next_at, story.zone)}"
    if story.suspended_by:
        instead = (
            f"; a joint debtor is asked meanwhile in {', '.join(story.asked_instead)}"
            if story.asked_instead
            else ""
        )
        return f"Nothing is chased {_until(story)}{instead}."
    if story.next_step is not None:
        return f"If nobody acts: {story.next_step[0].lower()}{story.next_step[1:]}{when}."
    if story.asked:
        return f"It waits for {story.asked} to take it over."
    return f"No step is left; it is looked at again{when}."


def _until(story: CaseStory) -> str:
    holds = [words(code) for code in story.suspended_by if code not in _NOT_HOLDS]
    parts = [f"while the hold stands ({', '.join(holds)})"] if holds else []
    if "moratorium" in story.suspended_by and story.protected_until is not None:
        parts.append(f"until {day(story.protected_until)}, when the moratorium ends")
    if AWAITED_PAYMENT in story.suspended_by:
        parts.append("while the payment that was announced may still come")
    if "promise" in story.suspended_by and story.promise is not None:
        until = last_day(story.promise.due_on, story.policy.grace_days)
        parts.append(
            f"until {day(until)}: {money(story, story.promise.amount)} is promised for "
            f"{day(story.promise.due_on)}"
        )
    if "arrangement" in story.suspended_by and story.arranged is not None:
        parts.append(_arranged(story, story.arranged))
    if "settlement" in story.suspended_by and story.settling is not None:
        parts.append(
            f"until {day(story.settling.pay_by)}: {money(story, story.settling.amount)} settles "
            "the whole debt"
        )
    return " and ".join(parts)


def _arranged(story: CaseStory, arranged: ToldArrangement) -> str:
    said = f"while the arrangement is kept: {money(story, arranged.next_amount)} is next"
    if arranged.waits:
        return f"{said}, and its dates move on by as many days as the hold binds"
    moved = (
        ""
        if arranged.moved_from is None
        else f" (moved on from {day(arranged.moved_from)} by the days of the hold)"
    )
    return (
        f"{said}, on {day(arranged.next_on)}{moved}, and its last date is {day(arranged.last_on)}"
    )


def _held_back(story: CaseStory) -> str:
    count = sum(each.count for each in story.withheld)
    if not count:
        return ""
    reasons = ", ".join(
        words(each.reason) + (f" ×{each.count}" if each.count > 1 else "")
        for each in story.withheld
    )
    return f" {_count(count, 'message')} withheld so far ({reasons})."


def what_ends_it(story: CaseStory) -> str:
    """What clears the arrears, and what would pause the case."""
    if story.closed_reason is not None:
        return "New arrears open a new case."
    if story.overdue_amount <= ZERO:
        return "It ends by itself."
    clears = f"{money(story, story.overdue_amount)} today clears the arrears and ends the case"
    if {"arrangement", "settlement"} & set(story.suspended_by):
        return f"{clears}; what was agreed stands meanwhile."
    if "promise" in story.suspended_by:
        return f"{clears}; a new promise would replace the open one."
    if story.promises_so_far >= story.policy.max_promises:
        return f"{clears}; no further promise is accepted."
    return (
        f"{clears}; a promise of at least {money(story, least_promise(story))}, for "
        f"{day(last_promise_day(story))} at the latest, pauses it."
    )


def least_promise(story: CaseStory) -> Decimal:
    """The smallest amount accepted as a promise, rounded up to the currency's decimals."""
    exact = story.overdue_amount * story.policy.min_percent_of_overdue / _PERCENT
    return quantize(exact, story.currency, ROUND_UP)


def last_promise_day(story: CaseStory) -> date:
    """The latest day a promise may name, on the creditor's calendar."""
    return story.today + timedelta(days=story.policy.max_days_ahead)


def money(story: CaseStory, amount: Decimal) -> str:
    """An amount of a case in words: `4,310.00 INR`."""
    return f"{quantize(amount, story.currency):,f} {story.currency}"


def day(value: date) -> str:
    """A date in words: `3 Nov 2028`."""
    return f"{value.day} {value:%b %Y}"


def moment(at: datetime, zone: str) -> str:
    """An instant as people in a zone say it: `3 Nov 2028 at 14:30`."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{day(local.date())} at {local:%H:%M}"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def words(code: str) -> str:
    """A code as words: `right_party` is said `right party`."""
    return code.replace("_", " ").replace("-", " ")
