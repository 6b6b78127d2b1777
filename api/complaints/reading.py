"""Reads complaints: one with its words, story and redress, lists, and the rulebooks."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from api.clock import Clock, clock_for
from api.complaints import packs, queries, story
from api.complaints.queries import Filters
from api.complaints.tables import ComplaintRow
from api.creditors import service as creditors
from api.customers import service as customers
from api.loan_changes import service as loan_changes
from api.pagination import PageRequest
from api.recovery.service import Point
from api.recovery.tables import CaseRow
from api.security.access import visible_customer
from api.work import Work
from contracts.base import Page
from contracts.complaints import (
    Complaint,
    ComplaintDetail,
    ComplaintRulebook,
    ComplaintTerm,
)
from domain.complaints import complaint as rules
from domain.complaints.clocks import Deadlines, Term
from domain.complaints.complaint import Outcome, RootCause, State
from domain.errors import DomainError, ErrorCode
from domain.evidence.canonical import Record, instant

TEXT: Final = "complaints.text"
ANSWER: Final = "complaints.answer"
"""Bind encrypted words to their columns."""


_UNNAMED: Final = {"note": None, "requested_by": "us", "decided_by": None}
"""What a customer is not told of a change to his loan: who of us made it, and what they noted."""


def missing() -> DomainError:
    """The answer for a complaint that does not exist or may not be seen."""
    return DomainError(ErrorCode.NOT_FOUND, "There is no such complaint.")


def number_of(row: ComplaintRow) -> str:
    """The number people know a complaint by: `CP-1001`."""
    return f"CP-{row.number}"


def rule_of(row: ComplaintRow) -> rules.Complaint:
    """A complaint as the rules know it."""
    return rules.Complaint(
        state=State(row.state),
        received_on=row.received_on,
        due=Deadlines(row.acknowledge_by, row.respond_by, row.summary_by),
        acknowledged_on=row.acknowledged_on,
        resolved_on=row.resolved_on,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        root_cause=None if row.root_cause is None else RootCause(row.root_cause),
    )


async def point_of(work: Work, row: ComplaintRow) -> Point:
    """What a complaint is about, as the cases need to know it."""
    debtor = row.customer_id
    if row.loan_id is not None:
        debtor = await queries.debtor_of(work, row.loan_id)
    return Point(
        row.id,
        number_of(row),
        debtor,
        row.creditor_id,
        row.loan_id,
        row.received_on,
        row.respond_by,
    )


async def business_day(work: Work, row: ComplaintRow) -> tuple[Clock, date]:
    """The clock of a complaint, and its creditor's business day."""
    clock = await clock_for(work, row.test_clock_id)
    return clock, clock.today((await creditors.by_id(work, row.creditor_id)).zone)


async def one(work: Work, row: ComplaintRow) -> Complaint:
    """A complaint as it goes over the wire."""
    _, today = await business_day(work, row)
    return await _wire(work, row, today)


async def _wire(work: Work, row: ComplaintRow, today: date) -> Complaint:
    found = rule_of(row)
    country = (await creditors.by_id(work, row.creditor_id)).country
    return Complaint.model_validate(
        {
            "id": row.id,
            "number": number_of(row),
            "customer_id": row.customer_id,
            "creditor_id": row.creditor_id,
            "loan_id": row.loan_id,
            "case_id": row.case_id,
            "payment_id": row.payment_id,
            "message_id": row.message_id,
            "channel": row.channel,
            "causes": list(row.causes),
            "state": row.state,
            "outcome": row.outcome,
            "root_cause": None if _is_his(work) else row.root_cause,
            "owner_id": None if _is_his(work) else row.owner_id,
            "rulebook": row.rulebook,
            "received_on": row.received_on,
            "acknowledge_by": row.acknowledge_by,
            "summary_by": row.summary_by,
            "respond_by": row.respond_by,
            "acknowledged_on": row.acknowledged_on,
            "resolved_on": row.resolved_on,
            "refer_by": row.refer_by,
            "referral": packs.of_country(country).referral,
            "referred_on": row.referred_on,
            "referred_to": row.referred_to,
            "late": found.late(today),
            "next_day": found.next_day(),
            "version": row.version,
        }
    )


