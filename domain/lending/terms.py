"""What was agreed: the terms of a loan, and of the product it is an instance of."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.calendar import BusinessDays, Frequency, Holidays, MonthEnd, Unit
from domain.daycount import DayCount
from domain.errors import DomainError, ErrorCode
from domain.lending.arrears import Ladder
from domain.lending.provisioning import Provisioning
from domain.lending.rounding import Rounding
from domain.lending.waterfall import Waterfall
from domain.money import ZERO, exact, exponent, positive

MAX_ANNUAL_RATE_PERCENT = Decimal(1000)
"""A guard against slips of the decimal point, not a legal cap."""
MAX_RATE_DECIMALS = 6
MAX_INSTALMENTS = 600
MAX_TERM_YEARS = 60
MAX_GRACE_DAYS = 365
MAX_SHARE_PERCENT = Decimal("99.999999")
"""Of the principal, as a down payment or a balloon: something is left to repay."""
_FIRST_YEAR, _LAST_YEAR = 1970, 2200
_PERIODS_PER_YEAR = {Unit.DAYS: 365, Unit.WEEKS: 52, Unit.MONTHS: 12, Unit.SEMIMONTHS: 24}


class InterestMethod(StrEnum):
    """On what the interest of a period is charged."""

    DECLINING_BALANCE = "declining_balance"
    """On the principal still outstanding; instalments are equal (annuity)."""
    FLAT = "flat"
    """On the original principal, in every period."""


class InterestBasis(StrEnum):
    """Which days and balance the interest of a loan in servicing follows."""

    ON_SCHEDULE = "on_schedule"
    """The balance as it was planned: who pays early or late owes the planned interest."""
    DAILY = "daily"
    """The principal really outstanding, day by day: who pays early owes less, who pays late more.
    Unpaid interest is carried and bears none itself (US simple interest)."""


class Amortisation(StrEnum):
    """How the principal comes back."""

    EQUAL_INSTALMENT = "equal_instalment"
    """Principal and interest together are the same in every instalment (annuity, EMI)."""
    EQUAL_PRINCIPAL = "equal_principal"
    """The principal is the same in every instalment, the interest falls."""


class FlatRest(StrEnum):
    """Where flat interest is rounded."""

    INDEPENDENT = "independent"
    """Each instalment's interest on its own."""
    RESIDUAL = "residual"
    """The total once; the last instalment takes the difference."""


class EarlyPayment(StrEnum):
    """What money does that is more than what is due and the running instalment."""

    NEXT_INSTALMENTS = "next_instalments"
    """It pays instalments to come, as the allocation says; the schedule stays."""
    REDUCE_INSTALMENT = "reduce_instalment"
    """It repays principal, and the instalments to come are lower."""
    REDUCE_TERM = "reduce_term"
    """It repays principal, and the last instalments are not needed any more."""


class PenaltyKind(StrEnum):
    """How a late penalty is measured."""

    FLAT = "flat"
    """An amount, once."""
    PERCENT_OF_OVERDUE = "percent_of_overdue"
    """A part of the overdue principal and interest, once."""
    FLAT_PER_DAY = "flat_per_day"
    """An amount for every day."""
    ANNUAL_RATE = "annual_rate"
    """Penalty interest: a yearly rate on the overdue principal and interest, day by day."""

    @property
    def is_daily(self) -> bool:
        """Whether it arises anew on every day of lateness."""
        return self in {PenaltyKind.FLAT_PER_DAY, PenaltyKind.ANNUAL_RATE}

    @property
    def is_amount(self) -> bool:
        """Whether it is measured in money and not in percent."""
        return self in {PenaltyKind.FLAT, PenaltyKind.FLAT_PER_DAY}


def _refuse(field: str, detail: str) -> DomainError:
    return DomainError(ErrorCode.INVALID_TERMS, detail, {"field": field})


def _check_amount(field: str, amount: Decimal, currency: str, *, may_be_zero: bool = False) -> None:
    """Name the field in a refusal that `domain.money` words."""
    try:
        kept = exact(amount, currency)
        if not (may_be_zero and kept == 0):
            positive(kept, currency)
    except DomainError as error:
        raise DomainError(error.code, error.detail, {**error.facts, "field": field}) from None


