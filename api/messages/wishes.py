"""What a customer says himself about a way of contact: no more of it, or again.

The same suppression as a STOP and a START: it binds the address, and everybody who has it.
"""

from uuid import UUID

from api.audit.service import record
from api.customers import service as customers
from api.customers.service import SuppressionReason
from api.messages import queries
from api.recovery.service import customer_stopped
from api.work import Work
from contracts.parties import ConsentTerms, CustomerEdit
from domain.contact.channel import Channel
from domain.errors import DomainError, ErrorCode


async def opt_out(work: Work, customer_id: UUID, channel: Channel, source: str) -> None:
    """Use a customer's address no more. May be repeated.

    Raises `NOT_FOUND` for a foreign customer or one without such an address.
    """
    index = await _index(work, customer_id, channel)
    holders = await customers.sharers(work, channel, index)
    await queries.lock_customers(work, holders)
    if not await customers.suppress(work, channel, index, SuppressionReason.STOP):
        return
    record(work, "customer.opted_out", "customer", customer_id, _told(channel, source))
    for holder in holders:
        await customer_stopped(work, holder)


async def opt_in(work: Work, customer_id: UUID, channel: Channel, source: str) -> None:
    """Use a customer's address again, for he asked. May be repeated.

    Raises `NOT_FOUND`, and `CONFLICT` where others have the address too: one may end contact
    for all, but not begin it again for them.
    """
    index = await _index(work, customer_id, channel)
    holders = await customers.sharers(work, channel, index)
    if len(holders) > 1:
        raise DomainError(
            ErrorCode.CONFLICT,
            "Somebody else uses this address too, so please write to us from it instead.",
        )
    await queries.lock_customers(work, holders)
    await customers.unsuppress(work, channel, index)
    given = ConsentTerms(medium=channel.value, granted=True, source=source)
    await customers.edit(work, customer_id, CustomerEdit(consents=[given]), lambda _: None)
    record(work, "customer.opted_in", "customer", customer_id, _told(channel, source))


async def _index(work: Work, customer_id: UUID, channel: Channel) -> bytes:
    index = (await customers.contact_card(work, customer_id)).address_index(channel)
    if index is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such address.")
    return index


def _told(channel: Channel, source: str) -> dict[str, str | int | None]:
    return {"medium": channel.value, "source": source}
