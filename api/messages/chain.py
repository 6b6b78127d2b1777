"""The chain of a customer's contact decisions: appends to it, reads it, and checks it.

A chain for each customer: whoever decides holds the customer's row already, so appending waits
for nobody else, and what is shown of one person says nothing of another.
"""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final, Self
from uuid import UUID

from api.db.base import Facts
from api.db.gathering import add_values
from api.messages import chain_queries
from api.messages.tables import ContactDecisionRow
from api.work import Work
from domain.evidence.canonical import Record, digest_of, instant
from domain.evidence.chain import Link, beginning, breaks, link


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that is to be kept, in the columns of its row."""

    id: UUID
    message_id: UUID
    customer_id: UUID
    outcome: str
    reasons: list[str]
    packs: list[str]
    inputs: Facts
    decided_at: datetime
    defer_until: datetime | None
    valid_until: datetime | None


_COLUMNS: Final = tuple(field.name for field in fields(Decided))


def record_of(row: ContactDecisionRow | Decided) -> Record:
    """A decision as it was chained: everything that was kept of it, but for the chain itself."""
    return {
        "id": str(row.id),
        "customer_id": str(row.customer_id),
        "message_id": str(row.message_id),
        "outcome": row.outcome,
        "reasons": list(row.reasons),
        "packs": list(row.packs),
        "inputs": dict(row.inputs),
        "decided_at": instant(row.decided_at),
        "defer_until": None if row.defer_until is None else instant(row.defer_until),
        "valid_until": None if row.valid_until is None else instant(row.valid_until),
    }


def link_of(row: ContactDecisionRow) -> Link:
    """The link that holds a decision, with the digest of the decision as it stands now."""
    return Link(row.place, digest_of(record_of(row)), row.link)


class Chains:
    """The ends of the chains of some customers, moved on as decisions are appended.

    Whoever holds one holds the row locks of its customers; so nobody else appends meanwhile.
    """

    def __init__(self, ends: dict[UUID, tuple[int, str]]) -> None:
        """Begin with the place and hash of the last link of each chain."""
        self._ends = ends

    @classmethod
    async def read(cls, work: Work, customer_ids: Collection[UUID]) -> Self:
        """The ends as they are stored."""
        return cls(await chain_queries.ends(work, customer_ids))

    def append(self, work: Work, decided: Decided) -> None:
        """Give a new decision its place and its link, and store it."""
        end = self._ends.get(decided.customer_id)
        place, previous = (0, beginning(decided.customer_id)) if end is None else end
        made = link(previous, place + 1, digest_of(record_of(decided)))
        self._ends[decided.customer_id] = (made.place, made.hash)
        values: dict[str, object] = {name: getattr(decided, name) for name in _COLUMNS}
        add_values(
            work.session,
            ContactDecisionRow,
            values | {"place": made.place, "link": made.hash},
        )


@dataclass(frozen=True, slots=True)
class Damage:
    """Where the chain of a customer does not hold, and why."""

    customer_id: UUID
    place: int
    why: str


async def damages(work: Work) -> AsyncIterator[Damage]:
    """Every place in every chain that does not hold, customer by customer."""
    owner: UUID | None = None
    links: list[Link] = []
    async for row in chain_queries.every_decision(work):
        if owner is not None and row.customer_id != owner:
            for each in breaks(owner, links):
                yield Damage(owner, each.place, each.why)
            links = []
        owner = row.customer_id
        links.append(link_of(row))
    if owner is not None:
        for each in breaks(owner, links):
            yield Damage(owner, each.place, each.why)
