"""Use cases over messages that were queued, sent, withheld or received."""

from collections.abc import Collection, Iterable
from decimal import Decimal
from uuid import UUID

from api.messages import listing_queries, queries
from api.messages.listing_queries import Filters
from api.messages.previewing import Preview, preview
from api.messages.queueing import NewMessage, Validity, queue, queue_many
from api.messages.tables import BODY, SUBJECT, ContactDecisionRow, MessageRow
from api.messages.undue import Undue, undue
from api.pagination import PageRequest
from api.portal_links import service as portal_links
from api.security.access import visible_customer
from api.work import Work
from contracts.base import Page
from contracts.messages import ContactDecision, Message, Understood
from contracts.names import Role
from domain.contact.channel import Channel
from domain.contact.segments import segments
from domain.errors import DomainError, ErrorCode

__all__ = [
    "Filters",
    "NewMessage",
    "Preview",
    "Undue",
    "Validity",
    "decisions",
    "list_messages",
    "list_of_customer",
    "lock_outbound",
    "preview",
    "queue",
    "queue_many",
    "save_outbound",
    "undue",
]


async def list_messages(work: Work, filters: Filters, request: PageRequest) -> Page[Message]:
    """Messages in the order they were made, oldest first, narrowed by filters."""
    found = await listing_queries.page(work, filters, request)
    kept, cursor = request.cut(found, [row.sequence for row, _ in found])
    return Page(items=[_message(work, row, key) for row, key in kept], next_cursor=cursor)


async def list_of_customer(work: Work, customer_id: UUID, request: PageRequest) -> Page[Message]:
    """The messages of one customer; he himself sees those that went or came.

    Raises:
        DomainError: `NOT_FOUND`, alike for a foreign customer and for none.
    """
    if not await listing_queries.customer_visible(work, customer_id):
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such customer.")
    own = visible_customer(work.principal) is not None
    return await list_messages(work, Filters(customer_id=customer_id, exchanged=own), request)


async def decisions(work: Work, message_id: UUID) -> list[ContactDecision]:
    """Why a message was sent, put off or withheld, oldest first.

    Raises:
        DomainError: `NOT_FOUND`.
    """
    if not await listing_queries.exists(work, message_id):
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such message.")
    return [_decision(row) for row in await listing_queries.decisions(work, message_id)]


async def lock_outbound(
    work: Work, message_ids: Collection[UUID], *, addresses: bool
) -> dict[UUID, MessageRow]:
    """Outbound messages by id, locked; what is changed of them is written by `save_outbound`.

    With `addresses` everybody who has one of their addresses is locked before: so what a receipt
    says of an address is seen by every later dispatch to it.
    """
    if not message_ids:
        return {}
    if addresses:
        people = await queries.customers_of(work, message_ids)
        people += await queries.holders_of(work, message_ids)
        await queries.lock_customers(work, people)
    rows = await queries.locked(work, message_ids)
    return {row.id: row for row in rows if row.direction == "outbound"}


async def save_outbound(work: Work, messages: Iterable[MessageRow]) -> None:
    """Write what was changed of messages that `lock_outbound` gave."""
    await queries.save(work, list(messages))


def _message(work: Work, row: MessageRow, wrapped_key: bytes | None) -> Message:
    """A message as it goes over the wire; one whose key was destroyed has no text any more."""
    erased = row.customer_id is not None and wrapped_key is None
    cipher = work.vault.cipher(wrapped_key)
    subject = None if erased else cipher.maybe_decrypt(row.subject_ct, SUBJECT)
    body = (None if erased else cipher.maybe_decrypt(row.body_ct, BODY)) or ""
    if work.principal.role is not Role.CUSTOMER:
        body = portal_links.without_keys(body)
    return Message.model_validate(
        {
            "id": row.id,
            "direction": row.direction,
            "customer_id": row.customer_id,
            "loan_id": row.loan_id,
            "case_id": row.case_id,
            "instalment": row.instalment,
            "channel": row.channel,
            "purpose": row.purpose,
            "template": row.template,
            "template_version": row.template_version,
            "status": row.status,
            "subject": subject,
            "body": body,
            "due_at": row.due_at,
            "not_after": row.not_after,
            "sent_at": row.sent_at,
            "delivered_at": row.delivered_at,
            "reasons": row.reasons,
            "provider": None if work.principal.role is Role.CUSTOMER else row.provider,
            "call_outcome": row.facts.get("outcome") if row.channel == Channel.CALL.value else None,
            "segments": segments(body) if row.channel == Channel.SMS.value else None,
            "understood": None if work.principal.role is Role.CUSTOMER else _understood(row),
        }
    )


def _understood(row: MessageRow) -> Understood | None:
    facts = row.facts
    if row.direction != "inbound" or "intent" not in facts:
        return None
    return Understood(
        intent=str(facts["intent"]),
        also=str(facts.get("also") or "").split(),
        confidence=Decimal(str(facts.get("confidence") or 0)),
        rules=str(facts.get("rules") or "").split(),
        language=str(facts.get("language") or ""),
    )


def _decision(row: ContactDecisionRow) -> ContactDecision:
    local_time = row.inputs.get("local_time")
    return ContactDecision.model_validate(
        {
            "id": row.id,
            "message_id": row.message_id,
            "outcome": row.outcome,
            "reasons": row.reasons,
            "packs": row.packs,
            "decided_at": row.decided_at,
            "local_time": local_time,
            "defer_until": row.defer_until,
            "valid_until": row.valid_until,
        }
    )
