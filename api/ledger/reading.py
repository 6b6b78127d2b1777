"""Reading the journal: a loan's entries, and the balance of all accounts."""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from api.creditors import service as creditors
from api.ledger import queries
from api.ledger.queries import Wanted
from api.loans import service as loans
from api.pagination import PageRequest, bad_cursor
from api.products import service as products
from api.work import Work
from contracts.base import Page
from contracts.ledger import LedgerAccount, LedgerEntry
from contracts.payments import JournalEntry, JournalLine, TrialBalance, TrialBalanceRow
from domain.books.chart import CONTROL, DEFAULT_CHART, ChartAccount, Mapped, chart
from domain.lending.ledger import Account
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


async def trial_balance(work: Work, wanted: Wanted) -> TrialBalance:
    """Every account with its balance per currency, over one book and clock or over all.

    Raises `NOT_FOUND` for a creditor who does not exist.
    """
    if wanted.creditor_id is not None:
        await creditors.by_id(work, wanted.creditor_id)
    sums = await queries.account_sums(work, wanted)
    named = await charts(work, {found.product_id for found in sums})
    totals: dict[str, Decimal] = {}
    rows: dict[tuple[str, str, str], tuple[ChartAccount, Decimal]] = {}
    for found in sums:
        account = named[found.product_id][Account(found.account)]
        totals[found.currency] = totals.get(found.currency, ZERO) + found.balance
        key = found.currency, account.number, found.account
        rows[key] = account, rows.get(key, (account, ZERO))[1] + found.balance
    return TrialBalance(
        rows=[
            TrialBalanceRow(
                currency=key[0],
                account=account.role.value,
                number=account.number,
                name=account.name,
                kind=account.kind.value,
                balance=quantize(balance, key[0]),
            )
            for key, (account, balance) in sorted(rows.items(), key=lambda item: item[0])
        ],
        balanced=all(total == 0 for total in totals.values()),
    )


async def charts(
    work: Work, product_ids: Collection[UUID | None]
) -> Mapping[UUID | None, Mapping[Account, ChartAccount]]:
    """The charts of some products; that of no product is the default one."""
    mapped = await queries.product_accounts(work, [key for key in product_ids if key is not None])
    found: dict[UUID | None, Mapping[Account, ChartAccount]] = {None: DEFAULT_CHART}
    for key, names in mapped.items():
        found[key] = chart(Mapped(Account(role), *names[role]) for role in names)
    return found


async def accounts(work: Work, product: str | None, page: PageRequest) -> Page[LedgerAccount]:
    """The accounts of a product's chart, or of the default one, by role; raises `NOT_FOUND`."""
    known = DEFAULT_CHART
    if product is not None:
        version = await products.get(work, product)
        known = (await charts(work, {version.id}))[version.id]
    after = page.after_code()
    found = sorted((each for each in known.values() if each.role > after), key=lambda a: a.role)
    cut, cursor = page.cut(found[: page.limit + 1], [each.role.value for each in found])
    return Page(
        items=[
            LedgerAccount(
                role=each.role.value,
                number=each.number,
                name=each.name,
                kind=each.kind.value,
                sub_ledger=CONTROL[each.role].value if each.role in CONTROL else None,
            )
            for each in cut
        ],
        next_cursor=cursor,
    )


async def general_ledger(work: Work, wanted: Wanted, page: PageRequest) -> Page[LedgerEntry]:
    """Entries by booking day; raises `INVALID_REQUEST` for a foreign cursor."""
    found = await queries.entries(work, wanted, _after(page), page.limit + 1)
    kept, cursor = page.cut(found, [f"{entry.booked_on}|{entry.id}" for entry in found])
    lines = await queries.lines_of(work, [entry.id for entry in kept])
    return Page(
        items=[
            LedgerEntry(
                id=entry.id,
                kind=entry.kind,
                currency=entry.currency,
                loan_id=entry.loan_id,
                product_id=entry.product_id,
                value_on=entry.value_on,
                booked_on=entry.booked_on,
                booked_at=entry.booked_at,
                lines=[
                    JournalLine(account=line.account, amount=quantize(line.amount, line.currency))
                    for line in lines.get(entry.id, ())
                ],
            )
            for entry in kept
        ],
        next_cursor=cursor,
    )


def _after(page: PageRequest) -> tuple[date, UUID] | None:
    if page.after is None:
        return None
    day, _, key = page.after.partition("|")
    try:
        return date.fromisoformat(day), UUID(key)
    except ValueError:
        raise bad_cursor() from None
