"""The annuity with nothing rounded between its months, as spreadsheets and studies compute it.

No loan is served so: money has minor units. It is the yardstick that published tables use
(European Commission, Markt/2014/107/H3/TA/LV, examples 1 and 7).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class ExactRow:
    """A month of an annuity, every figure exact."""

    number: int
    opening: Fraction
    interest: Fraction
    principal: Fraction

    @property
    def total(self) -> Fraction:
        """Principal and interest: the instalment."""
        return self.principal + self.interest

    @property
    def balance_after(self) -> Fraction:
        """What is left of the principal."""
        return self.opening - self.principal


def exact_annuity(principal: Decimal, period_rate: Fraction, count: int) -> Iterator[ExactRow]:
    """The rows of E = P × r / (1 − (1 + r)^−n), or P/n without interest."""
    lent = Fraction(principal)
    if period_rate:
        growth = (1 + period_rate) ** count
        instalment = lent * period_rate * growth / (growth - 1)
    else:
        instalment = lent / count
    balance = lent
    for number in range(1, count + 1):
        interest = balance * period_rate
        row = ExactRow(number, balance, interest, instalment - interest)
        yield row
        balance = row.balance_after
