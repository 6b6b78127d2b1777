"""How long a provider asks to wait: the Retry-After header (RFC 9110, section 10.2.3)."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_RETRY_AFTER_SECONDS = 3600.0
"""Longer waits are cut to this: a provider's slip must not park a message for days."""


def retry_after_seconds(header: str | None, answered: str | None) -> float | None:
    """Seconds to wait before a retry, or None if the header is missing or unreadable.

    Args:
        header: `Retry-After`, as seconds or as an HTTP date.
        answered: `Date` of the same answer, which an HTTP date is measured against.
    """
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        # Nine digits are decades: enough to be cut, short enough to convert.
        return min(float(text[:9]), MAX_RETRY_AFTER_SECONDS)
    until, since = _http_date(text), _http_date(answered)
    if until is None or since is None:
        return None
    return min(max((until - since).total_seconds(), 0.0), MAX_RETRY_AFTER_SECONDS)


def _http_date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        parsed = parsedate_to_datetime(text)
    except ValueError:
        return None
    return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)
