"""What is shown of payments."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from api.loans import queries as loans
from api.pagination import PageRequest
from api.payments import queries
from api.payments.tables import TransactionRow
from api.work import Work
from contracts.base import Page
from contracts.loans import Balances
from contracts.payments import AllocationLine, Method, Payment
from domain.money import quantize

_METHODS: dict[str, Method] = {
    "bank_transfer": "bank_transfer",
    "cash": "cash",
    "card": "card",
    "direct_debit": "direct_debit",
    "cheque": "cheque",
}


class Part(Protocol):
    """A part of a payment, from a table or from the rules."""

    @property
    def instalment(self) -> int:
        """The number of the instalment."""

    @property
    def component(self) -> str:
        """What of it was paid."""

    @property
    def amount(self) -> Decimal:
        """How much."""


class Moved(Protocol):
    """A payment's movement, from a table or as it is about to be written."""

    @property
    def id(self) -> UUID:
        """Its key."""

    @property
    def number(self) -> int:
        """Its human number."""

    @property
    def loan_id(self) -> UUID:
        """The loan it is on."""

    @property
    def amount(self) -> Decimal:
        """How much."""

    @property
    def currency(self) -> str:
        """The loan's currency."""

    @property
    def value_on(self) -> date:
        """The day from which it counts."""

    @property
    def booked_at(self) -> datetime:
        """When it was written."""

    @property
    def method(self) -> str | None:
        """How the money came."""

    @property
    def reference(self) -> str | None:
        """The sender's reference."""

    @property
    def credited(self) -> Decimal:
        """What was more than owed."""

    @property
    def principal_after(self) -> Decimal:
        """Principal owed right after it."""

    @property
    def interest_after(self) -> Decimal:
        """Interest owed right after it."""

    @property
    def fee_after(self) -> Decimal:
        """Fees owed right after it."""

    @property
    def penalty_after(self) -> Decimal:
        """Penalties owed right after it."""


def shown(
    row: Moved,
    parts: Sequence[Part],
    is_reversed: bool,
    newest: TransactionRow | None = None,
) -> Payment:
    """A payment with its split; `newest` is its latest reallocation, whose `parts` those are."""
    currency = row.currency
    after = (row.principal_after, row.interest_after, row.fee_after, row.penalty_after)
    total = sum(after[1:], after[0])
    return Payment(
        id=row.id,
        number=f"PY-{row.number}",
        loan_id=row.loan_id,
        amount=quantize(row.amount, currency),
        currency=currency,
        value_on=row.value_on,
        booked_at=row.booked_at,
        method=_METHODS.get(row.method or "", "other"),
        reference=row.reference,
        status="reversed" if is_reversed else "posted",
        allocations=[
            AllocationLine(
                instalment=part.instalment,
                component=str(part.component),
                amount=quantize(part.amount, currency),
            )
            for part in sorted(parts, key=lambda part: (part.instalment, part.component))
        ],
        credited=quantize((newest or row).credited, currency),
        reallocated=newest is not None,
        outstanding_after=Balances(
            principal=quantize(row.principal_after, currency),
            interest=quantize(row.interest_after, currency),
            fee=quantize(row.fee_after, currency),
            penalty=quantize(row.penalty_after, currency),
            total=quantize(total, currency),
        ),
        loan_closed=total == 0,
    )


async def list_payments(
    work: Work, page: PageRequest, *, loan_id: UUID | None = None, customer_id: UUID | None = None
) -> Page[Payment]:
    """Payments of a loan or a customer, in the order they were posted; raises `NOT_FOUND`."""
    if loan_id is not None:
        await loans.book_of(work, loan_id)
    rows = await queries.page(
        work, page.after_number(), page.limit + 1, loan_id=loan_id, customer_id=customer_id
    )
    cut, cursor = page.cut(rows, [row.number for row, _ in rows])
    newest = await queries.reallocations(work, [row.id for row, _ in cut])
    sources = {row.id: newest.get(row.id, row).id for row, _ in cut}
    parts = await queries.allocations(work, list(sources.values()))
    return Page(
        items=[
            shown(row, parts[sources[row.id]], was_reversed, newest.get(row.id))
            for row, was_reversed in cut
        ],
        next_cursor=cursor,
    )
