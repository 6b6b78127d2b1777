"""Methods, autopay, pay links and collections over HTTP."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.collecting import service
from api.collecting.service import CollectionFilter
from api.deps import IfMatch, OnceDep, OnceRequired, ServicesDep, WorkDep
from api.pagination import PageQuery
from contracts.base import Page
from contracts.collecting import (
    Autopay,
    Collection,
    NewAutopay,
    NewPayLink,
    NewPaymentMethod,
    PayLink,
    PaymentMethod,
)
from contracts.money_work import CollectionClaim, GatewayOutcome, MoneyPlan

router = APIRouter(tags=["collecting"])

Status = Literal["open", "paid", "failed", "expired", "cancelled"]
KindOfCollection = Literal["autopay", "link"]


def _tag(response: Response, version: int) -> None:
    """Give the version as ETag, for the next edit's If-Match."""
    response.headers["ETag"] = f'"{version}"'


@router.post(
    "/customers/{customer_id}/payment-methods",
    status_code=201,
    response_model=PaymentMethod,
    summary="Save a payment method",
)
async def save_payment_method(
    customer_id: UUID, new: NewPaymentMethod, once: OnceDep, work: WorkDep
) -> Response:
    """Keep a method that the customer gave to the gateway: its token only, never its number."""
    return await once.run(
        work,
        new,
        lambda: service.save_method(work, customer_id, new),
        reread=lambda key: service.get_method(work, key),
    )


@router.get("/customers/{customer_id}/payment-methods", summary="A customer's payment methods")
async def list_payment_methods(
    customer_id: UUID, work: WorkDep, page: PageQuery
) -> Page[PaymentMethod]:
    """List the saved methods of a customer, removed ones included."""
    return await service.list_methods(work, customer_id, page)


@router.get("/payment-methods/{method_id}", summary="A payment method")
async def get_payment_method(method_id: UUID, work: WorkDep, response: Response) -> PaymentMethod:
    """Show a saved method."""
    found = await service.get_method(work, method_id)
    _tag(response, found.version)
    return found


@router.post("/payment-methods/{method_id}/remove", summary="Forget a payment method")
async def remove_payment_method(
    method_id: UUID, seen: IfMatch, work: WorkDep, response: Response
) -> PaymentMethod:
    """Forget a method's token; loans on autopay with it are charged no more."""
    found = await service.remove_method(work, method_id, seen)
    _tag(response, found.version)
    return found


@router.post(
    "/loans/{loan_id}/autopay", status_code=201, response_model=Autopay, summary="Start autopay"
)
async def start_autopay(loan_id: UUID, new: NewAutopay, once: OnceDep, work: WorkDep) -> Response:
    """Charge the coming instalments to a saved method on their due dates."""
    return await once.run(work, new, lambda: service.start_autopay(work, loan_id, new))


@router.get("/loans/{loan_id}/autopay", summary="A loan's mandate")
async def get_autopay(loan_id: UUID, work: WorkDep, response: Response) -> Autopay:
    """Show the last mandate of a loan."""
    found = await service.get_autopay(work, loan_id)
    _tag(response, found.version)
    return found


@router.post("/loans/{loan_id}/autopay/cancel", summary="Cancel autopay")
async def cancel_autopay(
    loan_id: UUID, seen: IfMatch, work: WorkDep, response: Response
) -> Autopay:
    """End a mandate: nothing that is not under way is charged any more."""
    found = await service.cancel_autopay(work, loan_id, seen)
    _tag(response, found.version)
    return found


@router.post(
    "/loans/{loan_id}/pay-links",
    status_code=201,
    response_model=PayLink,
    summary="Make a pay link",
)
async def create_pay_link(
    loan_id: UUID, new: NewPayLink, once: OnceRequired, work: WorkDep, kit: ServicesDep
) -> Response:
    """Make an address at which somebody pays; what it asks for is reckoned when it is opened."""
    return await once.run(
        work,
        new,
        lambda: service.create_pay_link(work, loan_id, new, kit.settings.public_url),
        reread=lambda key: service.get_pay_link(work, key, kit.settings.public_url),
    )


@router.get("/loans/{loan_id}/pay-links", summary="A loan's pay links")
async def list_pay_links(
    loan_id: UUID, work: WorkDep, page: PageQuery, kit: ServicesDep
) -> Page[PayLink]:
    """List the links of a loan in the order they were made."""
    return await service.list_pay_links(work, loan_id, page, kit.settings.public_url)


@router.get("/pay-links/{link_id}", summary="A pay link")
async def get_pay_link(
    link_id: UUID, work: WorkDep, kit: ServicesDep, response: Response
) -> PayLink:
    """Show a link, what it asks for now, and whether it was paid."""
    found = await service.get_pay_link(work, link_id, kit.settings.public_url)
    _tag(response, found.version)
    return found


@router.post("/pay-links/{link_id}/cancel", summary="Cancel a pay link")
async def cancel_pay_link(
    link_id: UUID, seen: IfMatch, work: WorkDep, kit: ServicesDep, response: Response
) -> PayLink:
    """End a link before its time."""
    found = await service.cancel_pay_link(work, link_id, seen, kit.settings.public_url)
    _tag(response, found.version)
    return found


@router.get("/loans/{loan_id}/collections", summary="A loan's collections")
async def list_loan_collections(loan_id: UUID, work: WorkDep, page: PageQuery) -> Page[Collection]:
    """List what was collected, or tried to, by autopay and links, with every attempt."""
    return await service.list_collections(work, CollectionFilter(loan_id=loan_id), page)


@router.get("/collections", summary="Collections, by number")
async def list_collections(  # noqa: PLR0917 - FastAPI fills one parameter per filter, by name
    work: WorkDep,
    page: PageQuery,
    kind: KindOfCollection | None = None,
    status: Status | None = None,
    test_clock_id: Annotated[UUID | None, Query()] = None,
) -> Page[Collection]:
    """List collections, filtered."""
    which = CollectionFilter(kind=kind, status=status, test_clock_id=test_clock_id)
    return await service.list_collections(work, which, page)


@router.get("/collections/{collection_id}", summary="A collection with its attempts")
async def get_collection(collection_id: UUID, work: WorkDep) -> Collection:
    """Show a collection and every call of the gateway that was made for it."""
    return await service.get_collection(work, collection_id)


@router.post("/collections/{collection_id}/plan", summary="What a collection does next")
async def plan_collection(collection_id: UUID, work: WorkDep) -> MoneyPlan:
    """For the collection's workflow."""
    return await service.plan(work, collection_id)


@router.post("/collections/{collection_id}/claim", summary="Claim the gateway call that is due")
async def claim_collection(collection_id: UUID, work: WorkDep, kit: ServicesDep) -> CollectionClaim:
    """For the collection's workflow: committed before the gateway is called."""
    return await service.claim(work, collection_id, kit.settings.public_url)


@router.post("/collections/{collection_id}/outcomes", summary="Record what the gateway said")
async def record_collection_outcome(
    collection_id: UUID, said: GatewayOutcome, work: WorkDep
) -> MoneyPlan:
    """For the collection's workflow: once, however often it is told."""
    return await service.record_outcome(work, collection_id, said)
