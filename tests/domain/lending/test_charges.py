"""Late fees: grace, once, and never a fee on a fee."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError, ErrorCode
from domain.lending.charges import late_fee, late_fee_on, penalty_interest, room_left
from domain.lending.terms import PenaltyKind, PenaltyPolicy
from domain.lending.waterfall import Owed
from domain.money import ZERO
from tests.domain.lending.strategies import DATES, debts, thorough

FLAT = PenaltyPolicy(5, PenaltyKind.FLAT, Decimal(15))
PERCENT = PenaltyPolicy(5, PenaltyKind.PERCENT_OF_OVERDUE, Decimal("2.5"))
PER_DAY = PenaltyPolicy(3, PenaltyKind.FLAT_PER_DAY, Decimal(2))
YEARLY = PenaltyPolicy(0, PenaltyKind.ANNUAL_RATE, Decimal("48.5"), cap_per_loan=Decimal(90))
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


def test_penalty_interest_adds_up_to_the_cent_whatever_day_one_looks() -> None:
    policy = PenaltyPolicy(5, PenaltyKind.ANNUAL_RATE, Decimal("7.3"))
    first = late_fee_on(policy, DUE)
    days = [fee(policy, LATE, first + timedelta(days=day)) or ZERO for day in range(365)]
    # 100.50 at 7.3 % is 0.0201 a day: no day alone comes to more than two cents.
    assert set(days) == {Decimal("0.02"), Decimal("0.03")}
    assert sum(days[:50]) == penalty_interest(Decimal("100.50"), policy.amount, 50, "EUR")
    # A year's 7.3365, to the cent.
    assert sum(days) == Decimal("7.34")
    assert fee(policy, LATE, first - timedelta(days=1)) is None


def test_an_amount_for_every_day() -> None:
    policy = PenaltyPolicy(2, PenaltyKind.FLAT_PER_DAY, Decimal("0.75"))
    charged = [fee(policy, LATE, DUE + timedelta(days=late)) for late in range(5)]
    assert charged == [None, None, None, Decimal("0.75"), Decimal("0.75")]
    met = replace(LATE, principal=ZERO, interest=ZERO, penalty=Decimal("9.00"))
    assert fee(policy, met, DUE + timedelta(days=9)) is None


def test_a_cap_cuts_the_fee_that_would_go_beyond_it() -> None:
    capped = replace(FLAT, cap_per_instalment=Decimal(20), cap_per_loan=Decimal(25))
    as_of = DUE + timedelta(days=30)

    def charged(on_instalment: str, on_loan: str, by_law: str | None = None) -> Decimal | None:
        room = room_left(
            capped,
            on_instalment=Decimal(on_instalment),
            on_loan=Decimal(on_loan),
            by_law=None if by_law is None else Decimal(by_law),
        )
        return late_fee(capped, LATE, as_of, "EUR", already_charged=False, room=room)

    assert charged("0", "0") == Decimal(15)
    assert charged("12.50", "12.50") == Decimal("7.50")
    assert charged("0", "21.01") == Decimal("3.99")
    assert charged("0", "0", by_law="2.00") == Decimal("2.00")
    assert charged("20", "20") is None
    assert charged("0", "0", by_law="-1.00") is None
    assert room_left(FLAT, on_instalment=ZERO, on_loan=ZERO) is None


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
@given(debts(), st.sampled_from([FLAT, PERCENT, PER_DAY, YEARLY]), DATES)
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
        ({"kind": PenaltyKind.ANNUAL_RATE, "amount": Decimal(1001)}, "penalty.amount"),
        ({"cap_per_instalment": Decimal(0)}, "penalty.cap_per_instalment"),
        ({"cap_per_loan": Decimal("-1")}, "penalty.cap_per_loan"),
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
