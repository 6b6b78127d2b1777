"""Who is asking."""

from dataclasses import dataclass
from uuid import UUID

from contracts.names import Role


@dataclass(frozen=True, slots=True)
class Principal:
    """A user or a service, as its token says. `scopes` are empty for users.

    `session_id` is the log-in that a user's token belongs to: ended, it takes the token with it.
    """

    id: str
    role: Role
    scopes: frozenset[str] = frozenset()
    user_id: UUID | None = None
    customer_id: UUID | None = None
    session_id: UUID | None = None

    @property
    def actor(self) -> str:
        """How the audit names it: `user:<id>`, `service:<name>`, `system`."""
        if self.user_id is not None:
            return f"user:{self.user_id}"
        return f"{'service' if self.role is Role.SERVICE else self.role.value}:{self.id}"


SYSTEM = Principal(id="system", role=Role.SERVICE)
"""The API itself: migrations, webhooks of providers, rules applied by date."""
