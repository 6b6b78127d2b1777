"""Activities of the end of the business day."""

from temporalio import activity

from activities.heartbeat import heartbeats
from activities.stopping import unless_stopping
from activities.system_of_record import SystemOfRecord
from contracts.names import ActivityName
from contracts.work import CloseReport


class ClosingActivities:
    """What `EndOfDay` asks of the system of record."""

    def __init__(self, system: SystemOfRecord) -> None:
        """Keep the client; its scope is `books:close`."""
        self._system = system

    @activity.defn(name=ActivityName.CLOSE_DUE_DAYS.value)
    async def close_due_days(self) -> CloseReport:
        """Close the days that have ended in some books; `more` asks for another call."""
        async with heartbeats(str):
            return await unless_stopping(self._system.close_due_days())
