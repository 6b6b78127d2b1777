"""Reading the journal: a loan's entries, and the balance of all accounts."""

from decimal import Decimal
from uuid import UUID

from api.creditors import service as creditors
from api.ledger import queries
from api.loans import service as loans
from api.pagination import PageRequest
from api.work import Work
from contracts.base import Page
from contracts.payments import JournalEntry, JournalLine, TrialBalance, TrialBalanceRow
from domain.money import ZERO, quantize


async def loan_journal(work: Work, loan_id: UUID, page: PageRequest) -> Page[JournalEntry]:
    """The entries of a loan in the order they were booked, each with its lines.

    Raises `NOT_FOUND` alike for a foreign and a missing loan, `INVALID_REQUEST` for a foreign
    cursor.
    """
    await loans.detail(work, loan_id)
    found = await queries.entries_of_loan(work, loan_id, page.after_id(), page.limit + 1)
    kept, cursor = page.cut(found, [entry.id for entry in found])
    lines = await queries.lines_of(work, [entry.id for entry in kept])
    return Page(
        items=[
            JournalEntry(
                id=entry.id,
                kind=entry.kind,
                currency=entry.currency,
                value_on=entry.value_on,
                booked_on=entry.booked_on,
                lines=[
                    JournalLine(account=line.account, amount=quantize(line.amount, line.currency))
                    for line in lines.get(entry.id, ())
                ],
            )
            for entry in kept
        ],
        next_cursor=cursor,
    )


async def trial_balance(
    work: Work, creditor_id: UUID | None, test_clock_id: UUID | None
) -> TrialBalance:
    """Every account with its balance per currency, over one book and clock or over all.

    Raises `NOT_FOUND` for a creditor who does not exist.
    """
    if creditor_id is not None:
        await creditors.by_id(work, creditor_id)
    sums = await queries.account_sums(work, creditor_id, test_clock_id)
    totals: dict[str, Decimal] = {}
    for found in sums:
        totals[found.currency] = totals.get(found.currency, ZERO) + found.balance
    return TrialBalance(
        rows=[
            TrialBalanceRow(
                currency=found.currency,
                account=found.account,
                balance=quantize(found.balance, found.currency),
            )
            for found in sums
        ],
        balanced=all(total == 0 for total in totals.values()),
    )
