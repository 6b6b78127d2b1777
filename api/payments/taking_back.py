"""Takes a payment back with what hung on it: a settlement that it paid is none any more."""

from uuid import UUID

from api.payments import correcting, living, queries
from api.recovery import settlements
from api.trying import attempt_on
from api.work import Work
from contracts.payments import Payment, PaymentPreview, ReturnPayment, ReversePayment


async def reverse_payment(
    work: Work, loan_id: UUID, payment_id: UUID, why: ReversePayment
) -> Payment:
    """Reverse a payment; what a settlement forgave for it is owed again in the same transaction.

    Raises what `correcting.reverse_payment` raises, and `NOT_REVERSIBLE` where a loan of the
    settlement was changed since.
    """
    await settlements.unsettle(work, loan_id, payment_id)
    return await correcting.reverse_payment(work, loan_id, payment_id, why)


async def give_back(work: Work, payment_id: UUID, why: ReturnPayment, seen: int) -> Payment:
    """The bank did not pay, or took the money back; what hung on it is undone with it.

    Raises what `living.give_back` raises, and `NOT_REVERSIBLE` where a loan of a settlement was
    changed since.
    """
    row = await queries.payment(work, payment_id)
    if row is not None:
        await settlements.unsettle(work, row.loan_id, payment_id)
    return await living.give_back(work, payment_id, why, seen)


async def preview_reversal(work: Work, loan_id: UUID, payment_id: UUID) -> PaymentPreview:
    """What taking a payment back would do; nothing is written.

    Raises what `reverse_payment` raises.
    """
    async with attempt_on(work):
        await settlements.unsettle(work, loan_id, payment_id)
        return await correcting.preview_reversal(work, loan_id, payment_id)
