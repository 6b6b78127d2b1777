"""A sum spread over dates comes to itself, in rising dates, within the number that is accepted."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError
from domain.recovery.spreading import Rhythm, spread

CENTS = st.integers(1, 100_000).map(lambda cents: Decimal(cents) / 100)


@given(CENTS, CENTS, st.dates(date(2028, 1, 1), date(2029, 1, 1)), st.sampled_from(Rhythm))
def test_the_parts_come_to_the_whole(
    total: Decimal, each: Decimal, first_on: date, every: Rhythm
) -> None:
    if each * 24 < total:
        with pytest.raises(DomainError):
            spread(total, each, first_on, every, 24)
        return
    parts = spread(total, each, first_on, every, 24)
    assert sum(amount for _, amount in parts) == total
    assert all(0 < amount <= each for _, amount in parts)
    days = [on for on, _ in parts]
    assert days[0] == first_on
    assert days == sorted(set(days))


def test_months_keep_their_day_and_nothing_takes_no_time() -> None:
    parts = spread(Decimal(90), Decimal(40), date(2028, 1, 31), Rhythm.MONTH, 24)
    assert [on for on, _ in parts] == [date(2028, 1, 31), date(2028, 2, 29), date(2028, 3, 31)]
    with pytest.raises(DomainError):
        spread(Decimal(90), Decimal(0), date(2028, 1, 31), Rhythm.WEEK, 24)
