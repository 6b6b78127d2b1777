"""Keeps with a case what its plan comes to for people: risk, place in the worklist, deadlines.

What is written is a fact of the plan: nothing changes while nothing about the case does. A score is
kept from the moment it changes; when it becomes high, advisors are told, once.
"""

from collections.abc import Mapping
from typing import Final

from api.audit.service import record
from api.notifications import service as notifications
from api.recovery.cases import Held, number
from api.recovery.facts import Gathered
from api.recovery.rating import CARD, broken_lately
from api.recovery.sla import ESCALATION
from api.recovery.tables import RiskScoreRow
from api.work import Work
from domain.errors import Fact
from domain.recovery.case import CasePlan
from domain.recovery.holds import HoldKind, active, active_kinds
from domain.recovery.planning import acknowledge_by
from domain.recovery.priority import CaseState, PriorityPart, parts_of, total
from domain.recovery.promise import PromiseState
from domain.recovery.risk import Figure, Level, Score, score

REPLY: Final = "reply"
"""The kind of task that asks for a look at what a customer wrote."""

_NOT_WORK: Final = frozenset({REPLY, ESCALATION})
"""Kinds of task that count by what they stand for."""


def move_deadline(gathered: Gathered) -> None:
    """The task of an escalation is due when its clock says so: after a pause, or other hours."""
    told = gathered.facts
    if told.escalation is None:
        return
    due_at = acknowledge_by(told.escalation, gathered.strategy, told.office)
    if due_at is None:
        return
    for task in gathered.tasks:
        if task.kind == ESCALATION and task.status == "open" and task.due_at != due_at:
            task.due_at = due_at
            task.version += 1


async def rate(work: Work, held: Held, gathered: Gathered, plan: CasePlan) -> None:
    """Keep the risk of a locked case, and its place among those that wait for somebody."""
    # Promises were judged since the facts were read; what else is looked at stays as it was.
    figures = {part.figure: part.value for part in gathered.risk.parts}
    figures[Figure.BROKEN_PROMISES] = broken_lately(gathered.promises, held.today)
    found = score(CARD, figures)
    await _keep_risk(work, held, found)
    case = held.case
    parts = parts_of(_state(held, gathered, found, suspended=bool(plan.suspended_by)))
    told = [_part(part) for part in parts]
    if (total(parts), told) != (case.priority, case.priority_parts):
        # News about a case end its rest.
        case.priority, case.priority_parts, case.rests_until = total(parts), told, None


async def _keep_risk(work: Work, held: Held, found: Score) -> None:
    """Keep the score of a locked case if it is another than before, and raise the alert."""
    case = held.case
    if (case.risk_score, case.risk_level) == (found.value, found.level.value):
        return
    was_high = case.risk_level == Level.HIGH.value
    case.risk_score, case.risk_level = found.value, found.level.value
    case.version += 1
    work.session.add(
        RiskScoreRow(
            customer_id=case.customer_id,
            case_id=case.id,
            at=held.clock.now,
            on_date=held.today,
            card=CARD.code,
            card_version=CARD.version,
            score=found.value,
            level=found.level.value,
            parts=[
                {
                    "figure": part.figure.value,
                    "value": part.value,
                    "points": part.points,
                    "reason": part.reason,
                }
                for part in found.parts
            ],
        )
    )
    told: Mapping[str, Fact] = {"score": found.value, "level": found.level.value}
    record(work, "case.risk_changed", "case", case.id, told)
    if found.level is Level.HIGH and not was_high:
        await notifications.risk_became_high(
            work,
            case_id=case.id,
            title=f"Risk is high in {number(case)}: {'; '.join(found.reasons[:2])}",
            at=held.clock.now,
        )


def _state(held: Held, gathered: Gathered, risk: Score, *, suspended: bool) -> CaseState:
    waiting = [task.kind for task in gathered.tasks if task.status == "open"]
    binding = active(gathered.facts.holds, held.today)
    last = gathered.promises[-1].status if gathered.promises else None
    return CaseState(
        is_suspended=suspended,
        has_reply=REPLY in waiting,
        is_hold_due=any(
            hold.review_on is not None and hold.review_on <= held.today for hold in binding
        ),
        is_escalated=held.case.escalation in {"asked", "re_escalated"},
        is_vulnerable=HoldKind.VULNERABLE in active_kinds(gathered.facts.holds, held.today),
        is_promise_broken=last in {PromiseState.BROKEN.value, PromiseState.PARTIAL.value},
        tasks=sum(kind not in _NOT_WORK for kind in waiting),
        risk=risk.value,
        level=risk.level,
        unpaid=gathered.facts.unpaid_instalments,
    )


def _part(part: PriorityPart) -> dict[str, Fact]:
    return {"code": part.code.value, "points": part.points, "text": part.text}
