"""Use cases over loan products: every version is kept, and a loan keeps its own."""

from decimal import Decimal
from uuid import UUID

from api.audit.service import record
from api.creditors import service as creditors
from api.pagination import PageRequest
from api.products import queries
from api.products.schedules import frequency_text, frequency_told
from api.products.tables import ProductRow
from api.products.terms import OWN, PENALTY_KINDS, life_terms, product_terms
from api.strategies import service as strategies
from api.work import Work
from contracts.base import Page
from contracts.parties import NewProduct, Product
from domain.books.chart import Mapped, chart
from domain.errors import DomainError, ErrorCode
from domain.money import quantize

_MAX_VERSION_DIGITS = 9


async def create(work: Work, new: NewProduct) -> Product:
    """Make a product, or the next version of its code; loans keep the version they began with.

    Raises `NOT_FOUND` (creditor, strategy), `INVALID_TERMS` and the refusals of amounts with the
    fact `field`, and `CONFLICT` when the code belongs to another creditor or currency.
    """
    creditor = await creditors.by_id(work, new.creditor_id)
    await strategies.require(work, new.strategy)
    await queries.hold_code(work, new.code)
    before = await queries.latest(work, new.code)
    if before is not None and (before.creditor_id, before.currency) != (
        creditor.id,
        new.currency,
    ):
        raise DomainError(
            ErrorCode.CONFLICT,
            "A product keeps its creditor and currency; another one needs a code of its own.",
            {"creditor_id": str(before.creditor_id), "currency": before.currency},
        )
    made = _row(work, new, 1 if before is None else before.version + 1)
    made.legal_order = creditor.legal_order
    product_terms(made)
    chart(Mapped(each.role, each.number, each.name) for each in new.accounts)
    life_terms(made)
    work.session.add(made)
    await work.session.flush()
    record(
        work,
        "product.created",
        "product",
        made.id,
        {"code": made.code, "version": made.version},
    )
    return product_of(made)


async def get(work: Work, name: str) -> Product:
    """A product by `code` (its newest version) or `code@version`; raises `NOT_FOUND`."""
    code, at, number = name.partition("@")
    if not at:
        return product_of(await _latest(work, code))
    if not (number.isascii() and number.isdigit() and len(number) <= _MAX_VERSION_DIGITS):
        raise _missing()
    found = await queries.version(work, code, int(number))
    if found is None:
        raise _missing()
    return product_of(found)


async def list_(work: Work, page: PageRequest) -> Page[Product]:
    """The newest version of every product, by code; `INVALID_REQUEST` for a foreign cursor."""
    found = await queries.latest_page(work, page.after_code(), page.limit + 1)
    kept, cursor = page.cut(found, [product.code for product in found])
    return Page(items=[product_of(product) for product in kept], next_cursor=cursor)


async def product_for_new_loan(work: Work, code: str, currency: str) -> ProductRow:
    """The version that a loan made now keeps.

    Raises `NOT_FOUND`, and `CURRENCY_MISMATCH` when the product lends another currency.
    """
    found = await _latest(work, code)
    if found.currency != currency:
        raise DomainError(
            ErrorCode.CURRENCY_MISMATCH,
            f"The product lends {found.currency}.",
            {"currency": found.currency},
        )
    return found


async def by_id(work: Work, product_id: UUID) -> ProductRow:
    """The version a loan keeps; raises `NOT_FOUND`."""
    found = await queries.by_id(work, product_id)
    if found is None:
        raise _missing()
    return found


async def _latest(work: Work, code: str) -> ProductRow:
    found = await queries.latest(work, code)
    if found is None:
        raise _missing()
    return found


def _missing() -> DomainError:
    return DomainError(ErrorCode.NOT_FOUND, "There is no such product.")


def _row(work: Work, new: NewProduct, version: int) -> ProductRow:
    return ProductRow(
        code=new.code,
        version=version,
        name=new.name,
        creditor_id=new.creditor_id,
        currency=new.currency,
        annual_rate_percent=new.annual_rate_percent,
        interest_method=new.interest_method,
        frequency=frequency_text(new.frequency),
        day_count=new.day_count,
        schedule=new.schedule.model_dump(mode="json"),
        min_principal=new.min_principal,
        max_principal=new.max_principal,
        min_instalments=new.min_instalments,
        max_instalments=new.max_instalments,
        waterfall=new.waterfall if isinstance(new.waterfall, str) else OWN,
        allocation=None
        if isinstance(new.waterfall, str)
        else new.waterfall.model_dump(mode="json"),
        origination_fee=new.origination_fee,
        penalty_kind=new.penalty.kind,
        penalty_amount=new.penalty.amount,
        penalty_grace_days=new.penalty.grace_days,
        penalty_cap_per_instalment=new.penalty.cap_per_instalment,
        penalty_cap_per_loan=new.penalty.cap_per_loan,
        arrears_grace_days=new.arrears_grace_days,
        arrears_tolerance=new.arrears_tolerance,
        arrears_ladder=new.arrears_ladder if isinstance(new.arrears_ladder, str) else OWN,
        buckets=(
            None
            if isinstance(new.arrears_ladder, str)
            else [bucket.model_dump(mode="json") for bucket in new.arrears_ladder]
        ),
        payment_life=new.payment_life.model_dump(mode="json"),
        provisioning=(
            None if new.provisioning is None else new.provisioning.model_dump(mode="json")
        ),
        strategy=new.strategy,
        accounts={each.role.value: [each.number, each.name] for each in new.accounts},
        created_at=work.now,
    )


def _shown(amount: Decimal | None, currency: str) -> Decimal | None:
    return None if amount is None else quantize(amount, currency)


def product_of(found: ProductRow) -> Product:
    """A product version as it goes over the wire: money at its currency's decimals."""
    kind = PENALTY_KINDS.get(found.penalty_kind)
    in_money = kind is not None and kind.is_amount
    return Product.model_validate(
        {
            "id": found.id,
            "code": found.code,
            "version": found.version,
            "name": found.name,
            "creditor_id": found.creditor_id,
            "currency": found.currency,
            "annual_rate_percent": found.annual_rate_percent.normalize(),
            "interest_method": found.interest_method,
            "frequency": frequency_told(found.frequency),
            "day_count": found.day_count,
            "schedule": found.schedule or {},
            "min_principal": quantize(found.min_principal, found.currency),
            "max_principal": quantize(found.max_principal, found.currency),
            "min_instalments": found.min_instalments,
            "max_instalments": found.max_instalments,
            "waterfall": found.waterfall if found.allocation is None else found.allocation,
            "origination_fee": quantize(found.origination_fee, found.currency),
            "penalty": {
                "kind": found.penalty_kind,
                "amount": (
                    quantize(found.penalty_amount, found.currency)
                    if in_money
                    else found.penalty_amount.normalize()
                ),
                "grace_days": found.penalty_grace_days,
                "cap_per_instalment": _shown(found.penalty_cap_per_instalment, found.currency),
                "cap_per_loan": _shown(found.penalty_cap_per_loan, found.currency),
            },
            "arrears_grace_days": found.arrears_grace_days,
            "arrears_tolerance": quantize(found.arrears_tolerance, found.currency),
            "arrears_ladder": found.arrears_ladder if found.buckets is None else found.buckets,
            "payment_life": found.payment_life or {},
            "provisioning": found.provisioning,
            "strategy": found.strategy,
            "accounts": [
                {"role": role, "number": number, "name": name}
                for role, (number, name) in found.accounts.items()
            ],
            "legal_order": found.legal_order,
            "created_at": found.created_at,
        }
    )
