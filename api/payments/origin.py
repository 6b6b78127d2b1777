"""Where a payment came from, and what makes its posting happen once."""

from dataclasses import dataclass
from uuid import UUID

from domain.lending.ledger import Account


@dataclass(frozen=True, slots=True)
class Origin:
    """Where money came from, when it was not told by a person.

    Attributes:
        natural_key: Makes the posting happen once, whoever tells of it.
        at_gateway: The money lies at a gateway and is not on our account yet.
        payment_id: The key of the payment that the money is, where it was announced before.
    """

    natural_key: str | None = None
    at_gateway: bool = False
    payment_id: UUID | None = None

    @property
    def account(self) -> Account:
        """The account that the money is debited to."""
        return Account.GATEWAY_CLEARING if self.at_gateway else Account.CASH


BY_HAND = Origin()
"""Somebody says that the money is on our account."""
