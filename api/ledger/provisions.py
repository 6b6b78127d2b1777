"""What was set aside for losses at the end of a day, by product and bucket."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import text

from api.creditors import service as creditors
from api.ledger import period_queries
from api.ledger.period_queries import BookKey
from api.pagination import PageRequest, bad_cursor
from api.work import Work
from contracts.base import Page
from contracts.ledger import BookOf, Provision
from domain.errors import DomainError, ErrorCode
from domain.money import quantize

_OF_DAY: Final = """
    select p.product_id, product.code, product.version, p.currency, p.bucket, p.percent,
           sum(p.loans) as loans, sum(p.non_accrual_loans) as non_accrual_loans,
           sum(p.book_balance) as book_balance, sum(p.allowance) as allowance,
           sum(p.suspended_interest) as suspended_interest
    from provisions p
    join products product on product.id = p.product_id
    where p.creditor_id = :creditor and p.day = :day
      and p.test_clock_id is not distinct from cast(:clock as uuid)
      and (cast(:product as text) is null or product.code = :product)
      and (p.product_id, p.bucket) > (:after_product, :after_bucket)
    group by p.product_id, product.code, product.version, p.currency, p.bucket, p.percent
    order by p.product_id, p.bucket
    limit :count
"""


@dataclass(frozen=True, slots=True)
class _Cursor:
    product_id: UUID
    bucket: str


async def provisions(
    work: Work, of: BookOf, as_of: date | None, product: str | None, page: PageRequest
) -> Page[Provision]:
    """The provisions of a day, of the last closed one unless told; none for a book nobody keeps.

    Raises `NOT_FOUND`, `INVALID_DATE` (fact `closed_through`) for a day that is not closed yet,
    and `INVALID_REQUEST` for a foreign cursor.
    """
    await creditors.by_id(work, of.creditor_id)
    book = BookKey(of.creditor_id, of.test_clock_id)
    closed = await period_queries.days_closed_through(work, book)
    if closed is None:
        return Page(items=[], next_cursor=None)
    day = as_of or closed
    if day > closed:
        raise DomainError(
            ErrorCode.INVALID_DATE,
            f"The days are closed through {closed}.",
            {"field": "as_of", "closed_through": closed.isoformat()},
        )
    after = _after(page)
    rows = (
        await work.session.execute(
            text(_OF_DAY),
            book.parameters
            | {
                "day": day,
                "product": product,
                "after_product": after.product_id,
                "after_bucket": after.bucket,
                "count": page.limit + 1,
            },
        )
    ).all()
    kept, cursor = page.cut(rows, [f"{row.product_id}|{row.bucket}" for row in rows])
    return Page(
        items=[
            Provision(
                as_of=day,
                product_id=row.product_id,
                product=row.code,
                product_version=row.version,
                currency=row.currency,
                bucket=row.bucket,
                loans=row.loans,
                non_accrual_loans=row.non_accrual_loans,
                book_balance=quantize(row.book_balance, row.currency),
                percent=row.percent.normalize(),
                allowance=quantize(row.allowance, row.currency),
                suspended_interest=quantize(row.suspended_interest, row.currency),
            )
            for row in kept
        ],
        next_cursor=cursor,
    )


def _after(page: PageRequest) -> _Cursor:
    if page.after is None:
        return _Cursor(UUID(int=0), "")
    key, _, bucket = page.after.partition("|")
    try:
        return _Cursor(UUID(key), bucket)
    except ValueError:
        raise bad_cursor() from None
