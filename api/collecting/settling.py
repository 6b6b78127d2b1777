"""Money that a gateway says it has taken: posted once, whoever tells of it and however often."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from api.audit.service import record as audit
from api.clock import Clock
from api.collecting import amounts
from api.collecting.tables import CollectionAttemptRow, CollectionRow
from api.loans.queries import Book
from api.payments import service as payments
from api.work import Work
from contracts.payments import NewPayment
from domain.ids import gateway_payment_key


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a gateway took, under its own name of the payment."""

    gateway: str
    reference: str
    amount: Decimal


async def settle(  # noqa: PLR0917 - everything it is about is locked by the caller
    work: Work,
    book: Book,
    clock: Clock,
    row: CollectionRow,
    attempt: CollectionAttemptRow,
    receipt: Receipt,
) -> UUID:
    """Post a gateway's payment to the locked loan and end the locked collection as paid.

    The gateway's name of the payment is the natural key of the posting. Money that has no loan to
    go to any more (closed meanwhile, or the collection was paid before) is kept as the customer's
    credit and a manager is asked to give it back.
    """
    key = gateway_payment_key(receipt.gateway, receipt.reference)
    known = await payments.posted_under(work, key)
    if known is not None:
        return known
    paid_before = row.status == "paid"
    full = row.asks == "full" and receipt.amount == await amounts.wanted(work, book, row, clock)
    attempt.status = "succeeded"
    attempt.payment_reference = receipt.reference
    attempt.ended_at = work.now
    row.status = "paid"
    row.reason = None
    row.due_at = None
    row.page_wanted = False
    row.collected += receipt.amount
    row.version += 1
    await work.session.flush()
    new = NewPayment(
        amount=receipt.amount,
        currency=row.currency,
        method="card",
        reference=receipt.reference[:64],
        payoff=full,
    )
    if book.loan.lifecycle == "active" and not paid_before:
        posted = await payments.post_payment(
            work, row.loan_id, new, payments.Origin(key, at_gateway=True)
        )
        payment_id = posted.id
    else:
        payment_id = await payments.keep_as_credit(
            work, book, clock, new, payments.Origin(key, at_gateway=True)
        )
    row.payment_id = row.payment_id or payment_id
    audit(
        work,
        "collection.paid",
        "loan",
        row.loan_id,
        {"collection": str(row.id), "payment": str(payment_id), "amount": str(receipt.amount)},
    )
    return payment_id
