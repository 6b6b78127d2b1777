"""The clock of an escalation: how long is left to answer, and when it stands still.

It counts the creditor's business hours. Whoever works the case may stop it while a customer, a
third party or a provider is awaited, and the story tells each stretch; what was left stays left.
"""

from datetime import datetime
from uuid import UUID

from api.audit.service import record
from api.recovery import cases, facts, sla_queries, timeline
from api.recovery.cases import Held
from api.recovery.tables import SlaPauseRow
from api.strategies import service as strategies
from api.work import Work
from contracts.recovery import PauseSla, Sla, SlaPause
from domain.errors import DomainError, ErrorCode, Fact
from domain.recovery.planning import answer_clock
from domain.recovery.sla import WaitingOn, standing

ESCALATION = "escalation"
"""The kind of task by which an advisor or a manager is asked to take a case over."""

_WAITING = frozenset({"asked", "re_escalated"})


async def get_sla(work: Work, case_id: UUID) -> Sla:
    """Where the clock of a case's escalation stands. Raises `NOT_FOUND`."""
    row = await cases.found(work, case_id)
    return await sla_of(work, await cases.seen(work, row))


async def pause(work: Work, case_id: UUID, command: PauseSla) -> Sla:
    """Let the clock of an escalation stand still while others are awaited.

    Doing so again changes nothing but for whom. Raises `NOT_FOUND`, `CASE_NOT_OPEN`, and
    `NOT_ESCALATED` when nobody's answer is awaited, or its time is over.
    """
    held = await cases.hold_case(work, case_id)
    cases.require_open(held.case)
    now = await sla_of(work, held)
    if held.case.escalation not in _WAITING or now.overdue:
        raise DomainError(
            ErrorCode.NOT_ESCALATED,
            "No answer is awaited whose time still runs.",
            {"escalation": held.case.escalation},
        )
    lasting = await sla_queries.open_pause(work, case_id)
    if lasting is not None and lasting.waiting_on == command.waiting_on:
        return now
    if lasting is not None:
        await let_run(work, held)
    work.session.add(
        SlaPauseRow(
            case_id=case_id,
            waiting_on=command.waiting_on,
            started_at=held.clock.now,
            started_by=work.principal.actor,
        )
    )
    told: dict[str, Fact] = {"waiting_on": command.waiting_on}
    timeline.write(work, held.case, held.clock.now, timeline.EventKind.SLA_PAUSED, told)
    record(work, "case.sla_paused", "case", case_id, told)
    held.case.version += 1
    await cases.wake(work, held.case)
    return await sla_of(work, held)


async def resume(work: Work, case_id: UUID) -> Sla:
    """Let the clock go on; one that runs is left alone. Raises `NOT_FOUND`, `CASE_NOT_OPEN`."""
    held = await cases.hold_case(work, case_id)
    cases.require_open(held.case)
    if await let_run(work, held):
        held.case.version += 1
        await cases.wake(work, held.case)
    return await sla_of(work, held)


async def let_run(work: Work, held: Held) -> bool:
    """End the pause of a locked case, if one lasts."""
    lasting = await sla_queries.open_pause(work, held.case.id)
    if lasting is None:
        return False
    lasting.ended_at, lasting.ended_by = held.clock.now, work.principal.actor
    told: dict[str, Fact] = {"waiting_on": lasting.waiting_on}
    timeline.write(work, held.case, held.clock.now, timeline.EventKind.SLA_RESUMED, told)
    record(work, "case.sla_resumed", "case", held.case.id, told)
    await work.session.flush()
    return True


async def customer_answered(work: Work, case_id: UUID, at: datetime) -> bool:
    """Let a clock go on that waited for the customer, who wrote; whether there was one."""
    ended = await sla_queries.end_waiting_on(
        work, case_id, WaitingOn.CUSTOMER.value, at, work.principal.actor
    )
    if ended:
        record(work, "case.sla_resumed", "case", case_id, {"waiting_on": "customer"})
    return ended


async def sla_of(work: Work, held: Held) -> Sla:
    """Where the clock of a case's escalation stands, with its pauses."""
    await work.session.flush()
    rows = await sla_queries.pauses(work, held.case.id)
    told = [SlaPause.model_validate(_pause(row)) for row in rows]
    asked = {"asked": "advisor", "re_escalated": "manager"}.get(held.case.escalation)
    escalation = await facts.escalation_of(work, held.case)
    if asked is None or escalation is None or held.case.status != "open":
        return Sla(asked=None, due_at=None, left_minutes=None, paused_for=None, pauses=told)
    strategy = await strategies.by_id(work, held.case.strategy_id)
    now = standing(answer_clock(escalation, strategy, held.office), held.clock.now)
    waiting = next((row.waiting_on for row in rows if row.ended_at is None), None)
    return Sla.model_validate(
        {
            "asked": asked,
            "due_at": now.due_at,
            "left_minutes": int(now.left.total_seconds() // 60),
            "paused_for": waiting,
            "overdue": now.is_over,
            "pauses": told,
        }
    )


def _pause(row: SlaPauseRow) -> dict[str, object]:
    return {
        "waiting_on": row.waiting_on,
        "started_at": row.started_at,
        "started_by": row.started_by,
        "ended_at": row.ended_at,
        "ended_by": row.ended_by,
    }
