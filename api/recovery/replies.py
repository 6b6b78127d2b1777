"""What a customer's own words change in his cases, besides promises."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from api.audit.service import record
from api.clock import Clock, clock_for
from api.parties import standings
from api.recovery import cases, holds, queries, sla, timeline
from api.recovery.tables import CaseRow
from api.wakes import service as wakes
from api.work import Work
from contracts.names import WakeKind
from contracts.recovery import NewHold
from domain.errors import Fact
from domain.ids import case_workflow_id
from domain.recovery import holds as rules
from domain.recovery.holds import HoldKind

REVIEW_AFTER: Final = timedelta(days=14)
"""When a person looks again at a hold that a customer's own words placed."""

LOOK_FOR_PAYMENT: Final = timedelta(days=5)
"""How long chasing rests while a payment is looked for that a customer says he made."""

ONCE_IN: Final = timedelta(days=30)
"""How often it rests for that: saying so again and again does not stop it for good."""

_LONGEST_LINE: Final = 500


async def customer_stopped(work: Work, customer_id: UUID) -> None:
    """The customer withdrew from a way of contact: his open cases note it and plan again.

    The permit keeps messages back by itself; the cases only learn that some channel is gone.
    """
    rows = await queries.open_cases_of(work, customer_id)
    for case in rows:
        clock = await clock_for(work, case.test_clock_id)
        timeline.write(work, case, clock.now, timeline.EventKind.CUSTOMER_STOPPED)
        record(work, "case.customer_stopped", "case", case.id)
    await cases.wake_many(work, rows)


async def note_reply(
    work: Work, customer_id: UUID, case_id: UUID, text: str, facts: Mapping[str, Fact]
) -> None:
    """Tell in an open case what its customer wrote, and what it was taken for.

    The case is not locked for it: a STOP waits for nobody who plans.

    Args:
        work: The unit of work.
        customer_id: Who wrote.
        case_id: His case.
        text: What he wrote; kept encrypted, the first of it.
        facts: `intent`, `confidence`, `channel` and `message_id`.
    """
    for case in await queries.open_cases_of(work, customer_id):
        if case.id == case_id:
            clock = await clock_for(work, case.test_clock_id)
            note = await timeline.sealed(work, case, text[:_LONGEST_LINE])
            timeline.write(work, case, clock.now, timeline.EventKind.REPLY_READ, facts, note=note)
            if await sla.customer_answered(work, case.id, clock.now):
                reply_waits(work, case.id, clock)


def reply_waits(work: Work, case_id: UUID, clock: Clock) -> None:
    """Let a case plan again at the end of the work: what waits to be read moves it up."""
    workflow_id = case_workflow_id(case_id)
    work.at_end.append(
        lambda: wakes.raise_wake(work, workflow_id, WakeKind.CASE, clock.test_clock_id)
    )


async def hold_from_reply(work: Work, customer_id: UUID, kind: HoldKind) -> bool:
    """Suspend a customer's open cases for what he said; a person reviews it.

    In cases of others, about loans of which he owes something, it binds himself; and all of the
    case where it is about the debt. A hold of the kind that binds already is left as it is.

    Returns:
        Whether one binds now; without an open case there is none.
    """
    rows = await queries.open_cases_of(work, customer_id)
    for case in rows:
        held = await cases.hold_case(work, case.id)
        existing = await holds.of_case(work, case.id)
        if kind not in rules.active_kinds(existing, held.today):
            review_on = held.today + REVIEW_AFTER
            await holds.place_hold(work, case.id, NewHold(kind=kind.value, review_on=review_on))
    others = await standings.cases_of_others(work, customer_id)
    for case_id in others:
        held = await cases.hold_case(work, case_id)
        bound = await holds.holds_on(work, held.clock, [customer_id])
        if held.case.status == "open" and kind not in bound.get(customer_id, frozenset()):
            review_on = held.today + REVIEW_AFTER
            new = NewHold(kind=kind.value, review_on=review_on, customer_id=customer_id)
            await holds.place_hold(work, case_id, new)
            await work.session.flush()
    return bool(rows) or bool(others)


async def pause_for_reported_payment(work: Work, customer_id: UUID) -> None:
    """Let chasing rest for some days in each open case: a customer says that he has paid."""
    for case in await queries.open_cases_of(work, customer_id):
        held = await cases.hold_case(work, case.id)
        lately = held.today - ONCE_IN
        if not await _paused_since(work, case, lately):
            ends_on = held.today + LOOK_FOR_PAYMENT
            await holds.place_hold(
                work, case.id, NewHold(kind=HoldKind.MANUAL.value, ends_on=ends_on)
            )


async def _paused_since(work: Work, case: CaseRow, on: date) -> bool:
    placed = await holds.of_case(work, case.id)
    return any(hold.kind is HoldKind.MANUAL and hold.starts_on > on for hold in placed)