def _check_rate(field: str, percent: Decimal, highest: Decimal) -> None:
    if not percent.is_finite() or not 0 <= percent <= highest:
        raise _refuse(field, f"The percentage lies between 0 and {highest}.")
    if percent != round(percent, MAX_RATE_DECIMALS):
        raise _refuse(field, f"The percentage has at most {MAX_RATE_DECIMALS} decimals.")


def _check_span(frequency: Frequency, instalments: int) -> None:
    if not 1 <= instalments <= MAX_INSTALMENTS:
        raise _refuse("instalments", f"A loan has 1 to {MAX_INSTALMENTS} instalments.")
    if instalments * frequency.every > MAX_TERM_YEARS * _PERIODS_PER_YEAR[frequency.unit]:
        raise _refuse("instalments", f"A loan runs for at most {MAX_TERM_YEARS} years.")


@dataclass(frozen=True, slots=True)
class ScheduleOptions:
    """What a product may say about its schedules beyond rate, day count and frequency.

    Every option has a value that changes nothing. Raises `INVALID_TERMS` with the fact `field`.
    """

    amortisation: Amortisation = Amortisation.EQUAL_INSTALMENT
    principal_grace: int = 0
    """Instalments at the beginning that ask for interest alone."""
    interest_grace: int = 0
    """Instalments at the beginning whose interest falls due with the first one after them."""
    balloon_percent: Decimal = ZERO
    """The part of the principal that falls due with the last instalment, on top of it."""
    down_payment_percent: Decimal = ZERO
    """The part of the principal that is paid back on the day of the disbursement."""
    instalment_multiple: Decimal | None = None
    """Instalments are rounded to multiples of this; None: to the currency's minor unit."""
    instalment_smoothing: bool = False
    """Move the last instalment's residue into the equal ones where that lessens it."""
    flat_rest: FlatRest = FlatRest.INDEPENDENT
    """Where flat interest is rounded."""
    month_end: MonthEnd = MonthEnd.CLAMP
    """What becomes of a due date whose month has no such day."""
    business_days: BusinessDays = BusinessDays.NONE
    """Where a due date goes that is no business day."""
    holidays: Holidays = Holidays()
    """The days that are no business days."""
    early_payment: EarlyPayment = EarlyPayment.NEXT_INSTALMENTS
    """What money does that is paid ahead of the schedule."""
    interest: InterestBasis = InterestBasis.ON_SCHEDULE
    """On which balance interest is earned."""

    def __post_init__(self) -> None:
        """Refuse options that contradict each other."""
        for field in ("principal_grace", "interest_grace"):
            if not 0 <= getattr(self, field) < MAX_INSTALMENTS:
                raise _refuse(field, "Grace is a number of instalments.")
        for field in ("balloon_percent", "down_payment_percent"):
            _check_rate(field, getattr(self, field), MAX_SHARE_PERCENT)
        if self.instalment_multiple is not None and not (
            self.instalment_multiple.is_finite() and self.instalment_multiple > 0
        ):
            raise _refuse("instalment_multiple", "Instalments are multiples of more than nothing.")


@dataclass(frozen=True, slots=True)
class Terms:
    """All that a schedule follows from.

    Raises `INVALID_TERMS` with the fact `field`; for the currency and the principal also
    `UNKNOWN_CURRENCY`, `AMOUNT_PRECISION` and `AMOUNT_NOT_POSITIVE`.
    """

    principal: Decimal
    currency: str
    annual_rate_percent: Decimal
    instalments: int
    frequency: Frequency
    interest_method: InterestMethod
    day_count: DayCount
    disbursed_on: date
    first_due_on: date
    rounding: Rounding = Rounding.HALF_EVEN
    options: ScheduleOptions = ScheduleOptions()

    def __post_init__(self) -> None:
        """Refuse terms that no schedule can follow from."""
        exponent(self.currency)
        _check_amount("principal", self.principal, self.currency)
        _check_rate("annual_rate_percent", self.annual_rate_percent, MAX_ANNUAL_RATE_PERCENT)
        _check_span(self.frequency, self.instalments)
        if not _FIRST_YEAR <= self.disbursed_on.year <= _LAST_YEAR:
            raise _refuse("disbursed_on", f"The year lies between {_FIRST_YEAR} and {_LAST_YEAR}.")
        if self.first_due_on <= self.disbursed_on:
            raise _refuse("first_due_on", "The first due date is after the disbursement.")
        if self.first_due_on.year > _LAST_YEAR + MAX_TERM_YEARS:
            raise _refuse("first_due_on", "The first due date is too far away.")
        _check_options(
            self.options,
            self.interest_method,
            self.currency,
            fewest=self.instalments,
        )


