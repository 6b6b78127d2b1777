"""Settlements as they stand: for whoever asks, and for what a case plans."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from api.audit.service import record
from api.recovery import agreements, arrears_queries, holds, plan_queries, timeline
from api.recovery.cases import Held
from api.recovery.plan_tables import SettlementRow
from api.recovery.tables import CaseRow
from api.strategies import service as strategies
from api.work import Work
from contracts.plans import Settlement as WireSettlement
from domain.errors import Fact
from domain.money import quantize
from domain.recovery import deferring
from domain.recovery import settlement as rules
from domain.recovery.case import MoveSettlement
from domain.recovery.holds import Hold
from domain.recovery.promise import last_day
from domain.recovery.settlement import Settlement, SettlementState


async def list_of(work: Work, case_id: UUID) -> list[WireSettlement]:
    """All settlements of a case, oldest first. Raises `NOT_FOUND`."""
    _, today = await agreements.found(work, case_id)
    held = await holds.of_case(work, case_id)
    return [_moved(row, held, today) for row in await plan_queries.settlements(work, case_id)]


async def of_case(work: Work, case: CaseRow) -> tuple[Settlement, ...]:
    """The settlements of a case as the rules know them; the one that stands with its money."""
    rows = await plan_queries.settlements(work, case.id)
    return tuple([await rule_of(work, case, row) for row in rows])


async def apply(work: Work, held: Held, effect: MoveSettlement) -> None:
    """Record that a settlement ended without being paid in full."""
    rows = await plan_queries.settlements(work, held.case.id)
    row = next(each for each in rows if str(each.id) == effect.settlement_id)
    row.status, row.ended_on, row.received = effect.state.value, held.today, effect.received
    await moved(work, held, row)


async def paid(work: Work, case_id: UUID, row: SettlementRow) -> Decimal | None:
    """The money of a settlement that is all there, by its last day as holds leave it; else None."""
    case, today = await agreements.found(work, case_id)
    offered = deferring.settlement(
        await rule_of(work, case, row), await holds.of_case(work, case_id), today=today
    )
    judged = rules.judge(offered, today)
    return judged.received if judged.state is SettlementState.COMPLETED else None


async def rule_of(work: Work, case: CaseRow, row: SettlementRow) -> Settlement:
    """A settlement as the rules know it; one that stands with its money."""
    keeping = (await strategies.by_id(work, case.strategy_id)).promises
    found = _rule_of(row, keeping.grace_days)
    if found.state not in {SettlementState.OFFERED, SettlementState.ACCEPTED}:
        return found
    receipts = await arrears_queries.repayments(
        work, case.id, row.made_on, row.id, loan_ids=[UUID(each) for each in row.loan_ids]
    )
    return replace(found, receipts=tuple(receipts))


def _rule_of(row: SettlementRow, grace_days: int) -> Settlement:
    return Settlement(
        id=str(row.id),
        amount=row.amount,
        made_on=row.made_on,
        valid_until=row.valid_until,
        pay_by=last_day(row.pay_by, grace_days),
        state=SettlementState(row.status),
        accepted_on=row.accepted_on,
        ended_on=row.ended_on,
    )


def _moved(row: SettlementRow, held: Sequence[Hold], today: date) -> WireSettlement:
    """A settlement as it goes over the wire, with the day that a hold moved its payment to."""
    now = deferring.settlement(_rule_of(row, 0), held, today=today)
    moved_to = None if now.pay_by == row.pay_by else now.pay_by
    return wire(row).model_copy(update={"moved_to": moved_to})


async def moved(
    work: Work,
    held: Held,
    row: SettlementRow,
    note: bytes | None = None,
    *,
    owed_again: bool = False,
) -> None:
    """Tell that a settlement became something else; its case is locked.

    `owed_again`: what it had forgiven is owed as before.
    """
    await work.session.flush()
    held.case.version += 1
    told = told_of(row)
    if owed_again:
        told["owed_again"] = "yes"
    timeline.write(
        work, held.case, held.clock.now, timeline.EventKind.SETTLEMENT_MOVED, told, note=note
    )
    record(work, "settlement.moved", "case", held.case.id, told)


def told_of(row: SettlementRow) -> dict[str, Fact]:
    """The figures of a settlement, for its story."""
    told: dict[str, Fact] = {
        "settlement_id": str(row.id),
        "status": row.status,
        "amount": format(quantize(row.amount, row.currency), "f"),
        "owed": format(quantize(row.owed, row.currency), "f"),
        "received": format(quantize(row.received, row.currency), "f"),
        "currency": row.currency,
        "valid_until": row.valid_until.isoformat(),
        "pay_by": row.pay_by.isoformat(),
    }
    if row.forgiven is not None:
        told["forgiven"] = format(quantize(row.forgiven, row.currency), "f")
    return told


def wire(row: SettlementRow) -> WireSettlement:
    """A settlement as it goes over the wire."""
    forgives = row.owed - row.amount if row.forgiven is None else row.forgiven
    return WireSettlement.model_validate(
        {
            "id": row.id,
            "case_id": row.case_id,
            "currency": row.currency,
            "status": row.status,
            "amount": quantize(row.amount, row.currency),
            "owed": quantize(row.owed, row.currency),
            "forgives": quantize(forgives, row.currency),
            "received": quantize(row.received, row.currency),
            "needs_approval": row.status == SettlementState.PROPOSED,
            "valid_until": row.valid_until,
            "pay_by": row.pay_by,
            "made_at": row.made_at,
            "made_by": row.made_by,
            "approved_by": row.approved_by,
            "accepted_on": row.accepted_on,
            "ended_on": row.ended_on,
        }
    )
