"""A kept product version as the domain sees it."""

from typing import Final

from api.products.tables import ProductRow
from domain.calendar import FORTNIGHTLY, MONTHLY, WEEKLY, Frequency
from domain.daycount import DayCount
from domain.lending.terms import InterestMethod, PenaltyKind, PenaltyPolicy, ProductTerms
from domain.lending.waterfall import Preset
from domain.money import quantize

FREQUENCIES: Final[dict[str, Frequency]] = {
    "weekly": WEEKLY,
    "fortnightly": FORTNIGHTLY,
    "monthly": MONTHLY,
}
"""Names on the wire and in the table to what they mean."""


def penalty_policy(product: ProductRow) -> PenaltyPolicy | None:
    """The late fee of a product, if it has one; raises `INVALID_TERMS`."""
    if product.penalty_kind == "none":
        return None
    if product.penalty_kind == "flat":
        amount = product.penalty_amount
        # The column keeps six decimals for percentages; an amount of money has its currency's.
        rounded = quantize(amount, product.currency)
        kept = rounded if rounded == amount else amount
        return PenaltyPolicy(product.penalty_grace_days, PenaltyKind.FLAT, kept)
    return PenaltyPolicy(
        product.penalty_grace_days, PenaltyKind.PERCENT_OF_OVERDUE, product.penalty_amount
    )


def product_terms(product: ProductRow) -> ProductTerms:
    """A product version as the domain's terms; raises what `ProductTerms` raises."""
    return ProductTerms(
        currency=product.currency,
        annual_rate_percent=product.annual_rate_percent,
        frequency=FREQUENCIES[product.frequency],
        interest_method=InterestMethod(product.interest_method),
        day_count=DayCount(product.day_count),
        waterfall=Preset(product.waterfall),
        penalty=penalty_policy(product),
        arrears_ladder=product.arrears_ladder,
        min_principal=product.min_principal,
        max_principal=product.max_principal,
        min_instalments=product.min_instalments,
        max_instalments=product.max_instalments,
        origination_fee=product.origination_fee,
    )
