"""The life of a loan: apply what is due, then sleep until the next decision or the next fact."""

from temporalio import workflow

from contracts.names import POKE, WorkflowName
from contracts.work import LoanAdvance, LoanRun, Poke
from workflows import attributes, options, ports
from workflows.hop import back_off, hop


@workflow.defn(name=WorkflowName.LOAN.value)
class Loan:
    """One run applies everything that is due, and hops to the next instant that matters.

    The API decides; this decides only when to ask. A run ends for good when the loan's life is
    over; a later fact (a returned payment, say) starts it afresh. The search attributes of a
    finished loan are those of its last sleep: its result says how it ended.
    """

    def __init__(self) -> None:
        """Every run begins by asking, whatever woke it."""
        self._dirty = True

    @workflow.update(name=POKE)
    def poke(self, _poke: Poke) -> None:
        """Take note that a fact arrived; the run asks again before it sleeps."""
        self._dirty = True

    @workflow.run
    async def run(self, run: LoanRun) -> LoanAdvance:
        """Ask until nothing new has arrived meanwhile, then finish or hop."""
        while True:
            self._dirty = False
            advance = await workflow.execute_activity(
                ports.advance_loan, run, **options.SYSTEM_OF_RECORD
            )
            await workflow.wait_condition(workflow.all_handlers_finished)
            if not self._dirty:
                break
        if not advance.finished:
            hop(
                run,
                after=back_off(
                    advance.next_wake_at,
                    workflow.now(),
                    on_test_clock=advance.clock_id is not None,
                    spread_by=workflow.info().workflow_id,
                ),
                shown=attributes.of_loan(advance),
                line=advance.line,
            )
        return advance
