"""What somebody who opens a case should do next, and why; a suggestion, never an order.

It follows from the same facts as the plan of the case and takes nothing on itself: whether a
contact is allowed is for its permit to say, and what is offered is for the strategy and for people.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.recovery.promise import PromiseState

SOON: Final = timedelta(days=1)
"""How long before its day a promise is worth a look."""

ENOUGH_ANSWERS: Final = 3
"""From so many answers on, the hour at which somebody answers says something."""


class Advice(StrEnum):
    """What may be suggested."""

    READ_REPLY = "read_reply"
    REVIEW_HOLD = "review_hold"
    ANSWER_ESCALATION = "answer_escalation"
    DECIDE_PROPOSAL = "decide_proposal"
    CONFIRM_PROMISE = "confirm_promise"
    LOOK_FOR_PAYMENT = "look_for_payment"
    WAIT = "wait"
    CALL = "call"
    SEND_LETTER = "send_letter"
    DO_TASK = "do_task"
    FIND_ADDRESS = "find_address"
    AGREE_PROMISE = "agree_promise"
    ASK_ADVISOR = "ask_advisor"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class KnownPromise:
    """The last promise of a case.

    Attributes:
        state: What became of it.
        due_on: Its day.
        is_read_from_text: It was taken from a message, and nobody confirmed it.
        counted_until: The last day on which money for it counts.
    """

    state: PromiseState
    due_on: date
    is_read_from_text: bool
    counted_until: date


@dataclass(frozen=True, slots=True)
class Seen:
    """What a suggestion looks at.

    Attributes:
        is_open: The case is.
        today: The creditor's business date.
        has_reply: Something the customer wrote waits to be read.
        holds: Kinds of the holds that bind and keep it still, as words.
        review_on: When the earliest of the binding holds is to be reviewed.
        awaits_payment: A payment was announced.
        asked: Who was asked to take it over and has not answered: `advisor`, `manager` or empty.
        answer_by: Until when.
        promise: The last promise.
        broken: Promises that were broken.
        most_broken: From so many on, another suspends nothing.
        tasks: Kinds of its open tasks, the earliest due first.
        is_reachable: A medium is left by which the customer may be reached.
        answered_at: Local hours (0 to 23) at which the customer has answered or written.
        next_title: The next step of the strategy, in words; empty for none.
        next_at: When it is taken, or the case planned again.
    """

    is_open: bool
    today: date
    has_reply: bool
    holds: Sequence[str]
    review_on: date | None
    awaits_payment: bool
    asked: str
    answer_by: datetime | None
    promise: KnownPromise | None
    broken: int
    most_broken: int
    tasks: Sequence[str]
    is_reachable: bool
    answered_at: Collection[int]
    next_title: str
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to do next.

    Attributes:
        advice: In one stable word.
        text: In words: an act in the imperative.
        why: Why that and not something else.
        hour: The local hour at which the customer has answered most, for a call; None if unknown.
        until: When waiting is over, where it is to be waited.
    """

    advice: Advice
    text: str
    why: str
    hour: int | None = None
    until: datetime | None = None


def suggest(seen: Seen) -> Suggestion:
    """The one thing to do next in a case, by the first rule that speaks."""
    if not seen.is_open:
        return Suggestion(Advice.CLOSED, "Nothing is left to do", "the case is closed")
    return _of_others(seen) or _still(seen) or _of_promise(seen) or _of_tasks(seen) or _next(seen)


def best_hour(answered_at: Collection[int]) -> int | None:
    """The hour at which somebody has answered most, the earliest of equals; None if too few."""
    if len(answered_at) < ENOUGH_ANSWERS:
        return None
    counted = Counter(answered_at)
    return min(counted, key=lambda hour: (-counted[hour], hour))


