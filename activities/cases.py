"""Activities of recovery cases."""

from temporalio import activity

from activities.system_of_record import SystemOfRecord
from contracts.names import ActivityName
from contracts.work import CasePlan, CaseRun, StepRef


class CaseActivities:
    """What a `RecoveryCase` asks of the system of record."""

    def __init__(self, system: SystemOfRecord) -> None:
        """Keep the client; its scope is `cases:work`."""
        self._system = system

    @activity.defn(name=ActivityName.PLAN_CASE.value)
    async def plan_case(self, run: CaseRun) -> CasePlan:
        """Decide a case's next step, when it falls due, and why."""
        return await self._system.plan_case(run.case_id)

    @activity.defn(name=ActivityName.PERFORM_STEP.value)
    async def perform_step(self, step: StepRef) -> CasePlan:
        """Perform a planned step if it is still wanted; answer the plan that follows."""
        return await self._system.perform_step(step)
