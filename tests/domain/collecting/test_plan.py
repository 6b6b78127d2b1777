"""What a collection does next, and what follows a decline."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.collecting.plan import (
    LOOK_AFTER,
    Attempt,
    AttemptState,
    Charge,
    ClosePage,
    End,
    Facts,
    Kind,
    LookUp,
    OpenPage,
    Wait,
    look_next,
    next_step,
)
from domain.collecting.retry import MOST_TRIES, Decline, Failed, charge_at, kind_of, next_try
from domain.collecting.units import from_units, to_units
from domain.errors import DomainError, ErrorCode
from domain.money import EXPONENTS, minor_unit

NOW = datetime(2028, 3, 1, 14, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
TEN = Decimal("10.00")

AUTOPAY = Facts(Kind.AUTOPAY, TEN, due_at=NOW)
LINK = Facts(Kind.LINK, TEN, expires_at=LATER)
CLAIMED = Attempt(AttemptState.CLAIMED, is_page=False, amount=TEN)
OPEN = Attempt(AttemptState.OPEN, is_page=True, amount=TEN, look_at=NOW + LOOK_AFTER)


@pytest.mark.parametrize(
    ("facts", "step"),
    [
        (AUTOPAY, Charge()),
        (replace(AUTOPAY, due_at=LATER), Wait(LATER)),
        (replace(AUTOPAY, wanted=Decimal(0)), End("cancelled", "nothing-owed")),
        (replace(AUTOPAY, method_ready=False), End("cancelled", "autopay-off")),
        (replace(AUTOPAY, may_ask=False), End("cancelled", "hold")),
        (replace(AUTOPAY, may_ask=False, due_at=LATER), Wait(LATER)),
        # What may have reached the gateway is asked after, whatever has happened since.
        (replace(AUTOPAY, attempt=CLAIMED, wanted=Decimal(0), method_ready=False), Charge()),
        (LINK, Wait(LATER)),
        (replace(LINK, page_wanted=True), OpenPage()),
        (replace(LINK, expires_at=NOW), End("expired", "not-paid-in-time")),
        (replace(LINK, wanted=Decimal(0)), End("cancelled", "nothing-owed")),
        (replace(LINK, attempt=OPEN), Wait(NOW + LOOK_AFTER)),
        (replace(LINK, attempt=replace(OPEN, look_at=NOW)), LookUp()),
        (replace(LINK, attempt=OPEN, wanted=Decimal(9)), ClosePage()),
        (replace(LINK, attempt=OPEN, expires_at=NOW), ClosePage()),
        (replace(LINK, attempt=replace(CLAIMED, is_page=True), expires_at=NOW), OpenPage()),
        (replace(LINK, attempt=replace(OPEN, state=AttemptState.EXPIRED)), Wait(LATER)),
    ],
)
def test_the_next_step_follows_from_the_facts(facts: Facts, step: object) -> None:
    assert next_step(facts, NOW) == step


def test_a_page_is_looked_up_soon_and_then_daily() -> None:
    assert look_next(NOW, NOW) == NOW + LOOK_AFTER
    assert look_next(NOW, NOW + LOOK_AFTER) == NOW + LOOK_AFTER + timedelta(hours=24)


@pytest.mark.parametrize("code", ["stolen_card", "authentication_required", "never-heard-of", ""])
def test_a_definite_no_is_not_tried_again(code: str) -> None:
    assert kind_of(code) is Decline.FINAL
    assert next_try(Failed(code, 1, date(2028, 3, 1)), "UTC") is None


@pytest.mark.parametrize(("tries", "days"), [(1, 3), (2, 4), (3, 7)])
def test_no_money_is_tried_again_at_growing_distances(tries: int, days: int) -> None:
    on = date(2028, 3, 1)
    again = next_try(Failed("insufficient_funds", tries, on), "America/New_York")
    assert again == charge_at(on + timedelta(days=days), "America/New_York")


@given(st.sampled_from(["insufficient_funds", "processing_error"]), st.integers(1, 9))
def test_no_more_than_a_few_tries(code: str, tries: int) -> None:
    again = next_try(Failed(code, tries, date(2028, 3, 1)), "UTC")
    assert (again is None) == (tries >= MOST_TRIES)


@given(st.sampled_from(sorted(EXPONENTS)), st.integers(1, 10**9))
def test_units_there_and_back(currency: str, count: int) -> None:
    amount = count * minor_unit(currency)
    if EXPONENTS[currency] == 3 and count % 10:
        with pytest.raises(DomainError) as caught:
            to_units(amount, currency)
        assert caught.value.code is ErrorCode.AMOUNT_PRECISION
    else:
        assert from_units(to_units(amount, currency), currency) == amount
