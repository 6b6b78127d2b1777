"""What Tenor asks of a bank, whichever it is."""

from typing import Protocol

from contracts.money_work import BankOrder, BankOutcome


class BankUnsureError(Exception):
    """Nobody knows what became of a transfer: it has to be looked up before anything else is done.

    The message is a code, without anything personal.
    """


class Bank(Protocol):
    """Sends money; answers what is certain and raises `BankUnsureError` for anything else."""

    async def pay(self, order: BankOrder) -> BankOutcome:
        """Send the money under the attempt's id, at most once.

        An order that says `repeat` is looked up by the attempt's id first.
        """
        ...

    async def close(self) -> None:
        """Let the connections go."""
        ...
