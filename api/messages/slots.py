"""Contact slots of a group of people: read once, counted in memory, written together.

Whoever holds a `Slots` holds the row locks of its customers; so nobody else counts meanwhile.
"""

from collections.abc import Collection
from datetime import date
from typing import Self
from uuid import UUID

from api.messages import contact_queries
from api.messages.contact_queries import Slot
from api.messages.tables import MessageRow
from api.work import Work
from domain.contact.caps import Contact, ContactKind
from domain.contact.channel import Channel


class Slots:
    """The contacts that count against the caps, with what this unit of work changes of them."""

    def __init__(self, present: Collection[Slot] = ()) -> None:
        """Begin with the slots that are stored."""
        self._present: dict[UUID, Slot] = {}
        self._of: dict[UUID, dict[UUID, Slot]] = {}
        for slot in present:
            self._keep(slot)
        self._reserved: dict[UUID, Slot] = {}
        self._freed: set[UUID] = set()

    @classmethod
    async def read(cls, work: Work, customer_ids: Collection[UUID], since: date) -> Self:
        """The slots of customers since a local day."""
        return cls(await contact_queries.slots(work, customer_ids, since))

    def others(self, message: MessageRow) -> list[Contact]:
        """The contacts of a message's customer, but for its own."""
        return [
            _contact(slot) for slot in self._own(message).values() if slot.message_id != message.id
        ]

    def consented(self, message: MessageRow) -> bool:
        """Whether a message has a slot that fresh consent exempts from some caps."""
        slot = self._present.get(message.id)
        return slot is not None and slot.consented

    def reserve(self, message: MessageRow, contact: Contact) -> None:
        """Reserve a message's slot, or move the one it has to another day."""
        if message.customer_id is None:
            return
        slot = Slot(
            message.id,
            message.customer_id,
            message.channel,
            contact.on,
            sorted(UUID(debt) for debt in contact.debts),
            contact.kind.value,
            contact.by_customer,
            contact.consented,
        )
        self._keep(slot)
        self._reserved[message.id] = slot
        self._freed.discard(message.id)

    def free(self, message: MessageRow) -> None:
        """Give back the slot of a message that certainly did not go."""
        self._present.pop(message.id, None)
        self._own(message).pop(message.id, None)
        self._reserved.pop(message.id, None)
        self._freed.add(message.id)

    def _keep(self, slot: Slot) -> None:
        self._present[slot.message_id] = slot
        self._of.setdefault(slot.customer_id, {})[slot.message_id] = slot

    def _own(self, message: MessageRow) -> dict[UUID, Slot]:
        """The slots of a message's customer."""
        return {} if message.customer_id is None else self._of.get(message.customer_id, {})

    async def write(self, work: Work) -> None:
        """Store what was reserved and freed."""
        await work.session.flush()
        await contact_queries.free_slots(work, self._freed)
        await contact_queries.reserve_slots(work, self._reserved.values())


def _contact(slot: Slot) -> Contact:
    return Contact(
        Channel(slot.channel),
        slot.local_on,
        frozenset(str(loan_id) for loan_id in slot.loan_ids),
        ContactKind(slot.kind),
        by_customer=slot.by_customer,
        consented=slot.consented,
    )
