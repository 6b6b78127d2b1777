"""Links by which customers come into the portal."""

from datetime import datetime
from uuid import UUID

from contracts.base import Wire


class PortalLink(Wire):
    """A signed link for one customer; whoever opens it is asked for a second fact."""

    id: UUID
    customer_id: UUID
    url: str
    """Holds no personal data. Send it to the customer, and to nobody else."""
    created_at: datetime
    expires_at: datetime