def _of_others(seen: Seen) -> Suggestion | None:
    """What others wait for: it comes before our own plans, and is no contact on our part."""
    if seen.has_reply:
        return Suggestion(
            Advice.READ_REPLY,
            "Read what the customer wrote and answer",
            "a reply waits; nothing else should go out before it is read",
        )
    if seen.review_on is not None and seen.review_on <= seen.today and seen.holds:
        return Suggestion(
            Advice.REVIEW_HOLD,
            f"Review the hold ({', '.join(seen.holds)})",
            f"its day of review was {_day(seen.review_on)}",
        )
    if seen.asked:
        return Suggestion(
            Advice.ANSWER_ESCALATION,
            f"Let the {seen.asked} take it over",
            f"the {seen.asked} was asked and has not answered",
            until=seen.answer_by,
        )
    if "proposal" in seen.tasks:
        return Suggestion(
            Advice.DECIDE_PROPOSAL,
            "Let a manager decide on the proposal",
            "the strategy goes on once it is approved or rejected",
        )
    return None


def _still(seen: Seen) -> Suggestion | None:
    """Why a case stands still, unless a promise alone keeps it so."""
    if seen.holds:
        when = "" if seen.review_on is None else f"; it is reviewed on {_day(seen.review_on)}"
        return Suggestion(
            Advice.WAIT,
            "Wait: do not collect",
            f"a hold binds ({', '.join(seen.holds)}){when}",
            until=seen.next_at,
        )
    if seen.awaits_payment:
        return Suggestion(
            Advice.LOOK_FOR_PAYMENT,
            "Look for the payment that was announced",
            "it is awaited; chasing rests meanwhile",
            until=seen.next_at,
        )
    return None


def _of_promise(seen: Seen) -> Suggestion | None:
    promise = seen.promise
    if promise is None or promise.state is not PromiseState.OPEN:
        return None
    if promise.is_read_from_text:
        return Suggestion(
            Advice.CONFIRM_PROMISE,
            "Ask the customer to confirm the promise",
            f"it was read from a message: {_day(promise.due_on)}",
            hour=best_hour(seen.answered_at),
        )
    if promise.due_on - SOON <= seen.today <= promise.counted_until:
        return Suggestion(
            Advice.LOOK_FOR_PAYMENT,
            "See whether the promised money has come",
            f"it was promised for {_day(promise.due_on)} and counts until "
            f"{_day(promise.counted_until)}",
            until=seen.next_at,
        )
    return Suggestion(
        Advice.WAIT,
        "Wait for the promised payment",
        f"it was promised for {_day(promise.due_on)}; a contact before would break our word",
        until=seen.next_at,
    )


def _of_tasks(seen: Seen) -> Suggestion | None:
    if not seen.tasks:
        return None
    kind = seen.tasks[0]
    if kind == "call":
        hour = best_hour(seen.answered_at)
        when = "" if hour is None else f"; answers came mostly around {hour:02d}:00, local time"
        return Suggestion(
            Advice.CALL,
            "Call the customer, with a permit",
            f"the strategy asks for a call{when}",
            hour=hour,
        )
    if kind == "letter":
        return Suggestion(Advice.SEND_LETTER, "Post the letter", "the strategy asks for it")
    return Suggestion(
        Advice.DO_TASK, f"Do the open task ({kind.replace('_', ' ')})", "it is due first"
    )


def _next(seen: Seen) -> Suggestion:
    if not seen.is_reachable:
        return Suggestion(
            Advice.FIND_ADDRESS,
            "Find a way to reach the customer",
            "no phone number or e-mail address is left that works and may be used",
        )
    promise = seen.promise
    if promise is not None and promise.state in {PromiseState.BROKEN, PromiseState.PARTIAL}:
        if seen.broken >= seen.most_broken:
            return Suggestion(
                Advice.ASK_ADVISOR,
                "Ask an advisor",
                f"{seen.broken} promises were broken; another would suspend nothing",
            )
        return Suggestion(
            Advice.AGREE_PROMISE,
            "Call and agree what can be kept",
            f"the promise for {_day(promise.due_on)} was not kept",
            hour=best_hour(seen.answered_at),
        )
    if seen.next_title:
        return Suggestion(
            Advice.WAIT, "Leave it to the strategy", f"next: {seen.next_title}", until=seen.next_at
        )
    return Suggestion(
        Advice.ASK_ADVISOR, "Ask an advisor how to go on", "the strategy has no step left"
    )


def _day(on: date) -> str:
    return f"{on.day} {on:%b %Y}"
