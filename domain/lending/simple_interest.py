"""US simple interest: charged by the day on the principal really outstanding, never on interest.

interest = balance × rate × days / year. What a payment does not cover is carried unrounded, bears
no interest itself, and is rounded once, when it is paid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from domain.calendar import MONTHLY
from domain.daycount import DayCount, year_fraction
from domain.errors import DomainError, ErrorCode
from domain.lending.rounding import Rounding, divide, to_minor
from domain.money import exponent


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment of a day: an amount, a part of the principal with its interest, or all of it.

    `amount` pays interest first, the rest principal. `principal` is paid besides the interest
    there is. Neither: the balance with its interest.
    """

    on: date
    amount: Decimal | None = None
    principal: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Paid:
    """What a payment paid, and the principal before and after it."""

    on: date
    opening: Decimal
    interest: Decimal
    principal: Decimal
    balance_after: Decimal


@dataclass(frozen=True, slots=True)
class SimpleInterest:
    """A loan at simple interest; `annual_rate_percent` a year, rounded to the currency's units."""

    principal: Decimal
    currency: str
    annual_rate_percent: Decimal
    day_count: DayCount
    disbursed_on: date
    rounding: Rounding = Rounding.HALF_UP

    def paid(self, payments: Sequence[Payment]) -> tuple[Paid, ...]:
        """What each payment pays, in the order of their dates.

        The last payment is not adjusted unless it says so by naming neither amount nor principal:
        a loan may end overpaid. Raises `INVALID_TERMS` for a payment before the disbursement.
        """
        balance = to_minor(self.principal, self.currency)
        carried, since = Fraction(0), self.disbursed_on
        found: list[Paid] = []
        for position, payment in enumerate(sorted(payments, key=lambda one: one.on)):
            if payment.on < since:
                raise DomainError(
                    ErrorCode.INVALID_TERMS,
                    "A payment comes after the disbursement.",
                    {"field": "payments"},
                )
            carried += self._earned(balance, since, payment.on, first=position == 0)
            due = divide(carried.numerator, carried.denominator, self.rounding)
            interest, part = self._split(payment, due, balance)
            carried = Fraction(0) if interest == due else carried - interest
            found.append(
                Paid(
                    payment.on,
                    self._shown(balance),
                    self._shown(interest),
                    self._shown(part),
                    self._shown(balance - part),
                )
            )
            balance -= part
            since = payment.on
        return tuple(found)

    def unpaid_interest(self, payments: Sequence[Payment], on: date) -> Fraction:
        """Interest earned by a day and not paid, unrounded, in currency units."""
        before = [payment for payment in payments if payment.on < on]
        paid = self.paid(before)
        since = paid[-1].on if paid else self.disbursed_on
        balance = paid[-1].balance_after if paid else self.principal
        earned = self._earned(to_minor(balance, self.currency), since, on, first=not paid)
        return earned * Fraction(1, 10 ** exponent(self.currency))

    def _earned(self, balance: int, since: date, until: date, *, first: bool) -> Fraction:
        part = year_fraction(self.day_count, since, until, MONTHLY, whole_period=not first)
        return balance * Fraction(self.annual_rate_percent) / 100 * part

    def _split(self, payment: Payment, due: int, balance: int) -> tuple[int, int]:
        if payment.amount is not None:
            amount = to_minor(payment.amount, self.currency)
            interest = min(amount, due)
            return interest, amount - interest
        if payment.principal is not None:
            return due, to_minor(payment.principal, self.currency)
        return due, balance

    def _shown(self, minor: int) -> Decimal:
        return Decimal(minor).scaleb(-exponent(self.currency))
