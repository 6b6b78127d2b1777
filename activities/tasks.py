"""Activities of tasks."""

from temporalio import activity

from activities.system_of_record import SystemOfRecord
from contracts.names import ActivityName
from contracts.work import TaskAdvance, TaskRun


class TaskActivities:
    """What a `Task` asks of the system of record."""

    def __init__(self, system: SystemOfRecord) -> None:
        """Keep the client; its scope is `tasks:work`."""
        self._system = system

    @activity.defn(name=ActivityName.ADVANCE_TASK.value)
    async def advance_task(self, run: TaskRun) -> TaskAdvance:
        """Do what is due of a task's follow-up; answer what comes next and when."""
        return await self._system.advance_task(run.task_id)
