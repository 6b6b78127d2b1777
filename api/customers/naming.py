"""What lists call customers: number and name, without the rest of what is personal."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from api.customers import queries
from api.customers.tables import CustomerRow
from api.work import Work


@dataclass(frozen=True, slots=True)
class Named:
    """A customer in a list; the name is empty once it was erased."""

    customer_id: UUID
    number: str
    name: str
    zone: str | None


async def names(work: Work, customer_ids: Collection[UUID]) -> Mapping[UUID, Named]:
    """What those of the customers are called whom the principal may see."""
    found = await queries.by_ids(work, customer_ids) if customer_ids else []
    return {row.id: Named(row.id, f"CU-{row.number}", _name(work, row), row.zone) for row in found}


def _name(work: Work, row: CustomerRow) -> str:
    if row.wrapped_key is None:
        return ""
    cipher = work.vault.cipher(row.wrapped_key)
    return cipher.maybe_decrypt(row.name_ct, "customers.name") or ""
