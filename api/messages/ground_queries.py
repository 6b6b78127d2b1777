"""SQL of what a message depends on: its loan, its case, its creditor, and what is unpaid."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from api.creditors.tables import CreditorRow
from api.db.base import among
from api.loans.tables import InstalmentRow, LoanPartyRow, LoanRow
from api.loans.unpaid import unpaid as unpaid_amount
from api.messages.tables import MessageRow
from api.recovery.plan_tables import ArrangementPartRow, ArrangementRow, SettlementRow
from api.recovery.tables import CaseLoanRow, CaseRow, PromiseRow
from api.work import Work


async def share_loans_and_cases(
    work: Work, message_ids: Collection[UUID], customer_ids: Collection[UUID]
) -> None:
    """Keep payments, holds and promises out until the commit: the last look must stay true.

    Loans come before cases, each in the order of their numbers.
    """
    about = (
        await work.session.execute(
            select(MessageRow.loan_id, MessageRow.case_id).where(among(MessageRow.id, message_ids))
        )
    ).all()
    loan_ids = {loan_id for loan_id, _ in about if loan_id is not None}
    case_ids = {case_id for _, case_id in about if case_id is not None}
    in_cases = select(CaseLoanRow.loan_id).where(among(CaseLoanRow.case_id, case_ids))
    await work.session.execute(
        select(LoanRow.id)
        .where(or_(among(LoanRow.id, loan_ids), LoanRow.id.in_(in_cases)))
        .order_by(LoanRow.number)
        .with_for_update(read=True)
    )
    await work.session.execute(
        select(CaseRow.id)
        .where(
            or_(
                among(CaseRow.id, case_ids),
                and_(among(CaseRow.customer_id, customer_ids), CaseRow.status == "open"),
            )
        )
        .order_by(CaseRow.number)
        .with_for_update(read=True)
    )


@dataclass(frozen=True, slots=True)
class Loan:
    """A loan that messages speak of."""

    id: UUID
    number: int
    lifecycle: str
    creditor_id: UUID
    currency: str


async def loans(work: Work, loan_ids: Collection[UUID]) -> dict[UUID, Loan]:
    """Loans by id."""
    if not loan_ids:
        return {}
    rows = await work.session.execute(
        select(
            LoanRow.id, LoanRow.number, LoanRow.lifecycle, LoanRow.creditor_id, LoanRow.currency
        ).where(among(LoanRow.id, loan_ids))
    )
    return {row.id: Loan(*row) for row in rows}


async def latest_loans(work: Work, customer_ids: Collection[UUID]) -> dict[UUID, Loan]:
    """The latest loan of each person who is a party of one."""
    if not customer_ids:
        return {}
    rows = await work.session.execute(
        select(
            LoanPartyRow.customer_id,
            LoanRow.id,
            LoanRow.number,
            LoanRow.lifecycle,
            LoanRow.creditor_id,
            LoanRow.currency,
        )
        .join(LoanRow, LoanRow.id == LoanPartyRow.loan_id)
        .ext(distinct_on(LoanPartyRow.customer_id))
        .where(among(LoanPartyRow.customer_id, customer_ids), LoanPartyRow.until_on.is_(None))
        .order_by(LoanPartyRow.customer_id, LoanRow.number.desc())
    )
    return {row[0]: Loan(*row[1:]) for row in rows}


@dataclass(frozen=True, slots=True)
class Case:
    """A recovery case that messages belong to, and since when something agreed stands on it."""

    id: UUID
    status: str
    suspended_by: str | None
    creditor_id: UUID
    currency: str
    customer_id: UUID
    promised_at: datetime | None
    arranged_at: datetime | None
    settled_at: datetime | None


async def cases(work: Work, case_ids: Collection[UUID]) -> dict[UUID, Case]:
    """Cases by id."""
    if not case_ids:
        return {}
    rows = await work.session.execute(
        select(
            CaseRow.id,
            CaseRow.status,
            CaseRow.suspended_by,
            CaseRow.creditor_id,
            CaseRow.currency,
            CaseRow.customer_id,
            PromiseRow.made_at,
            ArrangementRow.started_at,
            SettlementRow.accepted_at,
        )
        .outerjoin(PromiseRow, and_(PromiseRow.case_id == CaseRow.id, PromiseRow.status == "open"))
        .outerjoin(
            ArrangementRow,
            and_(ArrangementRow.case_id == CaseRow.id, ArrangementRow.status == "open"),
        )
        .outerjoin(
            SettlementRow,
            and_(SettlementRow.case_id == CaseRow.id, SettlementRow.status == "accepted"),
        )
        .where(among(CaseRow.id, case_ids))
    )
    return {row.id: Case(*row) for row in rows}


async def arranged_days(work: Work, case_ids: Collection[UUID]) -> dict[UUID, set[date]]:
    """The days of open arrangements of cases for which money is still missing."""
    if not case_ids:
        return {}
    rows = await work.session.execute(
        select(ArrangementRow.case_id, ArrangementPartRow.due_on)
        .join(ArrangementPartRow, ArrangementPartRow.arrangement_id == ArrangementRow.id)
        .where(
            among(ArrangementRow.case_id, case_ids),
            ArrangementRow.status == "open",
            ArrangementPartRow.status == "due",
        )
    )
    found: dict[UUID, set[date]] = {}
    for case_id, due_on in rows:
        found.setdefault(case_id, set()).add(due_on)
    return found


async def loans_in_cases(work: Work, case_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """The loans that are in each case now."""
    if not case_ids:
        return {}
    rows = await work.session.execute(
        select(CaseLoanRow.case_id, CaseLoanRow.loan_id).where(
            among(CaseLoanRow.case_id, case_ids), CaseLoanRow.left_on.is_(None)
        )
    )
    found: dict[UUID, set[UUID]] = {}
    for case_id, loan_id in rows:
        found.setdefault(case_id, set()).add(loan_id)
    return found


@dataclass(frozen=True, slots=True)
class Creditor:
    """Who writes, and the zone of the book."""

    id: UUID
    name: str
    zone: str
    licence_kind: str


async def creditors(work: Work, creditor_ids: Collection[UUID]) -> dict[UUID, Creditor]:
    """Creditors by id."""
    if not creditor_ids:
        return {}
    rows = await work.session.execute(
        select(CreditorRow.id, CreditorRow.name, CreditorRow.zone, CreditorRow.licence_kind).where(
            among(CreditorRow.id, creditor_ids)
        )
    )
    return {row.id: Creditor(*row) for row in rows}


async def only_creditor_name(work: Work) -> str | None:
    """The name of the house's creditor, if there is just one."""
    names = (await work.session.scalars(select(CreditorRow.name).limit(2))).all()
    return names[0] if len(names) == 1 else None


