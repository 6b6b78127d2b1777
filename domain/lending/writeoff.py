"""The book balance beside what is owed: charge-off, write-off, and recoveries.

A charge-off or a write-off is a judgement about an asset, not a gift to the borrower: it moves
the book balance alone. What is paid afterwards recovers what was written off first, and is income
(FFIEC Uniform Retail Credit Classification: a charge-off does not end the debt).
"""

from dataclasses import dataclass
from decimal import Decimal

from domain.errors import DomainError, ErrorCode
from domain.money import ZERO, positive, quantize


@dataclass(frozen=True, slots=True)
class WrittenOff:
    """What was taken out of the book balance of a loan, and what of it came back.

    Raises `ValueError` where more came back than was taken out.
    """

    amount: Decimal = ZERO
    recovered: Decimal = ZERO

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not ZERO <= self.recovered <= self.amount:
            raise ValueError("what was recovered lies between nothing and what was written off")

    @property
    def remaining(self) -> Decimal:
        """What of it is still out of the books."""
        return self.amount - self.recovered

    def book(self, owed: Decimal) -> Decimal:
        """The book balance: what is owed less what remains written off."""
        return owed - self.remaining

    def charge_off(self, owed: Decimal) -> Decimal:
        """All that is still in the books; raises `CHANGE_EXCEEDS_OWED` where that is nothing."""
        book = self.book(owed)
        if book <= 0:
            raise DomainError(
                ErrorCode.CHANGE_EXCEEDS_OWED, "Nothing of the loan is in the books any more."
            )
        return book

    def write_off(self, owed: Decimal, amount: Decimal, currency: str) -> Decimal:
        """A part of the book balance; raises `CHANGE_EXCEEDS_OWED` and refusals of amounts."""
        book = self.book(owed)
        wanted = positive(amount, currency)
        if wanted > book:
            most = quantize(book, currency)
            raise DomainError(
                ErrorCode.CHANGE_EXCEEDS_OWED,
                f"The book balance is {most} {currency}; no more can be written off.",
                {"most": str(most)},
            )
        return wanted

    def absorbed(self, relief: Decimal) -> Decimal:
        """The part of a relief that is no loss any more: the loss was taken when written off."""
        return min(self.remaining, relief)

    def after_relief(self, relief: Decimal) -> "WrittenOff":
        """What is left once relief was given: a debt forgiven cannot be recovered."""
        return WrittenOff(self.amount - self.absorbed(relief), self.recovered)

    def after_payments(self, paid_since: Decimal) -> "WrittenOff":
        """What is left once so much in all was paid since the first write-off."""
        return WrittenOff(self.amount, min(self.amount, max(ZERO, paid_since)))
