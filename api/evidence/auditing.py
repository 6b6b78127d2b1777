"""Past contacts judged again: by the rule packs of another day, or by one that is not in force."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from api.evidence import queries
from api.evidence.queries import ContactPeriod
from api.messages.packs import contact_packs
from api.messages.remembering import Question, question_of
from api.messages.tables import ContactDecisionRow
from api.pagination import PageRequest
from api.work import Work
from contracts.evidence import AuditedContact, ContactAudit, NewContactAudit
from domain.contact.decision import Decision, Outcome
from domain.contact.pack_reading import rule_pack_from_mapping
from domain.contact.packs import RulePack, effective_packs, packs_for
from domain.contact.permit import decide
from domain.errors import DomainError, ErrorCode


async def audit_contacts(work: Work, command: NewContactAudit, page: PageRequest) -> ContactAudit:
    """Judge a page of past contacts again, and tell of those that would not have been made.

    Raises `INVALID_CONTACT` for a rule pack with a mistake, `INVALID_REQUEST` for a foreign
    cursor, `INVALID_DATE` for a period that ends before it begins.
    """
    if (
        command.from_on is not None
        and command.to_on is not None
        and command.to_on < command.from_on
    ):
        raise DomainError(ErrorCode.INVALID_DATE, "The period ends before it begins.")
    tried = None if command.pack is None else rule_pack_from_mapping(command.pack)
    packs = _with(tried)
    on = command.rules_on or (None if tried is None else tried.effective_on)
    period = ContactPeriod(command.from_on, command.to_on, command.customer_id, command.case_id)
    found = await queries.contacts_made(work, period, page)
    rows, cursor = page.cut(found, [row.id for row in found])
    try:
        judged = [_judged(row, packs, on) for row in rows]
    except OverflowError:
        raise DomainError(
            ErrorCode.INVALID_CONTACT, "The rule pack has a figure beyond any calendar."
        ) from None
    return ContactAudit(
        items=[each for each in judged if each is not None],
        examined=len(rows),
        next_cursor=cursor,
    )


def _with(tried: RulePack | None) -> tuple[RulePack, ...]:
    """The packs that are shipped, the one on trial in the place of those with its name."""
    if tried is None:
        return contact_packs()
    return (*(pack for pack in contact_packs() if pack.id != tried.id), tried)


def _judged(
    row: ContactDecisionRow, packs: Sequence[RulePack], on: date | None
) -> AuditedContact | None:
    """A contact that would not have been made then; null for one that would have been."""
    question = question_of(row.inputs, row.decided_at)
    again = _decide(row, question, packs, on)
    if again.outcome is Outcome.ALLOW:
        return None
    return AuditedContact(
        decision_id=row.id,
        message_id=row.message_id,
        customer_id=row.customer_id,
        decided_at=row.decided_at,
        local_time=_shown(row, "local_time"),
        channel=question.channel.value,
        purpose=question.purpose.value,
        packs_then=list(row.packs),
        packs_now=list(again.packs),
        outcome=again.outcome.value,
        rules=[
            f"{reason.rule_id}: {reason.text_code.value}"
            for reason in again.reasons
            if reason.outcome is not Outcome.ALLOW
        ],
        defer_until=again.defer_until,
        missing_inputs=list(question.missing),
    )


def _decide(
    row: ContactDecisionRow, question: Question, packs: Sequence[RulePack], on: date | None
) -> Decision:
    """The same question to other rules."""
    return decide(
        question.person,
        question.channel,
        question.purpose,
        row.decided_at,
        counters=question.counters,
        packs=_binding(row, question, packs, on),
        not_after=question.not_after,
        reply=question.reply,
        awaited_until=question.awaited_until,
    )


def _binding(
    row: ContactDecisionRow, question: Question, packs: Sequence[RulePack], on: date | None
) -> Sequence[RulePack]:
    """The packs that bind now.

    The town is not kept with a decision. Whether a pack of a town binds is known from whether it
    did then; one that is new may bind wherever nothing rules it out.
    """
    then = _local_day(row, question.person.zones)
    asked = {label.partition("@")[0] for label in row.packs}
    known = {pack.id for pack in effective_packs(contact_packs(), then)}
    bound = packs_for(
        question.place,
        packs,
        on or then,
        licence=question.licence,
        collecting=question.collecting,
    )
    return [
        pack
        for pack in bound
        if pack.id in asked or pack.id not in known or not (pack.area.cities or pack.area.postcodes)
    ]


def _local_day(row: ContactDecisionRow, zones: Sequence[str]) -> date:
    """The latest date it was where the person may have been."""
    return max(
        (row.decided_at.astimezone(ZoneInfo(zone)).date() for zone in zones),
        default=row.decided_at.date(),
    )


def _shown(row: ContactDecisionRow, name: str) -> str | None:
    value = row.inputs.get(name)
    return None if value is None else str(value)
