"""A kept product version as the domain sees it."""

from typing import Final

from api.products.schedules import frequency_of, rounding_of, schedule_options
from api.products.tables import ProductRow
from contracts.product_terms import (
    AllocationTerms,
    BucketTerms,
    PaymentLifeTerms,
    ProvisioningTerms,
)
from domain.daycount import DayCount
from domain.lending.arrears import STANDARD, BucketStep, Ladder, ladder_named
from domain.lending.daily import Daily
from domain.lending.payment_life import LifeTerms, PendingEnds
from domain.lending.provisioning import AccruesAgain, Provisioning, percents_by_bucket
from domain.lending.terms import InterestMethod, PenaltyKind, PenaltyPolicy, ProductTerms
from domain.lending.waterfall import (
    WATERFALLS,
    Component,
    FutureRule,
    Preset,
    Processing,
    Waterfall,
)
from domain.money import exact, quantize

OWN: Final = "own"
"""The name of what a product spells out itself."""


PENALTY_KINDS: Final = {
    "flat": PenaltyKind.FLAT,
    "percent": PenaltyKind.PERCENT_OF_OVERDUE,
    "flat_per_day": PenaltyKind.FLAT_PER_DAY,
    "annual_rate": PenaltyKind.ANNUAL_RATE,
}
"""Names on the wire and in the table to what they mean; `none` is none of them."""


def penalty_policy(product: ProductRow) -> PenaltyPolicy | None:
    """The late fee of a product, if it has one; raises `INVALID_TERMS`."""
    kind = PENALTY_KINDS.get(product.penalty_kind)
    if kind is None:
        return None
    amount = product.penalty_amount
    if kind.is_amount:
        # The column keeps six decimals for percentages; an amount of money has its currency's.
        rounded = quantize(amount, product.currency)
        amount = rounded if rounded == amount else amount
    return PenaltyPolicy(
        product.penalty_grace_days,
        kind,
        amount,
        product.arrears_tolerance,
        product.penalty_cap_per_instalment,
        product.penalty_cap_per_loan,
    )


def waterfall_of(product: ProductRow) -> Waterfall:
    """How payments on loans of a product are split: as the law asks, else as the product says."""
    if product.legal_order is not None:
        return _waterfall(product.legal_order)
    return _waterfall(product.waterfall if product.allocation is None else product.allocation)


def _waterfall(spoken: str | dict[str, object]) -> Waterfall:
    """An order by its name, or spelt out."""
    if isinstance(spoken, str):
        return WATERFALLS[Preset(spoken)]
    terms = AllocationTerms.model_validate(spoken)
    return Waterfall(
        past_due=tuple(Component(name) for name in terms.past_due),
        due=tuple(Component(name) for name in terms.due),
        in_advance=tuple(Component(name) for name in terms.in_advance),
        processing=Processing(terms.processing),
        future=FutureRule(terms.future),
    )


def daily_of(product: ProductRow) -> Daily:
    """How loans of a product take money, their interest being earned by the day."""
    return Daily(waterfall_of(product), product.currency, rounding_of(product))


def ladder_of(product: ProductRow) -> Ladder:
    """The buckets of a product; raises `INVALID_TERMS` unless they rise."""
    if product.buckets is None:
        return ladder_named(product.arrears_ladder)
    listed = [BucketTerms.model_validate(bucket) for bucket in product.buckets]
    steps = [BucketStep(bucket.name, bucket.from_days) for bucket in listed]
    return Ladder(OWN, (BucketStep(STANDARD.bucket(0), 0), *steps))


def life_terms(product: ProductRow) -> LifeTerms:
    """What is done with payments on loans of a product that are not final yet.

    Raises `AMOUNT_PRECISION` for a return fee that its currency cannot express.
    """
    told = PaymentLifeTerms.model_validate(product.payment_life or {})
    return LifeTerms(
        reported_days=told.reported_days,
        unkept_reports=told.unkept_reports,
        pending_days=told.pending_days,
        pending_ends=PendingEnds(told.pending_ends),
        pending_counts=told.pending_counts == "provisionally",
        pending_pauses=told.pending_pauses,
        return_fee=exact(told.return_fee, product.currency),
        return_window_days=told.return_window_days,
    )


def provisioning_of(product: ProductRow) -> Provisioning | None:
    """What the loans of a product are provided for, if anything; raises `INVALID_TERMS`."""
    if product.provisioning is None:
        return None
    terms = ProvisioningTerms.model_validate(product.provisioning)
    return Provisioning(
        percents_by_bucket((rate.bucket, rate.percent) for rate in terms.rates),
        terms.non_accrual_from,
        AccruesAgain(terms.accrues_again),
    )


def product_terms(product: ProductRow) -> ProductTerms:
    """A product version as the domain's terms; raises what `ProductTerms` raises."""
    return ProductTerms(
        currency=product.currency,
        annual_rate_percent=product.annual_rate_percent,
        frequency=frequency_of(product),
        interest_method=InterestMethod(product.interest_method),
        day_count=DayCount(product.day_count),
        waterfall=waterfall_of(product),
        penalty=penalty_policy(product),
        ladder=ladder_of(product),
        provisioning=provisioning_of(product),
        arrears_tolerance=product.arrears_tolerance,
        min_principal=product.min_principal,
        max_principal=product.max_principal,
        min_instalments=product.min_instalments,
        max_instalments=product.max_instalments,
        origination_fee=product.origination_fee,
        rounding=rounding_of(product),
        options=schedule_options(product),
    )
