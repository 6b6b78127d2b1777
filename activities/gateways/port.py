"""What Tenor asks of a gateway, whoever it is."""

from typing import Protocol

from contracts.money_work import GatewayOrder, GatewayOutcome


class GatewayUnsureError(Exception):
    """Nobody knows what became of a call: it has to be looked up before anything else is done.

    The message is a code, without anything personal.
    """


class Gateway(Protocol):
    """Takes payments.

    Methods answer what is certain and raise `GatewayUnsureError` for anything else: a time-out, a
    broken connection, an error of the gateway, an answer that makes no sense.
    """

    async def prepare(self, order: GatewayOrder) -> GatewayOutcome | None:
        """Make a saved method ready to be charged; answers its names where they are new.

        They are recorded before anything is charged, so that a charge can be found by them.
        """
        ...

    async def charge(self, order: GatewayOrder) -> GatewayOutcome:
        """Take the money from a saved method, under the attempt's id, at most once.

        An order that says `repeat` is looked up by the attempt's id first.
        """
        ...

    async def open_page(self, order: GatewayOrder) -> GatewayOutcome:
        """Make a page on which somebody may pay; the same attempt always gets the same page."""
        ...

    async def look_up(self, order: GatewayOrder) -> GatewayOutcome:
        """What became of a page."""
        ...

    async def close_page(self, order: GatewayOrder) -> GatewayOutcome:
        """See to it that nobody can pay on a page any more; a page already paid says so."""
        ...

    async def close(self) -> None:
        """Let the connections go."""
        ...
