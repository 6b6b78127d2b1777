"""The walk of a test clock to the instant it was asked to reach."""

from temporalio import workflow

from contracts.names import POKE, WorkflowName
from contracts.work import ClockRun, ClockWalked, Poke
from workflows import attributes, options, ports


@workflow.defn(name=WorkflowName.TEST_CLOCK.value)
class TestClock:
    """Walks until no further target was set meanwhile, then ends; the next advance starts it."""

    __test__ = False  # its name begins as a test's does, and it is none

    def __init__(self) -> None:
        """Every run begins with a walk."""
        self._dirty = True

    @workflow.update(name=POKE)
    def poke(self, _poke: Poke) -> None:
        """Take note that a target was set."""
        self._dirty = True

    @workflow.run
    async def run(self, run: ClockRun) -> ClockWalked:
        """Walk to the target; walk on when a new one was set on the way."""
        workflow.upsert_search_attributes([attributes.CLOCK.value_set(str(run.clock_id))])
        while True:
            self._dirty = False
            walked = await workflow.execute_activity(ports.walk_clock, run, **options.WALK)
            await workflow.wait_condition(workflow.all_handlers_finished)
            if not self._dirty:
                return walked