async def detail(work: Work, complaint_id: UUID) -> ComplaintDetail:
    """A complaint with its words, story and redress.

    Raises `NOT_FOUND`, alike for one that does not exist and for one of somebody else.
    """
    row = await queries.find(work, complaint_id)
    if row is None:
        raise missing()
    own = _is_his(work)
    wire = await one(work, row)
    told = [
        await story.entry(work, row, event, with_note=not own)
        for event in await queries.events(work, row.id)
        if not own or event.kind in story.TOLD_TO_HIMSELF
    ]
    changes = [
        await loan_changes.one(work, each.loan_id, each.change_id)
        for each in await queries.redress(work, row.id)
    ]
    return ComplaintDetail(
        **wire.model_dump(),
        text=await customers.decrypt(work, row.customer_id, row.text_ct, TEXT),
        answer=await customers.decrypt(work, row.customer_id, row.answer_ct, ANSWER),
        redress=[each.model_copy(update=_UNNAMED) for each in changes] if own else changes,
        timeline=[
            each.model_copy(update={"actor": "customer" if each.kind == "received" else "us"})
            for each in told
        ]
        if own
        else told,
    )


async def record_of(work: Work, row: ComplaintRow) -> Record:
    """A complaint as an evidence pack keeps it: its words, days, story and redress."""
    story_of = await queries.events(work, row.id)
    return {
        "id": str(row.id),
        "number": number_of(row),
        "customer_id": str(row.customer_id),
        "loan_id": None if row.loan_id is None else str(row.loan_id),
        "channel": row.channel,
        "causes": list(row.causes),
        "state": row.state,
        "outcome": row.outcome,
        "root_cause": row.root_cause,
        "rulebook": row.rulebook,
        "received_on": row.received_on.isoformat(),
        "acknowledge_by": row.acknowledge_by.isoformat(),
        "respond_by": row.respond_by.isoformat(),
        "acknowledged_on": _on(row.acknowledged_on),
        "resolved_on": _on(row.resolved_on),
        "referred_on": _on(row.referred_on),
        "text": await customers.decrypt(work, row.customer_id, row.text_ct, TEXT),
        "answer": await customers.decrypt(work, row.customer_id, row.answer_ct, ANSWER),
        "story": [
            {"at": instant(each.at), "kind": each.kind, "actor": each.actor, "facts": each.facts}
            for each in story_of
        ],
        "redress": [str(each.change_id) for each in await queries.redress(work, row.id)],
    }


def _on(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


async def list_(work: Work, which: Filters, page: PageRequest) -> Page[Complaint]:
    """Complaints in number order. Raises `INVALID_REQUEST` for a foreign cursor."""
    rows = await queries.page(work, which, page.after_number(), page.limit)
    shown, cursor = page.cut(rows, [row.number for row in rows])
    return Page(items=[await one(work, row) for row in shown], next_cursor=cursor)


async def of_case(work: Work, case: CaseRow) -> Sequence[ComplaintRow]:
    """The complaints that a case has to know of, as kept; oldest first."""
    return await queries.of_case(work, case)


async def about_case(work: Work, case_id: UUID) -> Sequence[Complaint]:
    """The complaints that a case has to know of; oldest first, none for an unknown case."""
    case = await work.session.get(CaseRow, case_id)
    rows = [] if case is None else await queries.of_case(work, case)
    return [await one(work, row) for row in rows]


async def rulebooks(page: PageRequest) -> Page[ComplaintRulebook]:
    """Every rulebook, by its code. Raises `INVALID_REQUEST` for a foreign cursor."""
    after = page.after_code()
    found = [each for each in packs.rulebooks() if each.code > after][: page.limit + 1]
    shown, cursor = page.cut(found, [each.code for each in found])
    return Page(
        items=[
            ComplaintRulebook(
                code=each.code,
                version=each.version,
                name=each.name,
                citation=each.citation,
                verified=each.verified,
                countries=sorted(each.countries),
                acknowledge=_term(each.acknowledge),
                summary=None if each.summary is None else _term(each.summary),
                final_response=_term(each.final_response),
                refer=_term(each.refer),
                referral=each.referral,
                referral_contact=each.referral_contact,
            )
            for each in shown
        ],
        next_cursor=cursor,
    )


def _term(term: Term) -> ComplaintTerm:
    return ComplaintTerm(count=term.count, unit=term.unit.value, citation=term.citation)


def _is_his(work: Work) -> bool:
    """Whether the reader is the customer himself."""
    return visible_customer(work.principal) is not None
