"""Calls that staff make or take: asked for like any contact, and kept beside the messages.

A call is a row among the messages, so that caps, decisions, the story of the case and every
record of contact know it. The number is told only with a permit; a call that was made without
one is kept all the same, as a breach.
"""

from dataclasses import replace
from typing import Final
from uuid import UUID

from api.audit.service import record
from api.clock import Clock, clock_for
from api.customers import service as customers
from api.customers.service import ContactCard
from api.db.base import new_id
from api.messages import ground_queries, permits, queries
from api.messages.about import About, customer_of
from api.messages.queueing import Validity
from api.messages.tables import BODY, MessageRow
from api.recovery import service as recovery
from api.right_party import service as right_party
from api.work import Work
from contracts.calls import Call, CallPermit, CallResult, NewCall
from domain.contact.caps import ContactKind
from domain.contact.channel import Channel, Purpose
from domain.contact.decision import Outcome
from domain.errors import DomainError, ErrorCode
from domain.ids import delivery_shard

OUTCOME: Final = "outcome"
"""The fact of a call that says what became of it."""

DISCLOSED: Final = "disclosed"
"""The fact of a call in which something of the debt was said."""

PERMITTED: Final = "permitted"
"""The status of a call that may be made and of which nothing was reported yet."""

BREACH: Final = ("without-permit", "outside-permit")
"""Reasons for which a call should not have been made when it was."""

_KINDS: Final = {
    "conversation": ContactKind.CONVERSATION,
    "voicemail": ContactKind.ATTEMPT,
    "no_answer": ContactKind.UNANSWERED,
    "busy": ContactKind.UNANSWERED,
}
"""What counts towards caps; a call that reached no line, or was never made, does not."""


async def call_permit(work: Work, case_id: UUID, customer_id: UUID | None = None) -> CallPermit:
    """Whether the customer of a case, or another person, may be called about it now.

    Asking leaves no trace. Raises `NOT_FOUND`, `CASE_NOT_OPEN`.
    """
    attempt = await work.session.begin_nested()
    try:
        _, row = await _begin(work, case_id, "outbound", whom=customer_id)
        return _permit(row)
    finally:
        await attempt.rollback()


async def make_call(work: Work, case_id: UUID, command: NewCall) -> Call:
    """Ask for a call, or record one that took place.

    Raises `NOT_FOUND`, `CASE_NOT_OPEN` where a permit is asked for, and
    `RIGHT_PARTY_NOT_CONFIRMED` where a debt was disclosed to nobody who was confirmed.
    """
    by_customer = command.by == "customer"
    about, row = await _begin(
        work,
        case_id,
        "inbound" if by_customer else "outbound",
        past=command.outcome is not None,
        whom=command.customer_id,
    )
    if command.outcome is not None:
        if row.status == "withheld":
            row.reasons = ["without-permit", *row.reasons]
        if command.disclosed:
            held = await recovery.hold_case(work, case_id)
            await right_party.require(work, held, customer_of(row), row.id)
        result = CallResult(outcome=command.outcome, note=command.note, disclosed=command.disclosed)
        await _report(work, about, row, result)
    await about.slots.write(work)
    await _tell_case(work, case_id)
    return await get_call(work, row.id)


async def finish_call(work: Work, call_id: UUID, result: CallResult) -> Call:
    """Record what became of a call that was permitted.

    Raises `NOT_FOUND`, `ILLEGAL_TRANSITION` when it was not permitted or is reported already,
    `INVALID_DATE` for a time before the permit or ahead of the customer's clock, and
    `RIGHT_PARTY_NOT_CONFIRMED` as `make_call`.
    """
    found = await _find(work, call_id)
    await queries.lock_customers(work, [customer_of(found)])
    case = None if found.case_id is None else await recovery.hold_case(work, found.case_id)
    (row,) = await queries.locked(work, [call_id])
    if row.status != PERMITTED:
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION,
            "Nothing is to be reported of this call: it was not permitted, or is over.",
            {"status": row.status},
        )
    clock = await _clock(work, row)
    made_at = row.created_at if result.made_at is None else result.made_at
    if not row.created_at <= made_at <= clock.now:
        raise DomainError(
            ErrorCode.INVALID_DATE,
            "A call is made after its permit was given, and not in the future.",
            {"field": "made_at"},
        )
    if result.disclosed and case is not None:
        await right_party.require(work, case, customer_of(row), row.id)
    about = await About.gather(work, clock, [row])
    if row.permit_until is not None and made_at >= row.permit_until:
        row.reasons = ["outside-permit"]
    await _report(work, about, row, result)
    await queries.save(work, [row])
    await about.slots.write(work)
    if case is not None:
        await _tell_case(work, case.case.id)
    return await get_call(work, call_id)