def _check_options(
    options: ScheduleOptions, method: InterestMethod, currency: str, *, fewest: int
) -> None:
    """Refuse options that do not go with the rest of the terms."""
    if options.instalment_multiple is not None:
        _check_amount("instalment_multiple", options.instalment_multiple, currency)
    if max(options.principal_grace, options.interest_grace) >= fewest:
        field = "principal_grace" if options.principal_grace >= fewest else "interest_grace"
        raise _refuse(field, "The last instalment pays principal and interest.")
    if options.early_payment is not EarlyPayment.NEXT_INSTALMENTS and options.interest_grace:
        raise _refuse("early_payment", "Interest that is put off does not go with this option.")
    if options.interest is InterestBasis.DAILY:
        for field, neutral in _NOT_WITH_DAILY.items():
            if getattr(options, field) != neutral:
                raise _refuse(field, "Interest by the day does not go with this option.")
    if method is not InterestMethod.FLAT:
        return
    for field, neutral in _NOT_WITH_FLAT.items():
        if getattr(options, field) != neutral:
            raise _refuse(field, "Flat instalments do not go with this option.")


_NOT_WITH_FLAT = {
    "amortisation": Amortisation.EQUAL_INSTALMENT,
    "instalment_smoothing": False,
    "principal_grace": 0,
    "balloon_percent": ZERO,
    "early_payment": EarlyPayment.NEXT_INSTALMENTS,
    "interest": InterestBasis.ON_SCHEDULE,
}
"""What is computed on the declining balance alone, and its value that changes nothing."""


_NOT_WITH_DAILY = {
    "early_payment": EarlyPayment.NEXT_INSTALMENTS,
    "interest_grace": 0,
}
"""What plans interest ahead, or puts it off, and its value that changes nothing.

Money that is paid early lowers such interest by itself, and the instalments stay as agreed.
"""


