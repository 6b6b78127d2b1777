"""How a loan takes money that is paid ahead, where its product lets it change the schedule."""

from collections.abc import Sequence

from api.loan_changes import interest_pauses
from api.loans.balances import earning_kept
from api.loans.queries import Book
from api.loans.tables import InstalmentRow
from api.loans.terms import terms_of
from api.products.schedules import changes_schedule
from api.products.terms import waterfall_of
from api.work import Work
from domain.lending.early import Early
from domain.lending.schedule import Instalment


async def early_of(work: Work, book: Book, rows: Sequence[InstalmentRow]) -> Early | None:
    """What money paid ahead makes of a loan's schedule; None where the schedule stays."""
    if not rows or not changes_schedule(book.product):
        return None
    pauses = await interest_pauses.of_loan(work, book.loan.id)
    return Early(terms_of(book, rows), waterfall_of(book.product), pauses)


def plan_as(rows: Sequence[InstalmentRow], planned: Sequence[Instalment]) -> None:
    """Put another plan on the instalments that it names."""
    new = {row.number: row for row in planned}
    for row in rows:
        found = new.get(row.number)
        if found is not None:
            row.principal, row.interest = found.principal, found.interest
            row.earning = earning_kept(found)
