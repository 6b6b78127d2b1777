from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.contact.caps import Cap, exceeded
from domain.contact.channel import Channel
from domain.errors import DomainError

DAY = date(2028, 3, 10)
DAYS = st.integers(0, 60).map(lambda n: DAY + timedelta(days=n))


def test_a_cap_is_free_again_when_the_window_has_slid_past() -> None:
    cap = Cap(2, 7)
    days = [date(2028, 3, 1), date(2028, 3, 4)]
    assert exceeded(cap, days[:1], date(2028, 3, 2)) is None
    assert exceeded(cap, days, date(2028, 3, 4)) == date(2028, 3, 8)
    assert exceeded(cap, days, date(2028, 3, 7)) == date(2028, 3, 8)
    assert exceeded(cap, days, date(2028, 3, 8)) is None


def test_a_contact_dated_ahead_counts() -> None:
    assert exceeded(Cap(1, 7), [date(2028, 3, 11)], DAY) == date(2028, 3, 18)


@pytest.mark.parametrize(("most", "days"), [(0, 7), (1, 0), (-1, 7)])
def test_a_cap_that_allows_nothing_is_refused(most: int, days: int) -> None:
    with pytest.raises(DomainError):
        Cap(most, days)


def test_a_cap_of_one_medium_counts_only_that() -> None:
    assert Cap(1, 1, channels=frozenset({Channel.SMS})).counts(Channel.SMS)
    assert not Cap(1, 1, channels=frozenset({Channel.SMS})).counts(Channel.EMAIL)
    assert Cap(1, 1).counts(Channel.EMAIL)


@settings(deadline=None)
@given(
    st.builds(Cap, st.integers(1, 5), st.integers(1, 31)),
    st.lists(DAYS, max_size=80),
)
def test_no_window_of_the_days_that_were_allowed_holds_more_than_the_cap(
    cap: Cap, tries: list[date]
) -> None:
    taken: list[date] = []
    for today in sorted(tries):
        free_on = exceeded(cap, taken, today)
        if free_on is None:
            taken.append(today)
            continue
        assert free_on > today
        assert exceeded(cap, taken, free_on) is None
        assert exceeded(cap, taken, free_on - timedelta(days=1)) == free_on
    for first in taken:
        inside = [day for day in taken if first <= day < first + timedelta(days=cap.days)]
        assert len(inside) <= cap.max
