"""Closing months: totals are taken and tied out, a second person signs, and they stay.

Taking the totals changes nothing. Signing holds the book for a moment, sees that the totals are
still those that were taken, and from then on the journal refuses entries for the month: what
comes late is booked in the open month at its own value date.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from api.audit.service import record as audit
from api.creditors import service as creditors
from api.db.base import new_id
from api.ledger import period_queries as queries
from api.ledger.period_queries import BookKey
from api.ledger.reading import charts
from api.ledger.tables import (
    PeriodAccountRow,
    PeriodClosingRow,
    PeriodDifferenceRow,
    PeriodSnapshotRow,
    PeriodTotalRow,
)
from api.pagination import PageRequest, bad_cursor
from api.work import Work
from contracts.base import Page
from contracts.ledger import (
    BookOf,
    Period,
    PeriodAccount,
    PeriodDetail,
    PeriodDifference,
    PeriodTotal,
    SignOffPeriod,
)
from domain.books.periods import (
    BookState,
    Month,
    SignOff,
    check_closable,
    check_sign_off,
    month_named,
    month_of,
)
from domain.books.tie_out import Difference, DifferenceKind, Total, differences, totals
from domain.errors import DomainError, ErrorCode
from domain.lending.ledger import Account
from domain.money import ZERO, quantize

_MOST: Final = 1000
"""How many differences a snapshot keeps by name."""


async def close_period(work: Work, period: str, of: BookOf) -> PeriodDetail:
    """Take the totals of a month and tie them out, to be signed off by somebody else.

    Raises `NOT_FOUND`, `INVALID_DATE`, `PERIOD_CLOSED` and `PERIOD_NOT_READY`.
    """
    book, month = BookKey(of.creditor_id, of.test_clock_id), month_named(period)
    await creditors.by_id(work, of.creditor_id)
    state = await _state(work, book)
    check_closable(state, month)
    kept, tied = await _differences(work, book, state, month)
    snapshot = PeriodSnapshotRow(
        id=new_id(),
        creditor_id=book.creditor_id,
        test_clock_id=book.test_clock_id,
        month=month.first,
        taken_at=work.now,
        taken_by=work.principal.actor,
        taken_by_user=work.principal.user_id,
        days_closed_through=state.days_closed_through,
        differences=len(kept),
    )
    work.session.add(snapshot)
    await work.session.flush()
    await _keep_accounts(work, snapshot, await queries.moved(work, book, month.first, month.last))
    await queries.add(
        work,
        PeriodTotalRow,
        [
            {
                "snapshot_id": snapshot.id,
                "line": line,
                "currency": each.currency,
                "product_id": each.product_id,
                "account": each.account.value,
                "general_ledger": each.general_ledger,
                "sub_ledger": each.sub_ledger,
            }
            for line, each in enumerate(tied, start=1)
        ],
    )
    await queries.add(
        work,
        PeriodDifferenceRow,
        [
            {
                "snapshot_id": snapshot.id,
                "line": line,
                "kind": each.kind.value,
                "currency": each.currency,
                "account": each.account,
                "loan_id": each.loan_id,
                "entry_id": each.entry_id,
                "general_ledger": each.general_ledger,
                "sub_ledger": each.sub_ledger,
            }
            for line, each in enumerate(kept[:_MOST], start=1)
        ],
    )
    audit(
        work,
        "period.close_asked",
        "creditor",
        book.creditor_id,
        {"period": str(month), "snapshot": str(snapshot.id), "differences": len(kept)},
    )
    return await _detail(work, snapshot, None)


async def sign_off(work: Work, period: str, wish: SignOffPeriod) -> PeriodDetail:
    """Sign the snapshot of a month that somebody else took: the month is closed for good.

    Raises `NOT_FOUND`, `INVALID_DATE`, `PERIOD_CLOSED`, `PERIOD_NOT_READY`, `BOOKS_DIFFER`,
    `SECOND_PERSON_NEEDED`, and `SNAPSHOT_STALE` when something was booked into the month since.
    """
    book, month = BookKey(wish.creditor_id, wish.test_clock_id), month_named(period)
    snapshot = await work.session.get(PeriodSnapshotRow, wish.snapshot_id)
    if snapshot is None or (snapshot.creditor_id, snapshot.test_clock_id, snapshot.month) != (
        book.creditor_id,
        book.test_clock_id,
        month.first,
    ):
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such snapshot of that period.")
    check_sign_off(
        SignOff(snapshot.taken_by_user, work.principal.user_id, snapshot.differences > 0, wish.note)
    )
    await queries.hold(work, book)
    check_closable(await _state(work, book), month)
    await _refuse_stale(work, book, month, snapshot)
    closing = PeriodClosingRow(
        id=new_id(),
        creditor_id=book.creditor_id,
        test_clock_id=book.test_clock_id,
        month=month.first,
        snapshot_id=snapshot.id,
        signed_at=work.now,
        signed_by=work.principal.actor,
        signed_by_user=work.principal.user_id,
        note=wish.note,
    )
    work.session.add(closing)
    await work.session.flush()
    audit(
        work,
        "period.closed",
        "creditor",
        book.creditor_id,
        {"period": str(month), "snapshot": str(snapshot.id)},
    )
    return await _detail(work, snapshot, closing)


async def list_periods(work: Work, of: BookOf, page: PageRequest) -> Page[Period]:
    """The months of a book whose totals were taken, by month; raises `NOT_FOUND`."""
    await creditors.by_id(work, of.creditor_id)
    after = date.min if page.after is None else _after(page.after)
    book = BookKey(of.creditor_id, of.test_clock_id)
    found = await queries.closings(work, book, after, page.limit + 1)
    cut, cursor = page.cut(found, [snapshot.month for snapshot, _ in found])
    return Page(items=[_shown(*each) for each in cut], next_cursor=cursor)


async def get_period(work: Work, period: str, of: BookOf) -> PeriodDetail:
    """A month's newest snapshot, or the signed one; raises `NOT_FOUND`, `INVALID_DATE`."""
    month = month_named(period)
    book = BookKey(of.creditor_id, of.test_clock_id)
    before = date.fromordinal(month.first.toordinal() - 1)
    found = await queries.closings(work, book, before, 1)
    if not found or found[0][0].month != month.first:
        raise DomainError(ErrorCode.NOT_FOUND, "No totals were taken of that period.")
    return await _detail(work, *found[0])


