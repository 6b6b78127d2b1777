"""The sandbox's own JSON interface, for tests, the demo and scripts."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field

from tenor.sandbox.model import Direction, Fault, FaultKind, KeptMessage, Provider, WebhookKind
from tenor.sandbox.sendgrid import SendGridError, answer
from tenor.sandbox.service import Sandbox
from tenor.sandbox.twilio import TwilioError, inbound

MOST_MESSAGES = 1000
MOST_FAULTS = 1_000_000
_MOST_PENDING = 100
_HTTP_OK_RANGE = range(200, 300)


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class MessageOut(_Wire):
    """A message the sandbox holds; `reference` is Tenor's message id where it came along."""

    id: int
    provider: Provider
    direction: Direction
    sid: str
    from_: str = Field(serialization_alias="from")
    to: str
    subject: str | None
    body: str
    reference: str | None
    created_at: datetime


class MessagePage(_Wire):
    """Messages in order of arrival; `next_after_id` is null on the last page."""

    messages: list[MessageOut]
    next_after_id: int | None


class CountsOut(_Wire):
    """What one provider was handed."""

    outbound: int
    inbound: int
    parties: int


class ReplyIn(_Wire):
    """A text message from a person's phone to one of our numbers."""

    from_: str = Field(validation_alias="from")
    to: str
    body: str


class MailReplyIn(_Wire):
    """An answer from a person's mailbox to a mail, named by its id in `messages`."""

    mail_id: Annotated[int, Field(ge=1, lt=2**63)]
    body: str


class ReplyOut(_Wire):
    """What the API said; 0 if it gave no answer. What was not accepted is tried again."""

    message_sid: str
    api_status: int
    accepted: bool


class FaultIn(_Wire):
    """The next `times` sends of a provider go wrong; 0 lifts all faults of the kind.

    With a `share` below 100 only so many of a hundred sends do, evenly spread.
    """

    provider: Provider
    kind: FaultKind
    times: Annotated[int, Field(ge=0, le=MOST_FAULTS)]
    share: Annotated[int, Field(ge=1, le=100)] = 100


class FaultOut(_Wire):
    """A fault that is set."""

    provider: Provider
    kind: FaultKind
    remaining: int
    share: int


class HoldIn(_Wire):
    """Whether what providers report is kept back, as while their reports are late."""

    held: bool


class PendingOut(_Wire):
    """A webhook that was not accepted yet; `last_status` 0: no answer, null: not tried."""

    id: int
    kind: WebhookKind
    attempts: int
    last_status: int | None
    due_at: datetime


class PendingPage(_Wire):
    """How many webhooks wait, and the first hundred of them."""

    count: int
    webhooks: list[PendingOut]


def routes(sandbox: Sandbox) -> APIRouter:
    """The routes under `/sandbox/api`."""
    router = APIRouter(prefix="/sandbox/api", tags=["sandbox"])
    store = sandbox.store

    @router.get("/messages")
    async def list_messages(
        provider: Provider | None = None,
        to: str | None = None,
        direction: Direction | None = None,
        after_id: Annotated[int, Query(ge=0, lt=2**63)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_MESSAGES)] = 100,
    ) -> MessagePage:
        """Messages after an id, in order of arrival."""
        found = await store.messages(
            provider=provider,
            recipient=to,
            direction=direction,
            after_id=after_id,
            limit=limit + 1,
        )
        shown = found[:limit]
        return MessagePage(
            messages=[_message(item) for item in shown],
            next_after_id=shown[-1].id if len(found) > limit else None,
        )

    @router.get("/counts")
    async def count_messages() -> dict[Provider, CountsOut]:
        """What each provider was handed."""
        counts = await store.counts()
        return {
            provider: CountsOut(
                outbound=count.outbound, inbound=count.inbound, parties=count.parties
            )
            for provider, count in counts.items()
        }

    @router.post("/replies")
    async def post_reply(reply: ReplyIn) -> ReplyOut:
        """Text from a person's phone: posts the signed inbound webhook and tells what came."""
        try:
            message, webhook = inbound(sandbox, reply.from_, reply.to, reply.body)
        except TwilioError as refused:
            raise HTTPException(422, refused.message) from None
        status = await sandbox.reply(message, webhook)
        return ReplyOut(
            message_sid=message.sid, api_status=status, accepted=status in _HTTP_OK_RANGE
        )

    @router.post("/mail-replies")
    async def post_mail_reply(reply: MailReplyIn) -> ReplyOut:
        """Answer a mail from a person's mailbox: posts Inbound Parse's form, tells what came."""
        kept = await store.message(Provider.SENDGRID, reply.mail_id)
        if kept is None or kept.message.direction is not Direction.OUTBOUND:
            raise HTTPException(404, "There is no such mail here.")
        try:
            message, webhook = answer(sandbox, kept.message, reply.body)
        except SendGridError as refused:
            raise HTTPException(422, refused.message) from None
        status = await sandbox.reply(message, webhook)
        return ReplyOut(
            message_sid=message.sid, api_status=status, accepted=status in _HTTP_OK_RANGE
        )

    @router.get("/faults")
    async def list_faults() -> list[FaultOut]:
        """The faults that are set, in the order they will be used."""
        return [
            FaultOut(
                provider=fault.provider,
                kind=fault.kind,
                remaining=fault.remaining,
                share=fault.share,
            )
            for fault in await store.faults()
        ]

    @router.post("/faults")
    async def set_fault(fault: FaultIn) -> list[FaultOut]:
        """Set or lift a fault; answers with all that are set then."""
        await store.set_fault(Fault(fault.provider, fault.kind, fault.times, fault.share))
        return await list_faults()

    @router.put("/webhooks/hold", status_code=204)
    async def hold_webhooks(hold: HoldIn) -> None:
        """Keep receipts and events back from now on, or let them go; replies are never kept."""
        sandbox.poster.hold(held=hold.held)

    @router.get("/webhooks/pending")
    async def list_pending() -> PendingPage:
        """The webhooks the API has not accepted yet."""
        count, pending = await store.pending_webhooks(_MOST_PENDING)
        return PendingPage(
            count=count,
            webhooks=[
                PendingOut(
                    id=item.id,
                    kind=item.webhook.kind,
                    attempts=item.attempts,
                    last_status=item.last_status,
                    due_at=item.webhook.due_at,
                )
                for item in pending
            ],
        )

    return router


def _message(kept: KeptMessage) -> MessageOut:
    message = kept.message
    return MessageOut(
        id=kept.id,
        provider=message.provider,
        direction=message.direction,
        sid=message.sid,
        from_=message.sender,
        to=message.recipient,
        subject=message.subject,
        body=message.body,
        reference=message.reference,
        created_at=message.created_at,
    )
