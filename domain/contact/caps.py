"""How often is too often: a number of contacts in a sliding window of customer-local days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from domain.contact.channel import Channel
from domain.errors import DomainError, ErrorCode


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `max` contacts in any `days` consecutive local days.

    Attributes:
        channel: The medium it counts; None counts all together.
        max: Contacts allowed in the window, at least 1.
        days: Length of the window in local days, today included, at least 1.
    """

    channel: Channel | None
    max: int
    days: int

    def __post_init__(self) -> None:
        """Refuse a cap that allows nothing or looks at nothing (`INVALID_CONTACT`)."""
        if self.max < 1 or self.days < 1:
            raise DomainError(
                ErrorCode.INVALID_CONTACT, "A contact cap has a number and a window above zero."
            )

    def counts(self, channel: Channel) -> bool:
        """Tell whether contacts by this medium fall under the cap."""
        return self.channel is None or self.channel is channel


def exceeded(
    cap: Cap, local_days_of_past_contacts: Iterable[date], today_local: date
) -> date | None:
    """The first local day on which one more contact keeps the cap; None if today does.

    Args:
        cap: The rule.
        local_days_of_past_contacts: The local day of every contact the cap counts, in any order.
            Days after today (another plausible zone was ahead) count as well.
        today_local: The person's day now.
    """
    latest_first = sorted(local_days_of_past_contacts, reverse=True)
    if len(latest_first) < cap.max:
        return None
    # The cap is free again when the max-th latest contact has left the window.
    free_on = latest_first[cap.max - 1] + timedelta(days=cap.days)
    return free_on if free_on > today_local else None
