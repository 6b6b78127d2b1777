"""A document's way from being handed in to being accepted or refused."""

from enum import StrEnum

from domain.errors import DomainError, ErrorCode


class Status(StrEnum):
    """How a document stands, as people see it."""

    RECEIVED = "received"
    IN_REVIEW = "in_review"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Step(StrEnum):
    """What is done with it next."""

    SCAN = "scan"
    READ = "read"
    RENDER = "render"
    SETTLE = "settle"
    REVIEW = "review"
    DONE = "done"


def after_scan(*, refused: bool) -> Step:
    """A file that may be opened is read."""
    return Step.SETTLE if refused else Step.READ


def after_reading(*, refused: bool, pages: int) -> Step:
    """Pages are made into images for whoever looks at them; a table file has none."""
    return Step.RENDER if pages and not refused else Step.SETTLE


def settled(*, refused: bool, accepted: bool) -> tuple[Status, Step]:
    """Where a document stands once everything about it is known."""
    if refused:
        return Status.REJECTED, Step.DONE
    return (Status.ACCEPTED, Step.DONE) if accepted else (Status.IN_REVIEW, Step.REVIEW)


def require_in_review(status: Status) -> None:
    """Only a document that waits for a person is decided by one.

    Raises:
        DomainError: `DOCUMENT_NOT_IN_REVIEW`.
    """
    if status is not Status.IN_REVIEW:
        raise DomainError(
            ErrorCode.DOCUMENT_NOT_IN_REVIEW,
            "The document does not wait for a review.",
            {"status": status.value},
        )
