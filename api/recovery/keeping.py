"""Keeps with a case what follows for people from its facts: risk, place in the worklist, deadlines.

It is done at every plan, and for all open cases of a book as one of its days opens: what is late
grows older without anybody doing anything. A score is kept from the moment it changes; when it
becomes high, advisors are told, once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from api.audit.service import record
from api.clock import Clock
from api.db.gathering import add_row, rows_together
from api.notifications import service as notifications
from api.recovery import opening, risk_queries, standing_queries
from api.recovery.cases import Held, number
from api.recovery.facts import Gathered
from api.recovery.rating import CARD, broken_lately
from api.recovery.sla import ESCALATION
from api.recovery.standing_queries import NOT_WORK, REPLY, Part, Standing
from api.recovery.tables import CaseRow, RiskScoreRow
from api.work import Work
from domain.errors import Fact
from domain.recovery.case import CasePlan
from domain.recovery.holds import HoldKind, active, active_kinds
from domain.recovery.planning import acknowledge_by
from domain.recovery.priority import CaseState, PriorityPart, parts_of, total
from domain.recovery.promise import PromiseState
from domain.recovery.risk import Figure, Level, Score, score, worst

_DAYS: Final = frozenset(
    rung.least
    for component in CARD.components
    if component.figure is Figure.DAYS_PAST_DUE
    for rung in component.rungs
)
"""The days past due at which the card gives other points."""

_ESCALATED: Final = frozenset({"asked", "re_escalated"})
_NOT_KEPT: Final = frozenset({PromiseState.BROKEN.value, PromiseState.PARTIAL.value})


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
    parts = parts_of(_state(held, gathered, found, suspended=bool(plan.suspended_by)))
    if _keep(work, held.case, Rating(found, parts), held.clock.now, held.today):
        await _alert(work, [(held.case, found)], held.clock.now)


@dataclass(frozen=True, slots=True)
class Rating:
    """What the rules say of a case: its risk, and what speaks for it in the worklist."""

    risk: Score
    parts: tuple[PriorityPart, ...]

    def is_kept(self, case: Standing) -> bool:
        """Whether just this is kept with a case already."""
        return (
            self.risk.value,
            self.risk.level.value,
            total(self.parts),
            [_told(part) for part in self.parts],
        ) == (case.risk_score, case.risk_level, case.priority, case.priority_parts)


async def rate_open(work: Work, clock: Clock, part: Part, on: date) -> None:
    """Rate those open cases of a part of a book that a day changes; only what changed is written.

    A case that somebody holds at this moment, or that was planned since it was read, is not
    waited for: it plans again, which rates it too.
    """
    await work.session.flush()
    found = await standing_queries.standing(work, part, on, _DAYS)
    if not found:
        return
    ids = [loan_id for case in found for loan_id in case.loans]
    figures = await risk_queries.of_loans(work, ids, on)
    changed = {
        case.id: (case, rating)
        for case in found
        if not (rating := _rating(case, figures)).is_kept(case)
    }
    if not changed:
        return
    rows = await standing_queries.lock_free(work, changed)
    alarming: list[tuple[CaseRow, Score]] = []
    async with rows_together(work.session):
        for key, row in rows.items():
            before, rating = changed.pop(key)
            if (row.risk_score, row.priority_parts) != (before.risk_score, before.priority_parts):
                changed[key] = before, rating
            elif _keep(work, row, rating, clock.now, on):
                alarming.append((row, rating.risk))
    await _alert(work, alarming, clock.now)
    await opening.plan_again(work, clock, changed)


def _rating(case: Standing, figures: Mapping[UUID, Mapping[Figure, int]]) -> Rating:
    of_case = dict(worst([figures[key] for key in case.loans if key in figures]))
    of_case[Figure.BROKEN_PROMISES] = case.broken
    risk = score(CARD, of_case)
    state = CaseState(
        is_suspended=case.suspended_by is not None,
        has_reply=case.has_reply,
        is_hold_due=case.is_hold_due,
        is_escalated=case.escalation in _ESCALATED,
        is_vulnerable=case.is_vulnerable,
        is_promise_broken=case.last_promise in _NOT_KEPT,
        tasks=case.tasks,
        risk=risk.value,
        level=risk.level,
        unpaid=of_case.get(Figure.UNPAID_INSTALMENTS, 0),
    )
    return Rating(risk, parts_of(state))


def _keep(work: Work, case: CaseRow, rating: Rating, at: datetime, on: date) -> bool:
    """Keep with a locked case what changed of its rating; whether its risk has become high."""
    told = [_told(part) for part in rating.parts]
    if (total(rating.parts), told) != (case.priority, case.priority_parts):
        # News about a case end its rest.
        case.priority, case.priority_parts, case.rests_until = total(rating.parts), told, None
    found = rating.risk
    if (case.risk_score, case.risk_level) == (found.value, found.level.value):
        return False
    was_high = case.risk_level == Level.HIGH.value
    case.risk_score, case.risk_level = found.value, found.level.value
    case.version += 1
    add_row(
        work.session,
        RiskScoreRow(
            customer_id=case.customer_id,
            case_id=case.id,
            at=at,
            on_date=on,
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
        ),
    )
    facts: Mapping[str, Fact] = {"score": found.value, "level": found.level.value}
    record(work, "case.risk_changed", "case", case.id, facts)
    return found.level is Level.HIGH and not was_high


async def _alert(work: Work, cases: Sequence[tuple[CaseRow, Score]], at: datetime) -> None:
    await notifications.risks_became_high(
        work,
        {
            case.id: f"Risk is high in {number(case)}: {'; '.join(found.reasons[:2])}"
            for case, found in cases
        },
        at,
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
        is_escalated=held.case.escalation in _ESCALATED,
        is_vulnerable=HoldKind.VULNERABLE in active_kinds(gathered.facts.holds, held.today),
        is_promise_broken=last in _NOT_KEPT,
        tasks=sum(kind not in NOT_WORK for kind in waiting),
        risk=risk.value,
        level=risk.level,
        unpaid=gathered.facts.unpaid_instalments,
    )


def _told(part: PriorityPart) -> dict[str, Fact]:
    return {"code": part.code.value, "points": part.points, "text": part.text}
