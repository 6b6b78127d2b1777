"""The story of a case: writes its lines as facts, and says them in plain words.

A line is kept as a kind and a few facts (ids, dates, amounts, codes); the words are made when it
is read, so a better wording needs no migration. Free text is encrypted under the customer's key.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from api.customers import service as customers
from api.recovery.queries import MessageLine
from api.recovery.tables import CaseEventRow, CaseRow
from api.work import Work
from contracts.base import TimelineEntry
from domain.errors import Fact

NOTE_COLUMN: Final = "case_events.note"
"""Binds an encrypted note to its column."""

ERASED: Final = "(erased)"
"""Stands where a text was, once the customer's key is destroyed."""


class EventKind(StrEnum):
    """What can happen to a case."""

    OPENED = "opened"
    LOAN_JOINED = "loan_joined"
    LOAN_LEFT = "loan_left"
    BUCKET_CHANGED = "bucket_changed"
    ARREARS_CORRECTED = "arrears_corrected"
    STAGE_CHANGED = "stage_changed"
    STEP_PERFORMED = "step_performed"
    STEP_SUPERSEDED = "step_superseded"
    STEP_PASSED_OVER = "step_passed_over"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    PROMISED = "promised"
    PROMISE_REPLACED = "promise_replaced"
    PROMISE_RESOLVED = "promise_resolved"
    ARRANGED = "arranged"
    ARRANGEMENT_MOVED = "arrangement_moved"
    PART_MOVED = "part_moved"
    SETTLEMENT_OFFERED = "settlement_offered"
    SETTLEMENT_MOVED = "settlement_moved"
    MORATORIUM_PLACED = "moratorium_placed"
    MORATORIUM_MOVED = "moratorium_moved"
    MORATORIUM_REVIEWED = "moratorium_reviewed"
    HOLD_PLACED = "hold_placed"
    HOLD_ENDED = "hold_ended"
    RIGHT_PARTY_CHECKED = "right_party_checked"
    NOTE = "note"
    ASSIGNED = "assigned"
    ESCALATED = "escalated"
    RE_ESCALATED = "re_escalated"
    ACKNOWLEDGED = "acknowledged"
    SLA_PAUSED = "sla_paused"
    SLA_RESUMED = "sla_resumed"
    TASK_DONE = "task_done"
    PROPOSED = "proposed"
    PROPOSAL_DECIDED = "proposal_decided"
    STRATEGY_CHANGED = "strategy_changed"
    CUSTOMER_STOPPED = "customer_stopped"
    REPLY_READ = "reply_read"
    COMPLAINED = "complained"
    COMPLAINT_ENDED = "complaint_ended"
    LETTER_WRITTEN = "letter_written"
    CLOSED = "closed"


def write(
    work: Work,
    case: CaseRow,
    at: datetime,
    kind: EventKind,
    facts: Mapping[str, Fact] | None = None,
    *,
    note: bytes | None = None,
) -> CaseEventRow:
    """Add a line to a case's story; `at` is the customer's clock, `note` is encrypted already."""
    row = CaseEventRow(
        case_id=case.id,
        at=at,
        kind=kind.value,
        actor=work.principal.actor,
        facts=dict(facts or {}),
        note_ct=note,
    )
    work.session.add(row)
    return row


def write_many(
    work: Work,
    at: datetime,
    kind: EventKind,
    lines: Sequence[tuple[UUID, Mapping[str, Fact]]],
) -> None:
    """Add one line of a kind to each of several cases, named by their keys, with its facts."""
    work.session.add_all(
        CaseEventRow(
            case_id=case_id,
            at=at,
            kind=kind.value,
            actor=work.principal.actor,
            facts=dict(facts),
            note_ct=None,
        )
        for case_id, facts in lines
    )


async def sealed(work: Work, case: CaseRow, text: str | None) -> bytes | None:
    """Free text for a line, under the customer's key; nothing for nothing.

    Raises `NOT_FOUND` when the customer's key was destroyed.
    """
    return await customers.encrypt(work, case.customer_id, text, NOTE_COLUMN)


async def opened(work: Work, case: CaseRow, row: CaseEventRow) -> str | None:
    """The free text of a line; `ERASED` where it cannot be read any more."""
    if row.note_ct is None:
        return None
    said = await customers.decrypt(work, case.customer_id, row.note_ct, NOTE_COLUMN)
    return ERASED if said is None else said


def entry(row: CaseEventRow, note: str | None) -> TimelineEntry:
    """One line in words; `note` is the decrypted free text, where the reader may see it."""
    say = _WORDS.get(row.kind)
    text = row.kind if say is None else say(_Told(row.facts))
    if note is not None:
        text = note if row.kind == EventKind.NOTE else f"{text}: {note}"
    return TimelineEntry(at=row.at, kind=row.kind, actor=row.actor, text=text)


