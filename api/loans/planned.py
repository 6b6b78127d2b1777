"""A planned instalment as a new row: nothing of it is paid, given back or relieved yet."""

from typing import Final
from uuid import UUID

from api.loans.balances import earning_kept
from api.loans.tables import InstalmentRow
from domain.lending.schedule import Instalment
from domain.money import ZERO

_NOTHING_YET: Final = (
    "fee",
    "penalty",
    "principal_paid",
    "interest_paid",
    "interest_rebated",
    "fee_paid",
    "penalty_paid",
    "principal_relieved",
    "interest_relieved",
    "fee_relieved",
    "penalty_relieved",
)


def planned_row(loan_id: UUID, planned: Instalment) -> InstalmentRow:
    """The row of an instalment of a loan."""
    return InstalmentRow(
        loan_id=loan_id,
        number=planned.number,
        from_on=planned.from_on,
        due_on=planned.due_on,
        principal=planned.principal,
        interest=planned.interest,
        earning=earning_kept(planned),
        agreed=planned.agreed,
        **dict.fromkeys(_NOTHING_YET, ZERO),
    )
