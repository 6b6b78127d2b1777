"""How much a collection asks for now: a function of the loan, its clock, and what it is for."""

from decimal import Decimal

from api.clock import Clock
from api.collecting.tables import CollectionRow
from api.loans import queries as loans
from api.loans.balances import owed, sum_owed
from api.loans.payoffs import payoff_of
from api.loans.queries import Book
from api.payments import lives
from api.work import Work
from domain.money import ZERO


async def wanted(work: Work, book: Book, row: CollectionRow, clock: Clock) -> Decimal:
    """The amount to collect now; zero when there is nothing to ask for.

    A card is not charged on its own for money that the bank says is under way.
    """
    asked = await _asked(work, book, row, clock)
    if asked == 0 or row.kind != "autopay":
        return asked
    today = clock.today(book.creditor.zone)
    awaited = await lives.awaited_amounts(work, book.loan.id, today, book.creditor.zone)
    return max(ZERO, asked - awaited.pending)


async def _asked(work: Work, book: Book, row: CollectionRow, clock: Clock) -> Decimal:
    if book.loan.lifecycle != "active":
        return ZERO
    rows = await loans.instalments(work, book.loan.id)
    today = clock.today(book.creditor.zone)
    match row.asks:
        case "instalment":
            mine = next(each for each in rows if each.number == row.instalment)
            if owed(mine).total == 0:
                return ZERO
            through = max(today, mine.due_on)
            return sum_owed([each for each in rows if each.due_on <= through]).total
        case "overdue":
            return sum_owed([each for each in rows if each.due_on < today]).total
        case "full":
            return payoff_of(rows, today, book.product).total
        case "other":
            left = sum_owed(rows).total
            return left if row.amount is None else min(row.amount, left)
        case _:
            due = sum_owed([each for each in rows if each.due_on <= today]).total
            if due > 0:
                return due
            unpaid = [owed(each).total for each in rows if owed(each).total > 0]
            return unpaid[0] if unpaid else ZERO
