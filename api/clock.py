"""Business time: live, or a test clock's.

Technical time (leases, tokens) is `Work.now` and always live. A `Clock` gives the instant at
which a customer and all that is his live; business dates and local times follow from it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from api.clocks.tables import TestClockRow
from api.work import Work
from domain.calendar import business_date
from domain.errors import DomainError, ErrorCode


@dataclass(frozen=True, slots=True)
class Clock:
    """An instant of business time and the test clock it comes from, if any."""

    now: datetime
    test_clock_id: UUID | None

    def today(self, zone: str) -> date:
        """The date of this instant in a zone: the business date in a creditor's."""
        return business_date(self.now, zone)


async def clock_for(work: Work, test_clock_id: UUID | None) -> Clock:
    """The clock of somebody; raises `NOT_FOUND` for a test clock that does not exist."""
    if test_clock_id is None:
        return Clock(work.now, None)
    now = work.clocks.get(test_clock_id)
    if now is None:
        now = await work.session.scalar(
            select(TestClockRow.now_at).where(TestClockRow.id == test_clock_id)
        )
        if now is None:
            raise DomainError(ErrorCode.NOT_FOUND, "There is no such test clock.")
        work.clocks[test_clock_id] = now
    return Clock(now, test_clock_id)
