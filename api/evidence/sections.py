"""What an evidence pack of a case holds: each part of the record as rows, in its own order."""

import tomllib
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from uuid import UUID

from api.audit.tables import AuditRow
from api.customers import service as customers
from api.customers.tables import ConsentRow
from api.messages import packs
from api.messages.chain import link_of, record_of
from api.messages.tables import BODY, SUBJECT, ContactDecisionRow, MessageRow
from api.payments.tables import PaymentLifeRow, TransactionRow
from api.portal_links import service as portal_links
from api.recovery import timeline
from api.recovery.holds import REASON_COLUMN
from api.recovery.moratorium_facts import REFERENCE_COLUMN
from api.recovery.plan_tables import (
    ArrangementPartRow,
    ArrangementRow,
    MoratoriumPauseRow,
    MoratoriumRow,
    SettlementRow,
)
from api.recovery.tables import CaseEventRow, CaseRow, CaseStepRow, HoldRow, PromiseRow
from api.work import Work
from domain.contact.channel import Channel
from domain.contact.pack_reading import rule_pack_from_mapping
from domain.evidence.canonical import Json, Record, digest, instant
from domain.money import quantize


async def event(work: Work, case: CaseRow, row: CaseEventRow) -> Record:
    """A line of the story: its facts, and what they say in words."""
    note = await timeline.opened(work, case, row)
    return {
        "id": str(row.id),
        "at": instant(row.at),
        "kind": row.kind,
        "actor": row.actor,
        "facts": dict(row.facts),
        "text": timeline.entry(row, note).text,
    }


def step(row: CaseStepRow) -> Record:
    """A step of the strategy that was taken or left out."""
    return {
        "id": str(row.id),
        "anchor_on": row.anchor_on.isoformat(),
        "step": row.step_key,
        "action": row.action,
        "outcome": row.outcome,
        "performed_at": instant(row.performed_at),
    }


async def message(work: Work, row: MessageRow) -> Record:
    """A message as it was sent or came: its text, and when it went and arrived.

    Keys in links to the portal are left out: who reads the pack must not enter with them.
    """
    body = await _text(work, row.customer_id, row.body_ct, BODY)
    return {
        "id": str(row.id),
        "direction": row.direction,
        "customer_id": _key(row.customer_id),
        "loan_id": _key(row.loan_id),
        "channel": row.channel,
        "purpose": row.purpose,
        "template": row.template,
        "language": row.language,
        "status": row.status,
        "reasons": list(row.reasons),
        "call_outcome": row.facts.get("outcome") if row.channel == Channel.CALL.value else None,
        "disclosed": bool(row.facts.get("disclosed")),
        "subject": await _text(work, row.customer_id, row.subject_ct, SUBJECT),
        "body": None if body is None else portal_links.without_keys(body),
        "provider_id": row.provider_id,
        "attempts": row.attempts,
        "created_at": instant(row.created_at),
        "due_at": instant(row.due_at),
        "not_after": _at(row.not_after),
        "dispatched_at": _at(row.dispatched_at),
        "sent_at": _at(row.sent_at),
        "delivered_at": _at(row.delivered_at),
    }


def links(
    rows: Iterable[ContactDecisionRow], message_ids: frozenset[UUID]
) -> tuple[list[Record], list[Record]]:
    """The decisions on some messages, and the whole chain in which they stand.

    Of decisions about other matters of the customer the chain shows digests alone.
    """
    shown: list[Record] = []
    chain: list[Record] = []
    for row in rows:
        own = row.message_id in message_ids
        if own:
            shown.append(record_of(row))
        each = link_of(row)
        chain.append(
            {
                "place": each.place,
                "content": each.content,
                "hash": each.hash,
                "decision_id": str(row.id) if own else None,
            }
        )
    return shown, chain


def consent(row: ConsentRow) -> Record:
    """A wish about a medium, as it was given."""
    return {
        "id": str(row.id),
        "medium": row.medium,
        "purpose": row.purpose,
        "granted": row.granted,
        "source": row.source,
        "given_at": instant(row.given_at),
    }


async def hold(work: Work, row: HoldRow, customer_id: UUID) -> Record:
    """A hold, with its reason where it is about the case's customer himself."""
    told = row.reason_ct if row.customer_id == customer_id else None
    return {
        "id": str(row.id),
        "case_id": str(row.case_id),
        "kind": row.kind,
        "complaint_id": _key(row.complaint_id),
        "starts_on": row.starts_on.isoformat(),
        "ends_on": _on(row.ends_on),
        "review_on": _on(row.review_on),
        "reason": await _text(work, row.customer_id, told, REASON_COLUMN),
        "created_at": instant(row.created_at),
        "created_by": _key(row.created_by),
        "ended_at": _at(row.ended_at),
    }


def promise(row: PromiseRow) -> Record:
    """A promise, and what became of it."""
    return {
        "id": str(row.id),
        "amount": _money(row.amount, row.currency),
        "currency": row.currency,
        "due_on": row.due_on.isoformat(),
        "status": row.status,
        "source": row.source,
        "received": _money(row.received, row.currency),
        "made_at": instant(row.made_at),
        "resolved_at": _at(row.resolved_at),
    }


