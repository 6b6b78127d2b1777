"""A case explained to whoever works it, and to the customer without internals."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from api.recovery import cases, queries, timeline
from api.recovery.queries import MessageLine
from api.recovery.sheet import Sheet, sheet
from api.security.access import visible_customer
from api.work import Work
from contracts.recovery import CaseExplanation, ExplainedLine, WithheldContact
from domain.recovery import explanation
from domain.recovery.explanation import Reader

_LATEST: Final = 50
_WENT: Final = frozenset({"sent", "delivered", "failed", "bounced", "unknown"})
_DID_NOT_GO: Final = frozenset({"withheld", "expired"})
_MEDIA: Final = {"sms": "SMS", "email": "e-mail", "in_app": "notice in the portal"}

_TOLD_TO_AGENTS: Final = frozenset(
    {
        timeline.EventKind.STAGE_CHANGED,
        timeline.EventKind.STEP_PERFORMED,
        timeline.EventKind.STEP_SUPERSEDED,
        timeline.EventKind.PROMISED,
        timeline.EventKind.PROMISE_REPLACED,
        timeline.EventKind.PROMISE_RESOLVED,
        timeline.EventKind.ARRANGED,
        timeline.EventKind.ARRANGEMENT_MOVED,
        timeline.EventKind.PART_MOVED,
        timeline.EventKind.SETTLEMENT_OFFERED,
        timeline.EventKind.SETTLEMENT_MOVED,
        timeline.EventKind.MORATORIUM_PLACED,
        timeline.EventKind.MORATORIUM_MOVED,
        timeline.EventKind.MORATORIUM_REVIEWED,
        timeline.EventKind.HOLD_PLACED,
        timeline.EventKind.HOLD_ENDED,
        timeline.EventKind.ESCALATED,
        timeline.EventKind.RE_ESCALATED,
        timeline.EventKind.ACKNOWLEDGED,
        timeline.EventKind.TASK_DONE,
        timeline.EventKind.CUSTOMER_STOPPED,
        timeline.EventKind.COMPLAINED,
        timeline.EventKind.COMPLAINT_ENDED,
        timeline.EventKind.LETTER_WRITTEN,
        timeline.EventKind.CLOSED,
    }
)
_TOLD_TO_HIMSELF: Final = frozenset(
    {
        timeline.EventKind.PROMISED,
        timeline.EventKind.PROMISE_REPLACED,
        timeline.EventKind.PROMISE_RESOLVED,
        timeline.EventKind.PART_MOVED,
        timeline.EventKind.ARRANGEMENT_MOVED,
        timeline.EventKind.SETTLEMENT_MOVED,
        timeline.EventKind.CUSTOMER_STOPPED,
        timeline.EventKind.COMPLAINED,
        timeline.EventKind.COMPLAINT_ENDED,
        timeline.EventKind.LETTER_WRITTEN,
    }
)


async def explain(work: Work, case_id: UUID) -> CaseExplanation:
    """A case in plain words, for whoever asks.

    Raises `NOT_FOUND`, alike for a case that does not exist and for one of somebody else.
    """
    row = await queries.find(work, case_id)
    own = visible_customer(work.principal)
    if row is None or (own is not None and row.customer_id != own):
        raise cases.missing()
    reader = Reader.AGENT if own is None else Reader.CUSTOMER
    shown = await sheet(work, case_id)
    lines = [
        line
        for line in await queries.message_lines(work, case_id)
        # What passes between us and another party is none of the customer's business.
        if reader is Reader.AGENT or not line.to_another
    ]
    return CaseExplanation(
        case_id=case_id,
        number=shown.case.number,
        reader=reader.value,
        why=explanation.here(shown.story, reader),
        done=_done(shown, lines, reader),
        withheld=_withheld(lines, reader),
        coming=explanation.coming(shown.story, reader),
        next_at=shown.case.next_at,
        stops=list(explanation.stoppers(shown.story, reader)),
    )


def _done(shown: Sheet, lines: Sequence[MessageLine], reader: Reader) -> list[ExplainedLine]:
    kinds = _TOLD_TO_AGENTS if reader is Reader.AGENT else _TOLD_TO_HIMSELF
    told = [
        ExplainedLine(at=each.at, text=each.text)
        for each in shown.case.timeline
        if each.kind in kinds
    ]
    told += [
        ExplainedLine(at=each.sent_at or each.due_at, text=_exchanged(each, reader))
        for each in lines
        if each.direction == "inbound" or each.status in _WENT
    ]
    return sorted(told, key=lambda each: each.at)[-_LATEST:]


def _exchanged(line: MessageLine, reader: Reader) -> str:
    """A message that went or came."""
    if reader is Reader.AGENT:
        return timeline.of_message(line).text
    medium = _MEDIA.get(line.channel, line.channel)
    return (
        f"You wrote to us ({medium})."
        if line.direction == "inbound"
        else (f"We wrote to you ({medium}).")
    )


def _withheld(lines: Sequence[MessageLine], reader: Reader) -> list[WithheldContact]:
    told = [
        found
        for line in lines
        if line.direction == "outbound"
        and (line.status in _DID_NOT_GO or (line.status == "queued" and line.reasons))
        and (found := _not_sent(line, reader)) is not None
    ]
    return told[-_LATEST:]


def _not_sent(line: MessageLine, reader: Reader) -> WithheldContact | None:
    """A message that did not go; None where its reasons are not the reader's to know."""
    medium = _MEDIA.get(line.channel, line.channel)
    put_off = line.status == "queued"
    if reader is Reader.AGENT:
        what = f"{medium[0].upper()}{medium[1:]} “{timeline.words(line.template or 'message')}”"
        verb = "was put off" if put_off else "was not sent"
        reasons = [explanation.why(code) for code in line.reasons]
    else:
        article = "A" if line.channel == "in_app" else "An"
        what, verb = f"{article} {medium} to you", "was put off" if put_off else "was not sent"
        told = [explanation.why_to_himself(code) for code in line.reasons]
        reasons = [reason for reason in dict.fromkeys(told) if reason is not None]
        if not reasons:
            return None
    because = f", because {' and '.join(reasons)}" if reasons else ""
    return WithheldContact(
        at=line.due_at,
        text=f"{what} {verb}{because}.",
        reasons=list(line.reasons) if reader is Reader.AGENT else [],
        retried_at=line.due_at if put_off else None,
    )
