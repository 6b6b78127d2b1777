"""Activities of loans."""

from temporalio import activity

from activities.system_of_record import SystemOfRecord
from contracts.names import ActivityName
from contracts.work import LoanAdvance, LoanRun


class LoanActivities:
    """What a `Loan` asks of the system of record."""

    def __init__(self, system: SystemOfRecord) -> None:
        """Keep the client; its scope is `loans:advance`."""
        self._system = system

    @activity.defn(name=ActivityName.ADVANCE_LOAN.value)
    async def advance_loan(self, run: LoanRun) -> LoanAdvance:
        """Apply all that is due on a loan; answer its state and when it wants to be woken next."""
        return await self._system.advance_loan(run.loan_id)
