"""The customer's credit goes back."""

from api.loan_changes.ground import Effect, Held
from api.payments.recording import Movement, record
from api.tasks import service as tasks
from api.work import Work
from contracts.loan_changes import Refund
from domain.errors import DomainError, ErrorCode
from domain.lending.change_entries import refund_entry
from domain.money import positive, quantize


async def refund(work: Work, held: Held, asked: Refund) -> Effect:
    """Record that credit was paid back; on a closed loan its refund task is done with the last.

    Raises `CREDIT_TOO_SMALL` and the refusals of amounts.
    """
    loan, today = held.loan, held.ground.today
    held_credit = quantize(loan.credit, loan.currency)
    wanted = held_credit if asked.amount is None else positive(asked.amount, loan.currency)
    if not wanted or wanted > loan.credit:
        raise DomainError(
            ErrorCode.CREDIT_TOO_SMALL,
            f"The loan holds {held_credit} {loan.currency} of the customer's money.",
            {"credit": str(held_credit)},
        )
    loan.credit -= wanted
    loan.version += 1
    await record(
        work,
        loan,
        Movement(
            kind="refund",
            amount=wanted,
            value_on=today,
            booked_on=today,
            entry=refund_entry(wanted),
            reference=asked.reference,
            reason=held.reason,
            natural_key=held.natural_key,
        ),
    )
    if not loan.credit and loan.closed_on is not None:
        await tasks.finish_opened(
            work, held.clock.now, f"refund:{loan.id}:{loan.closed_on.isoformat()}", "done"
        )
    return Effect(wanted)
