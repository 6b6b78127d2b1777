"""Where delivery receipts wait for one another: those that come together are one transaction.

A provider reports each message several times, one call each; in the morning they come by the
thousand. What is answered with 200 is committed, as if it had come alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy.exc import OperationalError

from api.grouping import Grouping
from api.security.principal import SYSTEM
from api.webhooks import receipts
from api.webhooks.receipts import Report
from api.work import WorkRoom
from domain.contact.channel import Channel
from domain.errors import DomainError, ErrorCode

log = structlog.get_logger(__name__)

LARGEST_GROUP: Final = 200
LONGEST_QUEUE: Final = 5_000
_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class _Brought:
    """A receipt, and the channel it is of."""

    channel: Channel
    report: Report


class ReceiptDesk:
    """Takes in the receipts that reach one process."""

    def __init__(self, room: WorkRoom, longest_queue: int = LONGEST_QUEUE) -> None:
        """Open the desk; it works only while a receipt waits at it."""
        self._room = room
        self._longest_queue = longest_queue
        # One at a time: receipts of one message never overtake each other.
        self._groups: Grouping[_Brought, None] = Grouping(
            self._take_in_all, largest=LARGEST_GROUP, at_once=1
        )

    async def take_in(self, channel: Channel, report: Report) -> None:
        """Move a message on as a receipt says; it is committed when this returns.

        Raises:
            DomainError: `UNAVAILABLE` when too many wait already; the provider calls again.
        """
        if self._groups.waiting >= self._longest_queue:
            raise DomainError(
                ErrorCode.UNAVAILABLE, "Too many receipts come at once; nothing was changed."
            )
        await self._groups.join(_Brought(channel, report))

    async def _take_in_all(self, group: Sequence[_Brought]) -> list[BaseException | None]:
        """Take in a group; whoever says something of an address, or fails with it, goes alone."""
        answers: list[BaseException | None] = [None] * len(group)
        together = [n for n, one in enumerate(group) if not one.report.is_of_address]
        alone = [n for n, one in enumerate(group) if one.report.is_of_address]
        try:
            for channel in sorted({group[n].channel for n in together}):
                reports = [group[n].report for n in together if group[n].channel is channel]
                async with self._room.begin(SYSTEM, reports[0].request_id) as work:
                    await receipts.take_in(work, channel, reports)
        except Exception as error:
            log.warning("group_failed", kind=type(error).__name__, receipts=len(together))
            alone = [*together, *alone]
        for n in alone:
            answers[n] = await self._alone(group[n])
        return answers

    async def _alone(self, one: _Brought) -> BaseException | None:
        """Take in one receipt, once more when the database broke it off; the error it had."""
        for left in reversed(range(_ATTEMPTS)):
            try:
                async with self._room.begin(SYSTEM, one.report.request_id) as work:
                    await receipts.take_in(work, one.channel, [one.report])
            except OperationalError as error:
                if not left:
                    return error
            except Exception as error:
                return error
            else:
                return None
        return None
