"""Non-accrual and provisions: what a late loan's interest and book balance are still counted for.

Both are targets of a day, worked out anew from what the loan is then. The books are moved by the
difference from the day before, so whatever is found out about the past is right the next day.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from domain.errors import DomainError, ErrorCode
from domain.lending.arrears import Ladder
from domain.lending.rounding import percent_of
from domain.money import ZERO

MAX_PERCENT_DECIMALS = 6


class AccruesAgain(StrEnum):
    """When the interest of a non-accrual loan is income again."""

    CURED = "cured"
    """Once the loan has left all buckets: nothing of it is delinquent any more."""
    BELOW = "below"
    """As soon as it is in a bucket below the one in which it stopped."""


@dataclass(frozen=True, slots=True)
class Provisioning:
    """What a product's loans are provided for, by bucket, and when their interest stops.

    Attributes:
        percents: Of the book balance, by the name of a bucket; none for those left out.
        non_accrual_from: The first bucket in which interest is no income; None: in no bucket.
        accrues_again: What ends that.

    Raises `INVALID_TERMS` with the fact `field` for percentages out of 0 to 100.
    """

    percents: Mapping[str, Decimal]
    non_accrual_from: str | None = None
    accrues_again: AccruesAgain = AccruesAgain.CURED

    def __post_init__(self) -> None:
        """Refuse percentages that cannot be."""
        object.__setattr__(self, "percents", MappingProxyType(dict(self.percents)))
        for percent in self.percents.values():
            if not percent.is_finite() or not 0 <= percent <= 100:  # noqa: PLR2004 - percent
                raise _refuse("rates", "A provision is 0 to 100 percent of the book balance.")
            if percent != round(percent, MAX_PERCENT_DECIMALS):
                raise _refuse("rates", f"It has at most {MAX_PERCENT_DECIMALS} decimals.")

    def check(self, ladder: Ladder) -> None:
        """Refuse buckets that the product's ladder does not have (`INVALID_TERMS`)."""
        names = [step.name for step in ladder.steps]
        if not set(self.percents) <= set(names):
            raise _refuse("rates", f"The product's buckets are {', '.join(names)}.")
        if self.non_accrual_from is not None and self.non_accrual_from not in names[1:]:
            raise _refuse("non_accrual_from", f"It is one of {', '.join(names[1:])}.")

    def is_non_accrual(self, ladder: Ladder, history: Sequence[str]) -> bool:
        """Whether interest is no income, from the buckets a loan was in, the present one last."""
        if self.non_accrual_from is None or not history:
            return False
        rank = {step.name: place for place, step in enumerate(ladder.steps)}
        first = rank[self.non_accrual_from]
        if self.accrues_again is AccruesAgain.BELOW:
            return rank[history[-1]] >= first
        for bucket in reversed(history):
            if rank[bucket] == 0:
                return False
            if rank[bucket] >= first:
                return True
        return False


def _refuse(field: str, detail: str) -> DomainError:
    return DomainError(ErrorCode.INVALID_TERMS, detail, {"field": f"provisioning.{field}"})


@dataclass(frozen=True, slots=True)
class Earned:
    """Interest of one instalment at the end of a day.

    Attributes:
        earned: By the passing of days, less what was given back.
        met: Paid, waived or forgiven of it, ahead or not.
        is_due: It fell due by that day.
    """

    earned: Decimal
    met: Decimal
    is_due: bool

    @property
    def unpaid(self) -> Decimal:
        """Earned and not met."""
        return max(ZERO, self.earned - self.met)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is owed on a loan at the end of a day.

    Attributes:
        principal: Owed.
        charges: Fees and penalties owed.
        interest: By instalment.
        written_off: Out of the books and not recovered since.
    """

    principal: Decimal
    charges: Decimal
    interest: tuple[Earned, ...]
    written_off: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Provided:
    """The targets of a day for one loan.

    Attributes:
        suspended: Interest earned and not paid that is no income.
        book: The book balance that is provided for.
        allowance: What of it is expected to be lost.
    """

    suspended: Decimal
    book: Decimal
    allowance: Decimal


def provide(standing: Standing, percent: Decimal, currency: str, *, non_accrual: bool) -> Provided:
    """What a loan's interest and book balance are counted for at the end of a day.

    The book balance is principal, interest due, fees and penalties less what is written off. In
    non-accrual all unpaid earned interest is suspended (due or not; at most what is in the books),
    and none of it is provided for, being no asset any more. The allowance is rounded half-even.
    """
    held = standing.principal + standing.charges - standing.written_off
    unpaid = sum((row.unpaid for row in standing.interest), ZERO)
    due = sum((row.unpaid for row in standing.interest if row.is_due), ZERO)
    if non_accrual:
        suspended, book = max(ZERO, min(unpaid, held + unpaid)), max(ZERO, held)
    else:
        suspended, book = ZERO, max(ZERO, held + due)
    return Provided(suspended, book, percent_of(book, percent, currency))


def percents_by_bucket(terms: Iterable[tuple[str, Decimal]]) -> Mapping[str, Decimal]:
    """Percentages by bucket; raises `INVALID_TERMS` for a bucket that is named twice."""
    found: dict[str, Decimal] = {}
    for bucket, percent in terms:
        if bucket in found:
            raise _refuse("rates", f"The bucket {bucket} has one percentage.")
        found[bucket] = percent
    return found
