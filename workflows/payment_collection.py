"""The life of a collection, by autopay or by link, until it is paid or given up."""

from temporalio import workflow

from contracts.money_work import CollectionRun, MoneyPlan
from contracts.names import POKE, WorkflowName
from contracts.work import Poke
from workflows import options, ports
from workflows.money_movement import MoneyMovement


@workflow.defn(name=WorkflowName.PAYMENT_COLLECTION.value)
class PaymentCollection:
    """Charges a saved method, or keeps a page open for whoever opens the link."""

    def __init__(self) -> None:
        """Every run begins by asking."""
        self._movement = MoneyMovement()

    @workflow.update(name=POKE)
    def poke(self, _poke: Poke) -> None:
        """Take note that a fact arrived: the plan is asked for again."""
        self._movement.take_poke()

    @workflow.run
    async def run(self, run: CollectionRun) -> MoneyPlan:
        """Collect until it is paid or over."""

        async def plan(title: str) -> MoneyPlan:
            return await workflow.execute_activity(
                ports.plan_collection, run, summary=title, **options.SYSTEM_OF_RECORD
            )

        async def perform(title: str) -> MoneyPlan:
            return await workflow.execute_activity(
                ports.perform_collection, run, summary=title, **options.MONEY
            )

        return await self._movement.run(run, plan, perform)