def _after(key: str) -> date:
    try:
        return date.fromisoformat(key)
    except ValueError:
        raise bad_cursor() from None


async def _state(work: Work, book: BookKey) -> BookState:
    through = await queries.days_closed_through(work, book)
    if through is None:
        raise DomainError(ErrorCode.NOT_FOUND, "The creditor keeps no such book.")
    first = await queries.first_booked_on(work, book)
    closed = await queries.last_closed(work, book)
    return BookState(
        first=None if first is None else month_of(first),
        closed=None if closed is None else Month(closed),
        days_closed_through=through,
    )


async def _differences(
    work: Work, book: BookKey, state: BookState, month: Month
) -> tuple[Sequence[Difference], Sequence[Total]]:
    positions = [
        *await queries.positions(work, book, state.days_closed_through, month.last),
        *await queries.set_aside(work, book, month.last),
    ]
    broken = [
        Difference(DifferenceKind.ENTRY, currency, None, None, entry_id, amount, ZERO)
        for entry_id, currency, amount in await queries.unbalanced(work, book, month.last)
    ]
    return (*broken, *differences(positions)), totals(positions)


async def _keep_accounts(
    work: Work, snapshot: PeriodSnapshotRow, moved: Sequence[queries.Moved]
) -> None:
    named = await charts(work, {each.product_id for each in moved})
    rows: list[dict[str, object]] = []
    for line, each in enumerate(moved, start=1):
        account = named[each.product_id][Account(each.account)]
        rows.append(
            {
                "snapshot_id": snapshot.id,
                "line": line,
                "currency": each.currency,
                "product_id": each.product_id,
                "account": each.account,
                "number": account.number,
                "name": account.name,
                "kind": account.kind.value,
                "opening": each.opening,
                "debit": each.debit,
                "credit": each.credit,
                "closing": each.opening + each.debit - each.credit,
            }
        )
    await queries.add(work, PeriodAccountRow, rows)


async def _refuse_stale(
    work: Work, book: BookKey, month: Month, snapshot: PeriodSnapshotRow
) -> None:
    kept, _, _ = await queries.snapshot_lines(work, snapshot.id)
    then = [
        (row.currency, row.product_id, row.account, row.opening, row.debit, row.credit)
        for row in kept
    ]
    now = [tuple(each) for each in await queries.moved(work, book, month.first, month.last)]
    if then != now:
        raise DomainError(
            ErrorCode.SNAPSHOT_STALE,
            "Something was booked into the period since its totals were taken; close it again.",
        )


def _shown(snapshot: PeriodSnapshotRow, closing: PeriodClosingRow | None) -> Period:
    return Period(
        period=str(Month(snapshot.month)),
        creditor_id=snapshot.creditor_id,
        test_clock_id=snapshot.test_clock_id,
        state="awaiting_sign_off" if closing is None else "closed",
        snapshot_id=snapshot.id,
        taken_at=snapshot.taken_at,
        taken_by=snapshot.taken_by,
        differences=snapshot.differences,
        signed_at=None if closing is None else closing.signed_at,
        signed_by=None if closing is None else closing.signed_by,
        note=None if closing is None else closing.note,
    )


async def _detail(
    work: Work, snapshot: PeriodSnapshotRow, closing: PeriodClosingRow | None
) -> PeriodDetail:
    accounts, tied, differing = await queries.snapshot_lines(work, snapshot.id)
    return PeriodDetail(
        **_shown(snapshot, closing).model_dump(),
        trial_balance=[
            PeriodAccount(
                currency=row.currency,
                product_id=row.product_id,
                account=row.account,
                number=row.number,
                name=row.name,
                kind=row.kind,
                opening=quantize(row.opening, row.currency),
                debit=quantize(row.debit, row.currency),
                credit=quantize(row.credit, row.currency),
                closing=quantize(row.closing, row.currency),
            )
            for row in accounts
        ],
        tie_out=[
            PeriodTotal(
                currency=row.currency,
                product_id=row.product_id,
                account=row.account,
                general_ledger=quantize(row.general_ledger, row.currency),
                sub_ledger=quantize(row.sub_ledger, row.currency),
                difference=quantize(row.general_ledger - row.sub_ledger, row.currency),
            )
            for row in tied
        ],
        differing=[
            PeriodDifference(
                kind=row.kind,
                currency=row.currency,
                account=row.account,
                loan_id=row.loan_id,
                entry_id=row.entry_id,
                general_ledger=quantize(row.general_ledger, row.currency),
                sub_ledger=quantize(row.sub_ledger, row.currency),
            )
            for row in differing
        ],
    )
