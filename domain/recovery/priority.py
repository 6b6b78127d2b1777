"""Which case comes first, and why: a sum of parts, each with its words.

The figure orders a list and means nothing else. A case that may not be worked now comes after all
that may, whatever else speaks for it; a vulnerable customer is not ranked lower for being one.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.recovery.risk import Level

STANDS_STILL: Final = -1000
"""What a case gets that waits for a promise, a hold or an announced payment."""

MOST_UNPAID: Final = 5
"""So many unpaid instalments count; more are no more urgent."""


class PartCode(StrEnum):
    """What speaks for a case."""

    SUSPENDED = "suspended"
    REPLY_WAITING = "reply_waiting"
    HOLD_REVIEW = "hold_review"
    ESCALATED = "escalated"
    VULNERABLE = "vulnerable"
    PROMISE_BROKEN = "promise_broken"
    TASK_WAITING = "task_waiting"
    RISK = "risk"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class PriorityPart:
    """One thing that speaks for a case, or against it.

    Attributes:
        code: Which.
        points: How much.
        text: In words, without personal data.
    """

    code: PartCode
    points: int
    text: str


@dataclass(frozen=True, slots=True)
class CaseState:
    """What of a case its priority follows from.

    Attributes:
        is_suspended: It stands still.
        has_reply: Something the customer wrote waits to be read.
        is_hold_due: A hold that binds is past its day of review.
        is_escalated: Somebody was asked to take it over and has not answered.
        is_vulnerable: A hold for vulnerability binds.
        is_promise_broken: The last promise was not kept, and no other is open.
        tasks: Other tasks that wait for a person.
        risk: The risk score, 0 to 100.
        level: What that comes to.
        unpaid: Instalments overdue.
    """

    is_suspended: bool
    has_reply: bool
    is_hold_due: bool
    is_escalated: bool
    is_vulnerable: bool
    is_promise_broken: bool
    tasks: int
    risk: int
    level: Level
    unpaid: int


def parts_of(state: CaseState) -> tuple[PriorityPart, ...]:
    """What speaks for a case, the weightiest first; the priority is the sum of the points."""
    found: list[PriorityPart] = []

    def add(code: PartCode, points: int, text: str) -> None:
        if points:
            found.append(PriorityPart(code, points, text))

    # Words of the customer and days of review are answered however still the case stands.
    if state.is_suspended and not (state.has_reply or state.is_hold_due):
        add(PartCode.SUSPENDED, STANDS_STILL, "it stands still: nothing is to be done now")
    add(PartCode.REPLY_WAITING, 40 * state.has_reply, "the customer wrote and waits for an answer")
    add(PartCode.HOLD_REVIEW, 35 * state.is_hold_due, "a hold is to be reviewed")
    add(PartCode.ESCALATED, 30 * state.is_escalated, "an escalation waits to be answered")
    add(PartCode.VULNERABLE, 25 * state.is_vulnerable, "the customer is vulnerable")
    add(PartCode.PROMISE_BROKEN, 20 * state.is_promise_broken, "a promise was not kept")
    add(PartCode.TASK_WAITING, 15 * (state.tasks > 0), "a task waits to be done")
    add(PartCode.RISK, state.risk // 2, f"risk is {state.level}: {state.risk} of 100")
    overdue = "an instalment is" if state.unpaid == 1 else f"{state.unpaid} instalments are"
    add(PartCode.AMOUNT, 3 * min(state.unpaid, MOST_UNPAID), f"{overdue} overdue")
    return tuple(sorted(found, key=lambda part: (-abs(part.points), part.code)))


def total(parts: tuple[PriorityPart, ...]) -> int:
    """The priority that parts come to."""
    return sum(part.points for part in parts)
