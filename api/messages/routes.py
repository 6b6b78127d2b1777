"""HTTP of messages: lists, reasons, and the deliveries of the workers."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from api.deps import ServicesDep, WorkDep
from api.messages import delivery, outcomes, service, unsubscribing
from api.pagination import PageQuery
from contracts.base import Page
from contracts.messages import ContactDecision, Message, MessageChannel, MessageStatus
from contracts.work import Dispatched, DispatchMessages, Lease, LeaseMessages, SendOutcomes, Swept

router = APIRouter(tags=["Messages"])


@router.get("/messages", summary="List messages")
async def list_messages(
    work: WorkDep,
    page: PageQuery,
    *,
    status: Annotated[MessageStatus | None, Query(description="Only in this state")] = None,
    channel: Annotated[MessageChannel | None, Query(description="Only by this medium")] = None,
    customer_id: Annotated[UUID | None, Query(description="Only of this customer")] = None,
    case_id: Annotated[UUID | None, Query(description="Only of this recovery case")] = None,
    loan_id: Annotated[UUID | None, Query(description="Only about this loan")] = None,
) -> Page[Message]:
    """Messages out and in, in the order they were made; `reasons` says why one did not go."""
    filters = service.Filters(
        status=status, channel=channel, customer_id=customer_id, case_id=case_id, loan_id=loan_id
    )
    return await service.list_messages(work, filters, page)


@router.get("/messages/{message_id}/decisions", summary="Why a message went or did not")
async def list_message_decisions(work: WorkDep, message_id: UUID) -> list[ContactDecision]:
    """Each decision about contacting the customer with this message, and the rules that spoke."""
    return await service.decisions(work, message_id)


@router.get("/customers/{customer_id}/messages", summary="A customer's messages")
async def list_customer_messages(
    work: WorkDep, page: PageQuery, customer_id: UUID
) -> Page[Message]:
    """The conversation with one customer: what went and what came, by every medium, oldest first.

    A reply says in `understood` what it was taken for. He himself sees those that went or came.
    """
    return await service.list_of_customer(work, customer_id, page)


@router.post("/deliveries/lease", summary="Lease due messages")
async def lease_messages(work: WorkDep, kit: ServicesDep, request: LeaseMessages) -> Lease:
    """Take the due messages of a channel and shard for twenty seconds, permits granted.

    For delivery workers. Messages in doubt after a lapsed lease come with `look_up`.
    """
    return await delivery.lease(work, request, kit.settings.public_url)


@router.post("/deliveries/dispatch", summary="Take the last look before sending")
async def dispatch_messages(work: WorkDep, request: DispatchMessages) -> Dispatched:
    """Answer which messages of a leased group may really go now; they count as sent from here.

    For delivery workers. May be repeated: the same call gets the same answer.
    """
    return await delivery.dispatch(work, request)


@router.post(
    "/deliveries/results",
    summary="Report what the provider said",
)
async def record_outcomes(work: WorkDep, request: SendOutcomes) -> Swept:
    """Record the outcome of each send or look-up. May be repeated, and may come late."""
    return await outcomes.record_outcomes(work, request)


@router.get(
    "/unsubscribe/{message_id}/{proof}",
    summary="Ask whether e-mails shall end",
    response_class=HTMLResponse,
)
async def ask_unsubscribe(message_id: UUID, proof: str) -> HTMLResponse:
    """The page behind the link, for mail programs that open it; looking at it ends nothing."""
    del message_id, proof  # programs that look at every link shall learn nothing
    return HTMLResponse(unsubscribing.QUESTION)


@router.post(
    "/unsubscribe/{message_id}/{proof}",
    summary="End e-mails to an address in one click",
    description="The address of the List-Unsubscribe header of an e-mail (RFC 8058). It needs no "
    "log-in: the link proves itself. May be repeated.",
    response_class=HTMLResponse,
)
async def unsubscribe(work: WorkDep, message_id: UUID, proof: str) -> HTMLResponse:
    """End e-mails to the address that a message went to."""
    await unsubscribing.unsubscribe(work, message_id, proof)
    return HTMLResponse(unsubscribing.DONE)
