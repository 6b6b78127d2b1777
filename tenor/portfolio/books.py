"""Creditors and products from a TOML file: made where they are missing, over REST."""

import tomllib
from pathlib import Path
from typing import Final
from uuid import UUID

from pydantic import Field, ValidationError

from contracts.base import Amount, Code, Currency, Page, ShortText, Wire
from contracts.parties import Creditor, NewCreditor, NewProduct, PenaltyTerms, Product
from domain.errors import ErrorCode
from tenor.client import RestClient, RestError
from tenor.portfolio.reading import PortfolioError


class BookProduct(Wire):
    """A product of the file: as the API takes it, but its creditor is named by code."""

    code: Code
    name: ShortText
    creditor: Code
    currency: Currency
    annual_rate_percent: Amount
    interest_method: str = "declining_balance"
    frequency: str = "monthly"
    day_count: str = "30/360"
    min_principal: Amount
    max_principal: Amount
    max_instalments: int = 60
    origination_fee: Amount | None = None
    penalty: PenaltyTerms = PenaltyTerms()
    arrears_grace_days: int = 0


class Books(Wire):
    """The creditors and products of a file."""

    creditors: list[NewCreditor] = Field(min_length=1, max_length=100)
    products: list[BookProduct] = Field(min_length=1, max_length=1000)


_KEY: Final = "books:{kind}:{code}"


def read_books(path: Path) -> Books:
    """Read creditors and products.

    Raises:
        PortfolioError: The file cannot be read or understood.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
        return Books.model_validate(found)
    except OSError as error:
        raise PortfolioError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PortfolioError(f"{path} is not TOML: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PortfolioError(f"{path}: {where}: {first['msg']}.") from error


async def enter_books(client: RestClient, books: Books) -> None:
    """Make the creditors and products that are not there; those that are stay as they are.

    Raises `RestError`, and `PortfolioError` for a product of a creditor that is not in the file.
    """
    ids = {creditor.code: await _creditor(client, creditor) for creditor in books.creditors}
    for product in books.products:
        creditor_id = ids.get(product.creditor)
        if creditor_id is None:
            raise PortfolioError(f"Product {product.code} names a creditor that is not there.")
        await _product(client, product, creditor_id)


async def _creditor(client: RestClient, new: NewCreditor) -> UUID:
    known = await client.get("/creditors", Page[Creditor], {"code": new.code})
    if known.items:
        return known.items[0].id
    key = _KEY.format(kind="creditor", code=new.code)
    return (await client.post("/creditors", Creditor, new, key)).id


async def _product(client: RestClient, product: BookProduct, creditor_id: UUID) -> None:
    try:
        await client.get(f"/products/{product.code}", Product)
    except RestError as error:
        if error.code != ErrorCode.NOT_FOUND.value:
            raise
    else:
        return
    data = product.model_dump(exclude={"creditor"}, exclude_none=True)
    new = NewProduct.model_validate({**data, "creditor_id": creditor_id})
    await client.post("/products", Product, new, _KEY.format(kind="product", code=product.code))
