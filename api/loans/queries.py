"""SQL of loans; what a customer may reach is narrowed to his own."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Row, Select, and_, cast, exists, func, or_, select

from api.audit.tables import AuditRow
from api.clocks.tables import TestClockRow
from api.creditors.tables import CreditorRow
from api.db.base import among
from api.loans.tables import InstalmentRow, LoanPartyRow, LoanRow
from api.products.tables import ProductRow
from api.security.access import visible_customer
from api.work import Work
from domain.errors import DomainError, ErrorCode


@dataclass(frozen=True, slots=True)
class Book:
    """A loan with the product version and the creditor it belongs to."""

    loan: LoanRow
    product: ProductRow
    creditor: CreditorRow


def _book(row: Row[LoanRow, ProductRow, CreditorRow]) -> Book:
    return Book(row[0], row[1], row[2])


def no_such_loan() -> DomainError:
    """The answer for a loan that is missing or somebody else's."""
    return DomainError(ErrorCode.NOT_FOUND, "There is no such loan.")


def _visible(work: Work) -> Select[LoanRow, ProductRow, CreditorRow]:
    """Loans the principal may see: a customer's own, those he is a party to, else all."""
    statement = (
        select(LoanRow, ProductRow, CreditorRow)
        .join(ProductRow, ProductRow.id == LoanRow.product_id)
        .join(CreditorRow, CreditorRow.id == LoanRow.creditor_id)
    )
    only = visible_customer(work.principal)
    if only is None:
        return statement
    return statement.where(_party(only))


def _party(customer_id: UUID) -> ColumnElement[bool]:
    return or_(
        LoanRow.customer_id == customer_id,
        exists().where(
            and_(
                LoanPartyRow.loan_id == LoanRow.id,
                LoanPartyRow.customer_id == customer_id,
                LoanPartyRow.until_on.is_(None),
            )
        ),
    )


async def book_of(work: Work, loan_id: UUID, *, lock: bool = False) -> Book:
    """A loan the principal may see, locked for a change if asked."""
    statement = _visible(work).where(LoanRow.id == loan_id)
    if lock:
        statement = statement.with_for_update(of=LoanRow).execution_options(populate_existing=True)
    row = (await work.session.execute(statement)).one_or_none()
    if row is None:
        raise no_such_loan()
    return _book(row)


async def instalments(work: Work, loan_id: UUID) -> Sequence[InstalmentRow]:
    """All instalments of a loan, in order."""
    return (
        await work.session.scalars(
            select(InstalmentRow)
            .where(InstalmentRow.loan_id == loan_id)
            .order_by(InstalmentRow.number)
        )
    ).all()


async def instalments_of(
    work: Work, loan_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[InstalmentRow]]:
    """Loan id to all its instalments in order, of several loans."""
    found: dict[UUID, list[InstalmentRow]] = {}
    rows = await work.session.scalars(
        select(InstalmentRow)
        .where(among(InstalmentRow.loan_id, loan_ids))
        .order_by(InstalmentRow.loan_id, InstalmentRow.number)
    )
    for row in rows:
        found.setdefault(row.loan_id, []).append(row)
    return found


async def locked(work: Work, loan_ids: Collection[UUID]) -> Mapping[UUID, LoanRow]:
    """Several loans by their ids as they are now, locked in the order of their numbers."""
    rows = await work.session.scalars(
        select(LoanRow)
        .where(among(LoanRow.id, loan_ids))
        .order_by(LoanRow.number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows}


async def read_again(work: Work, loan_id: UUID) -> None:
    """Let what is held of a locked loan and its instalments be what a statement made of them."""
    await work.session.flush()
    await locked(work, [loan_id])
    await work.session.scalars(
        select(InstalmentRow)
        .where(InstalmentRow.loan_id == loan_id)
        .execution_options(populate_existing=True)
    )


async def parties(work: Work, loan_id: UUID) -> Sequence[LoanPartyRow]:
    """The persons on a loan now, in the order they came."""
    return (
        await work.session.scalars(
            select(LoanPartyRow)
            .where(LoanPartyRow.loan_id == loan_id, LoanPartyRow.until_on.is_(None))
            .order_by(LoanPartyRow.id)
        )
    ).all()


async def history(work: Work, loan_id: UUID) -> Sequence[AuditRow]:
    """What was done to a loan, oldest first, the last two hundred."""
    rows = (
        await work.session.scalars(
            select(AuditRow)
            .where(AuditRow.subject_kind == "loan", AuditRow.subject_id == loan_id)
            .order_by(AuditRow.id.desc())
            .limit(200)
        )
    ).all()
    return rows[::-1]


@dataclass(frozen=True, slots=True)
class LoanFilter:
    """Which loans are wanted."""

    customer_id: UUID | None = None
    lifecycle: str | None = None
    bucket: str | None = None
    test_clock_id: UUID | None = None


async def page(work: Work, wanted: LoanFilter, after: int, limit: int) -> Sequence[Book]:
    """Loans after a number, in the order of their numbers."""
    statement = _visible(work).where(LoanRow.number > after)
    if wanted.customer_id is not None:
        statement = statement.where(_party(wanted.customer_id))
    if wanted.lifecycle is not None:
        statement = statement.where(LoanRow.lifecycle == wanted.lifecycle)
    if wanted.bucket is not None:
        statement = statement.where(LoanRow.bucket == wanted.bucket)
    if wanted.test_clock_id is not None:
        statement = statement.where(LoanRow.test_clock_id == wanted.test_clock_id)
    rows = await work.session.execute(statement.order_by(LoanRow.number).limit(limit))
    return [_book(row) for row in rows]


async def overdue_page(work: Work, after: int, limit: int) -> Sequence[Book]:
    """Active loans whose oldest unmet instalment fell due before their own business date."""
    now = func.coalesce(TestClockRow.now_at, work.now)
    statement = (
        _visible(work)
        .outerjoin(TestClockRow, TestClockRow.id == LoanRow.test_clock_id)
        .where(
            LoanRow.lifecycle == "active",
            LoanRow.next_unmet_due_on < cast(func.timezone(CreditorRow.zone, now), Date),
            LoanRow.number > after,
        )
    )
    rows = await work.session.execute(statement.order_by(LoanRow.number).limit(limit))
    return [_book(row) for row in rows]


async def unmet_through(
    work: Work, loan_ids: Sequence[UUID], through: date
) -> dict[UUID, list[InstalmentRow]]:
    """Unmet instalments due on or before a day, by loan, oldest first."""
    found: dict[UUID, list[InstalmentRow]] = {loan_id: [] for loan_id in loan_ids}
    rows = await work.session.scalars(
        select(InstalmentRow)
        .where(
            among(InstalmentRow.loan_id, loan_ids),
            InstalmentRow.met_on.is_(None),
            InstalmentRow.due_on <= through,
        )
        .order_by(InstalmentRow.loan_id, InstalmentRow.number)
    )
    for row in rows:
        found[row.loan_id].append(row)
    return found
