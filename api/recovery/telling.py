"""What other features tell of a case: lines of its story, and figures that were agreed in it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from api.recovery import queries, timeline
from api.work import Work
from domain.errors import DomainError, ErrorCode
from domain.recovery.strategy import Action


@dataclass(frozen=True, slots=True)
class Offer:
    """An approved settlement offer: the sum that settles the case, and until when."""

    amount: Decimal
    valid_until: date


def letter_written(work: Work, case_id: UUID, letter_id: UUID, code: str, at: datetime) -> None:
    """Tell in a case's story that a letter was written; `at` is the customer's clock."""
    facts = {"letter_id": str(letter_id), "code": code}
    timeline.write_many(work, at, timeline.EventKind.LETTER_WRITTEN, [(case_id, facts)])


async def approved_offer(work: Work, case_id: UUID, proposal_id: UUID) -> Offer:
    """A settlement offer of a case that a manager approved.

    Raises:
        DomainError: `NOT_FOUND` for one that is not there, or was not approved.
    """
    for row in await queries.proposals(work, case_id):
        if row.id != proposal_id or row.kind != Action.OFFER_SETTLEMENT:
            continue
        if row.status == "approved" and row.amount is not None and row.valid_until is not None:
            return Offer(row.amount, row.valid_until)
    raise DomainError(ErrorCode.NOT_FOUND, "There is no such approved offer in the case.")
