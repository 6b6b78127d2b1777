"""Reads cases: lists, one case with its whole story, and a case as it goes over the wire."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from api.clock import Clock, clock_for
from api.pagination import PageRequest
from api.recovery import (
    arrangements,
    arrears_queries,
    cases,
    hold_queries,
    holds,
    moratorium_facts,
    plan_queries,
    promises,
    queries,
    settlement_facts,
    timeline,
)
from api.recovery.arrears_queries import CaseArrears
from api.recovery.cases import Held
from api.recovery.queries import CaseFilter
from api.recovery.tables import CaseRow
from api.strategies import service as strategies
from api.tasks import service as tasks
from api.work import Work
from contracts.base import Page
from contracts.recovery import Case, CaseDetail
from domain.ids import case_workflow_id
from domain.money import ZERO, quantize

_READ: Final = timeline.EventKind.REPLY_READ.value


async def list_cases(work: Work, which: CaseFilter, page: PageRequest) -> Page[Case]:
    """Cases in number order, each on its customer's clock."""
    rows = await queries.page_of_cases(work, which, page.after_number(), page.limit)
    shown, cursor = page.cut(rows, [row.number for row in rows])
    return Page(items=await cases_of(work, shown), next_cursor=cursor)


async def cases_of(work: Work, rows: Sequence[CaseRow]) -> list[Case]:
    """Cases as they go over the wire, in the order given."""
    days = await _business_days(work, rows)
    arrears = await arrears_queries.arrears_of_cases(work, days)
    names = await strategies.names(work, {row.strategy_id for row in rows})
    return [
        wire(row, days[row.id], arrears.get(row.id), names[row.strategy_id], work.now)
        for row in rows
    ]


async def get_case(work: Work, case_id: UUID) -> CaseDetail:
    """A case with its loans, promises, holds, tasks and story. Raises `NOT_FOUND`."""
    row = await queries.find(work, case_id)
    if row is None:
        raise cases.missing()
    clock = await clock_for(work, row.test_clock_id)
    today = clock.today((await cases.zones(work, [row.creditor_id]))[row.creditor_id])
    arrears = await arrears_queries.arrears_of_cases(work, {row.id: today})
    names = await strategies.names(work, {row.strategy_id})
    happened = await queries.events(work, case_id)
    lines = {
        event.id: timeline.entry(event, await timeline.opened(work, row, event))
        for event in happened
    }
    # What a reply was taken for is told with its words: it is not told again as a message.
    read = {event.facts.get("message_id") for event in happened if event.kind == _READ}
    story = list(lines.values())
    story += [
        timeline.of_message(line)
        for line in await queries.message_lines(work, case_id)
        if str(line.id) not in read
    ]
    return CaseDetail.model_validate(
        {
            **wire(row, today, arrears.get(row.id), names[row.strategy_id], work.now).model_dump(),
            "loan_ids": await queries.loan_ids_in_order(work, case_id),
            "promises": [promises.promise_of(p) for p in await queries.promises(work, case_id)],
            "holds": [
                holds.hold_of(hold, today) for hold in await hold_queries.holds_shown(work, case_id)
            ],
            **await _agreed(work, row),
            "tasks": [
                tasks.task_of(task, clock.now) for task in await tasks.of_case(work, case_id)
            ],
            "timeline": sorted(story, key=lambda line: line.at),
            "pinned_note": None if row.pinned_note_id is None else lines.get(row.pinned_note_id),
        }
    )


async def _agreed(work: Work, row: CaseRow) -> Mapping[str, Sequence[object]]:
    """What was agreed on a case; nothing is read where nothing was."""
    if not await plan_queries.any_agreed(work, row.id):
        return {"arrangements": [], "settlements": [], "moratoria": []}
    return {
        "arrangements": await arrangements.list_of(work, row.id),
        "settlements": await settlement_facts.list_of(work, row.id),
        "moratoria": await moratorium_facts.list_of(work, row.id),
    }


async def several(work: Work, case_ids: Collection[UUID]) -> Mapping[UUID, Case]:
    """Cases by id, without their stories."""
    rows = await queries.present_cases(work, case_ids) if case_ids else []
    return {case.id: case for case in await cases_of(work, rows)}


async def zones_of(work: Work, rows: Sequence[CaseRow]) -> Mapping[UUID, str]:
    """The zone of each creditor of these cases."""
    return await cases.zones(work, {row.creditor_id for row in rows})


async def case_of(work: Work, held: Held) -> Case:
    """A locked case as it goes over the wire."""
    await work.session.flush()
    arrears = await arrears_queries.arrears_of_cases(work, {held.case.id: held.today})
    names = await strategies.names(work, {held.case.strategy_id})
    return wire(
        held.case,
        held.today,
        arrears.get(held.case.id),
        names[held.case.strategy_id],
        work.now,
    )


def wire(
    row: CaseRow,
    today: date,
    arrears: CaseArrears | None,
    strategy: tuple[str, int],
    now: datetime,
) -> Case:
    """A case over the wire; one that is closed owes nothing as a case any more."""
    code, version = strategy
    since = None if arrears is None else arrears.past_due_since
    return Case.model_validate(
        {
            "id": row.id,
            "number": cases.number(row),
            "customer_id": row.customer_id,
            "creditor_id": row.creditor_id,
            "currency": row.currency,
            "status": row.status,
            "closed_reason": row.closed_reason,
            "stage": row.stage,
            "strategy": code,
            "strategy_version": version,
            "overdue": quantize(ZERO if arrears is None else arrears.overdue, row.currency),
            "past_due_days": 0 if since is None else (today - since).days,
            "past_due_since": since,
            "bucket": "current" if arrears is None else arrears.bucket,
            "assignee_id": row.assignee_id,
            "escalation": row.escalation,
            "opened_at": row.opened_at,
            "closed_at": row.closed_at,
            "next_step": row.next_step,
            "next_at": row.next_at,
            "waiting_for": row.waiting_for,
            "suspended_by": row.suspended_by,
            "workflow_id": case_workflow_id(row.id),
            "version": row.version,
            "assigned_because": row.assigned_because,
            "team_id": row.team_id,
            "priority": row.priority,
            "priority_parts": row.priority_parts,
            "risk_score": row.risk_score,
            "risk_level": row.risk_level,
            **_lease(row, now),
        }
    )


def _lease(row: CaseRow, now: datetime) -> dict[str, object]:
    """Who works a case at a (technical) moment; a lease that ran out is none."""
    lasts = row.leased_until is not None and row.leased_until > now
    return {
        "leased_by": row.leased_by if lasts else None,
        "leased_until": row.leased_until if lasts else None,
    }


async def _business_days(work: Work, rows: Sequence[CaseRow]) -> Mapping[UUID, date]:
    """The business date of each case: its customer's clock in its creditor's zone."""
    zones = await cases.zones(work, {row.creditor_id for row in rows})
    clocks: dict[UUID | None, Clock] = {}
    for clock_id in {row.test_clock_id for row in rows}:
        clocks[clock_id] = await clock_for(work, clock_id)
    return {row.id: clocks[row.test_clock_id].today(zones[row.creditor_id]) for row in rows}
