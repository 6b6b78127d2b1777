"""Calls between staff and customers: the permit for one, and what became of it."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from contracts.base import Instant, LongText, Wire

CallOutcome = Literal["conversation", "voicemail", "no_answer", "busy", "not_connected", "not_made"]


def _check_disclosed(outcome: str | None, disclosed: bool) -> None:
    if disclosed and outcome != "conversation":
        raise ValueError("a debt is disclosed in a conversation only")


class NewCall(Wire):
    """A call that is to be made, or one that was.

    Without `outcome` it asks for a permit: the answer says whether to dial, and until when. With
    it, it records a call that took place, by the customer or without a permit asked for before.
    """

    by: Literal["agent", "customer"] = "agent"
    """Who called whom. A call of the customer's needs no permit and is no attempt of ours."""
    outcome: CallOutcome | None = None
    note: LongText | None = None
    """Kept encrypted."""
    customer_id: UUID | None = None
    """Another party of a loan in the case; the case's customer unless given."""
    disclosed: bool = False
    """Something of the debt was said in a conversation: who it was has to be confirmed before, in
    the same conversation (`POST /recovery-cases/{id}/right-party-checks`)."""

    @model_validator(mode="after")
    def _customers_call_is_over(self) -> Self:
        if self.by == "customer" and self.outcome not in {"conversation", "voicemail"}:
            raise ValueError("a customer's call is recorded as conversation or voicemail")
        _check_disclosed(self.outcome, self.disclosed)
        return self


class CallResult(Wire):
    """What became of a call for which a permit was given."""

    outcome: CallOutcome
    """`not_connected`: the number could not be reached at all. `not_made`: nobody dialled."""
    made_at: Instant | None = None
    """When it was dialled, on the customer's clock; null: when the permit was given."""
    note: LongText | None = None
    disclosed: bool = False
    """Something of the debt was said; as in a new call."""

    @model_validator(mode="after")
    def _only_a_talk_discloses(self) -> Self:
        _check_disclosed(self.outcome, self.disclosed)
        return self


class CallPermit(Wire):
    """Whether a customer may be called, and why."""

    outcome: Literal["allow", "defer", "deny"]
    reasons: list[str] = Field(examples=[["outside-hours"]])
    """Why not, in stable words; empty when it may be made."""
    not_before: datetime | None
    """When to ask again, for a deferral."""
    until: datetime | None
    """The instant before which to dial, for an allow."""


class Call(Wire):
    """A call as kept."""

    id: UUID
    case_id: UUID | None
    customer_id: UUID | None
    by: Literal["agent", "customer"]
    permit: CallPermit | None
    """Null for a call of the customer's."""
    phone: str | None
    """The number to dial, while the permit lasts and nothing was reported; null otherwise."""
    outcome: CallOutcome | None
    disclosed: bool
    """Something of the debt was said, to somebody who was confirmed to be the right person."""
    breach: bool
    """It was made without a permit, or when its permit was over."""
    at: datetime
    note: str | None
