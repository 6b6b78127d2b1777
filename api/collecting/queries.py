"""SQL of methods, mandates, collections and attempts; a customer reaches only his own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert

from api.collecting.tables import (
    COLLECTION_NUMBERS,
    AutopayRow,
    CollectionAttemptRow,
    CollectionRow,
    PaymentMethodRow,
)
from api.db.base import among, new_id
from api.loans.tables import LoanRow
from api.security.access import visible_customer
from api.work import Work

Row = TypeVar("Row", PaymentMethodRow, CollectionRow)


def _locked(statement: Select[Row], lock: bool) -> Select[Row]:
    if not lock:
        return statement
    return statement.with_for_update().execution_options(populate_existing=True)


async def method(work: Work, method_id: UUID, *, lock: bool = False) -> PaymentMethodRow | None:
    """A method the principal may see."""
    statement = select(PaymentMethodRow).where(PaymentMethodRow.id == method_id)
    only = visible_customer(work.principal)
    if only is not None:
        statement = statement.where(PaymentMethodRow.customer_id == only)
    return await work.session.scalar(_locked(statement, lock))


async def methods_of(
    work: Work, customer_id: UUID, after: UUID | None, limit: int
) -> Sequence[PaymentMethodRow]:
    """A customer's methods in the order they were saved."""
    statement = select(PaymentMethodRow).where(PaymentMethodRow.customer_id == customer_id)
    if after is not None:
        statement = statement.where(PaymentMethodRow.id > after)
    return (await work.session.scalars(statement.order_by(PaymentMethodRow.id).limit(limit))).all()


async def active_autopay(work: Work, loan_id: UUID) -> AutopayRow | None:
    """The mandate of a loan that holds now."""
    return await work.session.scalar(
        select(AutopayRow).where(AutopayRow.loan_id == loan_id, AutopayRow.status == "active")
    )


async def latest_autopay(work: Work, loan_id: UUID) -> AutopayRow | None:
    """The last mandate of a loan, cancelled or not."""
    return await work.session.scalar(
        select(AutopayRow)
        .where(AutopayRow.loan_id == loan_id)
        .order_by(AutopayRow.id.desc())
        .limit(1)
    )


async def autopay_by_method(work: Work, method_id: UUID) -> Sequence[AutopayRow]:
    """The active mandates that charge a method."""
    return (
        await work.session.scalars(
            select(AutopayRow)
            .where(AutopayRow.payment_method_id == method_id, AutopayRow.status == "active")
            .order_by(AutopayRow.loan_id)
        )
    ).all()


async def next_number(work: Work) -> int:
    """The next human number of a collection."""
    return await work.session.scalar(select(COLLECTION_NUMBERS.next_value())) or 0


async def insert_instalment(work: Work, values: dict[str, object]) -> UUID | None:
    """Write an instalment's collection once per natural key; None when it was there."""
    made: UUID | None = await work.session.scalar(
        insert(CollectionRow)
        .values(id=new_id(), number=await next_number(work), **values)
        .on_conflict_do_nothing(
            index_elements=["natural_key"], index_where=CollectionRow.natural_key.is_not(None)
        )
        .returning(CollectionRow.id)
    )
    return made


async def collection(
    work: Work, collection_id: UUID, *, lock: bool = False
) -> CollectionRow | None:
    """A collection the principal may see."""
    statement = select(CollectionRow).where(CollectionRow.id == collection_id)
    only = visible_customer(work.principal)
    if only is not None:
        statement = statement.where(CollectionRow.customer_id == only)
    return await work.session.scalar(_locked(statement, lock))


async def open_on_loans(work: Work, loan_ids: Sequence[UUID]) -> Sequence[CollectionRow]:
    """The open collections of several loans, by number."""
    return (
        await work.session.scalars(
            select(CollectionRow)
            .where(
                among(CollectionRow.loan_id, loan_ids),
                CollectionRow.status == "open",
            )
            .order_by(CollectionRow.number)
        )
    ).all()


@dataclass(frozen=True, slots=True)
class CollectionFilter:
    """Which collections are wanted."""

    loan_id: UUID | None = None
    kind: str | None = None
    status: str | None = None
    test_clock_id: UUID | None = None


async def page(
    work: Work, which: CollectionFilter, after: int, limit: int
) -> Sequence[CollectionRow]:
    """Collections after a number, in the order of their numbers."""
    statement = select(CollectionRow).where(CollectionRow.number > after)
    only = visible_customer(work.principal)
    if only is not None:
        statement = statement.where(CollectionRow.customer_id == only)
    if which.loan_id is not None:
        statement = statement.where(CollectionRow.loan_id == which.loan_id)
    if which.kind is not None:
        statement = statement.where(CollectionRow.kind == which.kind)
    if which.status is not None:
        statement = statement.where(CollectionRow.status == which.status)
    if which.test_clock_id is not None:
        statement = statement.where(CollectionRow.test_clock_id == which.test_clock_id)
    return (await work.session.scalars(statement.order_by(CollectionRow.number).limit(limit))).all()


async def attempts(
    work: Work, collection_ids: Sequence[UUID]
) -> dict[UUID, list[CollectionAttemptRow]]:
    """The attempts of collections, in the order they were made."""
    found: dict[UUID, list[CollectionAttemptRow]] = {key: [] for key in collection_ids}
    if collection_ids:
        rows = await work.session.scalars(
            select(CollectionAttemptRow)
            .where(among(CollectionAttemptRow.collection_id, collection_ids))
            .order_by(CollectionAttemptRow.collection_id, CollectionAttemptRow.number)
            .execution_options(populate_existing=True)
        )
        for row in rows:
            found[row.collection_id].append(row)
    return found


async def collection_of_attempt(work: Work, attempt_id: UUID) -> UUID | None:
    """Which collection an attempt belongs to."""
    found: UUID | None = await work.session.scalar(
        select(CollectionAttemptRow.collection_id).where(CollectionAttemptRow.id == attempt_id)
    )
    return found


async def loan_number(work: Work, loan_id: UUID) -> int:
    """The figure in a loan's human number."""
    return await work.session.scalar(select(LoanRow.number).where(LoanRow.id == loan_id)) or 0
