"""What a message can ask for, and the form in which a reading is handed on."""

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from enum import StrEnum


class IntentKind(StrEnum):
    """What a message asks for."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    PROMISE = "promise"
    PAID = "paid"
    DISPUTE = "dispute"
    COMPLAINT = "complaint"
    HARDSHIP = "hardship"
    WRONG_PERSON = "wrong_person"
    LEGAL_REPRESENTATIVE = "legal_representative"
    BANKRUPTCY = "bankruptcy"
    DECEASED = "deceased"
    CALL_ME = "call_me"
    UNCLEAR = "unclear"


STRICTEST_FIRST: tuple[IntentKind, ...] = (
    IntentKind.STOP,
    IntentKind.DECEASED,
    IntentKind.LEGAL_REPRESENTATIVE,
    IntentKind.BANKRUPTCY,
    IntentKind.DISPUTE,
    IntentKind.COMPLAINT,
    IntentKind.HARDSHIP,
    IntentKind.WRONG_PERSON,
    IntentKind.PAID,
    IntentKind.PROMISE,
    IntentKind.CALL_ME,
    IntentKind.START,
    IntentKind.HELP,
)
"""Which of several intents a message is taken for: what keeps us quietest comes first."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A message as understood.

    Attributes:
        kind: What it asks for; of several things, the strictest.
        amount: Promised amount in the currency of the debt; None in a promise means all that is
            overdue, where that was not known.
        on: Promised day, or the day on which a call is asked for.
        confidence: How sure the reading is, from 0 to 1.
        requires_opted_out: It means something only if the person is opted out and no question is
            open: a bare "yes".
        also: What else it asks for, strictest first; of an unclear message, what it may be about.
        rules: Ids of the rules that spoke, such as `es.dispute.not_mine`.
        language: In which language it was understood (ISO 639-1); empty where that is no matter.
        at: The time of day, on the customer's clocks, at which a call is asked for.
    """

    kind: IntentKind
    amount: Decimal | None = None
    on: date | None = None
    confidence: Decimal = Decimal(0)
    requires_opted_out: bool = False
    also: tuple[IntentKind, ...] = ()
    rules: tuple[str, ...] = ()
    language: str = ""
    at: time | None = None


CONFIDENT = Decimal("0.80")
"""A reading that is less sure is none."""

SURE = Decimal("0.99")
"""Words that have no second meaning."""


class DoubtError(Exception):
    """There is something in the text that only a person can settle."""
