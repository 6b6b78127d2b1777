"""Confirmations that one speaks with the right person: what was asked, never the answers."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.base import Wire

AskedFact = Literal[
    "full_name",
    "address",
    "postcode",
    "phone",
    "email",
    "loan_number",
    "birth_date",
    "last_payment",
    "instalment",
    "payment_account",
    "password",
]
"""Something somebody was asked for; `birth_date`, `last_payment`, `instalment`, `payment_account`
(its last digits) and `password` are known to himself alone."""

RightPartyOutcome = Literal["confirmed", "not_confirmed", "refused", "wrong_person"]


class NewRightPartyCheck(Wire):
    """Somebody was asked who he is, before anything of a debt was said."""

    customer_id: UUID | None = None
    """Another party of a loan in the case; the case's customer unless given."""
    medium: Literal["call", "in_person", "video"] = "call"
    facts: Annotated[list[AskedFact], Field(min_length=1, max_length=8)]
    """What was asked. `confirmed` takes two facts that fit, one of them known to himself alone."""
    outcome: RightPartyOutcome


class RightPartyCheck(Wire):
    """A confirmation as kept; what was answered is not."""

    id: UUID
    case_id: UUID
    customer_id: UUID
    medium: Literal["call", "in_person", "video"]
    facts: list[AskedFact]
    outcome: RightPartyOutcome
    at: datetime
    """On the customer's clock."""
    actor: str
    conversation_id: UUID | None
    """The call or the task in which something was disclosed by it; each is good for one."""