@dataclass(frozen=True, slots=True)
class PenaltyPolicy:
    """When and how much a late instalment costs.

    `amount` is money for a flat fee (once, or for a day), otherwise a percentage of the overdue
    principal and interest (once, or for a year of 365 days). The fee arises on the first day after
    `grace_days` full days of lateness, a daily one on that day and every later one.
    A shortfall of no more than `tolerance` counts as met and costs nothing. All penalties of an
    instalment come to no more than `cap_per_instalment`, those of a loan to no more than
    `cap_per_loan`: the fee that would go beyond is cut down to the room left.
    Raises `INVALID_TERMS`.
    """

    grace_days: int
    kind: PenaltyKind
    amount: Decimal
    tolerance: Decimal = ZERO
    cap_per_instalment: Decimal | None = None
    cap_per_loan: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse a policy without a fee, or with one beyond the overdue amount."""
        if not 0 <= self.grace_days <= MAX_GRACE_DAYS:
            raise _refuse("penalty.grace_days", f"Grace is 0 to {MAX_GRACE_DAYS} days.")
        if not self.tolerance.is_finite() or self.tolerance < 0:
            raise _refuse("arrears_tolerance", "A tolerance is zero or more.")
        if not self.amount.is_finite() or self.amount <= 0:
            raise _refuse("penalty.amount", "A late fee is above zero; leave the policy out.")
        if self.kind is PenaltyKind.PERCENT_OF_OVERDUE:
            _check_rate("penalty.amount", self.amount, Decimal(100))
        if self.kind is PenaltyKind.ANNUAL_RATE:
            _check_rate("penalty.amount", self.amount, MAX_ANNUAL_RATE_PERCENT)
        for field in ("cap_per_instalment", "cap_per_loan"):
            cap = getattr(self, field)
            if cap is not None and not (cap.is_finite() and cap > 0):
                raise _refuse(f"penalty.{field}", "A cap is above zero; leave it out for none.")

    def check_amounts(self, currency: str) -> None:
        """Refuse amounts that the currency cannot hold, with the fact `field`."""
        amounts = {
            "amount": self.amount if self.kind.is_amount else None,
            "cap_per_instalment": self.cap_per_instalment,
            "cap_per_loan": self.cap_per_loan,
        }
        for field, amount in amounts.items():
            if amount is not None:
                _check_amount(f"penalty.{field}", amount, currency)


@dataclass(frozen=True, slots=True)
class ProductTerms:
    """What all loans of a product have in common, and the bounds they stay within.

    Raises `INVALID_TERMS` with the fact `field`, and the refusals of `domain.money`.
    """

    currency: str
    annual_rate_percent: Decimal
    frequency: Frequency
    interest_method: InterestMethod
    day_count: DayCount
    waterfall: Waterfall
    penalty: PenaltyPolicy | None
    """None: lateness costs nothing."""
    ladder: Ladder
    """The buckets that delinquent days fall into."""
    min_principal: Decimal
    max_principal: Decimal
    min_instalments: int
    max_instalments: int
    provisioning: Provisioning | None = None
    """None: nothing is provided for, and interest is income however late a loan is."""
    arrears_tolerance: Decimal = ZERO
    """An instalment of which no more than this is unpaid counts as met; below `min_principal`."""
    origination_fee: Decimal = ZERO
    """Charged once, at disbursement, with the first instalment."""
    rounding: Rounding = Rounding.HALF_EVEN
    options: ScheduleOptions = ScheduleOptions()

    def __post_init__(self) -> None:
        """Refuse a product whose bounds contradict each other."""
        exponent(self.currency)
        _check_rate("annual_rate_percent", self.annual_rate_percent, MAX_ANNUAL_RATE_PERCENT)
        _check_amount("min_principal", self.min_principal, self.currency)
        _check_amount("max_principal", self.max_principal, self.currency)
        _check_amount("origination_fee", self.origination_fee, self.currency, may_be_zero=True)
        _check_amount("arrears_tolerance", self.arrears_tolerance, self.currency, may_be_zero=True)
        if self.arrears_tolerance >= self.min_principal:
            raise _refuse("arrears_tolerance", "The tolerance is below the smallest principal.")
        if self.min_principal > self.max_principal:
            raise _refuse("max_principal", "The largest principal is below the smallest.")
        if self.origination_fee >= self.min_principal:
            raise _refuse("origination_fee", "The fee is below the smallest principal.")
        _check_span(self.frequency, self.min_instalments)
        _check_span(self.frequency, self.max_instalments)
        if self.min_instalments > self.max_instalments:
            raise _refuse("max_instalments", "The most instalments are below the fewest.")
        _check_options(
            self.options, self.interest_method, self.currency, fewest=self.min_instalments
        )
        if self.provisioning is not None:
            self.provisioning.check(self.ladder)
        if self.penalty is not None:
            self.penalty.check_amounts(self.currency)

    def loan_terms(  # noqa: PLR0913 - the five choices of a borrower, named at the call
        self,
        *,
        principal: Decimal,
        instalments: int,
        disbursed_on: date,
        first_due_on: date,
        annual_rate_percent: Decimal | None = None,
    ) -> Terms:
        """The terms of one loan of this product, at the product's rate unless one is agreed.

        Raises `INVALID_TERMS` where the product's bounds are left, and what `Terms` raises.
        """
        terms = Terms(
            principal=principal,
            currency=self.currency,
            annual_rate_percent=(
                self.annual_rate_percent if annual_rate_percent is None else annual_rate_percent
            ),
            instalments=instalments,
            frequency=self.frequency,
            interest_method=self.interest_method,
            day_count=self.day_count,
            disbursed_on=disbursed_on,
            first_due_on=first_due_on,
            rounding=self.rounding,
            options=self.options,
        )
        self.check_size(principal, instalments)
        return terms

    def check_size(self, principal: Decimal, instalments: int) -> None:
        """Refuse with `INVALID_TERMS` a principal or a number of instalments out of bounds."""
        _check_amount("principal", principal, self.currency)
        if not self.min_principal <= principal <= self.max_principal:
            raise _refuse(
                "principal",
                f"The product lends {self.min_principal} to {self.max_principal} {self.currency}.",
            )
        if not self.min_instalments <= instalments <= self.max_instalments:
            raise _refuse(
                "instalments",
                f"The product has {self.min_instalments} to {self.max_instalments} instalments.",
            )
