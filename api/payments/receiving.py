"""Money that comes in: it is announced only, or it is the money of what was announced, or new."""

from uuid import UUID

from api.loans import queries as loans
from api.payments import announcing, lives, living
from api.payments.origin import BY_HAND, Origin
from api.payments.posting import post_payment
from api.payments.tables import PaymentLifeRow
from api.work import Work
from contracts.payments import NewPayment, Payment


async def receive(work: Work, loan_id: UUID, new: NewPayment, origin: Origin = BY_HAND) -> Payment:
    """Take a payment as its status says.

    Money that was announced before clears that payment instead of being counted a second time.
    Raises what `announcing.announce` and `posting.post_payment` raise; then nothing was changed.
    """
    if new.status != "cleared":
        return await announcing.announce(work, loan_id, new)
    known = await _announced_before(work, loan_id, new, origin)
    if known is not None:
        cleared = await living.clear_with(work, known.id, new, origin)
        if cleared is not None:
            return cleared
    return await post_payment(work, loan_id, new, origin)


async def _announced_before(
    work: Work, loan_id: UUID, new: NewPayment, origin: Origin
) -> PaymentLifeRow | None:
    """The awaited payment that money is; it is locked and looked at again before it is cleared.

    What a gateway took does not lie on the account to which a provisional payment was booked.
    """
    rows = [
        row
        for row in await lives.awaited(work, loan_id)
        if row.posted_key is None or not origin.at_gateway
    ]
    if not rows:
        return None
    await loans.book_of(work, loan_id)  # whoever may not see the loan learns nothing
    return announcing.known_again(rows, new.amount, new.reference)
