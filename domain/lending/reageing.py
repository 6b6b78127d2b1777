"""Re-ageing: what matured unpaid is taken out of its instalments and spread over new ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from domain.calendar import Frequency, nth_date
from domain.errors import DomainError, ErrorCode
from domain.lending.rounding import Rounding, divide, from_minor, to_minor
from domain.money import ZERO


@dataclass(frozen=True, slots=True)
class Aged:
    """An instalment of principal: what it asks for, and what of it was paid."""

    due_on: date
    principal: Decimal
    paid: Decimal = ZERO
    penalties: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """What it asks for."""
        return self.principal + self.penalties


@dataclass(frozen=True, slots=True)
class NewRows:
    """The instalments that take the place of those that matured."""

    first_due_on: date
    frequency: Frequency
    count: int


def re_age(
    instalments: Sequence[Aged], on: date, new: NewRows, rounding: Rounding, currency: str
) -> tuple[Aged, ...]:
    """All instalments after re-ageing on a day, by due date.

    Those due by the day keep what was paid of them; the rest of their principal is spread equally
    over the new ones, the last of which takes what rounding leaves. Penalties stay where they are;
    instalments due later stay as they are.

    Raises `INVALID_TERMS` when a new instalment falls due on or before the day or there is none,
    and `NOTHING_OWED` when nothing that matured is unpaid.
    """
    if new.count < 1 or new.first_due_on <= on:
        raise DomainError(
            ErrorCode.INVALID_TERMS,
            "The new instalments, at least one, fall due after the day of re-ageing.",
            {"field": "action"},
        )
    for row in instalments:
        if not ZERO <= row.paid <= row.principal:
            raise DomainError(
                ErrorCode.INVALID_TERMS,
                "Of an instalment at most its principal was paid.",
                {"field": "instalments"},
            )
    unpaid = to_minor(
        sum((row.principal - row.paid for row in instalments if row.due_on <= on), ZERO), currency
    )
    if not unpaid:
        raise DomainError(ErrorCode.NOTHING_OWED, "Nothing that matured is unpaid.")
    share = divide(unpaid, new.count, rounding)
    parts: list[int] = []
    for _ in range(new.count - 1):
        parts.append(min(share, unpaid - sum(parts)))
    parts.append(unpaid - sum(parts))
    kept = [
        replace(row, principal=from_minor(to_minor(row.paid, currency), currency))
        if row.due_on <= on
        else row
        for row in instalments
    ]
    added = [
        Aged(nth_date(new.first_due_on, new.frequency, at), from_minor(part, currency))
        for at, part in enumerate(parts)
    ]
    return tuple(sorted((*kept, *added), key=lambda row: row.due_on))
