"""The life of a complaint: received, acknowledged, looked into, resolved, perhaps referred.

Acts answer the complaint as it is afterwards and refuse what does not fit its state. Days are
business days of the creditor.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from domain.complaints.clocks import Deadlines
from domain.errors import DomainError, ErrorCode


class State(StrEnum):
    """Where a complaint stands."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    INVESTIGATING = "investigating"
    RESOLVED = "resolved"
    REFERRED = "referred"
    """The customer took it to an ombudsman or a court."""


class Outcome(StrEnum):
    """What a complaint came to."""

    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    """The customer took it back."""


class Cause(StrEnum):
    """What somebody is dissatisfied with."""

    CONTACT_FREQUENCY = "contact_frequency"
    CONTACT_MANNER = "contact_manner"
    CONTACT_AFTER_STOP = "contact_after_stop"
    WRONG_PERSON = "wrong_person"
    AMOUNT_OWED = "amount_owed"
    FEES_OR_INTEREST = "fees_or_interest"
    PAYMENT_NOT_BOOKED = "payment_not_booked"
    AFFORDABILITY = "affordability"
    HARDSHIP_IGNORED = "hardship_ignored"
    INFORMATION = "information"
    PRIVACY = "privacy"
    SERVICE = "service"
    OTHER = "other"


class RootCause(StrEnum):
    """Why it came to that, as the investigation found."""

    NONE_FOUND = "none_found"
    PROCESS = "process"
    SYSTEM = "system"
    PEOPLE = "people"
    COMMUNICATION = "communication"
    PRODUCT = "product"
    THIRD_PARTY = "third_party"


OPEN: Final = frozenset({State.RECEIVED, State.ACKNOWLEDGED, State.INVESTIGATING})
"""States in which we owe an answer, and collection on the point rests."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint as the rules know it.

    Attributes:
        state: Where it stands.
        received_on: The day it reached us, by any channel.
        due: Its deadlines.
        acknowledged_on: When the customer was told that it arrived.
        resolved_on: When it was answered for good.
        outcome: What it came to.
        root_cause: Why it had come to that.
    """

    state: State
    received_on: date
    due: Deadlines
    acknowledged_on: date | None = None
    resolved_on: date | None = None
    outcome: Outcome | None = None
    root_cause: RootCause | None = None

    @property
    def is_open(self) -> bool:
        """Whether an answer is owed."""
        return self.state in OPEN

    def acknowledge(self, on: date) -> "Complaint":
        """The customer is told that it arrived. Raises `ILLEGAL_TRANSITION`."""
        self._require(State.RECEIVED)
        return replace(self, state=State.ACKNOWLEDGED, acknowledged_on=on)

    def investigate(self) -> "Complaint":
        """Somebody looks into it; the customer has been told. Raises `ILLEGAL_TRANSITION`."""
        self._require(State.ACKNOWLEDGED)
        return replace(self, state=State.INVESTIGATING)

    def resolve(self, on: date, outcome: Outcome, root_cause: RootCause) -> "Complaint":
        """It is answered for good.

        An acknowledgement may be left out while a summary answer is enough. Raises
        `ILLEGAL_TRANSITION` for one that is resolved, or that waits for its acknowledgement, and
        `INVALID_REQUEST` for one that is upheld without a cause.
        """
        summary = self.due.summary_by is not None and on <= self.due.summary_by
        allowed = OPEN if summary or outcome is Outcome.WITHDRAWN else OPEN - {State.RECEIVED}
        self._require(*allowed)
        found = {Outcome.UPHELD, Outcome.PARTLY_UPHELD}
        if outcome in found and root_cause is RootCause.NONE_FOUND:
            raise DomainError(
                ErrorCode.INVALID_REQUEST,
                "What was upheld, if only in part, has a root cause: name it.",
                {"field": "root_cause"},
            )
        return replace(
            self, state=State.RESOLVED, resolved_on=on, outcome=outcome, root_cause=root_cause
        )

    def refer(self, on: date) -> "Complaint":
        """The customer takes it to an ombudsman: after our answer, or when none came in time.

        Raises `ILLEGAL_TRANSITION`.
        """
        if self.state is State.RESOLVED or (self.is_open and on > self.due.respond_by):
            return replace(self, state=State.REFERRED)
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION,
            "A complaint is referred once it was answered, or when no answer came in time.",
            {"state": self.state.value, "respond_by": self.due.respond_by.isoformat()},
        )

    def late(self, on: date) -> bool:
        """Whether a clock ran out: what it asks for came after its day, or has not come."""
        acknowledged = self.acknowledged_on or self.resolved_on or on
        resolved = self.resolved_on or on
        return acknowledged > self.due.acknowledge_by or resolved > self.due.respond_by

    def next_day(self) -> date | None:
        """The next day that something is owed by; None when nothing is."""
        if not self.is_open:
            return None
        return self.due.acknowledge_by if self.state is State.RECEIVED else self.due.respond_by

    def _require(self, *states: State) -> None:
        if self.state not in states:
            raise DomainError(
                ErrorCode.ILLEGAL_TRANSITION,
                f"The complaint is {self.state.value}.",
                {"state": self.state.value},
            )
