"""Reads the forms by which staff agree with a customer: dated amounts, offers, moratoria."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Final

from api.web.forms import InvalidForm, command, whole_number
from contracts.plans import (
    AcceptSettlement,
    EndPlan,
    NewArrangement,
    NewMoratorium,
    NewPart,
    NewSettlement,
    ReviewMoratorium,
)
from domain.calendar import add_months

Sent = Mapping[str, str]

RHYTHMS: Final = (("7", "Every week"), ("14", "Every two weeks"), ("month", "Every month"))
"""How far apart the dates of an arrangement lie, as a form offers it."""

_MOST: Final = 120
_CENT: Final = Decimal("0.01")


def arrangement(sent: Sent) -> NewArrangement:
    """Equal amounts in a rhythm; the last one takes what the division leaves.

    Raises `InvalidForm` with a sentence for each field that will not do.
    """
    total, count, first_on = _total(sent), _count(sent), _day(sent)
    each = (total / count).quantize(_CENT, ROUND_DOWN)
    rhythm = sent.get("every", "month")
    parts = [
        NewPart(
            due_on=_later(first_on, rhythm, number),
            amount=each if number < count - 1 else total - each * (count - 1),
        )
        for number in range(count)
    ]
    return NewArrangement(parts=parts)


def settlement(sent: Sent) -> NewSettlement:
    """An offer of a share."""
    return command(NewSettlement, sent, "percent", "valid_until", "pay_by")


def acceptance(_: Sent) -> AcceptSettlement:
    """The customer accepts what was offered, as it was offered."""
    return AcceptSettlement()


def moratorium(sent: Sent) -> NewMoratorium:
    """What an adviser notified."""
    return command(NewMoratorium, sent, "scheme", "starts_on", "treatment_ended_on", "reference")


def review(sent: Sent) -> ReviewMoratorium:
    """What a review found."""
    return command(ReviewMoratorium, sent, "outcome", "reason")


def end(sent: Sent) -> EndPlan:
    """Why something agreed is taken back."""
    return command(EndPlan, sent, "reason")


def _total(sent: Sent) -> Decimal:
    try:
        total = Decimal(sent.get("total", ""))
    except InvalidOperation:
        total = Decimal(0)
    if not total.is_finite() or total <= 0:
        raise InvalidForm({"total": "Write an amount such as 120.50."})
    return total


def _count(sent: Sent) -> int:
    count = whole_number(sent.get("count", ""))
    if count is None or not 1 <= count <= _MOST:
        raise InvalidForm({"count": f"Write a number from 1 to {_MOST}."})
    return count


def _day(sent: Sent) -> date:
    try:
        return date.fromisoformat(sent.get("first_on", ""))
    except ValueError:
        raise InvalidForm({"first_on": "Choose a day."}) from None


def _later(first_on: date, rhythm: str, number: int) -> date:
    if rhythm == "month":
        return add_months(first_on, number)
    return first_on + timedelta(days=number * (14 if rhythm == "14" else 7))
