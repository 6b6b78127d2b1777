"""Which loans a statement of the end of day is about: a section of a book, or one loan of it.

The steps of closing are statements with a place for this condition; their parameters of the same
names come from here too.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from api.arrears.tables import BookRow
from api.loans.unpaid import LATE_LEFT, REPAYMENT_LEFT

LAST_ID: Final = UUID(int=(1 << 128) - 1)
"""Stands for the end of the last section: no UUIDv7 comes after it."""


@dataclass(frozen=True, slots=True)
class Section:
    """The loans of a book, or only one of them when it catches up."""

    book: BookRow
    only: UUID | None = None

    def sql(self, template: str) -> str:
        """A statement with `{section}` (loans as `l`) and `{parts}` (instalments as `i`) filled in.

        So are `{late_left}` and `{repayment_left}`, what is unpaid of such an instalment.

        The range is said of the instalments too: they lie in the order of their loans, and so
        one scan reads a section's and no other.
        """
        clock = (
            "l.test_clock_id is null"
            if self.book.test_clock_id is None
            else "l.test_clock_id = :clock"
        )
        return template.format(
            section=f"l.creditor_id = :creditor and {clock} and l.id >= :from and l.id < :below",
            parts="i.loan_id = l.id and i.loan_id >= :from and i.loan_id < :below",
            late_left=LATE_LEFT,
            repayment_left=REPAYMENT_LEFT,
        )

    def parameters(self, **more: object) -> dict[str, object]:
        """Values for the conditions, and those of the statement itself."""
        book = self.book
        bounds: dict[str, object] = {
            "creditor": book.creditor_id,
            "from": book.from_id if self.only is None else self.only,
            "below": self._below(),
        }
        if book.test_clock_id is not None:
            bounds["clock"] = book.test_clock_id
        return bounds | more

    def _below(self) -> UUID:
        if self.only is not None:
            return UUID(int=self.only.int + 1)
        return LAST_ID if self.book.below_id is None else self.book.below_id

    def accrual_key(self, day: date) -> str | None:
        """The beginning of the natural key of a day's accrual; none for one loan's."""
        return None if self.only else f"accrual:{self.book.id}:{day}"
