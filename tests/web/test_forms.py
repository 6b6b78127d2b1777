"""What forms send is read once: numbers are numbers, and nothing else is an error of ours."""

import pytest

from api.web.forms import version_seen, whole_number


@pytest.mark.parametrize("text", ["", "²", "٣", "-1", "1.0", " 1", "9" * 10, "1" * 5000])
def test_what_is_no_number_is_none(text: str) -> None:
    assert whole_number(text) is None
    assert version_seen({"version": text}) == 0


def test_a_number_is_read() -> None:
    assert whole_number("0") == 0
    assert version_seen({"version": "17"}) == 17
    assert version_seen({}) == 0
