"""A loan's own terms: its product's, at the rate that holds, from its first day."""

from collections.abc import Sequence
from dataclasses import replace

from api.loans.queries import Book
from api.loans.tables import InstalmentRow
from api.products.terms import product_terms
from domain.lending.terms import Terms


def terms_of(book: Book, rows: Sequence[InstalmentRow]) -> Terms:
    """The terms of a loan that has its instalments; raises what the product's terms raise."""
    loan, start = book.loan, rows[0].from_on
    agreed = product_terms(book.product).loan_terms(
        principal=loan.principal,
        instalments=loan.instalment_count,
        disbursed_on=start,
        # A down payment is due on the day of the disbursement and is no instalment.
        first_due_on=next(row.due_on for row in rows if row.due_on > start),
    )
    return replace(agreed, annual_rate_percent=loan.annual_rate_percent)
