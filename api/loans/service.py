"""The use cases of loans, in one place for whoever calls them."""

from api.loans.explaining import explanation, outstanding_then
from api.loans.origination import (
    apply_for_loan,
    approve_loan,
    create_loan,
    disburse_loan,
    reject_loan,
    withdraw_loan,
)
from api.loans.quoting import quote_loan
from api.loans.reading import delinquency, detail, list_loans, list_overdue, outstanding, unpaid
from api.loans.servicing import advance_loan

__all__ = [
    "advance_loan",
    "apply_for_loan",
    "approve_loan",
    "create_loan",
    "delinquency",
    "detail",
    "disburse_loan",
    "explanation",
    "list_loans",
    "list_overdue",
    "outstanding",
    "outstanding_then",
    "quote_loan",
    "reject_loan",
    "unpaid",
    "withdraw_loan",
]
