"""Rates a case whenever it is planned: its risk by the card, and its place in the worklist.

What is due to be written is a fact of the plan: nothing changes while nothing about the case does.
A score is kept from the moment it changes; when it becomes high, advisors are told, once.
"""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from api.audit.service import record
from api.notifications import service as notifications
from api.recovery import risk_queries
from api.recovery.cases import Held, number
from api.recovery.tables import PromiseRow, RiskScoreRow
from api.tasks.service import TaskRow
from api.work import Work
from domain.errors import Fact
from domain.recovery.case import CaseFacts
from domain.recovery.holds import HoldKind, active, active_kinds
from domain.recovery.priority import CaseState, PriorityPart, parts_of, total
from domain.recovery.promise import PromiseState
from domain.recovery.risk import (
    Card,
    Figure,
    Level,
    Score,
    card_from_mapping,
    score,
    worst,
)

_FILE: Final = Path(__file__).parents[1] / "packs" / "risk" / "standard.toml"
CARD: Final[Card] = card_from_mapping(tomllib.loads(_FILE.read_text("utf-8")))
"""The card in use."""

REPLY: Final = "reply"
"""The kind of task that asks for a look at what a customer wrote."""

_NOT_WORK: Final = frozenset({REPLY, "escalation"})
"""Kinds of task that count by what they stand for."""


async def risk_of_case(work: Work, held: Held, promises: Sequence[PromiseRow]) -> Score:
    """The risk of a case on its business date: of its loans, its promises and its customer."""
    loans = await risk_queries.of_loans(work, [loan.id for loan in held.loans], held.today)
    since = held.today - risk_queries.YEAR
    figures = dict(worst(list(loans.values())))
    figures[Figure.BROKEN_PROMISES] = sum(
        row.status == PromiseState.BROKEN.value and row.due_on >= since for row in promises
    )
    return score(CARD, figures)


def with_broken(before: Score, promises: Sequence[PromiseRow], held: Held) -> Score:
    """The score once promises were judged: what else it looks at stays as it was."""
    since = held.today - risk_queries.YEAR
    broken = sum(
        row.status == PromiseState.BROKEN.value and row.due_on >= since for row in promises
    )
    figures = {part.figure: part.value for part in before.parts}
    return score(CARD, figures | {Figure.BROKEN_PROMISES: broken})


async def keep_risk(work: Work, held: Held, found: Score) -> None:
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


def keep_priority(
    held: Held,
    facts: CaseFacts,
    tasks: Sequence[TaskRow],
    promises: Sequence[PromiseRow],
    *,
    suspended: bool,
    risk: Score,
) -> None:
    """Keep the place of a locked case in the worklist; news about it end its rest."""
    case = held.case
    parts = parts_of(_state(held, facts, tasks, promises, suspended=suspended, risk=risk))
    told = [_part(part) for part in parts]
    if (total(parts), told) != (case.priority, case.priority_parts):
        case.priority, case.priority_parts, case.rests_until = total(parts), told, None


def _state(
    held: Held,
    facts: CaseFacts,
    tasks: Sequence[TaskRow],
    promises: Sequence[PromiseRow],
    *,
    suspended: bool,
    risk: Score,
) -> CaseState:
    waiting = [task.kind for task in tasks if task.status == "open"]
    binding = active(facts.holds, held.today)
    last = promises[-1].status if promises else None
    return CaseState(
        is_suspended=suspended,
        has_reply=REPLY in waiting,
        is_hold_due=any(
            hold.review_on is not None and hold.review_on <= held.today for hold in binding
        ),
        is_escalated=held.case.escalation in {"asked", "re_escalated"},
        is_vulnerable=HoldKind.VULNERABLE in active_kinds(facts.holds, held.today),
        is_promise_broken=last in {PromiseState.BROKEN.value, PromiseState.PARTIAL.value},
        tasks=sum(kind not in _NOT_WORK for kind in waiting),
        risk=risk.value,
        level=risk.level,
        unpaid=facts.unpaid_instalments,
    )


def _part(part: PriorityPart) -> dict[str, Fact]:
    return {"code": part.code.value, "points": part.points, "text": part.text}
