"""The sending of one channel's messages: woken when some fall due, asleep between."""

from temporalio import workflow

from contracts.names import POKE, WorkflowName
from contracts.work import DeliveryReport, DeliveryRun, Poke
from workflows import options, ports
from workflows.hop import back_off, hop


@workflow.defn(name=WorkflowName.DELIVERY.value)
class Delivery:
    """Sends what is due in one channel and shard, then hops to the next due instant.

    When nothing waits at all it ends; the next queued message starts it again. On a test clock
    the next instant may come within milliseconds, and a poke that meets a run on its way out is
    put off by the server for a second: there it stays and waits for its pokes.
    """

    def __init__(self) -> None:
        """Every run begins with a sweep, whatever woke it."""
        self._dirty = True

    @workflow.update(name=POKE)
    def poke(self, _poke: Poke) -> None:
        """Take note that messages fell due."""
        self._dirty = True

    @workflow.run
    async def run(self, run: DeliveryRun) -> DeliveryReport:
        """Sweep until nothing new fell due meanwhile, then finish or hop."""
        sweeps = 0
        while True:
            self._dirty = False
            report = await workflow.execute_activity(ports.send_due, run, **options.DELIVERY)
            sweeps += 1
            on_test_clock = report.clock_id is not None
            if on_test_clock and sweeps < options.SWEEPS_A_RUN:
                await workflow.wait_condition(lambda: self._dirty)
            await workflow.wait_condition(workflow.all_handlers_finished)
            if not self._dirty:
                break
        if report.next_due_at is not None:
            hop(
                run,
                after=back_off(report.next_due_at, workflow.now(), on_test_clock=on_test_clock),
            )
        return report
