"""Loan products over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.deps import OnceDep, WorkDep
from api.pagination import PageQuery
from api.products import service
from contracts.base import Page
from contracts.parties import NewProduct, Product

router = APIRouter(tags=["products"])

ProductName = Annotated[
    str,
    Path(
        pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}(@[0-9]{1,9})?$",
        description="`code` for the newest version, `code@version` for one of them",
        examples=["personal", "personal@2"],
    ),
]


@router.post(
    "/products",
    status_code=201,
    response_model=Product,
    summary="Make a product, or the next version of one",
    description="Versions are never changed: a loan keeps the one it began with.",
)
async def create_product(body: NewProduct, work: WorkDep, once: OnceDep) -> Response:
    """Make a product version."""
    return await once.run(work, body, lambda: service.create(work, body))


@router.get("/products", summary="List the newest version of every product")
async def list_products(work: WorkDep, page: PageQuery) -> Page[Product]:
    """List products by code."""
    return await service.list_(work, page)


@router.get("/products/{product}", summary="Get a product")
async def get_product(product: ProductName, work: WorkDep, response: Response) -> Product:
    """Get the newest version of a product, or one of its versions."""
    found = await service.get(work, product)
    response.headers["ETag"] = f'"{found.version}"'
    return found