def of_message(line: MessageLine) -> TimelineEntry:
    """What became of a message, in words; its text is read with the message itself."""
    medium = _MEDIA.get(line.channel, line.channel)
    if line.channel == "call":
        said = _call(line)
    elif line.direction == "inbound":
        said = f"{medium} received"
    else:
        state = _STATES.get(line.status, words(line.status))
        said = f"{medium} “{words(line.template or 'message')}” {state}"
    why = ", ".join(words(reason) for reason in line.reasons)
    if why and (line.status in _EXPLAINED or line.channel == "call"):
        said = f"{said}: {why}"
    if line.to_another:
        said = f"Another party: {said}"
    return TimelineEntry(
        at=line.sent_at or line.due_at,
        kind="message",
        actor="customer" if line.direction == "inbound" else "system",
        text=said,
    )


def _call(line: MessageLine) -> str:
    told = ", the debt was spoken of" if line.disclosed else ""
    if line.direction == "inbound":
        return f"The customer called: {words(line.call_outcome or 'call')}{told}"
    if line.status == "withheld":
        return "Call not permitted"
    said = words(line.call_outcome) if line.call_outcome else "permitted, nothing reported yet"
    return f"Call: {said}{told}"


_MEDIA: Final[Mapping[str, str]] = {"sms": "SMS", "email": "E-mail", "in_app": "Notice"}
_STATES: Final[Mapping[str, str]] = {
    "queued": "waits to be sent",
    "leased": "is being sent",
    "dispatched": "is being sent",
    "sent": "sent",
    "delivered": "delivered",
    "failed": "could not be delivered",
    "withheld": "withheld",
    "expired": "not sent, it was no longer true",
    "unknown": "has an unknown outcome, a person looks into it",
}
_EXPLAINED: Final = frozenset({"queued", "failed", "withheld", "expired"})


def day(value: date) -> str:
    """A date as people say it: `3 Nov 2028`."""
    return f"{value.day} {value:%b %Y}"


def short_day(value: date) -> str:
    """A date without its year: `3 Nov`."""
    return f"{value.day} {value:%b}"


