"""What a kept product version says about its schedules, as the domain sees it."""

from typing import Final

from api.products.tables import ProductRow
from contracts.schedule_terms import FrequencyTerms, ScheduleTerms
from domain.calendar import (
    FORTNIGHTLY,
    MONTHLY,
    SEMIMONTHLY,
    WEEKLY,
    BusinessDays,
    Frequency,
    Holidays,
    MonthEnd,
    Unit,
)
from domain.lending.rounding import Rounding
from domain.lending.terms import (
    Amortisation,
    EarlyPayment,
    FlatRest,
    InterestBasis,
    ScheduleOptions,
)

NAMED: Final[dict[str, Frequency]] = {
    "weekly": WEEKLY,
    "fortnightly": FORTNIGHTLY,
    "semimonthly": SEMIMONTHLY,
    "monthly": MONTHLY,
    "quarterly": Frequency(Unit.MONTHS, 3),
    "yearly": Frequency(Unit.MONTHS, 12),
}
"""Names on the wire and in the table to what they mean."""


def frequency_text(told: str | FrequencyTerms) -> str:
    """A frequency as it is kept: its name, or `unit:every`."""
    return told if isinstance(told, str) else f"{told.unit}:{told.every}"


def frequency_told(kept: str) -> str | dict[str, object]:
    """A kept frequency as it goes over the wire."""
    if kept in NAMED:
        return kept
    unit, _, every = kept.partition(":")
    return {"unit": unit, "every": int(every)}


def frequency_of(product: ProductRow) -> Frequency:
    """How often an instalment falls due."""
    if product.frequency in NAMED:
        return NAMED[product.frequency]
    unit, _, every = product.frequency.partition(":")
    return Frequency(Unit(unit), int(every))


def schedule_terms(product: ProductRow) -> ScheduleTerms:
    """The terms as they were given; those of products that gave none change nothing."""
    return ScheduleTerms.model_validate(product.schedule or {})


def rounding_of(product: ProductRow) -> Rounding:
    """What becomes of an exact half of a minor unit."""
    return Rounding(schedule_terms(product).rounding)


def changes_schedule(product: ProductRow) -> bool:
    """Whether money that is paid ahead of a schedule, or late, changes it."""
    kept = (product.schedule or {}).get("early_payment", EarlyPayment.NEXT_INSTALMENTS.value)
    return kept != EarlyPayment.NEXT_INSTALMENTS.value or earns_daily(product)


def earns_daily(product: ProductRow) -> bool:
    """Whether interest is earned day by day on the principal really outstanding."""
    kept = (product.schedule or {}).get("interest", InterestBasis.ON_SCHEDULE.value)
    return kept == InterestBasis.DAILY.value


def schedule_options(product: ProductRow) -> ScheduleOptions:
    """The options of a product's schedules; raises `INVALID_TERMS`."""
    told = schedule_terms(product)
    return ScheduleOptions(
        amortisation=Amortisation(told.amortisation),
        principal_grace=told.principal_grace,
        interest_grace=told.interest_grace,
        balloon_percent=told.balloon_percent,
        down_payment_percent=told.down_payment_percent,
        instalment_multiple=told.instalment_multiple,
        instalment_smoothing=told.instalment_smoothing,
        flat_rest=FlatRest(told.flat_interest),
        month_end=MonthEnd(told.month_end),
        business_days=BusinessDays(told.business_days),
        early_payment=EarlyPayment(told.early_payment),
        interest=InterestBasis(told.interest),
        holidays=Holidays(frozenset(told.holidays), frozenset(told.weekend)),
    )
