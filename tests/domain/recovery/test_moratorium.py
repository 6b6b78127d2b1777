"""Moratoria: how long, where, how often, and when they are reviewed."""

from datetime import date

import pytest

from domain.errors import DomainError, ErrorCode
from domain.recovery.moratorium import (
    Moratorium,
    Scheme,
    check_frequency,
    check_place,
    ends_on,
    review,
    review_wanted,
)

START = date(2028, 3, 3)


def test_each_scheme_lasts_as_its_law_says() -> None:
    # SI 2020/1311 regulation 26: sixty days, the first included.
    assert ends_on(Scheme.STANDARD, START) == date(2028, 5, 2)
    # Regulation 32: crisis treatment and thirty days more.
    assert ends_on(Scheme.MENTAL_HEALTH_CRISIS, START) is None
    assert ends_on(Scheme.MENTAL_HEALTH_CRISIS, START, date(2028, 3, 20)) == date(2028, 4, 20)
    assert ends_on(Scheme.SCOTLAND, START) == date(2028, 9, 3)


def test_a_standard_one_is_reviewed_once_between_day_25_and_day_35() -> None:
    protected = Moratorium("1", Scheme.STANDARD, START, date(2028, 5, 2))
    coming = review(protected, 1)
    assert coming is not None
    assert ((coming.opens_on - START).days + 1, (coming.closes_on - START).days + 1) == (25, 35)
    assert review(protected, 2) is None
    assert review_wanted(protected, date(2028, 3, 26)) is None
    assert review_wanted(protected, date(2028, 3, 27)) == coming
    asked = Moratorium("1", Scheme.STANDARD, START, date(2028, 5, 2), asked=1)
    assert review_wanted(asked, date(2028, 3, 30)) is None
    ended = Moratorium("1", Scheme.STANDARD, START, date(2028, 3, 20))
    assert review_wanted(ended, date(2028, 3, 27)) is None


def test_a_crisis_is_reviewed_every_month_and_a_scottish_one_never() -> None:
    crisis = Moratorium("1", Scheme.MENTAL_HEALTH_CRISIS, START, None, reviews=1, asked=1)
    second = review_wanted(crisis, date(2028, 5, 1))
    assert second is not None
    assert second.opens_on == date(2028, 4, 26)
    assert review(Moratorium("1", Scheme.SCOTLAND, START, date(2028, 9, 3)), 1) is None


@pytest.mark.parametrize(
    ("scheme", "country", "region", "fits"),
    [
        (Scheme.STANDARD, "GB", "GB-ENG", True),
        (Scheme.STANDARD, "GB", None, True),
        (Scheme.STANDARD, "GB", "GB-SCT", False),
        (Scheme.MENTAL_HEALTH_CRISIS, "GB", "GB-NIR", False),
        (Scheme.SCOTLAND, "GB", "GB-SCT", True),
        (Scheme.SCOTLAND, "GB", "GB-WLS", False),
        (Scheme.STANDARD, "US", None, False),
    ],
)
def test_each_scheme_is_the_law_somewhere(
    scheme: Scheme, country: str, region: str | None, *, fits: bool
) -> None:
    if fits:
        check_place(scheme, country, region)
        return
    with pytest.raises(DomainError) as refusal:
        check_place(scheme, country, region)
    assert refusal.value.code is ErrorCode.MORATORIUM_NOT_AVAILABLE


def test_a_standard_one_is_granted_once_in_twelve_months() -> None:
    last = Moratorium("1", Scheme.STANDARD, START, date(2028, 5, 2))
    with pytest.raises(DomainError) as refusal:
        check_frequency(Scheme.STANDARD, date(2028, 4, 1), [last])
    assert refusal.value.code is ErrorCode.MORATORIUM_STANDS
    with pytest.raises(DomainError) as refusal:
        check_frequency(Scheme.STANDARD, date(2029, 5, 1), [last])
    assert refusal.value.code is ErrorCode.MORATORIUM_TOO_SOON
    assert refusal.value.facts["from_on"] == "2029-05-02"
    check_frequency(Scheme.STANDARD, date(2029, 5, 2), [last])
    # A crisis may follow at any time: its law knows no such wait.
    check_frequency(Scheme.MENTAL_HEALTH_CRISIS, date(2028, 5, 2), [last])
