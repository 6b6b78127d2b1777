"""Moratoria as they stand: for whoever asks, and for what a case plans."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from api.audit.service import record
from api.customers import service as customers
from api.recovery import agreements, cases, holds, plan_queries, timeline
from api.recovery.cases import Held
from api.recovery.plan_tables import MoratoriumPauseRow, MoratoriumRow
from api.recovery.tables import CaseRow, HoldRow
from api.tasks import service as tasks
from api.work import Work
from contracts.names import Role
from contracts.plans import Moratorium as WireMoratorium
from domain.calendar import local_instant
from domain.errors import Fact
from domain.recovery import moratorium as rules
from domain.recovery.case import AskForReview
from domain.recovery.holds import binds
from domain.recovery.moratorium import Moratorium, Scheme

REFERENCE_COLUMN: Final = "moratoria.reference"
"""Binds an encrypted reference to its column."""

_REVIEW: Final = "moratorium_review"
_DAY: Final = timedelta(days=1)


async def list_of(work: Work, case_id: UUID) -> list[WireMoratorium]:
    """The moratoria that concern a case, oldest first. Raises `NOT_FOUND`."""
    case, today = await agreements.found(work, case_id)
    return await _wires(work, await plan_queries.moratoria_in(work, case), today)


async def _wires(
    work: Work, found: Sequence[tuple[MoratoriumRow, HoldRow]], today: date
) -> list[WireMoratorium]:
    paused = await plan_queries.pauses(work, [row.id for row, _ in found])
    return [
        await _wire(
            work, row, hold, [each for each in paused if each.moratorium_id == row.id], today
        )
        for row, hold in found
    ]


async def of_case(work: Work, case: CaseRow) -> tuple[Moratorium, ...]:
    """The moratoria that concern a case, as the rules know them."""
    return tuple(rule_of(row, hold) for row, hold in await plan_queries.moratoria_in(work, case))


async def ask_for_review(work: Work, held: Held, effect: AskForReview) -> None:
    """Ask a person to have a moratorium reviewed by its last day for that."""
    found = await plan_queries.moratoria_in(work, held.case)
    row = next(row for row, _ in found if str(row.id) == effect.moratorium_id)
    row.asked = max(row.asked, effect.number)
    held.case.version += 1
    await tasks.open_task(
        work,
        held.clock,
        natural_key=task_key(row.id, effect.number),
        kind=_REVIEW,
        title=f"Have the moratorium of {cases.number(held.case)} reviewed",
        role=Role.ADVISOR,
        due_at=_end_of(effect.closes_on, held.zone),
        case_id=held.case.id,
        customer_id=row.customer_id,
        payload={"moratorium_id": str(row.id)},
    )
    told: dict[str, Fact] = {
        "moratorium_id": str(row.id),
        "number": effect.number,
        "review_by": effect.closes_on.isoformat(),
    }
    timeline.write(work, held.case, held.clock.now, timeline.EventKind.MORATORIUM_MOVED, told)
    record(work, "moratorium.review_asked", "case", held.case.id, told)


def task_key(moratorium_id: UUID, number: int) -> str:
    """The key of the task that asks for a review."""
    return f"{_REVIEW}:{moratorium_id}:{number}"


async def one(work: Work, row: MoratoriumRow, today: date) -> WireMoratorium:
    """One moratorium as it goes over the wire."""
    await work.session.flush()
    found = await plan_queries.moratoria_of(work, row.customer_id)
    return (await _wires(work, [each for each in found if each[0].id == row.id], today))[0]


def rule_of(row: MoratoriumRow, hold: HoldRow) -> Moratorium:
    """A moratorium as the rules know it."""
    return Moratorium(
        str(row.id), Scheme(row.scheme), hold.starts_on, hold.ends_on, row.reviews, row.asked
    )


def _end_of(day: date, zone: str) -> datetime:
    return local_instant(day + _DAY, time(0), zone)


async def _wire(
    work: Work,
    row: MoratoriumRow,
    hold: HoldRow,
    paused: Sequence[MoratoriumPauseRow],
    today: date,
) -> WireMoratorium:
    coming = rules.review(rule_of(row, hold), row.reviews + 1)
    reference = await customers.decrypt(work, row.customer_id, row.reference_ct, REFERENCE_COLUMN)
    return WireMoratorium.model_validate(
        {
            "id": row.id,
            "case_id": row.case_id,
            "customer_id": row.customer_id,
            "hold_id": row.hold_id,
            "scheme": row.scheme,
            "reference": reference,
            "starts_on": hold.starts_on,
            "ends_on": hold.ends_on,
            "treatment_ended_on": row.treatment_ended_on,
            "active": binds(holds.rule_of(hold), today),
            "review_opens_on": None if coming is None else coming.opens_on,
            "review_closes_on": None if coming is None else coming.closes_on,
            "reviews": row.reviews,
            "paused": [
                {
                    "loan_id": each.loan_id,
                    "from_on": each.from_on,
                    "to_on": each.to_on,
                    "done": not each.by_hand,
                }
                for each in paused
            ],
        }
    )
