"""The schedules: what the clock starts and no fact does."""

from datetime import timedelta
from typing import Final

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from contracts.names import Queue, WorkflowName

END_OF_DAY: Final = "end-of-day"
"""The schedule of the end of the business day, and the beginning of its workflows' ids."""

_CATCH_UP: Final = timedelta(hours=1)
_AFTER_MIDNIGHT: Final = timedelta(minutes=1)


def end_of_day(every: timedelta) -> Schedule:
    """Look for ended days all round the clock: books lie in many zones.

    Runs never overlap, and after an outage those of the last hour suffice, since each closes
    whatever is open.
    """
    return Schedule(
        action=ScheduleActionStartWorkflow(
            WorkflowName.END_OF_DAY.value, id=END_OF_DAY, task_queue=Queue.CLOSING.value
        ),
        spec=ScheduleSpec(
            intervals=[ScheduleIntervalSpec(every=every, offset=min(_AFTER_MIDNIGHT, every / 2))]
        ),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=_CATCH_UP),
    )


async def ensure(client: Client, *, every: timedelta, schedule_id: str = END_OF_DAY) -> None:
    """Create the schedule, or bring the one that exists up to date; a pause is left as it is."""
    wanted = end_of_day(every)
    try:
        await client.create_schedule(schedule_id, wanted)
    except ScheduleAlreadyRunningError:

        def revise(found: ScheduleUpdateInput) -> ScheduleUpdate:
            schedule = found.description.schedule
            schedule.action, schedule.spec, schedule.policy = (
                wanted.action,
                wanted.spec,
                wanted.policy,
            )
            return ScheduleUpdate(schedule=schedule)

        await client.get_schedule_handle(schedule_id).update(revise)
