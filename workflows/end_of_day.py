"""The end of the business day: close every book whose day is over, in bounded calls."""

from typing import Final

from temporalio import workflow

from contracts.names import WorkflowName
from contracts.work import CloseReport
from workflows import options, ports

CALLS_A_RUN: Final = 1_000
"""Calls after which a run ends; what is left is taken up by the next one of the schedule."""


@workflow.defn(name=WorkflowName.END_OF_DAY.value)
class EndOfDay:
    """Started by a schedule, many times a day: books lie in many zones, and a day ends in each."""

    @workflow.run
    async def run(self) -> CloseReport:
        """Close until nothing is left; answer what was closed in all."""
        books = loans = 0
        more = True
        for _ in range(CALLS_A_RUN):
            report = await workflow.execute_activity(ports.close_due_days, **options.CLOSING)
            books += report.books
            loans += report.loans
            more = report.more
            if not more:
                break
        return CloseReport(books=books, loans=loans, more=more)
