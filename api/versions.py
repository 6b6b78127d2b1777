"""Refuses edits that build on a version somebody has changed since."""

from domain.errors import DomainError, ErrorCode


def check_version(expected: int, actual: int) -> None:
    """Refuse a stale edit."""
    if expected != actual:
        raise DomainError(
            ErrorCode.PRECONDITION_FAILED,
            f"You saw version {expected}, it is at {actual} now: read it again.",
            {"expected": expected, "actual": actual},
        )
