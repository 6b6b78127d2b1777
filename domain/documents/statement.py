"""A bank statement as data: its movements, its balances, and whether they add up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Final

from domain.documents.headings import Column
from domain.documents.tables import Place

ZERO: Final = Decimal(0)
THRESHOLD: Final = 0.85
"""Below it a value needs a person."""


class Origin(StrEnum):
    """Where a value comes from."""

    READ = "read"
    DERIVED = "derived"
    """Worked out from running balances."""
    CORRECTED = "corrected"
    ADDED = "added"


class ReviewReason(StrEnum):
    """Why a person must look before anything of a statement may be used."""

    LOW_CONFIDENCE = "low-confidence"
    CROSS_CHECK_FAILED = "cross-check-failed"
    NO_BALANCES = "no-balances"
    NO_TEXT = "no-text"
    NO_TABLE = "no-table"
    NO_LINES = "no-lines"


@dataclass(frozen=True, slots=True)
class ReadCell:
    """One value of a line as it stands in the document."""

    column: Column
    raw: str
    place: Place
    confidence: float


@dataclass(frozen=True, slots=True)
class Line:
    """One movement; money in is positive. `number` counts from 1, as the document has them."""

    number: int
    on: date | None
    description: str
    amount: Decimal | None
    balance: Decimal | None
    place: Place | None
    raw: str
    confidence: float
    cells: tuple[ReadCell, ...] = ()
    origin: Origin = Origin.READ
    was: int | None = None
    """Its number before a review; null where there was no such line."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A balance that stands in the document, or follows from it."""

    amount: Decimal
    on: date | None
    raw: str
    place: Place | None
    confidence: float
    origin: Origin = Origin.READ


@dataclass(frozen=True, slots=True)
class Statement:
    """What was read in a bank statement. `reasons` are the reader's own doubts."""

    currency: str | None
    opening: Figure | None
    closing: Figure | None
    lines: tuple[Line, ...]
    reasons: tuple[ReviewReason, ...] = ()


class CheckOutcome(StrEnum):
    """What the cross-check came to."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_POSSIBLE = "not_possible"


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """Opening + lines = closing, and each running balance follows from the one before.

    `difference` is the closing balance less what it should be; `running_breaks` are the numbers of
    the lines whose balance does not follow.
    """

    outcome: CheckOutcome
    opening: Decimal | None
    lines_total: Decimal
    closing: Decimal | None
    difference: Decimal | None
    running_breaks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether what was read may be used as it is: it may when there is no reason against it."""

    confidence: float
    check: CrossCheck
    reasons: tuple[ReviewReason, ...]

    @property
    def accepted(self) -> bool:
        """True when no person is needed."""
        return not self.reasons


def in_time(lines: Sequence[Line]) -> Sequence[Line]:
    """Lines in the order of time: many banks print the newest first."""
    days = [line.on for line in lines if line.on is not None]
    falls = len(days) > 1 and days[0] > days[-1] and all(a >= b for a, b in pairwise(days))
    if falls or _runs_backwards(lines):
        return tuple(reversed(lines))
    return tuple(lines)


def cross_check(statement: Statement) -> CrossCheck:
    """Add a statement up.

    It passes when opening balance and lines make the closing balance to the cent and no running
    balance contradicts its line. A line without an amount fails it; without balances it is not
    possible.
    """
    lines = in_time(statement.lines)
    total = sum((line.amount for line in lines if line.amount is not None), ZERO)
    incomplete = any(line.amount is None for line in lines)
    breaks = _breaks(statement.opening, lines)
    opening = None if statement.opening is None else statement.opening.amount
    closing = None if statement.closing is None else statement.closing.amount
    difference = None
    if opening is not None and closing is not None:
        difference = closing - (opening + total)
    if breaks or incomplete or difference:
        outcome = CheckOutcome.FAILED
    else:
        outcome = CheckOutcome.NOT_POSSIBLE if difference is None else CheckOutcome.PASSED
    return CrossCheck(outcome, opening, total, closing, difference, breaks)


def confidence_of(statement: Statement) -> float:
    """That of the least sure line or balance; 0 when there is no line."""
    if not statement.lines:
        return 0.0
    figures = [each for each in (statement.opening, statement.closing) if each is not None]
    return min(
        [line.confidence for line in statement.lines] + [figure.confidence for figure in figures]
    )


def judge(statement: Statement, threshold: float = THRESHOLD) -> Judgement:
    """Whether a statement may be used as it was read, or why a person must look.

    A statement is used unseen only when it adds up and every value in it is at least as sure as
    `threshold`.
    """
    check, confidence = cross_check(statement), confidence_of(statement)
    reasons = list(statement.reasons)
    if not statement.lines and not reasons:
        reasons.append(ReviewReason.NO_LINES)
    if statement.lines and confidence < threshold:
        reasons.append(ReviewReason.LOW_CONFIDENCE)
    if check.outcome is CheckOutcome.FAILED:
        reasons.append(ReviewReason.CROSS_CHECK_FAILED)
    elif check.outcome is CheckOutcome.NOT_POSSIBLE and statement.lines:
        reasons.append(ReviewReason.NO_BALANCES)
    return Judgement(confidence, check, tuple(dict.fromkeys(reasons)))


def with_derived_balances(statement: Statement) -> Statement:
    """Fill in opening and closing balances from the running ones, where none stands in print.

    Derived ones are worked out anew, so that they follow a correction.
    """
    opening = None if _is_derived(statement.opening) else statement.opening
    closing = None if _is_derived(statement.closing) else statement.closing
    lines = in_time(statement.lines)
    if lines:
        first, last = lines[0], lines[-1]
        if opening is None and first.balance is not None and first.amount is not None:
            opening = _derived(first, first.balance - first.amount)
        if closing is None and last.balance is not None:
            closing = _derived(last, last.balance)
    return replace(statement, opening=opening, closing=closing)


def _is_derived(figure: Figure | None) -> bool:
    return figure is not None and figure.origin is Origin.DERIVED


def _derived(line: Line, amount: Decimal) -> Figure:
    return Figure(amount, line.on, line.raw, line.place, line.confidence, Origin.DERIVED)


def _breaks(opening: Figure | None, lines: Sequence[Line]) -> tuple[int, ...]:
    """The lines whose running balance does not follow from what stands before them.

    Lines that carry no balance add up until the next one that does.
    """
    running = None if opening is None else opening.amount
    breaks: list[int] = []
    for line in lines:
        if running is not None:
            running = None if line.amount is None else running + line.amount
        if line.balance is None:
            continue
        if running is not None and running != line.balance:
            breaks.append(line.number)
        running = line.balance
    return tuple(breaks)


def _runs_backwards(lines: Sequence[Line]) -> bool:
    """Whether the running balances fit from the last line up, and not from the first down.

    It decides where all lines are of one day.
    """
    if len({line.on for line in lines}) > 1:
        return False
    known = [line for line in lines if line.balance is not None and line.amount is not None]
    if len(known) < 2 or len(known) != len(lines):  # noqa: PLR2004 - one line has no direction
        return False
    return bool(_breaks(None, known)) and not _breaks(None, known[::-1])
