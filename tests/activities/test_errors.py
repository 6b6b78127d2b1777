"""Every code of the domain is decided on, and each becomes the right kind of failure."""

from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationErrorCategory

from activities.errors import FINAL, RETRYABLE, failure, is_retryable, unavailable, undecided
from domain.errors import ErrorCode


def test_every_code_is_decided_on_once() -> None:
    assert list(undecided()) == []
    assert RETRYABLE.isdisjoint(FINAL)


@pytest.mark.parametrize("code", list(ErrorCode))
def test_the_type_of_a_failure_is_its_code(code: ErrorCode) -> None:
    error = failure(code.value, "why", status=409)
    assert error.type == code.value
    assert error.non_retryable is (code in FINAL)


@pytest.mark.parametrize(
    ("status", "retryable"), [(400, False), (409, False), (429, True), (500, True), (503, True)]
)
def test_an_unknown_code_goes_by_its_status(status: int, retryable: bool) -> None:
    assert is_retryable("of-a-newer-api", status) is retryable


def test_retry_after_is_kept_within_bounds_and_only_where_a_retry_follows() -> None:
    assert unavailable("x", retry_after=3).next_retry_delay == timedelta(seconds=3)
    assert unavailable("x", retry_after=10**9).next_retry_delay == timedelta(minutes=10)
    assert unavailable("x").next_retry_delay is None
    assert failure("not-found", "", status=404, retry_after=3).next_retry_delay is None


def test_an_outage_is_no_alarm() -> None:
    assert unavailable("x").category == ApplicationErrorCategory.BENIGN
    assert failure("internal-error", "", status=500).category != ApplicationErrorCategory.BENIGN
