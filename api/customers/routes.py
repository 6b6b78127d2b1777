"""Customers over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.customers import service
from api.deps import IfMatch, OnceDep, ServicesDep, WorkDep
from api.pagination import PageQuery
from api.versions import check_version
from contracts.base import Page
from contracts.parties import Customer, CustomerEdit, CustomerSearch, ExternalReference, NewCustomer

router = APIRouter(tags=["customers"])


@router.post(
    "/customers",
    status_code=201,
    response_model=Customer,
    summary="Make a customer",
    description="The zone is taken from the phone number or the country where only one is "
    "plausible; while it is unknown nobody is called or texted.",
)
async def create_customer(
    body: NewCustomer, work: WorkDep, once: OnceDep, kit: ServicesDep
) -> Response:
    """Make a customer; a repeat with the same key answers the customer as he is then."""
    return await once.run(
        work,
        body,
        lambda: service.create(work, body, sandbox=kit.settings.sandbox),
        reread=lambda customer_id: service.get(work, customer_id),
    )


@router.get("/customers", summary="List customers by number")
async def list_customers(
    work: WorkDep,
    page: PageQuery,
    number: Annotated[str | None, Query(max_length=24, examples=["CU-1001"])] = None,
    external_ref: Annotated[ExternalReference | None, Query()] = None,
    test_clock_id: Annotated[UUID | None, Query(description="Those on this clock only")] = None,
) -> Page[Customer]:
    """List customers; to seek by name, phone or e-mail use the search."""
    return await service.list_(
        work, page, number=number, external_ref=external_ref, test_clock_id=test_clock_id
    )


@router.post(
    "/customers/search",
    summary="Find customers by name, phone or e-mail",
    description="Whole addresses and whole words of the name, in a body because they are "
    "personal: nothing of a person stands in a URL.",
)
async def search_customers(body: CustomerSearch, work: WorkDep, page: PageQuery) -> Page[Customer]:
    """Find customers by what is personal to them."""
    return await service.search(work, body, page)


@router.get("/customers/{customer_id}", summary="Get a customer")
async def get_customer(customer_id: UUID, work: WorkDep, response: Response) -> Customer:
    """Get a customer; a customer gets himself."""
    found = await service.get(work, customer_id)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.patch(
    "/customers/{customer_id}",
    summary="Change a customer",
    description="What is left out stays, null clears it. Consents are appended to those given "
    "before. Needs If-Match.",
)
async def edit_customer(
    customer_id: UUID, body: CustomerEdit, work: WorkDep, version: IfMatch, response: Response
) -> Customer:
    """Change a customer; a customer changes himself."""
    changed = await service.edit(
        work, customer_id, body, lambda actual: check_version(version, actual)
    )
    response.headers["ETag"] = f'"{changed.version}"'
    return changed
