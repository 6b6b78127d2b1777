"""The story of a complaint: writes its lines as facts, and says them in words."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from api.complaints.tables import ComplaintEventRow, ComplaintRow
from api.customers import service as customers
from api.work import Work
from contracts.base import TimelineEntry
from domain.errors import Fact

NOTE: Final = "complaint_events.note"
"""Binds an encrypted note to its column."""


class EventKind(StrEnum):
    """What can happen to a complaint."""

    RECEIVED = "received"
    EDITED = "edited"
    ACKNOWLEDGED = "acknowledged"
    LETTER = "letter"
    ANSWERED = "answered"
    INVESTIGATING = "investigating"
    REDRESS = "redress"
    RESOLVED = "resolved"
    REFERRED = "referred"


TOLD_TO_HIMSELF: Final = frozenset(EventKind) - {EventKind.EDITED}
"""What a customer reads of his own; notes among staff are left out for him in any case."""


async def write(
    work: Work,
    row: ComplaintRow,
    at: datetime,
    kind: EventKind,
    facts: Mapping[str, Fact] | None = None,
    *,
    note: str | None = None,
) -> None:
    """Add a line; `at` is the customer's clock, `note` is kept under his key."""
    work.session.add(
        ComplaintEventRow(
            complaint_id=row.id,
            at=at,
            kind=kind.value,
            actor=work.principal.actor,
            facts=dict(facts or {}),
            note_ct=await customers.encrypt(work, row.customer_id, note, NOTE),
        )
    )


async def entry(
    work: Work, row: ComplaintRow, event: ComplaintEventRow, *, with_note: bool
) -> TimelineEntry:
    """A line in words, with what was noted where the reader may see it."""
    text = _WORDS[EventKind(event.kind)](event.facts)
    if with_note and event.note_ct is not None:
        note = await customers.decrypt(work, row.customer_id, event.note_ct, NOTE)
        text = f"{text}: {note or '(erased)'}"
    return TimelineEntry(at=event.at, kind=event.kind, actor=event.actor, text=text)


def _said(facts: Mapping[str, Fact], name: str) -> str:
    return str(facts.get(name) or "").replace("_", " ")


def _day(facts: Mapping[str, Fact], name: str) -> str:
    day = date.fromisoformat(str(facts[name]))
    return f"{day.day} {day:%b %Y}"


_WORDS: Final[Mapping[EventKind, Callable[[Mapping[str, Fact]], str]]] = {
    EventKind.RECEIVED: lambda facts: (
        f"Received by {_said(facts, 'channel')} on {_day(facts, 'received_on')}; "
        f"to be answered by {_day(facts, 'respond_by')}"
    ),
    EventKind.EDITED: lambda facts: f"Changed: {_said(facts, 'changed')}",
    EventKind.ACKNOWLEDGED: lambda facts: (
        "Acknowledged by e-mail" if facts.get("by") == "email" else "Acknowledged"
    ),
    EventKind.LETTER: lambda facts: f"Letter {_said(facts, 'letter')} is to be posted",
    EventKind.ANSWERED: lambda facts: (
        f"The answer went by e-mail, with the letter {_said(facts, 'letter')}"
    ),
    EventKind.INVESTIGATING: lambda _: "Somebody looks into it",
    EventKind.REDRESS: lambda facts: (
        f"Redress asked for: {_said(facts, 'kind')} of {_said(facts, 'amount')} "
        f"{_said(facts, 'currency')} ({_said(facts, 'change')}, {_said(facts, 'status')})"
    ),
    EventKind.RESOLVED: lambda facts: f"Answered: {_said(facts, 'outcome')}",
    EventKind.REFERRED: lambda _: "Taken further by the customer",
}
