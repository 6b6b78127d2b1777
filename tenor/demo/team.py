"""The users as whom the demo calls, and their open cases."""

from dataclasses import dataclass
from uuid import UUID

from contracts.base import Page
from contracts.names import Role
from contracts.recovery import Case
from tenor.client import RestClient


@dataclass(frozen=True, slots=True)
class Team:
    """The users as whom the demo calls."""

    admin: RestClient
    manager: RestClient
    advisor: RestClient
    agent: RestClient

    def member(self, role: Role) -> RestClient:
        """The one who has a role."""
        return {
            Role.MANAGER: self.manager,
            Role.ADVISOR: self.advisor,
            Role.AGENT: self.agent,
        }.get(role, self.admin)

    async def open_case(self, customer_id: UUID) -> Case | None:
        """The first open case of a customer by number; raises `RestError`."""
        query = {"status": "open", "customer_id": str(customer_id)}
        found = await self.agent.get("/recovery-cases", Page[Case], query)
        return found.items[0] if found.items else None