def moment(at: datetime, zone: str) -> str:
    """An instant as people in a zone say it: `3 Nov 2028, 14:30`."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{day(local.date())}, {local:%H:%M}"


def words(code: str) -> str:
    """A code as words: `right_party` is said `right party`."""
    return code.replace("_", " ").replace("-", " ")


class _Told:
    """The facts of a line, as pieces of a sentence."""

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self._facts = facts

    def text(self, name: str) -> str:
        value = self._facts.get(name)
        return "" if value is None else str(value)

    def said(self, name: str) -> str:
        return words(self.text(name))

    def count(self, name: str, noun: str) -> str:
        value = self.text(name)
        return f"{value} {noun}" if value == "1" else f"{value} {noun}s"

    def day(self, name: str) -> str:
        value = self._facts.get(name)
        return "an unknown day" if value is None else day(date.fromisoformat(str(value)))

    def money(self, name: str = "amount") -> str:
        return f"{self.text(name)} {self.text('currency')}".strip()

    def loan(self) -> str:
        return f"LN-{self.text('loan')}"

    def has(self, name: str) -> bool:
        return self._facts.get(name) is not None


def _loan_joined(told: _Told) -> str:
    return (
        f"{told.loan()} joined the case: past due since {told.day('since')} "
        f"({told.count('days', 'day')}, bucket {told.text('bucket')})"
        f"{', to be asked of this debtor meanwhile' if told.has('stands_in') else ''}"
    )


def _why_left(told: _Told) -> str:
    if told.has("passed_on"):
        return "has another customer now"
    return "is asked of its borrower again" if told.has("stood_in") else "is up to date"


def _arrears_corrected(told: _Told) -> str:
    if told.has("first"):
        return (
            f"{told.loan()} was not late after all from {told.day('first')} to {told.day('last')}: "
            "its payments were corrected"
        )
    return f"The arrears of {told.loan()} since {told.day('since')} were corrected"


def _step_performed(told: _Told) -> str:
    if told.has("task"):
        return f"{told.text('title')}: a task is waiting until {told.text('due')}"
    if told.has("people"):
        return f"{told.text('title')}: messages to {told.text('people')} of the loan's parties"
    if told.has("message_id"):
        return f"{told.text('title')}: the message is queued"
    return f"{told.text('title')}: {told.said('outcome')}"


def _proposal_decided(told: _Told) -> str:
    said = f"The proposal ({told.said('kind')}) was {told.said('status')}"
    if told.has("amount"):
        return f"{said}: {told.money()} until {told.day('valid_until')} settles the case"
    return said


def _promised(told: _Told) -> str:
    return f"Promise to pay {told.money()} by {told.day('due_on')} (by {told.said('source')})"


def _promise_resolved(told: _Told) -> str:
    is_open = told.text("status") == "open"
    became = "is open again" if is_open else f"was {told.said('status')}"
    return (
        f"The promise of {told.money()} for {told.day('due_on')} {became}: "
        f"{told.text('received')} {told.text('currency')} arrived"
    )


def _arranged(told: _Told) -> str:
    parts = told.text("parts")
    said = (
        f"Arrangement of {told.money()} in {parts} {'part' if parts == '1' else 'parts'} from "
        f"{told.day('first')} to {told.day('last')}"
    )
    return f"{said}: a second person is asked" if told.text("status") == "proposed" else said


def _arrangement_moved(told: _Told) -> str:
    said = f"The arrangement of {told.money()} was {told.said('status')}"
    if told.text("status") == "open":
        said = f"The arrangement of {told.money()} stands"
    return f"{said}; {told.text('received')} {told.text('currency')} arrived"


def _part_moved(told: _Told) -> str:
    was = "is due again" if told.text("status") == "due" else f"was {told.said('status')}"
    return (
        f"{told.money()} arranged for {told.day('due_on')} {was}: "
        f"{told.text('received')} {told.text('currency')} arrived"
    )


def _settlement_offered(told: _Told) -> str:
    said = (
        f"Settlement: {told.money()} for the whole of {told.text('owed')} {told.text('currency')}, "
        f"to be accepted until {told.day('valid_until')} and paid until {told.day('pay_by')}"
    )
    return f"{said}: a second person is asked" if told.text("status") == "proposed" else said


def _settlement_moved(told: _Told) -> str:
    said = f"The settlement of {told.money()} was {told.said('status')}"
    if told.has("forgiven"):
        return f"{said}: {told.text('forgiven')} {told.text('currency')} was forgiven"
    if told.has("owed_again"):
        said = f"{said} after all: what was forgiven is owed again"
    return f"{said}; {told.text('received')} {told.text('currency')} arrived"


def _moratorium_placed(told: _Told) -> str:
    until = f" until {told.day('ends_on')}" if told.has("ends_on") else ""
    whose = " of another party" if told.has("customer_id") else ""
    return f"Moratorium{whose} ({told.said('scheme')}) from {told.day('starts_on')}{until}"


def _moratorium_moved(told: _Told) -> str:
    if told.has("review_by"):
        return f"The moratorium has to be reviewed by {told.day('review_by')}"
    if told.has("taken_back"):
        return f"Charged in the moratorium and taken back: {told.money('taken_back')}"
    return f"The moratorium ends on {told.day('ends_on')}"


def _hold_placed(told: _Told) -> str:
    until = f" until {told.day('ends_on')}" if told.has("ends_on") else ""
    review = f", to be reviewed on {told.day('review_on')}" if told.has("review_on") else ""
    whose = " on another party" if told.has("customer_id") else ""
    return f"Hold placed{whose} ({told.said('hold')}) from {told.day('starts_on')}{until}{review}"


def _right_party_checked(told: _Told) -> str:
    whose = "another party" if told.has("customer_id") else "the customer"
    asked = ", ".join(words(fact) for fact in told.text("asked").split(","))
    outcome = {
        "confirmed": f"It was confirmed that {whose} is spoken with",
        "not_confirmed": f"It could not be confirmed that {whose} is spoken with",
        "refused": f"Who was to be {whose} would not say who he is",
        "wrong_person": f"Somebody else than {whose} was spoken with",
    }[told.text("outcome")]
    return f"{outcome}; asked: {asked}"


def _reply_read(told: _Told) -> str:
    medium = _MEDIA.get(told.text("channel"), told.text("channel"))
    return f"{medium} of the customer, taken for “{told.said('intent')}”"


_BECAUSE: Final[Mapping[str, str]] = {
    "portfolio": ": the customer is in his portfolio",
    "least_loaded": ": of those who can, he has the most room",
    "no_skill": "; it waits in a queue: nobody has all that it asks for",
    "full": "; it waits in a queue: whoever could work it is full",
    "nobody": "; no team takes its book",
}
"""Why a case has its owner, or none, where a rule decided."""


def _assigned(told: _Told) -> str:
    why = _BECAUSE.get(told.text("because"), "")
    if told.text("because") == "handed_over":
        why = f" by hand-over ({told.said('reason')})"
    return f"{'A new owner was named' if told.has('user_id') else 'The case has no owner now'}{why}"


def _escalated(told: _Told) -> str:
    return f"An advisor was asked to take over; an answer is due by {told.text('due')}"


def _re_escalated(told: _Told) -> str:
    return f"No advisor answered in time: a manager was asked, due by {told.text('due')}"


_WORDS: Final[Mapping[str, Callable[[_Told], str]]] = {
    EventKind.OPENED: lambda told: (
        f"Case opened in stage {told.text('stage')}: past due since {told.day('since')}"
    ),
    EventKind.LOAN_JOINED: _loan_joined,
    EventKind.LOAN_LEFT: lambda told: f"{told.loan()} {_why_left(told)} and left the case",
    EventKind.BUCKET_CHANGED: lambda told: (
        f"{told.loan()} moved from bucket {told.text('before')} to {told.text('after')}"
    ),
    EventKind.ARREARS_CORRECTED: _arrears_corrected,
    EventKind.STAGE_CHANGED: lambda told: (
        f"Stage {told.text('before')} → {told.text('after')}: {told.text('why')}"
    ),
    EventKind.STEP_PERFORMED: _step_performed,
    EventKind.STEP_SUPERSEDED: lambda told: (
        f"{told.text('title')}: left out, a later step had already fallen due"
    ),
    EventKind.STEP_PASSED_OVER: lambda told: (
        f"{told.text('title')}: passed over, {told.text('why')}"
    ),
    EventKind.PROPOSED: lambda told: f"A manager was asked to decide: {told.said('kind')}",
    EventKind.PROPOSAL_DECIDED: _proposal_decided,
    EventKind.STRATEGY_CHANGED: lambda told: (
        f"Strategy {told.text('before')} → {told.text('after')}"
    ),
    EventKind.SUSPENDED: lambda told: f"Chasing is suspended: {told.text('by')}",
    EventKind.RESUMED: lambda _: "Chasing goes on",
    EventKind.PROMISED: _promised,
    EventKind.PROMISE_REPLACED: lambda told: (
        f"The promise of {told.money()} for {told.day('due_on')} was replaced by a new one"
    ),
    EventKind.PROMISE_RESOLVED: _promise_resolved,
    EventKind.ARRANGED: _arranged,
    EventKind.ARRANGEMENT_MOVED: _arrangement_moved,
    EventKind.PART_MOVED: _part_moved,
    EventKind.SETTLEMENT_OFFERED: _settlement_offered,
    EventKind.SETTLEMENT_MOVED: _settlement_moved,
    EventKind.MORATORIUM_PLACED: _moratorium_placed,
    EventKind.MORATORIUM_MOVED: _moratorium_moved,
    EventKind.MORATORIUM_REVIEWED: lambda told: (
        f"The moratorium was reviewed: {told.said('outcome')}"
    ),
    EventKind.HOLD_PLACED: _hold_placed,
    EventKind.HOLD_ENDED: lambda told: (
        f"Hold{' on another party' if told.has('customer_id') else ''} ended ({told.said('hold')})"
    ),
    EventKind.RIGHT_PARTY_CHECKED: _right_party_checked,
    EventKind.NOTE: lambda _: "Note",
    EventKind.ASSIGNED: _assigned,
    EventKind.ESCALATED: _escalated,
    EventKind.RE_ESCALATED: _re_escalated,
    EventKind.ACKNOWLEDGED: lambda _: "The escalation was acknowledged",
    EventKind.SLA_PAUSED: lambda told: (
        f"The clock of the escalation stands still: the {told.said('waiting_on')} is awaited"
    ),
    EventKind.SLA_RESUMED: lambda _: "The clock of the escalation runs again",
    EventKind.TASK_DONE: lambda told: (
        f"Task done ({told.said('task_kind')}): {told.said('outcome')}"
    ),
    EventKind.CUSTOMER_STOPPED: lambda _: "The customer withdrew from a way of contact",
    EventKind.REPLY_READ: _reply_read,
    EventKind.COMPLAINED: lambda told: (
        f"Complaint {told.text('complaint')} received on {told.day('received_on')}, "
        f"to be answered by {told.day('respond_by')}"
    ),
    EventKind.COMPLAINT_ENDED: lambda told: (
        f"Complaint {told.text('complaint')} {told.said('state')}: {told.said('outcome')}"
    ),
    EventKind.LETTER_WRITTEN: lambda told: f"Letter written: {told.said('code')}",
    EventKind.CLOSED: lambda told: f"Case closed: {told.said('reason')}",
}
"""The words of each kind of line."""