def arrangement(row: ArrangementRow, parts: Sequence[ArrangementPartRow]) -> Record:
    """An arrangement with its dated amounts, and what became of them."""
    return {
        "id": str(row.id),
        "currency": row.currency,
        "status": row.status,
        "made_at": instant(row.made_at),
        "made_by": row.made_by,
        "approved_by": row.approved_by,
        "started_on": _on(row.started_on),
        "ended_on": _on(row.ended_on),
        "parts": [
            {
                "number": part.number,
                "due_on": part.due_on.isoformat(),
                "amount": _money(part.amount, row.currency),
                "status": part.status,
                "received": _money(part.received, row.currency),
            }
            for part in parts
        ],
    }


def settlement(row: SettlementRow) -> Record:
    """A settlement, and what became of it."""
    return {
        "id": str(row.id),
        "currency": row.currency,
        "status": row.status,
        "amount": _money(row.amount, row.currency),
        "owed": _money(row.owed, row.currency),
        "made_at": instant(row.made_at),
        "made_by": row.made_by,
        "approved_by": row.approved_by,
        "valid_until": row.valid_until.isoformat(),
        "pay_by": row.pay_by.isoformat(),
        "accepted_on": _on(row.accepted_on),
        "accepted_by": row.accepted_by,
        "ended_on": _on(row.ended_on),
        "received": _money(row.received, row.currency),
        "forgiven": None if row.forgiven is None else _money(row.forgiven, row.currency),
        "change_ids": list(row.change_ids),
    }


async def moratorium(
    work: Work, row: MoratoriumRow, held: HoldRow, paused: Sequence[MoratoriumPauseRow]
) -> Record:
    """A moratorium of the customer, and the days of loans it took the interest of."""
    return {
        "id": str(row.id),
        "hold_id": str(row.hold_id),
        "scheme": row.scheme,
        "reference": await _text(work, row.customer_id, row.reference_ct, REFERENCE_COLUMN),
        "starts_on": held.starts_on.isoformat(),
        "ends_on": _on(held.ends_on),
        "treatment_ended_on": _on(row.treatment_ended_on),
        "reviews": row.reviews,
        "created_at": instant(row.created_at),
        "created_by": row.created_by,
        "paused": [
            {
                "loan_id": str(each.loan_id),
                "from_on": each.from_on.isoformat(),
                "to_on": each.to_on.isoformat(),
                "change_id": _key(each.change_id),
            }
            for each in paused
            if each.moratorium_id == row.id
        ],
    }


def transaction(row: TransactionRow) -> Record:
    """A movement on a loan of the case."""
    return {
        "id": str(row.id),
        "number": f"PY-{row.number}",
        "loan_id": str(row.loan_id),
        "kind": row.kind,
        "amount": _money(row.amount, row.currency),
        "currency": row.currency,
        "value_on": row.value_on.isoformat(),
        "booked_at": instant(row.booked_at),
        "method": row.method,
        "reverses_id": _key(row.reverses_id),
    }


def announced(row: PaymentLifeRow) -> Record:
    """A payment that was announced, and what became of it."""
    return {
        "id": str(row.id),
        "number": f"PY-{row.number}",
        "loan_id": str(row.loan_id),
        "state": row.state,
        "source": row.source,
        "amount": _money(row.amount, row.currency),
        "currency": row.currency,
        "value_on": row.value_on.isoformat(),
        "announced_at": instant(row.announced_at),
        "awaited_until": row.awaited_until.isoformat(),
        "ended_at": _at(row.ended_at),
    }


def act(row: AuditRow) -> Record:
    """What was recorded of the case and its messages: by whom, when, and as which request."""
    return {
        "id": str(row.id),
        "at": instant(row.at),
        "actor": row.actor,
        "action": row.action,
        "subject_kind": row.subject_kind,
        "subject_id": str(row.subject_id),
        "facts": dict(row.facts),
        "request_id": row.request_id,
    }


def rule_packs(labels: Iterable[str]) -> list[Record]:
    """The text of each rule pack that was asked; null for a version that is no longer shipped."""
    texts = _pack_texts()
    return [
        {
            "label": label,
            "sha256": None if label not in texts else digest(texts[label].encode()),
            "text": texts.get(label),
        }
        for label in sorted(set(labels))
    ]


@cache
def _pack_texts() -> dict[str, str]:
    """The shipped rule packs as they are written, by label."""
    texts = [file.read_text("utf-8") for file in sorted((packs.PACKS / "contact").rglob("*.toml"))]
    return {rule_pack_from_mapping(tomllib.loads(text)).label: text for text in texts}


async def _text(
    work: Work, customer_id: UUID | None, data: bytes | None, column: str
) -> str | None:
    """A text in the clear; `ERASED` where it cannot be read any more."""
    if data is None or customer_id is None:
        return None
    found = await customers.decrypt(work, customer_id, data, column)
    return timeline.ERASED if found is None else found


def labels_of(rows: Sequence[Record]) -> list[str]:
    """The rule packs that decisions name."""
    found: list[str] = []
    for row in rows:
        named: Json = row.get("packs")
        if isinstance(named, list):
            found.extend(each for each in named if isinstance(each, str))
    return found


def _key(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _at(value: datetime | None) -> str | None:
    return None if value is None else instant(value)


def _on(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _money(amount: Decimal, currency: str) -> str:
    return format(quantize(amount, currency), "f")
