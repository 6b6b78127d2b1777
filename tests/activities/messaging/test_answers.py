import pytest

from activities.messaging.answers import MAX_RETRY_AFTER_SECONDS, retry_after_seconds

ANSWERED = "Sat, 21 Nov 2026 00:00:00 GMT"


@pytest.mark.parametrize(
    ("header", "answered", "seconds"),
    [
        (None, ANSWERED, None),
        ("7", None, 7.0),
        (" 0 ", None, 0.0),
        ("9" * 400, None, MAX_RETRY_AFTER_SECONDS),
        ("Sat, 21 Nov 2026 00:01:30 GMT", ANSWERED, 90.0),
        ("Sat, 21 Nov 2026 00:01:30 GMT", None, None),
        ("Fri, 20 Nov 2026 00:00:00 GMT", ANSWERED, 0.0),
        ("Sat, 21 Nov 2099 00:00:00 GMT", ANSWERED, MAX_RETRY_AFTER_SECONDS),
        ("Sat, 21 Nov 2026 00:01:30 -0000", "Sat, 21 Nov 2026 00:00:00 -0000", 90.0),
        ("soon", ANSWERED, None),
        ("-5", ANSWERED, None),
        ("²", ANSWERED, None),
        ("", ANSWERED, None),
    ],
)
def test_wait_is_read_from_the_header(
    header: str | None, answered: str | None, seconds: float | None
) -> None:
    assert retry_after_seconds(header, answered) == seconds
