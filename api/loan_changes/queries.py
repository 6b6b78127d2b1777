"""SQL of changes to loans and of their limits."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import aliased

from api.db.base import among
from api.ledger.tables import JournalEntryRow, JournalLineRow
from api.loan_changes.tables import ChangeLimitRow, LoanChangeRow
from api.payments.tables import TransactionRow
from api.work import Work
from contracts.loan_changes import ChangeLimit


async def one(work: Work, loan_id: UUID, change_id: UUID) -> LoanChangeRow | None:
    """One change of a loan, as the database has it now."""
    return await work.session.scalar(
        select(LoanChangeRow)
        .where(LoanChangeRow.id == change_id, LoanChangeRow.loan_id == loan_id)
        .execution_options(populate_existing=True)
    )


async def loan_of(work: Work, change_id: UUID) -> UUID:
    """The loan of a change that was made."""
    found: UUID = (
        await work.session.scalars(
            select(LoanChangeRow.loan_id).where(LoanChangeRow.id == change_id)
        )
    ).one()
    return found


async def page(work: Work, loan_id: UUID, after: int, limit: int) -> Sequence[LoanChangeRow]:
    """A loan's changes after a number, in the order they were asked for."""
    return (
        await work.session.scalars(
            select(LoanChangeRow)
            .where(LoanChangeRow.loan_id == loan_id, LoanChangeRow.number > after)
            .order_by(LoanChangeRow.number)
            .limit(limit)
        )
    ).all()


async def first_write_off(work: Work, loan_id: UUID) -> int | None:
    """The entry number of the oldest charge-off or write-off that stands."""
    undone = aliased(TransactionRow)
    found: int | None = await work.session.scalar(
        select(func.min(TransactionRow.number)).where(
            TransactionRow.loan_id == loan_id,
            TransactionRow.kind.in_(("charge_off", "write_off")),
            ~exists().where(undone.reverses_id == TransactionRow.id),
        )
    )
    return found


async def movement(work: Work, natural_key: str) -> TransactionRow | None:
    """The movement a change wrote."""
    return await work.session.scalar(
        select(TransactionRow).where(TransactionRow.natural_key == natural_key)
    )


async def entries_since(
    work: Work, loan_id: UUID, last: UUID | None
) -> Sequence[tuple[str, Sequence[JournalLineRow]]]:
    """A loan's journal entries after one, each with its kind and its lines."""
    wanted = select(JournalEntryRow).where(JournalEntryRow.loan_id == loan_id)
    if last is not None:
        wanted = wanted.where(JournalEntryRow.id > last)
    entries = (await work.session.scalars(wanted.order_by(JournalEntryRow.id))).all()
    lines: dict[UUID, list[JournalLineRow]] = {entry.id: [] for entry in entries}
    if entries:
        for line in await work.session.scalars(
            select(JournalLineRow)
            .where(among(JournalLineRow.entry_id, list(lines)))
            .order_by(JournalLineRow.entry_id, JournalLineRow.line)
        ):
            lines[line.entry_id].append(line)
    return [(entry.kind, lines[entry.id]) for entry in entries]


async def last_entry(work: Work, loan_id: UUID) -> UUID | None:
    """The newest journal entry of a loan; keys are time-ordered."""
    found: UUID | None = await work.session.scalar(
        select(JournalEntryRow.id)
        .where(JournalEntryRow.loan_id == loan_id)
        .order_by(JournalEntryRow.id.desc())
        .limit(1)
    )
    return found


async def limit_of(work: Work, creditor_id: UUID, kind: str, currency: str) -> Decimal | None:
    """What one person may do alone; None where nothing is set."""
    found: Decimal | None = await work.session.scalar(
        select(ChangeLimitRow.amount).where(
            ChangeLimitRow.creditor_id == creditor_id,
            ChangeLimitRow.kind == kind,
            ChangeLimitRow.currency == currency,
        )
    )
    return found


async def limits(work: Work, creditor_id: UUID) -> Sequence[ChangeLimitRow]:
    """All limits of a creditor."""
    return (
        await work.session.scalars(
            select(ChangeLimitRow)
            .where(ChangeLimitRow.creditor_id == creditor_id)
            .order_by(ChangeLimitRow.kind, ChangeLimitRow.currency)
        )
    ).all()


async def replace_limits(work: Work, creditor_id: UUID, wanted: Sequence[ChangeLimit]) -> None:
    """Put limits in the place of a creditor's."""
    await work.session.execute(
        delete(ChangeLimitRow).where(ChangeLimitRow.creditor_id == creditor_id)
    )
    work.session.add_all(
        ChangeLimitRow(
            creditor_id=creditor_id, kind=limit.kind, currency=limit.currency, amount=limit.amount
        )
        for limit in wanted
    )
    await work.session.flush()
