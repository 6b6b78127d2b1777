"""SQL of evidence: what was recorded about a case, in the order in which it was."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final
from uuid import UUID

from sqlalchemy import Row, Uuid, and_, cast, exists, func, or_, select
from sqlalchemy.orm import aliased

from api.audit.tables import AuditRow
from api.customers.tables import ConsentRow
from api.db.base import among
from api.loans.tables import LoanRow
from api.messages.tables import ContactDecisionRow, MessageRow
from api.pagination import PageRequest
from api.payments.tables import PaymentLifeRow, TransactionRow
from api.recovery.tables import CaseLoanRow, CaseRow
from api.work import Work
from domain.contact.decision import Outcome

HANDED_OUT: Final = "case.evidence_handed_out"
"""How the audit names it; its facts let the house say later whether a pack is one of its own."""


async def loans(work: Work, case_id: UUID) -> Sequence[Row[UUID, int, date, date | None]]:
    """Key, number, first and last day of each loan that ever was in a case, by number."""
    return (
        await work.session.execute(
            select(LoanRow.id, LoanRow.number, CaseLoanRow.joined_on, CaseLoanRow.left_on)
            .join(CaseLoanRow, CaseLoanRow.loan_id == LoanRow.id)
            .where(CaseLoanRow.case_id == case_id)
            .order_by(LoanRow.number)
        )
    ).all()


async def messages(work: Work, case_id: UUID, customer_id: UUID) -> Sequence[MessageRow]:
    """The messages of a case, out and in, in the order in which they were made.

    Those with its customer alone: what passed with another party is that party's.
    """
    return (
        await work.session.scalars(
            select(MessageRow)
            .where(MessageRow.case_id == case_id, MessageRow.customer_id == customer_id)
            .order_by(MessageRow.sequence)
        )
    ).all()


async def consents(work: Work, customer_id: UUID) -> Sequence[ConsentRow]:
    """Every wish a customer ever gave about a medium, oldest first."""
    return (
        await work.session.scalars(
            select(ConsentRow)
            .where(ConsentRow.customer_id == customer_id)
            .order_by(ConsentRow.given_at, ConsentRow.id)
        )
    ).all()


async def audit(work: Work, subject_ids: Collection[UUID]) -> Sequence[AuditRow]:
    """What was recorded of some things, oldest first."""
    return (
        await work.session.scalars(
            select(AuditRow)
            .where(
                AuditRow.subject_kind.in_(("case", "message")),
                among(AuditRow.subject_id, subject_ids),
            )
            .order_by(AuditRow.id)
        )
    ).all()


async def transactions(work: Work, loan_ids: Collection[UUID]) -> Sequence[TransactionRow]:
    """Every movement on some loans, in the order in which they were booked."""
    return (
        await work.session.scalars(
            select(TransactionRow)
            .where(among(TransactionRow.loan_id, loan_ids))
            .order_by(TransactionRow.number)
        )
    ).all()


async def announced(work: Work, loan_ids: Collection[UUID]) -> Sequence[PaymentLifeRow]:
    """Payments on some loans that were announced before their money came, by number."""
    return (
        await work.session.scalars(
            select(PaymentLifeRow)
            .where(among(PaymentLifeRow.loan_id, loan_ids))
            .order_by(PaymentLifeRow.number)
        )
    ).all()


@dataclass(frozen=True, slots=True)
class ContactPeriod:
    """Which past contacts are looked at; null: not narrowed by this."""

    from_on: date | None
    to_on: date | None
    customer_id: UUID | None
    case_id: UUID | None


async def contacts_made(
    work: Work, period: ContactPeriod, page: PageRequest
) -> Sequence[ContactDecisionRow]:
    """The permits under which messages really went: one more than a page, oldest first.

    A message that was permitted several times before it went counts with its last permit.
    """
    later = aliased(ContactDecisionRow)
    statement = (
        select(ContactDecisionRow)
        .join(MessageRow, MessageRow.id == ContactDecisionRow.message_id)
        .where(
            ContactDecisionRow.outcome == Outcome.ALLOW.value,
            MessageRow.sent_at.is_not(None),
            ~exists().where(
                later.message_id == ContactDecisionRow.message_id,
                later.place > ContactDecisionRow.place,
                later.outcome == Outcome.ALLOW.value,
            ),
        )
        .order_by(ContactDecisionRow.id)
        .limit(page.limit + 1)
    )
    after = page.after_id()
    if after is not None:
        statement = statement.where(ContactDecisionRow.id > after)
    if period.from_on is not None:
        begin = datetime.combine(period.from_on, time.min, UTC)
        statement = statement.where(ContactDecisionRow.decided_at >= begin)
    if period.to_on is not None:
        end = datetime.combine(period.to_on, time.max, UTC)
        statement = statement.where(ContactDecisionRow.decided_at <= end)
    if period.customer_id is not None:
        statement = statement.where(ContactDecisionRow.customer_id == period.customer_id)
    if period.case_id is not None:
        statement = statement.where(MessageRow.case_id == period.case_id)
    return (await work.session.scalars(statement)).all()


async def lost_heads(work: Work) -> Sequence[tuple[UUID, int]]:
    """Case and place of each last link in a pack handed out that its chain does not hold now."""
    place = AuditRow.facts["decisions"].as_integer()
    head = AuditRow.facts["head"].as_string()
    # Records of the first releases name no owner: they are all about the case's customer.
    owner = func.coalesce(cast(AuditRow.facts["owner"].as_string(), Uuid), CaseRow.customer_id)
    rows = await work.session.execute(
        select(CaseRow.id, place)
        .select_from(AuditRow)
        .join(CaseRow, CaseRow.id == AuditRow.subject_id)
        .outerjoin(
            ContactDecisionRow,
            and_(
                ContactDecisionRow.customer_id == owner,
                ContactDecisionRow.place == place,
            ),
        )
        .where(
            AuditRow.action == HANDED_OUT,
            place > 0,
            or_(ContactDecisionRow.link.is_(None), ContactDecisionRow.link != head),
        )
        .order_by(CaseRow.number, AuditRow.id)
    )
    return [(case_id, at) for case_id, at in rows]


async def unpermitted(work: Work) -> Sequence[UUID]:
    """Messages that went although no decision allowed them, in the order they were made."""
    found = await work.session.scalars(
        select(MessageRow.id)
        .where(
            MessageRow.direction == "outbound",
            MessageRow.dispatched_at.is_not(None),
            MessageRow.sent_at.is_not(None),
            ~exists().where(
                ContactDecisionRow.message_id == MessageRow.id,
                ContactDecisionRow.outcome == Outcome.ALLOW.value,
            ),
        )
        .order_by(MessageRow.sequence)
    )
    return found.all()
