"""A person's corrections of what was read, and whether the statement may be used after them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Final

from domain.documents.statement import (
    CheckOutcome,
    Figure,
    Line,
    Origin,
    Statement,
    cross_check,
    with_derived_balances,
)
from domain.errors import DomainError, ErrorCode


class Kept(Enum):
    """Says of a field that it stays as it is; null says that the document does not tell."""

    KEPT = "kept"


KEPT: Final = Kept.KEPT
BY_A_PERSON: Final = 1.0


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person changes in one line."""

    number: int
    on: date | None | Kept = KEPT
    description: str | None | Kept = KEPT
    amount: Decimal | None | Kept = KEPT
    balance: Decimal | None | Kept = KEPT
    remove: bool = False


@dataclass(frozen=True, slots=True)
class Addition:
    """A line that stands in the document after another (0: before all), and was not read."""

    after: int
    on: date
    description: str
    amount: Decimal
    balance: Decimal | None


@dataclass(frozen=True, slots=True)
class Review:
    """All that a person says of a statement; what he does not name he confirms."""

    corrections: Sequence[Correction] = ()
    additions: Sequence[Addition] = ()
    opening: Decimal | None | Kept = KEPT
    closing: Decimal | None | Kept = KEPT


def reviewed(statement: Statement, review: Review) -> Statement:
    """The statement as a person confirmed it: every value is his now, and it adds up.

    Raises:
        DomainError: `INVALID_REQUEST` for a line that is not there or is corrected twice, or that
            would have no date or amount; `STATEMENT_NOT_BALANCED` when opening balance and lines
            do not make the closing balance: a person finds the missing line, or says by null that
            the document does not tell a balance.
    """
    numbers = {line.number for line in statement.lines}
    corrections = {each.number: each for each in review.corrections}
    if len(corrections) != len(review.corrections):
        raise DomainError(ErrorCode.INVALID_REQUEST, "A line is corrected once.")
    for number in (*corrections, *(each.after for each in review.additions if each.after)):
        if number not in numbers:
            raise DomainError(ErrorCode.INVALID_REQUEST, "There is no such line.", {"line": number})
    lines = [_added(each) for each in review.additions if each.after == 0]
    for line in statement.lines:
        corrected = _corrected(line, corrections.get(line.number))
        if corrected is not None:
            lines.append(corrected)
        lines += [_added(each) for each in review.additions if each.after == line.number]
    for place, line in enumerate(lines, start=1):
        if line.on is None or line.amount is None:
            raise DomainError(
                ErrorCode.INVALID_REQUEST,
                "A line needs a date and an amount; remove it if it is no movement.",
                {"line": line.number or place},
            )
    result = with_derived_balances(
        Statement(
            statement.currency,
            _balance(statement.opening, review.opening),
            _balance(statement.closing, review.closing),
            tuple(
                replace(line, number=place, was=line.number or None)
                for place, line in enumerate(lines, start=1)
            ),
        )
    )
    result = replace(result, opening=_told(review.opening, result.opening))
    result = replace(result, closing=_told(review.closing, result.closing))
    check = cross_check(result)
    if check.outcome is CheckOutcome.FAILED and check.difference != 0:
        raise DomainError(
            ErrorCode.STATEMENT_NOT_BALANCED,
            "Opening balance and lines do not make the closing balance.",
            {
                "difference": None if check.difference is None else f"{check.difference:f}",
                "line": check.running_breaks[0] if check.running_breaks else None,
            },
        )
    return result


def _told(said: Decimal | None | Kept, figure: Figure | None) -> Figure | None:
    """Null stays null: a person who says that there is no balance wants none worked out."""
    return None if said is None else figure


def _corrected(line: Line, correction: Correction | None) -> Line | None:
    if correction is None:
        return replace(line, confidence=BY_A_PERSON)
    if correction.remove:
        return None
    changed = replace(
        line,
        on=line.on if isinstance(correction.on, Kept) else correction.on,
        description=line.description
        if isinstance(correction.description, Kept)
        else correction.description or "",
        amount=line.amount if isinstance(correction.amount, Kept) else correction.amount,
        balance=line.balance if isinstance(correction.balance, Kept) else correction.balance,
        confidence=BY_A_PERSON,
    )
    said = (changed.on, changed.description, changed.amount, changed.balance)
    was = (line.on, line.description, line.amount, line.balance)
    return changed if said == was else replace(changed, origin=Origin.CORRECTED)


def _added(addition: Addition) -> Line:
    return Line(
        number=0,
        on=addition.on,
        description=addition.description,
        amount=addition.amount,
        balance=addition.balance,
        place=None,
        raw="",
        confidence=BY_A_PERSON,
        origin=Origin.ADDED,
    )


def _balance(figure: Figure | None, said: Decimal | None | Kept) -> Figure | None:
    if isinstance(said, Kept):
        return None if figure is None else replace(figure, confidence=BY_A_PERSON)
    if said is None:
        return None
    if figure is None:
        return Figure(said, None, "", None, BY_A_PERSON, Origin.CORRECTED)
    if figure.amount == said:
        return replace(figure, confidence=BY_A_PERSON)
    return replace(figure, amount=said, confidence=BY_A_PERSON, origin=Origin.CORRECTED)
