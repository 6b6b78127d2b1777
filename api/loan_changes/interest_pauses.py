"""The days on which a loan bears no interest: its interest pauses that stand."""

from uuid import UUID

from sqlalchemy import select

from api.loan_changes.tables import LoanChangeRow
from api.work import Work
from contracts.loan_changes import InterestPause as Asked
from domain.lending.tranches import InterestPause


async def of_loan(work: Work, loan_id: UUID) -> tuple[InterestPause, ...]:
    """A loan's interest pauses, in the order in which they were made."""
    rows = await work.session.scalars(
        select(LoanChangeRow.terms)
        .where(
            LoanChangeRow.loan_id == loan_id,
            LoanChangeRow.kind == "interest_pause",
            LoanChangeRow.status == "applied",
        )
        .order_by(LoanChangeRow.number)
    )
    asked = [Asked.model_validate(terms) for terms in rows]
    return tuple(InterestPause(each.from_on, each.to_on) for each in asked)
