"""What customers agree to themselves: dates within the policy, and offers of a settlement.

The rules are those by which agents agree with them. What needs a second person waits for one.
"""

from collections.abc import Sequence
from uuid import UUID

from api.recovery import (
    arrangements,
    arrears_queries,
    cases,
    plan_queries,
    queries,
    settlement_facts,
    settlements,
)
from api.strategies import service as strategies
from api.work import Work
from contracts.plans import AcceptSettlement, Arrangement, NewArrangement, NewPart, OwnPlan
from contracts.plans import Settlement as WireSettlement
from domain.errors import DomainError, ErrorCode
from domain.money import positive
from domain.recovery.settlement import SettlementState
from domain.recovery.spreading import Rhythm, spread


async def show(work: Work, customer_id: UUID, case_id: UUID, wish: OwnPlan) -> Arrangement:
    """The dates by which all that is overdue would be paid; nothing is kept.

    Raises what `agree` raises.
    """
    return await arrangements.make(
        work, case_id, await _parts(work, customer_id, case_id, wish), dry_run=True
    )


async def agree(work: Work, customer_id: UUID, case_id: UUID, wish: OwnPlan) -> Arrangement:
    """Agree on the dates that were shown; they are open at once, or wait for a second person.

    Raises what `arrangements.make` raises, `ARRANGEMENT_OUT_OF_POLICY` for what `spread` refuses,
    `CONFLICT` where another sum is overdue by now than was shown, and `NOT_FOUND` for a case of
    somebody else.
    """
    return await arrangements.make(work, case_id, await _parts(work, customer_id, case_id, wish))


async def standing(work: Work, customer_id: UUID) -> Sequence[Arrangement]:
    """The dates that somebody has agreed on, or asked to agree on, in his open cases."""
    found: list[Arrangement] = []
    for case in await queries.open_cases_of(work, customer_id):
        told = await arrangements.list_of(work, case.id)
        found += [each for each in told if each.status in {"open", "proposed"}]
    return found


async def offers(work: Work, customer_id: UUID) -> Sequence[WireSettlement]:
    """The settlements that somebody is offered now, or has accepted and pays."""
    found = []
    for case in await queries.open_cases_of(work, customer_id):
        row = await plan_queries.standing_settlement(work, case.id)
        if row is not None and row.status != SettlementState.PROPOSED:
            told = await settlement_facts.list_of(work, case.id)
            found += [each for each in told if each.id == row.id]
    return found


async def accept(
    work: Work, customer_id: UUID, case_id: UUID, settlement_id: UUID
) -> WireSettlement:
    """Accept an offer as it was made.

    Raises what `settlements.accept` raises, and `NOT_FOUND` for a case of somebody else.
    """
    await _require_own(work, customer_id, case_id)
    return await settlements.accept(work, case_id, settlement_id, AcceptSettlement())


async def _parts(work: Work, customer_id: UUID, case_id: UUID, wish: OwnPlan) -> NewArrangement:
    held = await _require_own(work, customer_id, case_id)
    total = await arrears_queries.total_overdue(work, case_id, held.today)
    if wish.total is not None and wish.total != total:
        raise DomainError(
            ErrorCode.CONFLICT, "What is overdue has changed meanwhile: look at the dates again."
        )
    policy = (await strategies.by_id(work, held.case.strategy_id)).arrangements
    each = positive(wish.amount, held.case.currency)
    parts = spread(total, each, wish.first_on, Rhythm(wish.every), policy.max_parts)
    return NewArrangement(parts=[NewPart(due_on=on, amount=amount) for on, amount in parts])


async def _require_own(work: Work, customer_id: UUID, case_id: UUID) -> cases.Held:
    held = await cases.hold_case(work, case_id)
    if held.case.customer_id != customer_id:
        raise cases.missing()
    return held
