"""The life of a payout: the bank is told once, then asked until it has settled or refused."""

from temporalio import workflow

from contracts.money_work import MoneyPlan, PayoutRun
from contracts.names import POKE, WorkflowName
from contracts.work import Poke
from workflows import options, ports
from workflows.money_movement import MoneyMovement


@workflow.defn(name=WorkflowName.PAYOUT.value)
class Payout:
    """Sends the money of a loan to the borrower's bank."""

    def __init__(self) -> None:
        """Every run begins by asking."""
        self._movement = MoneyMovement()

    @workflow.update(name=POKE)
    def poke(self, _poke: Poke) -> None:
        """Take note that a fact arrived: the plan is asked for again."""
        self._movement.take_poke()

    @workflow.run
    async def run(self, run: PayoutRun) -> MoneyPlan:
        """Pay out until it is settled or refused."""

        async def plan(title: str) -> MoneyPlan:
            return await workflow.execute_activity(
                ports.plan_payout, run, summary=title, **options.SYSTEM_OF_RECORD
            )

        async def perform(title: str) -> MoneyPlan:
            return await workflow.execute_activity(
                ports.perform_payout, run, summary=title, **options.MONEY
            )

        return await self._movement.run(run, plan, perform)
