"""What a customer's own words change in his cases, besides promises."""

from uuid import UUID

from api.audit.service import record
from api.clock import clock_for
from api.recovery import cases, queries, timeline
from api.work import Work


async def customer_stopped(work: Work, customer_id: UUID) -> None:
    """The customer withdrew from a way of contact: his open cases note it and plan again.

    The permit keeps messages back by itself; the cases only learn that some channel is gone.
    """
    rows = await queries.open_cases_of(work, customer_id)
    for case in rows:
        clock = await clock_for(work, case.test_clock_id)
        timeline.write(work, case, clock.now, timeline.EventKind.CUSTOMER_STOPPED)
        record(work, "case.customer_stopped", "case", case.id)
    await cases.wake_many(work, rows)
