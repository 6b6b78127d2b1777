"""How a loan takes money, where its product lets what is paid early or late change its schedule."""

from collections.abc import Sequence

from api.loan_changes import interest_pauses
from api.loans.queries import Book
from api.loans.tables import InstalmentRow
from api.loans.terms import terms_of
from api.products.schedules import changes_schedule, earns_daily
from api.products.terms import daily_of, waterfall_of
from api.work import Work
from domain.lending.early import Early, Taking


async def early_of(work: Work, book: Book, rows: Sequence[InstalmentRow]) -> Taking | None:
    """What money paid ahead or late makes of a loan's schedule; None where the schedule stays."""
    if not rows or not changes_schedule(book.product):
        return None
    if earns_daily(book.product):
        return daily_of(book.product)
    pauses = await interest_pauses.of_loan(work, book.loan.id)
    return Early(terms_of(book, rows), waterfall_of(book.product), pauses)
