"""What is unpaid of an instalment, said in SQL; `api.loans.balances.owed` says it of one row."""

from decimal import Decimal
from typing import Final

from sqlalchemy import ColumnElement

from api.loans.tables import InstalmentRow

REPAYMENT_LEFT: Final = (
    "(i.principal - i.principal_paid - i.principal_relieved"
    " + i.interest - i.interest_rebated - i.interest_paid - i.interest_relieved)"
)
"""Unpaid principal and interest, for plain SQL with instalments as `i`."""

LATE_LEFT: Final = f"({REPAYMENT_LEFT} + i.fee - i.fee_paid - i.fee_relieved)"
"""What makes an instalment late when unpaid: everything but penalties."""


def unpaid() -> ColumnElement[Decimal]:
    """All that is unpaid of an instalment, penalties included."""
    row = InstalmentRow
    return (
        row.principal
        - row.principal_paid
        - row.principal_relieved
        + row.interest
        - row.interest_rebated
        - row.interest_paid
        - row.interest_relieved
        + row.fee
        - row.fee_paid
        - row.fee_relieved
        + row.penalty
        - row.penalty_paid
        - row.penalty_relieved
    )
