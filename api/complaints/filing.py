"""Receives a complaint: what it is about, its clocks, who answers for it; collection rests."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from api.audit.service import record
from api.clock import Clock, clock_for
from api.complaints import answering, packs, queries, reading, story
from api.complaints.answering import Told
from api.complaints.queries import About
from api.complaints.tables import ComplaintRow
from api.creditors import service as creditors
from api.customers import service as customers
from api.db.base import new_id
from api.recovery import service as recovery
from api.security.access import visible_customer
from api.tasks import service as tasks
from api.tasks.service import COMPLAINT, Subject, Watched
from api.work import Work
from contracts.complaints import Complaint, NewComplaint
from contracts.names import Role
from domain.complaints import clocks
from domain.complaints.clocks import Clock as Statute
from domain.complaints.clocks import Deadlines, Rulebook
from domain.complaints.complaint import State
from domain.errors import DomainError, ErrorCode
from domain.tasks import Terms

LONGEST_AGO: Final = timedelta(days=400)
"""A complaint that reached us longer ago is a mistake of the keyboard."""

AT_LEAST: Final = timedelta(hours=1)
"""Where a clock has run out before we wrote the complaint down, its task is due so soon."""

FOLLOW_UP: Final = {
    Statute.ACKNOWLEDGE: Terms((timedelta(hours=24), timedelta(hours=4)), timedelta(hours=4)),
    Statute.FINAL_RESPONSE: Terms(
        (timedelta(days=14), timedelta(days=7), timedelta(days=2)), timedelta(hours=24)
    ),
}
"""The owner is reminded before a clock runs out; after it, a manager is asked."""


async def file(work: Work, new: NewComplaint) -> Complaint:
    """Receive a complaint; of one's own, if a customer asks.

    Raises `NOT_FOUND` for a customer or a thing of his that does not exist, `INVALID_REQUEST`
    for things that do not belong together, a creditor that cannot be told, or an owner who is no
    member of staff, `INVALID_DATE` for a day to come or long past.
    """
    customer = await customers.lock(work, new.customer_id)
    if visible_customer(work.principal) is not None:
        new = _of_himself(new)
    about = await _about(work, new)
    role = Role.ADVISOR
    if new.owner_id is not None:
        role = await tasks.role_of(work, None, new.owner_id)
    clock = await clock_for(work, customer.test_clock_id)
    creditor = await creditors.by_id(work, about.creditor_id or await _creditor(work, new))
    received_on = _received(new, clock.today(creditor.zone))
    rules = packs.of_country(creditor.country)
    due = clocks.deadlines(rules, received_on, packs.working_days(creditor.country))
    row = ComplaintRow(
        id=new_id(),
        number=await queries.next_number(work),
        customer_id=customer.id,
        creditor_id=creditor.id,
        test_clock_id=customer.test_clock_id,
        loan_id=about.loan_id,
        case_id=new.case_id,
        payment_id=new.payment_id,
        message_id=new.message_id,
        channel=new.channel,
        causes=list(dict.fromkeys(new.causes)),
        state=State.RECEIVED.value,
        owner_id=new.owner_id,
        rulebook=rules.label,
        received_on=received_on,
        acknowledge_by=due.acknowledge_by,
        summary_by=due.summary_by,
        respond_by=due.respond_by,
        text_ct=await customers.encrypt(work, customer.id, new.text, reading.TEXT),
        created_at=clock.now,
        created_by=work.principal.actor,
        version=1,
    )
    work.session.add(row)
    await work.session.flush()
    await story.write(
        work,
        row,
        clock.now,
        story.EventKind.RECEIVED,
        {
            "channel": row.channel,
            "received_on": received_on.isoformat(),
            "respond_by": due.respond_by.isoformat(),
        },
    )
    record(
        work,
        "complaint.received",
        "complaint",
        row.id,
        {
            "number": row.number,
            "customer_id": str(customer.id),
            "channel": row.channel,
            "causes": " ".join(row.causes),
            "received_on": received_on.isoformat(),
            "rulebook": rules.label,
        },
    )
    await recovery.pause_for_complaint(work, await reading.point_of(work, row))
    told = await _acknowledge(work, clock, row, rules, clock.today(creditor.zone))
    await _start_clocks(work, clock, row, due, zone=creditor.zone, role=role, told=told)
    return await reading.one(work, row)


async def _acknowledge(
    work: Work, clock: Clock, row: ComplaintRow, rules: Rulebook, today: date
) -> Told:
    """Tell the customer that it is here. An e-mail acknowledges it; a letter, once it is posted.

    Where the rules or the provider stop the e-mail, a person is asked to tell him.
    """
    told = await answering.acknowledge(work, clock, row, rules)
    if not told.by_mail:
        await story.write(work, row, clock.now, story.EventKind.LETTER, told.facts)
        return told
    after = reading.rule_of(row).acknowledge(today)
    row.state, row.acknowledged_on = after.state.value, today
    await story.write(work, row, clock.now, story.EventKind.ACKNOWLEDGED, told.facts)
    record(work, "complaint.acknowledged", "complaint", row.id, told.facts)
    return told


async def ground_of_reply(work: Work, customer_id: UUID, case_id: UUID | None) -> UUID | None:
    """The creditor of whom a customer complains in a reply; None where a person has to tell.

    That is so without a case and with several creditors, and when he has complained of the same
    already and waits for an answer: then it is more of the same. The customer and his loans are
    locked, so that answer and complaint may follow in the order in which wakes are taken.
    """
    await customers.lock(work, customer_id)
    if case_id is not None:
        about = await queries.case(work, customer_id, case_id)
        creditor_id = None if about is None else about.creditor_id
    else:
        found = await queries.creditors_of(work, customer_id)
        creditor_id = found[0] if len(found) == 1 else None
    if creditor_id is None or await queries.waits(work, customer_id, creditor_id):
        return None
    await recovery.hold_loans(work, customer_id, creditor_id)
    return creditor_id


def _of_himself(new: NewComplaint) -> NewComplaint:
    """What a customer may say of his own complaint: it comes by the portal, today, to nobody."""
    return new.model_copy(update={"channel": "portal", "received_on": None, "owner_id": None})


async def _about(work: Work, new: NewComplaint) -> About:
    """The creditor and the loan that a complaint is about, which all that it names must share."""
    looks: list[tuple[UUID | None, Callable[[Work, UUID, UUID], Awaitable[About | None]], str]] = [
        (new.loan_id, queries.loan, "loan"),
        (new.case_id, queries.case, "case"),
        (new.payment_id, queries.payment, "payment"),
        (new.message_id, queries.message, "message"),
    ]
    found: list[About] = []
    for key, look, what in looks:
        if key is None:
            continue
        one = await look(work, new.customer_id, key)
        if one is None:
            raise DomainError(
                ErrorCode.NOT_FOUND, f"The customer has no such {what}.", {"field": f"{what}_id"}
            )
        found.append(one)
    creditor_ids = {one.creditor_id for one in found} | {new.creditor_id}
    loan_ids = {one.loan_id for one in found}
    creditor_ids.discard(None)
    loan_ids.discard(None)
    if len(creditor_ids) > 1 or len(loan_ids) > 1:
        raise DomainError(
            ErrorCode.INVALID_REQUEST,
            "What the complaint names belongs to several loans or creditors: file one for each.",
            {"field": "loan_id"},
        )
    return About(next(iter(creditor_ids), None), next(iter(loan_ids), None))


async def _creditor(work: Work, new: NewComplaint) -> UUID:
    found = await queries.creditors_of(work, new.customer_id)
    if len(found) != 1:
        raise DomainError(
            ErrorCode.INVALID_REQUEST,
            "Say which creditor the complaint is about, or which loan.",
            {"field": "creditor_id"},
        )
    return found[0]


def _received(new: NewComplaint, today: date) -> date:
    received_on = new.received_on or today
    if not today - LONGEST_AGO <= received_on <= today:
        raise DomainError(
            ErrorCode.INVALID_DATE,
            "A complaint was received today or before, within the last 400 days.",
            {"field": "received_on"},
        )
    return received_on


async def _start_clocks(  # noqa: PLR0913 - what a clock is set by
    work: Work,
    clock: Clock,
    row: ComplaintRow,
    due: Deadlines,
    *,
    zone: str,
    role: Role,
    told: Told,
) -> None:
    """One watched task for each statutory clock: the owner is reminded, then a manager asked.

    The clock of the acknowledgement runs only where that waits for a person.
    """
    kept: dict[Statute, UUID] = {}
    running = [(Statute.FINAL_RESPONSE, due.respond_by)]
    if not told.by_mail:
        running.insert(0, (Statute.ACKNOWLEDGE, due.acknowledge_by))
    for statute, day in running:
        task = await tasks.watch(
            work,
            clock,
            Watched(
                kind=COMPLAINT,
                subject=Subject(
                    f"{reading.number_of(row)}, {statute.value.replace('_', ' ')}",
                    customer_id=row.customer_id,
                    loan_id=row.loan_id,
                    creditor_id=row.creditor_id,
                    test_clock_id=row.test_clock_id,
                ),
                role=role,
                assignee_id=row.owner_id,
                due_at=max(tasks.end_of_work(day, zone), clock.now + AT_LEAST),
                terms=FOLLOW_UP[statute],
                payload={"complaint_id": str(row.id), "clock": statute.value},
            ),
        )
        kept[statute] = task.id
    row.acknowledge_task_id = kept.get(Statute.ACKNOWLEDGE)
    row.respond_task_id = kept[Statute.FINAL_RESPONSE]
    await work.session.flush()
