"""HTTP of messages: lists, reasons, and the deliveries of the workers."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from api.deps import OnceDep, OnceRequired, ServicesDep, WorkDep
from api.messages import calls, delivery, outcomes, pack_listing, service, unsubscribing
from api.pagination import PageQuery
from contracts.base import Page
from contracts.calls import Call, CallPermit, CallResult, NewCall
from contracts.contact_packs import ContactPack
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


@router.get("/contact-packs", summary="List the contact rules")
async def list_contact_packs(work: WorkDep, page: PageQuery) -> Page[ContactPack]:
    """Every version of every rule pack, with its sources; `in_force` marks those that bind now.

    A pack that is not `verified` holds figures that were not read at their source.
    """
    return await pack_listing.list_packs(work, page)


@router.get("/recovery-cases/{case_id}/call-permit", summary="Ask whether to call now")
async def get_call_permit(
    work: WorkDep, case_id: UUID, customer_id: UUID | None = None
) -> CallPermit:
    """Says whether the customer may be called now, or not before when. It reserves nothing.

    With `customer_id` it asks about another party of the case's loans: his own hours, caps, wishes
    and holds decide, and whether he owes the debt.
    """
    return await calls.call_permit(work, case_id, customer_id)


@router.post(
    "/recovery-cases/{case_id}/calls",
    summary="Ask for a call, or record one",
    status_code=201,
    response_model=Call,
)
async def make_call(work: WorkDep, once: OnceRequired, case_id: UUID, command: NewCall) -> Response:
    """With a permit the answer holds the number to dial; the call then counts for the caps.

    A call that took place is recorded with its `outcome`; one of ours that was made without a
    permit is kept as a breach.
    """
    return await once.run(
        work,
        command,
        lambda: calls.make_call(work, case_id, command),
        reread=lambda call_id: calls.get_call(work, call_id),
    )


@router.get("/calls/{call_id}", summary="Show a call")
async def get_call(work: WorkDep, call_id: UUID) -> Call:
    """A call with its permit, and what became of it."""
    return await calls.get_call(work, call_id)


@router.post("/calls/{call_id}/result", summary="Report a call", response_model=Call)
async def finish_call(work: WorkDep, once: OnceDep, call_id: UUID, command: CallResult) -> Response:
    """Records what became of a permitted call. A conversation starts the waits the law sets."""
    return await once.run(
        work,
        command,
        lambda: calls.finish_call(work, call_id, command),
        status=200,
        reread=lambda found: calls.get_call(work, found),
    )


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
