"""Notices in the portal: nothing travels, since the system of record is where they are read."""

from activities.messaging.port import Accepted, Channel, Found, LookedUp, Outbound, SendOutcome


class InAppNotices:
    """A sender whose provider is Tenor itself: a notice that was dispatched is there."""

    @property
    def channel(self) -> Channel:
        """Notices in the portal."""
        return Channel.IN_APP

    @property
    def can_look_up(self) -> bool:
        """It always knows."""
        return True

    @property
    def settle_seconds(self) -> float:
        """Nothing is under way."""
        return 0.0

    async def send(self, message: Outbound) -> SendOutcome:
        """Say that it is there, under its own key: its report puts it into the reader's list."""
        return Accepted(str(message.message_id))

    async def look_up(self, message: Outbound) -> LookedUp:
        """What was dispatched is there, whoever fell silent meanwhile."""
        return Found(str(message.message_id))

    async def close(self) -> None:
        """There is nothing to release."""