async def get_call(work: Work, call_id: UUID) -> Call:
    """A call as kept; raises `NOT_FOUND`."""
    row = await _find(work, call_id)
    card = await customers.contact_card(work, customer_of(row))
    outcome = row.facts.get(OUTCOME)
    clock = await _clock(work, row)
    lasts = row.status == PERMITTED and (row.permit_until is None or clock.now < row.permit_until)
    return Call.model_validate(
        {
            "id": row.id,
            "case_id": row.case_id,
            "customer_id": row.customer_id,
            "by": "customer" if row.direction == "inbound" else "agent",
            "permit": None if row.direction == "inbound" else _permit(row),
            "phone": card.phone if lasts else None,
            "outcome": outcome,
            "disclosed": bool(row.facts.get(DISCLOSED)),
            "breach": any(reason in BREACH for reason in row.reasons),
            "at": row.sent_at or row.due_at,
            "note": await customers.decrypt(work, card.customer_id, row.body_ct, BODY),
        }
    )


async def pending_calls(work: Work, case_id: UUID) -> list[Call]:
    """The calls about a case that were permitted and of which nothing is reported, oldest first."""
    found = await ground_queries.pending_calls(work, case_id, PERMITTED)
    return [await get_call(work, call_id) for call_id in found]


# -- parts -------------------------------------------------------------------------------------


async def _find(work: Work, call_id: UUID) -> MessageRow:
    found = await ground_queries.call(work, call_id)
    if found is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such call.")
    return found


async def _clock(work: Work, row: MessageRow) -> Clock:
    return await clock_for(work, row.test_clock_id)


async def _begin(
    work: Work,
    case_id: UUID,
    direction: str,
    *,
    past: bool = False,
    whom: UUID | None = None,
) -> tuple[About, MessageRow]:
    """A new row for a call about a case, decided upon if it is ours; the case is locked.

    `whom` is another person than its customer: his permit says whether it is his business.
    """
    own = await ground_queries.customer_of_case(work, case_id)
    if own is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such recovery case.")
    customer_id = whom or own
    await queries.lock_customers(work, [customer_id])
    held = await recovery.hold_case(work, case_id)
    if not past:
        recovery.require_open(held.case)
    card = await customers.contact_card(work, customer_id)
    row = _row(held.clock, card, case_id, direction)
    work.session.add(row)
    await work.session.flush()
    about = await About.gather(work, held.clock, [row])
    if direction == "outbound":
        outcome = await permits.permit(work, about, row)
        row.status = PERMITTED if outcome is Outcome.ALLOW else "withheld"
        record(work, "call.asked", "message", row.id, {"outcome": outcome.value})
    return about, row


def _row(clock: Clock, card: ContactCard, case_id: UUID, direction: str) -> MessageRow:
    key = new_id()
    return MessageRow(
        id=key,
        direction=direction,
        dedupe_key=f"call:{key}",
        customer_id=card.customer_id,
        case_id=case_id,
        test_clock_id=clock.test_clock_id,
        shard=delivery_shard(clock.test_clock_id),
        channel=Channel.CALL.value,
        purpose=(Purpose.COLLECTION if direction == "outbound" else Purpose.REPLY).value,
        language=card.language,
        validity=Validity.CASE_OPEN.value,
        status="withheld" if direction == "outbound" else "received",
        reasons=[],
        due_at=clock.now,
        attempts=0,
        address_index=card.phone_index,
        facts={},
        created_at=clock.now,
    )


async def _report(
    work: Work,
    about: About,
    row: MessageRow,
    result: CallResult,
) -> None:
    """Keep what became of a call, and what of it counts towards the caps."""
    outcome, made_at = result.outcome, result.made_at or row.created_at
    kind = _KINDS.get(outcome)
    row.facts = {OUTCOME: outcome, DISCLOSED: True} if result.disclosed else {OUTCOME: outcome}
    row.body_ct = about.card(row).cipher.maybe_encrypt(result.note, BODY)
    if row.direction == "outbound":
        row.status = "expired" if outcome == "not_made" else "sent" if kind else "failed"
    if outcome == "not_made":
        row.reasons = ["not-made"]
    else:
        row.sent_at = made_at
    if kind is None:
        about.slots.free(row)
    else:
        contact = permits.contact_of(about, row, made_at)
        consented = about.slots.consented(row)
        about.slots.reserve(
            row,
            replace(
                contact, kind=kind, by_customer=row.direction == "inbound", consented=consented
            ),
        )
    breach = next((reason for reason in row.reasons if reason in BREACH), None)
    record(work, "call.reported", "message", row.id, {"outcome": outcome, "breach": breach})


async def _tell_case(work: Work, case_id: UUID) -> None:
    """The case plans again: a call is a contact, and a talk may have changed its course."""
    held = await recovery.hold_case(work, case_id)
    if held.case.status == "open":
        await recovery.wake_case(work, held.case)
    await work.session.flush()


def _permit(row: MessageRow) -> CallPermit:
    """What was decided, as it is kept on the row."""
    refused = row.status == "withheld" or "without-permit" in row.reasons
    if not refused:
        return CallPermit(outcome="allow", reasons=[], not_before=None, until=row.permit_until)
    deferred = row.due_at > row.created_at
    return CallPermit(
        outcome="defer" if deferred else "deny",
        reasons=[reason for reason in row.reasons if reason not in BREACH],
        not_before=row.due_at if deferred else None,
        until=None,
    )
