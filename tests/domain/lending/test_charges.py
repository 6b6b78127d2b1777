"""Late fees: grace, once, and never a fee on a fee."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError, ErrorCode
from domain.lending.charges import late_fee, late_fee_on
from domain.lending.terms import PenaltyKind, PenaltyPolicy
from domain.lending.waterfall import Owed
from domain.money import ZERO
from tests.domain.lending.strategies import DATES, debts, thorough

FLAT = PenaltyPolicy(5, PenaltyKind.FLAT, Decimal(15))
PERCENT = PenaltyPolicy(5, PenaltyKind.PERCENT_OF_OVERDUE, Decimal("2.5"))
DUE = date(2024, 2, 1)
LATE = Owed(1, DUE, interest=Decimal("10.50"), principal=Decimal("90.00"))


def fee(policy: PenaltyPolicy, owed: Owed, as_of: date) -> Decimal | None:
    return late_fee(policy, owed, as_of, "EUR", already_charged=False)


@pytest.mark.parametrize(
    ("grace", "days_late", "charged"), [(5, 5, False), (5, 6, True), (0, 0, False), (0, 1, True)]
)
def test_a_payment_on_the_last_day_of_grace_is_in_time(
    grace: int, days_late: int, charged: bool
) -> None:
    policy = replace(FLAT, grace_days=grace)
    as_of = DUE + timedelta(days=days_late)
    assert (fee(policy, LATE, as_of) is not None) is charged
    assert (as_of >= late_fee_on(policy, DUE)) is charged


def test_amounts() -> None:
    as_of = DUE + timedelta(days=30)
    assert fee(FLAT, LATE, as_of) == Decimal("15.00")
    # 2.5 % of 100.50 is 2.5125; of 100.20, 2.505, a tie that goes to the even cent
    assert fee(PERCENT, LATE, as_of) == Decimal("2.51")
    assert fee(PERCENT, replace(LATE, interest=Decimal("10.20")), as_of) == Decimal("2.50")


def test_a_percentage_that_rounds_to_nothing_is_no_fee() -> None:
    crumb = Owed(1, DUE, principal=Decimal("0.05"))
    assert fee(PERCENT, crumb, date(2024, 3, 1)) is None


def test_a_shortfall_within_the_tolerance_costs_nothing() -> None:
    lenient = replace(FLAT, tolerance=Decimal("1.00"))
    as_of = date(2024, 3, 1)
    assert fee(lenient, Owed(1, DUE, principal=Decimal("1.00")), as_of) is None
    assert fee(lenient, Owed(1, DUE, principal=Decimal("1.01")), as_of) == Decimal("15.00")
    for refused in (Decimal("-0.01"), Decimal("NaN")):
        with pytest.raises(DomainError) as refusal:
            replace(FLAT, tolerance=refused)
        assert refusal.value.facts == {"field": "arrears_tolerance"}


def test_an_instalment_costs_one_fee() -> None:
    as_of = date(2024, 3, 1)
    assert late_fee(FLAT, LATE, as_of, "EUR", already_charged=True) is None


@thorough
@given(debts(), st.sampled_from([FLAT, PERCENT]), DATES)
def test_no_fee_arises_from_or_grows_by_an_unpaid_fee(
    owing: tuple[str, list[Owed]], policy: PenaltyPolicy, as_of: date
) -> None:
    currency, owed = owing
    for row in owed:
        bare = replace(row, fee=ZERO, penalty=ZERO)
        charged = late_fee(policy, row, as_of, currency, already_charged=False)
        assert charged == late_fee(policy, bare, as_of, currency, already_charged=False)
        if not row.principal + row.interest:
            assert charged is None
        assert charged is None or charged > 0


def test_a_flat_fee_fits_the_currency() -> None:
    policy = replace(FLAT, amount=Decimal("0.50"))
    with pytest.raises(DomainError) as refusal:
        late_fee(policy, LATE, date(2024, 3, 1), "JPY", already_charged=False)
    assert refusal.value.code is ErrorCode.AMOUNT_PRECISION


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"grace_days": -1}, "penalty.grace_days"),
        ({"grace_days": 366}, "penalty.grace_days"),
        ({"amount": Decimal(0)}, "penalty.amount"),
        ({"amount": Decimal("NaN")}, "penalty.amount"),
        ({"amount": Decimal(101)}, "penalty.amount"),
        ({"amount": Decimal("0.1234567")}, "penalty.amount"),
    ],
)
def test_a_policy_is_refused_by_field(change: dict[str, object], field: str) -> None:
    with pytest.raises(DomainError) as refusal:
        replace(PERCENT, **change)  # type: ignore[arg-type]
    assert refusal.value.code is ErrorCode.INVALID_TERMS
    assert refusal.value.facts == {"field": field}


def test_a_shortfall_caused_by_an_earlier_fee_costs_nothing() -> None:
    """16 CFR 444.4: the instalment was paid in full and in time, but the fee was taken first."""
    short = Owed(number=2, due_on=date(2024, 2, 1), principal=Decimal("10.00"))
    as_of = date(2024, 3, 15)
    assert late_fee(FLAT, short, as_of, "EUR", already_charged=False) is not None
    assert (
        late_fee(
            FLAT,
            short,
            as_of,
            "EUR",
            already_charged=False,
            paid_to_penalties=Decimal("10.00"),
        )
        is None
    )
    assert (
        late_fee(
            FLAT, short, as_of, "EUR", already_charged=False, paid_to_penalties=Decimal("9.99")
        )
        is not None
    )
