"""What to do next in cases: reads what a suggestion looks at, of many cases at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from api.clock import Clock, clock_for
from api.recovery import cases, planning, suggestion_queries
from api.recovery.suggestion_queries import LastPromise, OpenTask
from api.recovery.tables import CaseRow
from api.strategies import service as strategies
from api.work import Work
from contracts.casework import Suggestion
from domain.recovery.case import AWAITED_PAYMENT
from domain.recovery.promise import PromiseState, last_day
from domain.recovery.strategy import Strategy
from domain.recovery.suggesting import KnownPromise, Seen, suggest

_ASKED = {"asked": "advisor", "re_escalated": "manager"}
_READ_FROM_TEXT = frozenset({"sms", "email"})
_OTHERS = frozenset({"reply", "escalation"})


async def of_cases(work: Work, rows: Sequence[CaseRow]) -> Mapping[UUID, Suggestion]:
    """What to do next in each of these cases, and why."""
    ids = [row.id for row in rows]
    promises = await suggestion_queries.last_promises(work, ids)
    tasks = await suggestion_queries.open_tasks(work, ids)
    reviews = await suggestion_queries.reviews(work, [row.customer_id for row in rows])
    answers = await suggestion_queries.answers(work, ids)
    reached = await suggestion_queries.reachable(work, [row.customer_id for row in rows])
    zones = await cases.zones(work, {row.creditor_id for row in rows})
    versions = {
        strategy_id: await strategies.by_id(work, strategy_id)
        for strategy_id in {row.strategy_id for row in rows}
    }
    clocks: dict[UUID | None, Clock] = {
        clock_id: await clock_for(work, clock_id)
        for clock_id in {row.test_clock_id for row in rows}
    }
    found: dict[UUID, Suggestion] = {}
    for row in rows:
        zone = reached[row.customer_id].zone or zones[row.creditor_id]
        hours = [at.astimezone(ZoneInfo(zone)).hour for at in answers.get(row.id, ())]
        seen = _seen(
            row,
            versions[row.strategy_id],
            today=clocks[row.test_clock_id].today(zones[row.creditor_id]),
            promise=promises.get(row.id),
            tasks=tasks.get(row.id, ()),
            review_on=reviews.get(row.customer_id),
            is_reachable=reached[row.customer_id].is_reachable,
            hours=hours,
        )
        told = suggest(seen)
        found[row.id] = Suggestion.model_validate(
            {
                "advice": told.advice.value,
                "text": told.text,
                "why": told.why,
                "hour": told.hour,
                "until": told.until,
            }
        )
    return found


async def of_case(work: Work, case_id: UUID) -> Suggestion:
    """What to do next in a case, and why. Raises `NOT_FOUND`."""
    row = await cases.found(work, case_id)
    return (await of_cases(work, [row]))[row.id]


def _seen(  # noqa: PLR0913 - what one suggestion looks at
    row: CaseRow,
    strategy: Strategy,
    *,
    today: date,
    promise: LastPromise | None,
    tasks: Sequence[OpenTask],
    review_on: date | None,
    is_reachable: bool,
    hours: Sequence[int],
) -> Seen:
    still = [reason for reason in (row.suspended_by or "").split(",") if reason]
    holds = [reason for reason in still if reason not in {"promise", AWAITED_PAYMENT}]
    kinds: dict[bool, list[str]] = defaultdict(list)
    for task in tasks:
        kinds[task.kind in _OTHERS].append(task.kind)
    escalation = next((task for task in tasks if task.kind == "escalation"), None)
    step = None if row.next_step is None else planning.step_named(strategy, row.next_step)
    return Seen(
        is_open=row.status == "open",
        today=today,
        has_reply="reply" in kinds[True],
        holds=[hold.replace("_", " ") for hold in holds],
        review_on=review_on,
        awaits_payment=AWAITED_PAYMENT in still,
        asked=_ASKED.get(row.escalation, ""),
        answer_by=None if escalation is None else escalation.due_at,
        promise=None if promise is None else _promise(promise, strategy),
        broken=0 if promise is None else promise.broken,
        most_broken=strategy.promises.max_broken,
        tasks=kinds[False],
        is_reachable=is_reachable,
        answered_at=hours,
        next_title="" if step is None else planning.title(step),
        next_at=row.next_at,
    )


def _promise(promise: LastPromise, strategy: Strategy) -> KnownPromise:
    return KnownPromise(
        state=PromiseState(promise.status),
        due_on=promise.due_on,
        is_read_from_text=promise.source in _READ_FROM_TEXT,
        counted_until=last_day(promise.due_on, strategy.promises.grace_days),
    )
