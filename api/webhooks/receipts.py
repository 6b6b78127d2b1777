"""Delivery receipts: what providers report of messages they took. Out of order is harmless."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, assert_never
from uuid import UUID

from api.clock import Clock
from api.customers.service import SuppressionReason
from api.db.gathering import rows_together
from api.messages import outcomes
from api.messages.service import lock_outbound, save_outbound
from api.messages.tables import MessageRow
from api.recovery.service import customer_stopped
from api.webhooks import queries
from api.work import Work
from domain.contact.channel import Channel


class Receipt(StrEnum):
    """What a provider says of a message, in our words."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    NOT_DELIVERED = "not-delivered"
    STOPPED = "stopped"
    """The person told the provider that he wants no more."""


@dataclass(frozen=True, slots=True)
class Report:
    """One receipt.

    Attributes:
        receipt: What happened.
        message_id: Our id of the message, if the provider gave it back.
        provider_id: The provider's id of the message.
        reason: A code, where it was not delivered.
        retire: The address is of no use.
        bounced: The address sent it back for good.
        request_id: The request that brought it, where several are taken in together.
    """

    receipt: Receipt
    message_id: UUID | None
    provider_id: str | None
    reason: str = ""
    retire: bool = False
    bounced: bool = False
    request_id: str = ""

    @property
    def is_of_address(self) -> bool:
        """Whether it says something of the address, and so of whoever else has it."""
        return self.retire or self.receipt is Receipt.STOPPED


# Twilio's error codes of failed messages: 30003 unreachable, 30004 blocked, 30005 unknown handset,
# 30006 landline or unreachable carrier, 21610 the number replied STOP to Twilio itself.
_DEAD_NUMBER: Final = frozenset({"30005", "30006", "21211", "21614"})
_STOPPED_NUMBER: Final = frozenset({"21610"})

_TWILIO: Final = {
    "accepted": Receipt.ACCEPTED,
    "scheduled": Receipt.ACCEPTED,
    "queued": Receipt.ACCEPTED,
    "sending": Receipt.ACCEPTED,
    "sent": Receipt.ACCEPTED,
    "delivered": Receipt.DELIVERED,
    "read": Receipt.DELIVERED,
    "undelivered": Receipt.NOT_DELIVERED,
    "failed": Receipt.NOT_DELIVERED,
}

_SENDGRID: Final = {
    "processed": Receipt.ACCEPTED,
    "deferred": Receipt.ACCEPTED,
    "delivered": Receipt.DELIVERED,
    "bounce": Receipt.NOT_DELIVERED,
    "dropped": Receipt.NOT_DELIVERED,
    "spamreport": Receipt.STOPPED,
    "unsubscribe": Receipt.STOPPED,
    "group_unsubscribe": Receipt.STOPPED,
}


def twilio_report(
    status: str, error_code: str, message_id: UUID | None, provider_id: str
) -> Report | None:
    """A status callback of Twilio in our words; None for one that says nothing to us."""
    receipt = _TWILIO.get(status.lower())
    if receipt is None:
        return None
    if error_code in _STOPPED_NUMBER:
        receipt = Receipt.STOPPED
    return Report(
        receipt,
        message_id,
        provider_id,
        reason=f"undelivered-{error_code or status.lower()}"[:64],
        retire=error_code in _DEAD_NUMBER,
    )


def sendgrid_report(event: str, kind: str, message_id: UUID | None) -> Report | None:
    """An event of SendGrid in our words; None for one that says nothing to us.

    Args:
        event: Field `event`.
        kind: Field `type`: of a bounce `bounce` (for good) or `blocked` (for now).
        message_id: The custom argument `tenor_message_id`.
    """
    receipt = _SENDGRID.get(event)
    if receipt is None:
        return None
    return Report(
        receipt,
        message_id,
        None,
        reason=event,
        retire=event in {"bounce", "dropped"} and kind != "blocked",
        bounced=event == "bounce" and kind != "blocked",
    )


async def take_in(work: Work, channel: Channel, reports: Sequence[Report]) -> None:
    """Move each message on as its receipts say; receipts of messages not ours are passed over."""
    about = await _about(work, channel, reports)
    keys = {key for key, _ in about}
    rows = await lock_outbound(work, keys, addresses=any(one.is_of_address for one in reports))
    clocks = await outcomes.clocks_of(work, rows.values())
    async with rows_together(work.session):
        for key, report in about:
            if key in rows:
                message = rows[key]
                own = replace(work, request_id=report.request_id or work.request_id)
                await _apply(own, clocks[message.test_clock_id], message, report)
        await save_outbound(work, rows.values())


async def _about(
    work: Work, channel: Channel, reports: Sequence[Report]
) -> list[tuple[UUID, Report]]:
    """Which message each receipt is about; those that are about none of ours are left out.

    So are those that say of a message what its provider answered already, which is most of them. A
    receipt may be faster than the answer to our own call: then our id alone says whose it is. A
    message that was never dispatched cannot have one: what says otherwise is not about it.
    """
    known = await queries.outbound_by_provider_ids(
        work, channel.value, {one.provider_id for one in reports if one.provider_id is not None}
    )
    named = {
        one.message_id
        for one in reports
        if one.message_id is not None and one.provider_id not in known
    }
    dispatched = await queries.dispatched_outbound(work, channel.value, named)
    found: list[tuple[UUID, Report]] = []
    for one in reports:
        key, status = known.get(one.provider_id or "", (None, ""))
        if one.receipt is Receipt.ACCEPTED and not one.retire and status in outcomes.LANDED:
            continue
        if key is None and one.message_id in dispatched:
            key = one.message_id
        if key is not None:
            found.append((key, one))
    return found


async def _apply(work: Work, clock: Clock, message: MessageRow, report: Report) -> None:
    if (
        report.provider_id is not None
        and message.provider_id is not None
        and message.provider_id != report.provider_id
    ):
        return  # an earlier send of the same message, long answered for
    match report.receipt:
        case Receipt.ACCEPTED:
            outcomes.accepted(work, clock, message, report.provider_id)
        case Receipt.DELIVERED:
            outcomes.delivered(work, clock, message, report.provider_id)
        case Receipt.NOT_DELIVERED:
            outcomes.not_delivered(
                work, clock, message, report.provider_id, report.reason, bounced=report.bounced
            )
        case Receipt.STOPPED:
            outcomes.accepted(work, clock, message, report.provider_id)
            if await outcomes.retire(work, message, SuppressionReason.STOP):
                await _tell_cases(work, message)
        case _:
            assert_never(report.receipt)
    if report.retire:
        await outcomes.retire(work, message, SuppressionReason.INVALID)


async def _tell_cases(work: Work, message: MessageRow) -> None:
    """The person's cases plan again without this way of contact."""
    if message.customer_id is not None:
        await save_outbound(work, [message])
        await work.session.flush()
        await customer_stopped(work, message.customer_id)


async def fresh_events(work: Work, source: str, ids: Collection[str]) -> set[str]:
    """Those of the events that were never seen before; each is claimed for good."""
    return await queries.claim_events(work, source, ids)
