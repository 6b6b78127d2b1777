"""Use cases of the automation API: reminders on demand, and the cases that wait for a step.

Everything else that it offers are other features' use cases, called as they are.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from api.audit.service import record
from api.automation import queries
from api.automation.queries import Unpaid
from api.clock import Clock, clock_for
from api.customers import service as customers
from api.messages import service as messages
from api.messages.service import NewMessage, Validity
from api.pagination import PageRequest
from api.recovery import service as recovery
from api.recovery.service import CaseFilter
from api.work import Work
from contracts.automation import NewReminder, Reminder, ReminderDecision, ReminderStatus
from contracts.base import Page
from contracts.recovery import Case
from domain.contact.channel import Purpose
from domain.errors import DomainError, ErrorCode

GOOD_FOR: Final = timedelta(days=2)
"""How long after its time a reminder may still go; the night or a cap may hold it up."""

_TEMPLATES: Final = {
    ("coming", "sms"): "upcoming",
    ("coming", "email"): "upcoming",
    ("today", "sms"): "due_today",
    ("today", "email"): "upcoming",
    ("overdue", "sms"): "overdue_gentle",
    ("overdue", "email"): "overdue_email",
}


async def remind(work: Work, command: NewReminder) -> Reminder:
    """Queue a reminder of what is unpaid; it goes if the contact rules permit it then.

    Raises `INVALID_REQUEST` unless one of loan and customer is named, `NOT_FOUND`,
    `NOTHING_TO_REMIND` when no instalment is unpaid, `INVALID_DATE` for a time that is past, and
    `CONFLICT` when the same reminder was queued for that day.
    """
    found, clock = await _about(work, command)
    new, shown = _message(command, found, clock)
    message_id = await messages.queue(work, clock, new)
    if message_id is None:
        raise _queued_before()
    record(
        work,
        "reminder.queued",
        "message",
        message_id,
        {"loan_id": str(found.loan_id), "template": new.template, "channel": new.channel},
    )
    return shown.model_copy(update={"message_id": message_id})


async def preview(work: Work, command: NewReminder) -> Reminder:
    """What `remind` would queue, and what the rules would say of it now; nothing is changed.

    Raises what `remind` raises.
    """
    found, clock = await _about(work, command)
    new, shown = _message(command, found, clock)
    said = await messages.preview(work, clock, new)
    decision = ReminderDecision(
        outcome=said.outcome.value, reasons=list(said.reasons), defer_until=said.defer_until
    )
    return shown.model_copy(update={"dry_run": True, "decision": decision})


async def reminder(work: Work, message_id: UUID) -> ReminderStatus:
    """What became of a reminder. Raises `NOT_FOUND`."""
    row = await queries.reminder(work, message_id)
    if row is None or row.customer_id is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such reminder.")
    return ReminderStatus(
        message_id=row.id,
        customer_id=row.customer_id,
        loan_id=row.loan_id,
        status=row.status,
        reasons=row.reasons,
        due_at=row.due_at,
        sent_at=row.sent_at,
        delivered_at=row.delivered_at,
    )


async def pending_cases(work: Work, creditor_id: UUID | None, page: PageRequest) -> Page[Case]:
    """Open cases that nothing suspends, in number order, with their next step."""
    which = CaseFilter(status="open", creditor_id=creditor_id, suspended=False)
    return await recovery.list_cases(work, which, page)


async def _about(work: Work, command: NewReminder) -> tuple[Unpaid, Clock]:
    if (command.loan_id is None) == (command.customer_id is None):
        raise DomainError(
            ErrorCode.INVALID_REQUEST,
            "Name either a loan or a customer.",
            {"field": "loan_id"},
        )
    if command.customer_id is not None:
        await customers.by_id(work, command.customer_id)
    elif command.loan_id is not None and not await queries.has_loan(work, command.loan_id):
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such loan.")
    found = await queries.oldest_unpaid(
        work, loan_id=command.loan_id, customer_id=command.customer_id
    )
    if found is None:
        raise DomainError(ErrorCode.NOTHING_TO_REMIND, "No instalment of an active loan is unpaid.")
    clock = await clock_for(work, found.test_clock_id)
    if command.send_at is not None and command.send_at < clock.now:
        raise DomainError(ErrorCode.INVALID_DATE, "The time is past.", {"field": "send_at"})
    return found, clock


def _message(command: NewReminder, found: Unpaid, clock: Clock) -> tuple[NewMessage, Reminder]:
    send_at = command.send_at or clock.now
    day = Clock(send_at, clock.test_clock_id).today(found.zone)
    when = "coming" if found.due_on > day else "today" if found.due_on == day else "overdue"
    purpose = Purpose.COLLECTION if when == "overdue" else Purpose.SERVICING
    # A reminder of arrears belongs to their case, and is held back with it.
    case_id = found.open_case_id if when == "overdue" else None
    template = _TEMPLATES[when, command.channel]
    new = NewMessage(
        customer_id=found.customer_id,
        channel=command.channel,
        purpose=purpose.value,
        template=template,
        due_at=send_at,
        not_after=send_at + GOOD_FOR,
        validity=(Validity.INSTALMENT_UNPAID if case_id is None else Validity.CASE_OPEN).value,
        dedupe_key=(
            f"automation:{found.loan_id}:{found.instalment}:{command.channel}:{day.isoformat()}"
        ),
        loan_id=found.loan_id,
        case_id=case_id,
        instalment=found.instalment if case_id is None else None,
    )
    shown = Reminder(
        message_id=None,
        customer_id=found.customer_id,
        loan_id=found.loan_id,
        case_id=case_id,
        instalment=found.instalment,
        due_on=found.due_on,
        channel=command.channel,
        template=template,
        purpose="collection" if when == "overdue" else "servicing",
        send_at=send_at,
        not_after=send_at + GOOD_FOR,
    )
    return new, shown


def _queued_before() -> DomainError:
    return DomainError(
        ErrorCode.CONFLICT,
        "This reminder was queued for that day already, by this medium.",
    )
