"""SQL of complaints: one, lists of them, their story, and what they may be about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Select, and_, or_, select

from api.complaints.tables import (
    COMPLAINT_NUMBERS,
    ComplaintEventRow,
    ComplaintRow,
    RedressRow,
)
from api.loans.tables import LoanPartyRow, LoanRow
from api.messages.tables import MessageRow
from api.payments.tables import TransactionRow
from api.recovery.tables import CaseRow
from api.security.access import visible_customer
from api.work import Work
from domain.complaints.complaint import OPEN, State


@dataclass(frozen=True, slots=True)
class Filters:
    """Which complaints a list shows; null means all."""

    customer_id: UUID | None = None
    loan_id: UUID | None = None
    owner_id: UUID | None = None
    state: str | None = None
    outcome: str | None = None
    cause: str | None = None
    is_open: bool | None = None
    due_by: date | None = None
    """Open, and something is owed by that day."""


def _visible(work: Work) -> Select[ComplaintRow]:
    query = select(ComplaintRow)
    own = visible_customer(work.principal)
    return query if own is None else query.where(ComplaintRow.customer_id == own)


async def next_number(work: Work) -> int:
    """The next human number of a complaint."""
    return await work.session.scalar(select(COMPLAINT_NUMBERS.next_value())) or 0


async def find(work: Work, complaint_id: UUID, *, lock: bool = False) -> ComplaintRow | None:
    """A complaint that the principal may see, as it stands now."""
    query = _visible(work).where(ComplaintRow.id == complaint_id)
    if lock:
        query = query.with_for_update()
    query = query.execution_options(populate_existing=True)
    return (await work.session.scalars(query)).one_or_none()


async def page(work: Work, which: Filters, after: int, limit: int) -> Sequence[ComplaintRow]:
    """Complaints in number order; one more than `limit`, if there are more."""
    query = _visible(work).where(ComplaintRow.number > after)
    for column, wanted in (
        (ComplaintRow.customer_id, which.customer_id),
        (ComplaintRow.loan_id, which.loan_id),
        (ComplaintRow.owner_id, which.owner_id),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if which.state is not None:
        query = query.where(ComplaintRow.state == which.state)
    if which.outcome is not None:
        query = query.where(ComplaintRow.outcome == which.outcome)
    if which.cause is not None:
        query = query.where(ComplaintRow.causes.contains([which.cause]))
    is_open = ComplaintRow.state.in_(sorted(OPEN))
    if which.is_open is not None:
        query = query.where(is_open if which.is_open else ~is_open)
    if which.due_by is not None:
        unanswered = and_(is_open, ComplaintRow.respond_by <= which.due_by)
        unacknowledged = and_(
            ComplaintRow.state == State.RECEIVED.value,
            ComplaintRow.acknowledge_by <= which.due_by,
        )
        query = query.where(or_(unanswered, unacknowledged))
    return (await work.session.scalars(query.order_by(ComplaintRow.number).limit(limit + 1))).all()


async def events(work: Work, complaint_id: UUID) -> Sequence[ComplaintEventRow]:
    """The story of a complaint, oldest first."""
    return (
        await work.session.scalars(
            select(ComplaintEventRow)
            .where(ComplaintEventRow.complaint_id == complaint_id)
            .order_by(ComplaintEventRow.id)
        )
    ).all()


async def redress(work: Work, complaint_id: UUID) -> Sequence[RedressRow]:
    """The changes asked for because of a complaint, oldest first."""
    return (
        await work.session.scalars(
            select(RedressRow)
            .where(RedressRow.complaint_id == complaint_id)
            .order_by(RedressRow.change_id)
        )
    ).all()


async def of_case(work: Work, case: CaseRow) -> Sequence[ComplaintRow]:
    """The complaints that a case has to know of, oldest first.

    Those of its customer with its creditor, and those about a loan of that customer and creditor.
    """
    own = select(LoanRow.id).where(
        LoanRow.customer_id == case.customer_id, LoanRow.creditor_id == case.creditor_id
    )
    return (
        await work.session.scalars(
            select(ComplaintRow)
            .where(
                ComplaintRow.creditor_id == case.creditor_id,
                or_(
                    ComplaintRow.customer_id == case.customer_id,
                    ComplaintRow.loan_id.in_(own),
                ),
            )
            .order_by(ComplaintRow.number)
        )
    ).all()


# -- what a complaint may be about -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class About:
    """One thing that a complaint names: whose it is."""

    creditor_id: UUID | None
    loan_id: UUID | None


async def loan(work: Work, customer_id: UUID, loan_id: UUID) -> About | None:
    """A loan that the customer owes on, alone or with others."""
    party = select(LoanPartyRow.loan_id).where(
        LoanPartyRow.loan_id == loan_id, LoanPartyRow.customer_id == customer_id
    )
    found = await work.session.scalar(
        select(LoanRow.creditor_id).where(
            LoanRow.id == loan_id, or_(LoanRow.customer_id == customer_id, party.exists())
        )
    )
    return None if found is None else About(found, loan_id)


async def case(work: Work, customer_id: UUID, case_id: UUID) -> About | None:
    """A case of the customer."""
    found = await work.session.scalar(
        select(CaseRow.creditor_id).where(CaseRow.id == case_id, CaseRow.customer_id == customer_id)
    )
    return None if found is None else About(found, None)


async def payment(work: Work, customer_id: UUID, payment_id: UUID) -> About | None:
    """A payment on a loan of the customer."""
    loan_id = await work.session.scalar(
        select(TransactionRow.loan_id).where(TransactionRow.id == payment_id)
    )
    return None if loan_id is None else await loan(work, customer_id, loan_id)


async def message(work: Work, customer_id: UUID, message_id: UUID) -> About | None:
    """A message to or from the customer."""
    found = await work.session.scalar(
        select(MessageRow).where(MessageRow.id == message_id, MessageRow.customer_id == customer_id)
    )
    if found is None:
        return None
    about = None if found.loan_id is None else await loan(work, customer_id, found.loan_id)
    return about or About(None, None)


async def creditors_of(work: Work, customer_id: UUID) -> Sequence[UUID]:
    """The creditors with whom a customer has loans, alone or with others; at most two of them."""
    shared = select(LoanPartyRow.loan_id).where(LoanPartyRow.customer_id == customer_id)
    return (
        await work.session.scalars(
            select(LoanRow.creditor_id)
            .where(or_(LoanRow.customer_id == customer_id, LoanRow.id.in_(shared)))
            .distinct()
            .limit(2)
        )
    ).all()


async def waits(work: Work, customer_id: UUID, creditor_id: UUID) -> bool:
    """Whether a complaint of a customer about a creditor waits for its answer."""
    query = select(ComplaintRow.id).where(
        ComplaintRow.customer_id == customer_id,
        ComplaintRow.creditor_id == creditor_id,
        ComplaintRow.state.in_(sorted(OPEN)),
    )
    return await work.session.scalar(query.limit(1)) is not None


async def debtor_of(work: Work, loan_id: UUID) -> UUID:
    """The first debtor of a loan, in whose case it is collected."""
    return (
        await work.session.scalars(select(LoanRow.customer_id).where(LoanRow.id == loan_id))
    ).one()


async def ground_of(work: Work, row: ComplaintRow) -> tuple[UUID | None, UUID | None]:
    """The loan whose creditor a message about a complaint is from, and the case it stands in.

    The loan is what the complaint is about, else the customer's latest with its creditor.
    """
    shared = select(LoanPartyRow.loan_id).where(LoanPartyRow.customer_id == row.customer_id)
    his = or_(LoanRow.customer_id == row.customer_id, LoanRow.id.in_(shared))
    found = (
        await work.session.execute(
            select(LoanRow.id, LoanRow.case_id)
            .where(
                LoanRow.creditor_id == row.creditor_id,
                his if row.loan_id is None else LoanRow.id == row.loan_id,
            )
            .order_by(LoanRow.number.desc())
            .limit(1)
        )
    ).one_or_none()
    if found is None:
        return row.loan_id, row.case_id
    return found[0], row.case_id or found[1]