@dataclass(frozen=True, slots=True)
class Unpaid:
    """What is open of an instalment; penalties are part of the amount."""

    loan_id: UUID
    number: int
    due_on: date
    amount: Decimal


async def unpaid(
    work: Work,
    loan_ids: Collection[UUID],
    *,
    through: date,
    also: Collection[tuple[UUID, int]] = (),
) -> list[Unpaid]:
    """Unmet instalments of loans that fall due up to a day, oldest first; and some by number."""
    if not loan_ids:
        return []
    rows = await work.session.execute(
        select(InstalmentRow.loan_id, InstalmentRow.number, InstalmentRow.due_on, unpaid_amount())
        .join(LoanRow, LoanRow.id == InstalmentRow.loan_id)
        .where(
            InstalmentRow.met_on.is_(None),
            among(InstalmentRow.loan_id, loan_ids),
            or_(
                InstalmentRow.due_on <= through,
                among(InstalmentRow.number, {number for _, number in also}),
            ),
        )
        .order_by(InstalmentRow.due_on, LoanRow.number, InstalmentRow.number)
    )
    found = [Unpaid(*row) for row in rows]
    # A number that is asked for of one loan was read of all: pairs would be another statement
    # for every count of them.
    wanted = set(also)
    return [one for one in found if one.due_on <= through or (one.loan_id, one.number) in wanted]


@dataclass(frozen=True, slots=True)
class OpenCase:
    """An open recovery case, its currency, and its creditor's zone."""

    id: UUID
    currency: str
    zone: str


async def customer_of_case(work: Work, case_id: UUID) -> UUID | None:
    """Whom a case is about; null where there is no such case."""
    found: UUID | None = await work.session.scalar(
        select(CaseRow.customer_id).where(CaseRow.id == case_id)
    )
    return found


async def call(work: Work, call_id: UUID) -> MessageRow | None:
    """A call by its id; null for what is none."""
    found: MessageRow | None = await work.session.scalar(
        select(MessageRow)
        .where(MessageRow.id == call_id, MessageRow.channel == "call")
        .execution_options(populate_existing=True)
    )
    return found


async def pending_calls(work: Work, case_id: UUID, status: str) -> Sequence[UUID]:
    """The calls about a case that stand in a status, oldest first."""
    return (
        await work.session.scalars(
            select(MessageRow.id)
            .where(
                MessageRow.case_id == case_id,
                MessageRow.channel == "call",
                MessageRow.status == status,
            )
            .order_by(MessageRow.id)
        )
    ).all()


async def open_case(work: Work, customer_id: UUID) -> OpenCase | None:
    """A customer's open case; the oldest if he has several."""
    found = (
        await work.session.execute(
            select(CaseRow.id, CaseRow.currency, CreditorRow.zone)
            .join(CreditorRow, CreditorRow.id == CaseRow.creditor_id)
            .where(CaseRow.customer_id == customer_id, CaseRow.status == "open")
            .order_by(CaseRow.number)
            .limit(1)
        )
    ).first()
    return None if found is None else OpenCase(*found)


async def overdue_amount(work: Work, case_id: UUID, today: date) -> Decimal:
    """What fell due before a day and is unpaid on the loans of a case, penalties included."""
    loan_ids = (await loans_in_cases(work, [case_id])).get(case_id, set())
    rows = await unpaid(work, loan_ids, through=today - timedelta(days=1))
    return sum((row.amount for row in rows), Decimal(0))


@dataclass(frozen=True, slots=True)
class Answered:
    """A message of ours that somebody says he answers."""

    customer_id: UUID | None
    body_ct: bytes | None


async def answered(work: Work, channel: str, ids: Sequence[UUID]) -> Answered | None:
    """The first of these that is a message we sent by that channel."""
    if not ids:
        return None
    rows = await work.session.execute(
        select(MessageRow.id, MessageRow.customer_id, MessageRow.body_ct).where(
            MessageRow.id.in_(ids),
            MessageRow.channel == channel,
            MessageRow.direction == "outbound",
            MessageRow.dispatched_at.is_not(None),
        )
    )
    found = {row.id: Answered(row.customer_id, row.body_ct) for row in rows}
    return next((found[key] for key in ids if key in found), None)


async def insert_inbound(work: Work, values: dict[str, object]) -> bool:
    """Store a message that came in; false when it is there already."""
    made = await work.session.scalar(
        insert(MessageRow)
        .values(values)
        .on_conflict_do_nothing(index_elements=[MessageRow.dedupe_key])
        .returning(MessageRow.id)
    )
    return made is not None
