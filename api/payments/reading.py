"""What is shown of payments."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from api.loans import queries as loans
from api.loans.balances import owed_in_all
from api.loans.balances import shown as balances
from api.loans.queries import Book
from api.loans.tables import LoanRow
from api.pagination import PageRequest
from api.payments import lives, queries
from api.payments.tables import PaymentLifeRow, TransactionRow
from api.work import Work
from contracts.base import Page
from contracts.loans import Balances
from contracts.payments import AllocationLine, Method, Payment, PaymentLife, PaymentStatus
from domain.errors import DomainError, ErrorCode
from domain.lending.payment_life import AWAITED, PaymentState
from domain.lending.reversal import ReversalKind
from domain.money import ZERO, quantize

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
    *,
    returned: bool = False,
    life: PaymentLifeRow | None = None,
) -> Payment:
    """A payment with its split; `newest` is its latest reallocation, whose `parts` those are.

    `returned` says of one that is reversed that the bank took it back; `life` is what is kept of
    one that was announced before it was final.
    """
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
        status=_status(life, is_reversed=is_reversed, returned=returned),
        life=None if life is None else life_of(life),
        version=(2 if is_reversed else 1) if life is None else life.version,
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


def _status(life: PaymentLifeRow | None, *, is_reversed: bool, returned: bool) -> PaymentStatus:
    if life is not None:
        return status_of(life)
    if is_reversed:
        return "returned" if returned else "reversed"
    return "cleared"


def status_of(life: PaymentLifeRow) -> PaymentStatus:
    """Where a payment is in its life."""
    return _STATUSES[PaymentState(life.state)]


_STATUSES: dict[PaymentState, PaymentStatus] = {
    PaymentState.REPORTED: "reported",
    PaymentState.PENDING: "pending",
    PaymentState.CLEARED: "cleared",
    PaymentState.RETURNED: "returned",
    PaymentState.REVERSED: "reversed",
    PaymentState.WITHDRAWN: "withdrawn",
    PaymentState.EXPIRED: "expired",
}


def life_of(life: PaymentLifeRow) -> PaymentLife:
    """What is known of a payment that was announced."""
    state = PaymentState(life.state)
    return PaymentLife(
        source="customer" if life.source == "customer" else "staff",
        announced_at=life.announced_at,
        pending_at=life.pending_at,
        cleared_at=life.cleared_at,
        ended_at=life.ended_at,
        counts=life.posted_key is not None
        and state in {PaymentState.PENDING, PaymentState.CLEARED},
        pauses_reminders=life.pauses and state in AWAITED,
        awaited_until=life.awaited_until if state in AWAITED else None,
        reason=life.reason,
    )


def announced(life: PaymentLifeRow, loan: LoanRow) -> Payment:
    """A payment whose money does not count: nothing is split, the loan stands as it is."""
    currency = life.currency
    return Payment(
        id=life.id,
        number=f"PY-{life.number}",
        loan_id=life.loan_id,
        amount=quantize(life.amount, currency),
        currency=currency,
        value_on=life.value_on,
        booked_at=life.announced_at,
        method=_METHODS.get(life.method, "other"),
        reference=life.reference,
        status=status_of(life),
        life=life_of(life),
        version=life.version,
        allocations=[],
        credited=quantize(ZERO, currency),
        outstanding_after=balances(
            owed_in_all(loan),
            currency,
        ),
        loan_closed=loan.lifecycle == "closed",
    )


async def one(work: Work, payment_id: UUID) -> Payment:
    """One payment, whether its money counts or not; raises `NOT_FOUND`."""
    await work.session.flush()
    life = await lives.find(work, payment_id)
    row = await queries.payment(work, payment_id)
    if row is not None:
        await seen_loan(work, row.loan_id)
        return (await _posted(work, [row], {} if life is None else {life.id: life}))[0]
    if life is None:
        raise missing()
    book = await seen_loan(work, life.loan_id)
    return announced(life, book.loan)


async def seen_loan(work: Work, loan_id: UUID) -> Book:
    """The loan of a payment; a payment on one that may not be seen is `NOT_FOUND` itself."""
    try:
        return await loans.book_of(work, loan_id)
    except DomainError as error:
        if error.code is ErrorCode.NOT_FOUND:
            raise missing() from error
        raise


def missing() -> DomainError:
    """The answer for a payment that does not exist or may not be seen."""
    return DomainError(ErrorCode.NOT_FOUND, "There is no such payment.")


async def _posted(
    work: Work, rows: Sequence[TransactionRow], known: Mapping[UUID, PaymentLifeRow]
) -> list[Payment]:
    """Payments that count or did, as they stand."""
    ids = [row.id for row in rows]
    newest = await queries.reallocations(work, ids)
    reversals = await queries.reversals(work, ids)
    sources = {row.id: newest.get(row.id, row).id for row in rows}
    parts = await queries.allocations(work, list(sources.values()))
    return [
        shown(
            row,
            parts[sources[row.id]],
            row.id in reversals,
            newest.get(row.id),
            returned=reversals.get(row.id) == ReversalKind.RETURNED,
            life=known.get(row.id),
        )
        for row in rows
    ]


async def list_payments(
    work: Work,
    page: PageRequest,
    *,
    loan_id: UUID | None = None,
    customer_id: UUID | None = None,
    status: PaymentStatus | None = None,
) -> Page[Payment]:
    """Payments of a loan or a customer, or all; those in one status, if one is named.

    They come in the order in which they were posted or announced. Raises `NOT_FOUND`.
    """
    if loan_id is not None:
        await loans.book_of(work, loan_id)
    state = None if status is None else PaymentState(status)
    asked = lives.Asked(loan_id=loan_id, customer_id=customer_id, state=state)
    after, limit = page.after_number(), page.limit + 1
    rows = await lives.posted_page(work, asked, after, limit)
    waiting = await lives.announced_page(work, asked, after, limit)
    merged: list[TransactionRow | tuple[PaymentLifeRow, LoanRow]] = [*rows, *waiting]
    merged.sort(key=_number)
    cut, cursor = page.cut(merged[:limit], [_number(entry) for entry in merged[:limit]])
    posted = [entry for entry in cut if isinstance(entry, TransactionRow)]
    known = await lives.of(work, [row.id for row in posted])
    told = {payment.id: payment for payment in await _posted(work, posted, known)}
    return Page(
        items=[
            told[entry.id] if isinstance(entry, TransactionRow) else announced(*entry)
            for entry in cut
        ],
        next_cursor=cursor,
    )


def _number(entry: TransactionRow | tuple[PaymentLifeRow, LoanRow]) -> int:
    return entry.number if isinstance(entry, TransactionRow) else entry[0].number
