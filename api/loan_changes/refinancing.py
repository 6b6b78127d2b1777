"""A new loan pays the old one off; what is left of it goes to the customer."""

from uuid import UUID

from api.customers import service as customers
from api.loan_changes.ground import Effect, Held
from api.loans import queries as loans
from api.loans import service as loan_service
from api.payments import service as payments
from api.work import Work
from contracts.loan_changes import Refinance
from contracts.loans import NewLoan, NewParty
from contracts.payments import NewPayment
from domain.errors import DomainError, ErrorCode
from domain.lending.loan import ClosedReason
from domain.money import positive, quantize


async def hold_people(work: Work, loan_id: UUID) -> None:
    """Hold the persons on a loan: they come before loans in the lock order, and a new one is made.

    Raises `NOT_FOUND`.
    """
    await loans.book_of(work, loan_id)
    for party in sorted(await loans.parties(work, loan_id), key=lambda each: each.customer_id):
        await customers.lock(work, party.customer_id)


async def refinance(work: Work, held: Held, asked: Refinance) -> Effect:
    """Make the new loan, with the same persons, and pay the old one off with it.

    The persons are held by the caller (`hold_people`). Raises `LOAN_NOT_ACTIVE`, `INVALID_TERMS`
    for a principal below the payoff, and what making a loan raises.
    """
    held.require_active()
    old, today = held.loan, held.ground.today
    amount = positive(asked.principal, old.currency)
    payoff = held.earned_total()
    if amount < payoff:
        raise DomainError(
            ErrorCode.INVALID_TERMS,
            f"The payoff is {quantize(payoff, old.currency)} {old.currency}; lend at least that.",
            {"field": "principal"},
        )
    people = await loans.parties(work, old.id)
    made = await loan_service.create_loan(
        work,
        NewLoan(
            customer_id=old.customer_id,
            product=asked.product or held.ground.book.product.code,
            principal=amount,
            currency=old.currency,
            instalments=asked.instalments,
            annual_rate_percent=asked.annual_rate_percent,
            disbursed_on=today,
            first_due_on=asked.first_due_on,
            parties=[
                NewParty.model_validate(
                    {
                        "customer_id": each.customer_id,
                        "role": each.role,
                        "liability": each.liability,
                        "share_percent": each.share_percent,
                    }
                )
                for each in people
                if each.role not in {"primary", "estate"}
            ],
        ),
    )
    await payments.post_payment(
        work,
        old.id,
        NewPayment(
            amount=quantize(payoff, old.currency),
            currency=old.currency,
            method="other",
            reference=made.number,
            payoff=True,
        ),
    )
    old.closed_reason = ClosedReason.REFINANCED.value
    return Effect(amount, made_loan_id=made.id)
