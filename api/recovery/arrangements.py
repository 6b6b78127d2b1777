"""Arrangements: several dated amounts agreed on a case, at most one of them standing.

What became of them is decided where the case is planned; here people make and end them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from api.audit.service import record
from api.customers import service as customers
from api.db.base import new_id
from api.recovery import agreements, arrears_queries, cases, holds, plan_queries, queries, timeline
from api.recovery.cases import Held
from api.recovery.plan_tables import ArrangementPartRow, ArrangementRow
from api.recovery.tables import CaseRow
from api.strategies import service as strategies
from api.tasks import service as tasks
from api.work import Work
from contracts.plans import Arrangement as WireArrangement
from contracts.plans import EndPlan, NewArrangement
from domain.errors import DomainError, ErrorCode, Fact
from domain.lending.approval import check_second_person
from domain.money import ZERO, positive, quantize
from domain.recovery import arrangement as rules
from domain.recovery import deferring
from domain.recovery.arrangement import (
    Arrangement,
    ArrangementPolicy,
    ArrangementState,
    Part,
    PartState,
)
from domain.recovery.case import MoveArrangement
from domain.recovery.promise import PromiseState

_TASK = "arrangement"

_JUDGED = frozenset({ArrangementState.OPEN, ArrangementState.COMPLETED, ArrangementState.BROKEN})
"""States in which money may still change what an arrangement has come to."""


async def make(
    work: Work, case_id: UUID, command: NewArrangement, *, dry_run: bool = False
) -> WireArrangement:
    """Agree on dated amounts, or let them wait for a second person; `dry_run` only shows them.

    An arrangement or promise that is open is replaced once the new one is open.

    Raises `NOT_FOUND`, `CASE_NOT_OPEN`, `AMOUNT_PRECISION`, `AMOUNT_NOT_POSITIVE`, `PLAN_STANDS`
    while a settlement stands, and `ARRANGEMENT_OUT_OF_POLICY` whose facts name the bound.
    """
    held = await cases.hold_case(work, case_id)
    cases.require_open(held.case)
    if await plan_queries.standing_settlement(work, case_id) is not None:
        raise agreements.stands("settlement")
    policy = (await strategies.by_id(work, held.case.strategy_id)).arrangements
    parts = [(part.due_on, positive(part.amount, held.case.currency)) for part in command.parts]
    await _check(work, held, parts, policy)
    total = sum((amount for _, amount in parts), ZERO)
    waits = rules.needs_second_person(total, parts[-1][0], policy, held.today)
    row = ArrangementRow(
        id=new_id(),
        case_id=case_id,
        currency=held.case.currency,
        status=(ArrangementState.PROPOSED if waits else ArrangementState.OPEN).value,
        made_on=held.today,
        made_at=held.clock.now,
        made_by=work.principal.actor,
        approved_by=None,
        started_on=None if waits else held.today,
        started_at=None if waits else held.clock.now,
        ended_on=None,
    )
    kept = [
        ArrangementPartRow(
            arrangement_id=row.id,
            number=number,
            due_on=due_on,
            amount=amount,
            status=PartState.DUE.value,
            received=ZERO,
            reminded=False,
        )
        for number, (due_on, amount) in enumerate(parts, 1)
    ]
    if dry_run:
        return await _previewed(work, held, row, kept, waits=waits)
    await _replace_standing(work, held, open_too=not waits)
    work.session.add(row)
    await work.session.flush()
    work.session.add_all(kept)
    await work.session.flush()
    held.case.version += 1
    told = _told(row, kept)
    timeline.write(work, held.case, held.clock.now, timeline.EventKind.ARRANGED, told)
    record(work, "arrangement.made", "case", case_id, told)
    if waits:
        await agreements.ask_second_person(work, held, _TASK, row.id)
    await cases.wake(work, held.case)
    return (await _wire(work, held.case, [row], held.today))[0]


async def approve(work: Work, case_id: UUID, arrangement_id: UUID) -> WireArrangement:
    """Agree as the second person; the arrangement is open from today on.

    Raises `NOT_FOUND`, `CASE_NOT_OPEN`, `ILLEGAL_TRANSITION` unless it waits, `OWN_REQUEST`, and
    `ARRANGEMENT_OUT_OF_POLICY` for one whose first date has passed meanwhile.
    """
    held, row = await _hold(work, case_id, arrangement_id)
    agreements.require(row.status, {ArrangementState.PROPOSED})
    check_second_person(row.made_by, work.principal.actor)
    kept = (await plan_queries.parts(work, [row.id]))[row.id]
    if kept[0].due_on < held.today:
        raise DomainError(
            ErrorCode.ARRANGEMENT_OUT_OF_POLICY,
            "The first date is past.",
            {"bound": "due_on_past", "limit": held.today.isoformat()},
        )
    await _replace_promise(work, held)
    row.status, row.approved_by = ArrangementState.OPEN.value, work.principal.actor
    row.started_on, row.started_at = held.today, held.clock.now
    await _moved(work, held, row, kept)
    await tasks.finish_opened(work, held.clock.now, agreements.task_key(_TASK, row.id), "approved")
    await cases.wake(work, held.case)
    return (await _wire(work, held.case, [row], held.today))[0]


async def cancel(
    work: Work, case_id: UUID, arrangement_id: UUID, command: EndPlan
) -> WireArrangement:
    """Take an arrangement back, or decline one that waits; the case goes on where it stood.

    Raises `NOT_FOUND`, `CASE_NOT_OPEN`, and `ILLEGAL_TRANSITION` for one that has ended.
    """
    held, row = await _hold(work, case_id, arrangement_id)
    agreements.require(row.status, rules.STANDING)
    row.status, row.ended_on = ArrangementState.CANCELLED.value, held.today
    kept = (await plan_queries.parts(work, [row.id]))[row.id]
    note = await timeline.sealed(work, held.case, command.reason)
    await _moved(work, held, row, kept, note)
    await tasks.finish_opened(work, held.clock.now, agreements.task_key(_TASK, row.id), "cancelled")
    await cases.wake(work, held.case)
    return (await _wire(work, held.case, [row], held.today))[0]


async def list_of(work: Work, case_id: UUID) -> list[WireArrangement]:
    """All arrangements of a case, oldest first. Raises `NOT_FOUND`."""
    case, today = await agreements.found(work, case_id)
    return await _wire(work, case, await plan_queries.arrangements(work, case_id), today)


async def of_case(work: Work, case: CaseRow) -> tuple[Arrangement, ...]:
    """The arrangements of a case as the rules know them; the last one with its money."""
    rows = await plan_queries.arrangements(work, case.id)
    parts = await plan_queries.parts(work, [row.id for row in rows])
    found = []
    for row in rows:
        receipts: Sequence[tuple[date, Decimal]] = ()
        if row is rows[-1] and row.status in _JUDGED:
            receipts = await arrears_queries.repayments(work, case.id, row.made_on, row.id)
        found.append(replace(_as_rule(row, parts[row.id]), receipts=tuple(receipts)))
    return tuple(found)


async def apply(work: Work, held: Held, effect: MoveArrangement) -> None:
    """Record what an arrangement and its parts have come to."""
    rows = await plan_queries.arrangements(work, held.case.id)
    row = next(each for each in rows if str(each.id) == effect.arrangement_id)
    kept = (await plan_queries.parts(work, [row.id]))[row.id]
    for part in kept:
        before, part.received = part.status, effect.received[part.number]
        part.status = effect.parts[part.number].value
        if part.status == before:
            continue
        told: dict[str, Fact] = {
            "arrangement_id": str(row.id),
            "number": part.number,
            "status": part.status,
            "amount": format(quantize(part.amount, row.currency), "f"),
            "received": format(quantize(part.received, row.currency), "f"),
            "currency": row.currency,
            "due_on": part.due_on.isoformat(),
        }
        timeline.write(work, held.case, held.clock.now, timeline.EventKind.PART_MOVED, told)
        record(work, "arrangement.part_moved", "case", held.case.id, told)
    if row.status != effect.state.value:
        row.status = effect.state.value
        row.ended_on = None if effect.state is ArrangementState.OPEN else held.today
        await _moved(work, held, row, kept)
    held.case.version += 1


async def replace_standing(work: Work, held: Held) -> None:
    """Something else was agreed: what stands is replaced."""
    await _replace_standing(work, held, open_too=True)


async def _check(
    work: Work,
    held: Held,
    parts: Sequence[tuple[date, Decimal]],
    policy: ArrangementPolicy,
) -> None:
    zone = await customers.zone_of(work, held.case.customer_id)
    loan_ids = await queries.loan_ids(work, held.case.id, present=True)
    last_on = max(due_on for due_on, _ in parts)
    overdue = await arrears_queries.total_overdue(work, held.case.id, held.today)
    rules.validate(
        parts,
        policy=policy,
        overdue_amount=overdue,
        most=max(overdue, await plan_queries.falling_due(work, loan_ids, last_on)),
        today=held.clock.today(zone or held.zone),
    )


async def _hold(work: Work, case_id: UUID, arrangement_id: UUID) -> tuple[Held, ArrangementRow]:
    held = await cases.hold_case(work, case_id)
    row = next(
        (row for row in await plan_queries.arrangements(work, case_id) if row.id == arrangement_id),
        None,
    )
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such arrangement on this case.")
    cases.require_open(held.case)
    return held, row


async def _replace_standing(work: Work, held: Held, *, open_too: bool) -> None:
    """Make room for a new one; one that only waits leaves what is open as it is."""
    row = await plan_queries.standing_arrangement(work, held.case.id)
    if row is not None:
        if row.status == ArrangementState.OPEN and not open_too:
            raise agreements.stands("arrangement")
        await _replace(work, held, row)
    if open_too:
        await _replace_promise(work, held)


async def _replace(work: Work, held: Held, row: ArrangementRow) -> None:
    row.status, row.ended_on = ArrangementState.REPLACED.value, held.today
    # Before the next one is inserted: only one may stand.
    await work.session.flush()
    await _moved(work, held, row, (await plan_queries.parts(work, [row.id]))[row.id])
    await tasks.finish_opened(work, held.clock.now, agreements.task_key(_TASK, row.id), "replaced")


async def _replace_promise(work: Work, held: Held) -> None:
    for promise in await queries.promises(work, held.case.id):
        if promise.status == PromiseState.OPEN:
            promise.status = PromiseState.REPLACED.value
            promise.resolved_at = held.clock.now
            told: dict[str, Fact] = {
                "promise_id": str(promise.id),
                "amount": format(quantize(promise.amount, promise.currency), "f"),
                "currency": promise.currency,
                "due_on": promise.due_on.isoformat(),
            }
            timeline.write(
                work, held.case, held.clock.now, timeline.EventKind.PROMISE_REPLACED, told
            )
            record(work, "promise.replaced", "case", held.case.id, told)


async def _moved(
    work: Work,
    held: Held,
    row: ArrangementRow,
    parts: Sequence[ArrangementPartRow],
    note: bytes | None = None,
) -> None:
    held.case.version += 1
    told = _told(row, parts)
    timeline.write(
        work, held.case, held.clock.now, timeline.EventKind.ARRANGEMENT_MOVED, told, note=note
    )
    record(work, "arrangement.moved", "case", held.case.id, told)


def _told(row: ArrangementRow, parts: Sequence[ArrangementPartRow]) -> dict[str, Fact]:
    total = sum((part.amount for part in parts), ZERO)
    received = sum((part.received for part in parts), ZERO)
    return {
        "arrangement_id": str(row.id),
        "status": row.status,
        "amount": format(quantize(total, row.currency), "f"),
        "received": format(quantize(received, row.currency), "f"),
        "currency": row.currency,
        "parts": len(parts),
        "first": parts[0].due_on.isoformat(),
        "last": parts[-1].due_on.isoformat(),
    }


def _as_rule(row: ArrangementRow, parts: Sequence[ArrangementPartRow]) -> Arrangement:
    return Arrangement(
        id=str(row.id),
        parts=tuple(_rule_of(part) for part in parts),
        made_on=row.made_on,
        state=ArrangementState(row.status),
        started_on=row.started_on,
        ended_on=row.ended_on,
    )


def _rule_of(row: ArrangementPartRow) -> Part:
    return Part(
        row.number, row.due_on, row.amount, PartState(row.status), row.received, row.reminded
    )


async def _previewed(
    work: Work,
    held: Held,
    row: ArrangementRow,
    kept: Sequence[ArrangementPartRow],
    *,
    waits: bool,
) -> WireArrangement:
    (shown,) = await _wire(work, held.case, [row], held.today, {row.id: kept})
    return shown.model_copy(update={"id": None, "status": "preview", "needs_approval": waits})


async def _wire(
    work: Work,
    case: CaseRow,
    rows: Sequence[ArrangementRow],
    today: date,
    parts: Mapping[UUID, Sequence[ArrangementPartRow]] | None = None,
) -> list[WireArrangement]:
    if not rows:
        return []
    # Rows that were only shown are not in the database.
    of_each = parts or await plan_queries.parts(work, [row.id for row in rows])
    broken = await plan_queries.broken_days(work, case.id)
    strategy = await strategies.by_id(work, case.strategy_id)
    policy, grace = strategy.arrangements, strategy.promises.grace_days
    arrears = (await arrears_queries.arrears_of_cases(work, {case.id: today})).get(case.id)
    late = 0 if arrears is None else (today - arrears.past_due_since).days
    held = await holds.of_case(work, case.id)
    return [
        _wire_one(
            row,
            deferring.arrangement(
                _as_rule(row, of_each[row.id]),
                # Of what has ended the dates stay as they were agreed.
                held if row.status == ArrangementState.OPEN else (),
                grace_days=grace,
                today=today,
            ).parts,
            of_each[row.id],
            late,
            pauses=sum(ended_on <= row.made_on for ended_on in broken) < policy.max_broken,
        )
        for row in rows
    ]


def _wire_one(
    row: ArrangementRow,
    now: Sequence[Part],
    parts: Sequence[ArrangementPartRow],
    late: int,
    *,
    pauses: bool,
) -> WireArrangement:
    is_open = row.status == ArrangementState.OPEN
    due = [part for part in now if part.state is PartState.DUE]
    coming = None if not due or due[0].waits else due[0].due_on
    return WireArrangement.model_validate(
        {
            "id": row.id,
            "case_id": row.case_id,
            "currency": row.currency,
            "status": row.status,
            "total": quantize(sum((part.amount for part in parts), ZERO), row.currency),
            "received": quantize(sum((part.received for part in parts), ZERO), row.currency),
            "parts": [
                {
                    "number": part.number,
                    "due_on": part.due_on,
                    "amount": quantize(part.amount, row.currency),
                    "status": part.status,
                    "received": quantize(part.received, row.currency),
                    "moved_to": None if each.due_on == part.due_on else each.due_on,
                    "waits": each.waits,
                }
                for part, each in zip(parts, now, strict=True)
            ],
            "needs_approval": row.status == ArrangementState.PROPOSED,
            "pauses": pauses,
            "forbearance": is_open,
            "next_due_on": coming if is_open else None,
            "past_due_days": late,
            "made_at": row.made_at,
            "made_by": row.made_by,
            "approved_by": row.approved_by,
            "started_on": row.started_on,
            "ended_on": row.ended_on,
        }
    )
