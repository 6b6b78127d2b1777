"""Moves a locked loan from state to state, with audit and wake; the domain says what may follow."""

from datetime import date, timedelta
from uuid import UUID

from api.audit.service import record as audit
from api.clock import Clock
from api.loans.tables import LoanRow
from api.tasks import service as tasks
from api.wakes import service as wakes
from api.work import Work
from contracts.names import Role, WakeKind
from domain.errors import Fact
from domain.ids import loan_workflow_id
from domain.lending.loan import ClosedReason, Command, Lifecycle, transition

REFUND_WITHIN = timedelta(days=5)
"""How soon money that is not owed is to go back."""


def move(
    work: Work, loan: LoanRow, command: Command, facts: dict[str, Fact] | None = None
) -> Lifecycle:
    """Apply a command to a loan's life; raises `ILLEGAL_TRANSITION`."""
    reason = None if loan.closed_reason is None else ClosedReason(loan.closed_reason)
    state = transition(Lifecycle(loan.lifecycle), command, reason)
    loan.lifecycle = state.value
    loan.version += 1
    audit(work, f"loan.{command.value}", "loan", loan.id, facts)
    return state


async def wake(work: Work, loan_id: UUID, clock_id: UUID | None) -> None:
    """A fact for a loan's workflow."""
    await wakes.raise_wake(work, loan_workflow_id(loan_id), WakeKind.LOAN, clock_id)


async def close_repaid(work: Work, loan: LoanRow, clock: Clock, today: date) -> None:
    """Nothing is owed any more: the loan ends; credit on it is to be refunded."""
    await close(work, loan, clock, today, ClosedReason.REPAID)


async def close(work: Work, loan: LoanRow, clock: Clock, today: date, reason: ClosedReason) -> None:
    """A loan ends for a reason, with nothing owed; credit on it is to be refunded."""
    move(work, loan, Command.CLOSE, {"reason": reason.value, "on": today.isoformat()})
    loan.closed_reason = reason.value
    loan.closed_on = today
    if loan.credit > 0:
        await tasks.open_task(
            work,
            clock,
            natural_key=f"refund:{loan.id}:{today.isoformat()}",
            kind="refund",
            title=f"Refund {loan.credit.normalize():f} {loan.currency} on LN-{loan.number}",
            role=Role.MANAGER,
            due_at=clock.now + REFUND_WITHIN,
            loan_id=loan.id,
            customer_id=loan.customer_id,
        )
    await wake(work, loan.id, loan.test_clock_id)
