"""Products: their bounds, and the loans made within them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.calendar import MONTHLY, Frequency, Unit
from domain.daycount import DayCount
from domain.errors import DomainError, ErrorCode
from domain.lending.arrears import STANDARD
from domain.lending.terms import InterestMethod, PenaltyKind, PenaltyPolicy, ProductTerms
from domain.lending.waterfall import WATERFALLS, Preset

PRODUCT = ProductTerms(
    currency="EUR",
    annual_rate_percent=Decimal("9.9"),
    frequency=MONTHLY,
    interest_method=InterestMethod.DECLINING_BALANCE,
    day_count=DayCount.ACTUAL_365,
    waterfall=WATERFALLS[Preset.PENALTY_FEE_INTEREST_PRINCIPAL],
    penalty=PenaltyPolicy(5, PenaltyKind.FLAT, Decimal(15)),
    ladder=STANDARD,
    min_principal=Decimal(500),
    max_principal=Decimal(20000),
    min_instalments=3,
    max_instalments=60,
    origination_fee=Decimal(25),
)
DATES = {"disbursed_on": date(2024, 1, 1), "first_due_on": date(2024, 2, 1)}


def test_a_loan_takes_over_its_product() -> None:
    terms = PRODUCT.loan_terms(principal=Decimal(1000), instalments=12, **DATES)
    assert terms.annual_rate_percent == Decimal("9.9")
    assert (terms.currency, terms.day_count) == ("EUR", DayCount.ACTUAL_365)
    agreed = PRODUCT.loan_terms(
        principal=Decimal(1000), instalments=12, annual_rate_percent=Decimal(0), **DATES
    )
    assert agreed.annual_rate_percent == 0


@pytest.mark.parametrize(
    ("principal", "instalments", "field"),
    [
        (Decimal("499.99"), 12, "principal"),
        (Decimal("20000.01"), 12, "principal"),
        (Decimal(1000), 2, "instalments"),
        (Decimal(1000), 61, "instalments"),
    ],
)
def test_a_loan_stays_within_the_bounds(principal: Decimal, instalments: int, field: str) -> None:
    with pytest.raises(DomainError) as refusal:
        PRODUCT.loan_terms(principal=principal, instalments=instalments, **DATES)
    assert refusal.value.code is ErrorCode.INVALID_TERMS
    assert refusal.value.facts == {"field": field}


def test_the_bounds_themselves_are_allowed() -> None:
    for principal, instalments in ((Decimal(500), 3), (Decimal(20000), 60)):
        PRODUCT.check_size(principal, instalments)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"min_principal": Decimal(20001)}, "max_principal"),
        ({"min_principal": Decimal(0)}, "min_principal"),
        ({"max_principal": Decimal("1.001")}, "max_principal"),
        ({"origination_fee": Decimal(500)}, "origination_fee"),
        ({"origination_fee": Decimal(-1)}, "origination_fee"),
        ({"origination_fee": Decimal("sNaN")}, "origination_fee"),
        ({"min_instalments": 0}, "instalments"),
        ({"min_instalments": 61}, "max_instalments"),
        ({"max_instalments": 601}, "instalments"),
        ({"frequency": Frequency(Unit.MONTHS, 13)}, "instalments"),
        ({"annual_rate_percent": Decimal(-1)}, "annual_rate_percent"),
        ({"penalty": PenaltyPolicy(0, PenaltyKind.FLAT, Decimal("0.001"))}, "penalty.amount"),
        (
            {"penalty": PenaltyPolicy(0, PenaltyKind.FLAT_PER_DAY, Decimal("0.001"))},
            "penalty.amount",
        ),
        (
            {
                "penalty": PenaltyPolicy(
                    0, PenaltyKind.FLAT, Decimal(1), cap_per_loan=Decimal("0.001")
                )
            },
            "penalty.cap_per_loan",
        ),
    ],
)
def test_a_product_is_refused_by_field(change: dict[str, object], field: str) -> None:
    with pytest.raises(DomainError) as refusal:
        replace(PRODUCT, **change)  # type: ignore[arg-type]
    assert refusal.value.facts["field"] == field


def test_a_product_may_be_free_of_fees() -> None:
    free = replace(PRODUCT, penalty=None, origination_fee=Decimal(0))
    assert free.penalty is None
