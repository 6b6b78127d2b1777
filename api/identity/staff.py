"""The staff as their colleagues need to know them: who there is, and what they are called."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from api.identity import personal, queries
from api.work import Work
from contracts.names import Role


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff who may log in."""

    user_id: UUID
    name: str
    role: Role


async def members(work: Work) -> Sequence[Member]:
    """Everybody who can be given work, by name."""
    found = [
        Member(row.id, personal.name_of(work.vault, row), Role(row.role))
        for row in await queries.staff(work)
    ]
    return sorted(found, key=lambda member: (member.name, member.user_id))


async def names(work: Work, user_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """What users are called; also those who may not log in any more."""
    return await queries.names(work, user_ids)
