"""Settlements: offered, accepted, paid, and the rest forgiven; at most one of a case stands.

The rest is forgiven through the loan's own change (`api.loan_changes`), with the split kept, under
the locks of the loans and before the case is looked at: `fulfil` is the first thing a plan does.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from api.audit.service import record
from api.db.base import new_id
from api.loan_changes import service as loan_changes
from api.recovery import (
    agreements,
    arrangements,
    arrears_queries,
    cases,
    plan_queries,
    queries,
    settlement_facts,
    timeline,
)
from api.recovery.cases import Held
from api.recovery.plan_tables import SettlementRow
from api.recovery.tables import ProposalRow
from api.strategies import service as strategies
from api.tasks import service as tasks
from api.work import Work
from contracts.loan_changes import NewLoanChange, Undo
from contracts.loan_changes import Settlement as ForgiveRest
from contracts.names import Role
from contracts.plans import AcceptSettlement, EndPlan, NewSettlement
from contracts.plans import Settlement as WireSettlement
from domain.errors import DomainError, ErrorCode
from domain.lending.approval import check_second_person, needs_second_person
from domain.money import ZERO, positive
from domain.recovery import settlement as rules
from domain.recovery.settlement import SettlementState

_TASK: Final = "settlement"

_STRATEGY: Final = "strategy"
"""Who made an offer that a strategy proposed and a manager approved."""


async def make(
    work: Work, case_id: UUID, command: NewSettlement, *, dry_run: bool = False
) -> WireSettlement:
    """Offer to take a part for the whole, or let it wait for a second person.

    What it would forgive is held against the creditor's limit for settlements; `dry_run` only
    shows it. Raises `NOT_FOUND`, `CASE_NOT_OPEN`, `INVALID_REQUEST` unless a share or an amount is
    given, `LOAN_NOT_ACTIVE`, `PLAN_STANDS` while another stands, the refusals of amounts, and
    `SETTLEMENT_OUT_OF_POLICY` whose facts name the bound.
    """
    loan_ids = await queries.loan_ids_in_order(work, case_id)
    owed = await payoff(work, loan_ids)
    held = await cases.hold_case(work, case_id)
    cases.require_open(held.case)
    await _require_none(work, case_id)
    currency = held.case.currency
    amount = _amount(command, owed, currency)
    pay_by = command.pay_by or command.valid_until
    rules.validate(
        amount,
        command.valid_until,
        pay_by,
        policy=(await strategies.by_id(work, held.case.strategy_id)).settlements,
        owed=owed,
        today=held.today,
    )
    limit = await loan_changes.limit_of(work, held.case.creditor_id, "settlement", currency)
    waits = needs_second_person(
        owed - amount, limit, may_decide=work.principal.role in {Role.ADMIN, Role.MANAGER}
    )
    row = _row(held, amount, owed, command.valid_until, pay_by)
    row.loan_ids = [str(each) for each in loan_ids]
    row.made_by = work.principal.actor
    row.status = (SettlementState.PROPOSED if waits else SettlementState.OFFERED).value
    if dry_run:
        return settlement_facts.wire(row).model_copy(
            update={"id": None, "status": "preview", "needs_approval": waits}
        )
    await _offer(work, held, row)
    if waits:
        await agreements.ask_second_person(work, held, _TASK, row.id)
    await cases.wake(work, held.case)
    return settlement_facts.wire(row)


def _amount(command: NewSettlement, owed: Decimal, currency: str) -> Decimal:
    if command.percent is not None and command.amount is None:
        return rules.amount_of(owed, command.percent, currency)
    if command.amount is not None and command.percent is None:
        return positive(command.amount, currency)
    raise DomainError(ErrorCode.INVALID_REQUEST, "Give a percentage or an amount.")


async def offer_proposed(
    work: Work, held: Held, proposal: ProposalRow, owed: Decimal, loan_ids: Sequence[UUID]
) -> None:
    """An offer that a strategy proposed and a manager approved; the case is locked.

    `owed` is what would close the loans. Raises `PLAN_STANDS` while another settlement stands.
    """
    await _require_none(work, held.case.id)
    until = proposal.valid_until or held.today
    row = _row(held, proposal.amount or ZERO, owed, until, until)
    row.loan_ids = [str(each) for each in loan_ids]
    row.proposal_id, row.made_by = proposal.id, _STRATEGY
    row.approved_by = work.principal.actor
    await _offer(work, held, row)


async def approve(work: Work, case_id: UUID, settlement_id: UUID) -> WireSettlement:
    """Agree as the second person; the offer stands from now on.

    Raises `NOT_FOUND`, `CASE_NOT_OPEN`, `ILLEGAL_TRANSITION` unless it waits or when its last day
    is over, and `OWN_REQUEST`.
    """
    held, row = await _hold(work, case_id, settlement_id)
    agreements.require(row.status, {SettlementState.PROPOSED})
    _require_day(held, row)
    check_second_person(row.made_by, work.principal.actor)
    row.status, row.approved_by = SettlementState.OFFERED.value, work.principal.actor
    await settlement_facts.moved(work, held, row)
    await tasks.finish_opened(work, held.clock.now, agreements.task_key(_TASK, row.id), "approved")
    await cases.wake(work, held.case)
    return settlement_facts.wire(row)


async def accept(
    work: Work, case_id: UUID, settlement_id: UUID, command: AcceptSettlement
) -> WireSettlement:
    """Record that the customer accepts: chasing rests until the last day of its payment.

    An open arrangement or promise is replaced. Raises `NOT_FOUND`, `CASE_NOT_OPEN`,
    `ILLEGAL_TRANSITION` unless it is offered and its last day is not over, and `INVALID_DATE` for
    a payment day that is past or later than was offered.
    """
    held, row = await _hold(work, case_id, settlement_id)
    agreements.require(row.status, {SettlementState.OFFERED})
    _require_day(held, row)
    if command.pay_by is not None:
        if not held.today <= command.pay_by <= row.pay_by:
            raise DomainError(
                ErrorCode.INVALID_DATE,
                "It is paid from today until the day that was offered.",
                {"field": "pay_by", "until": row.pay_by.isoformat()},
            )
        row.pay_by = command.pay_by
    await arrangements.replace_standing(work, held)
    row.status = SettlementState.ACCEPTED.value
    row.accepted_on, row.accepted_at = held.today, held.clock.now
    row.accepted_by = work.principal.actor
    await settlement_facts.moved(work, held, row)
    await cases.wake(work, held.case)
    return settlement_facts.wire(row)


async def withdraw(
    work: Work, case_id: UUID, settlement_id: UUID, command: EndPlan
) -> WireSettlement:
    """Take an offer back, or decline one that waits; one that was accepted binds us.

    Raises `NOT_FOUND`, `CASE_NOT_OPEN`, and `ILLEGAL_TRANSITION` for one that was accepted or has
    ended.
    """
    held, row = await _hold(work, case_id, settlement_id)
    agreements.require(row.status, {SettlementState.PROPOSED, SettlementState.OFFERED})
    row.status, row.ended_on = SettlementState.WITHDRAWN.value, held.today
    await settlement_facts.moved(
        work, held, row, await timeline.sealed(work, held.case, command.reason)
    )
    await tasks.finish_opened(work, held.clock.now, agreements.task_key(_TASK, row.id), "withdrawn")
    await cases.wake(work, held.case)
    return settlement_facts.wire(row)


async def undo(work: Work, case_id: UUID, settlement_id: UUID, command: EndPlan) -> WireSettlement:
    """Take a completed settlement back by hand: the debt stands again.

    What was forgiven is owed as before and its loans reopen; what was paid counts. Raises
    `NOT_FOUND`, `ILLEGAL_TRANSITION` unless it is completed, and `NOT_REVERSIBLE` for what was
    changed since.
    """
    found = next(
        (row for row in await plan_queries.settlements(work, case_id) if row.id == settlement_id),
        None,
    )
    if found is None:
        raise _missing()
    row = await _undo(work, found, reason=command.reason)
    return settlement_facts.wire(row)


async def unsettle(work: Work, loan_id: UUID, payment_id: UUID) -> None:
    """Take a settlement back whose money is not all there without a payment on one of its loans.

    Called before the payment is taken back, with no loan locked yet: the loans of a settlement are
    locked in their order. Nothing happens where the settlement stands without the payment. Raises
    `NOT_REVERSIBLE` for what was changed since.
    """
    row = await plan_queries.completed_settlement(work, loan_id)
    if row is None:
        return
    left = await arrears_queries.repayments(
        work,
        row.case_id,
        row.made_on,
        row.id,
        loan_ids=[UUID(each) for each in row.loan_ids],
        without=payment_id,
    )
    stayed = sum((money for _, money in left), ZERO)
    # Money that never counted for it takes nothing from it: received is what stayed.
    if stayed < row.amount and stayed < row.received:
        await _undo(work, row, stayed=stayed)


async def _undo(
    work: Work,
    found: SettlementRow,
    *,
    reason: str | None = None,
    stayed: Decimal | None = None,
) -> SettlementRow:
    """Owe again what a completed settlement forgave; `stayed`: its money without what returns."""
    agreements.require(found.status, {SettlementState.COMPLETED})
    # Books and loans come before the case, as for all that moves money.
    actor = work.principal.actor
    for change_id in found.change_ids:
        loan_id = await loan_changes.loan_of(work, UUID(change_id))
        change = NewLoanChange(
            change=Undo(kind="undo", change_id=UUID(change_id)), reason="settlement"
        )
        await loan_changes.make_agreed(work, loan_id, change, asked_by=actor, agreed_by=actor)
    held = await cases.hold_case(work, found.case_id)
    rows = await plan_queries.settlements(work, found.case_id)
    row = next(row for row in rows if row.id == found.id)
    agreements.require(row.status, {SettlementState.COMPLETED})
    row.status, row.ended_on = SettlementState.BROKEN.value, held.today
    row.forgiven, row.change_ids = None, []
    row.received = row.received if stayed is None else stayed
    note = await timeline.sealed(work, held.case, reason)
    await settlement_facts.moved(work, held, row, note, owed_again=True)
    if held.case.status == "open":
        await cases.wake(work, held.case)
    return row


async def fulfil(work: Work, case_id: UUID) -> None:
    """Forgive the rest of a settlement whose money is all there; its loans close as settled.

    Called before the case is locked: books and loans come first. Once they are held no payment
    comes or goes, and the settlement is judged again. Raises what the change raises.
    """
    before = await _paid(work, case_id)
    if before is None:
        return
    active = [
        loan_id
        for loan_id in (UUID(each) for each in before[0].loan_ids)
        if (await loan_changes.hold(work, loan_id, new_id(), "settlement")).loan.lifecycle
        == "active"
    ]
    paid = await _paid(work, case_id)
    if paid is None:
        return
    row, received = paid
    change = NewLoanChange(change=ForgiveRest(kind="settlement"), reason="settlement")
    forgiven = ZERO
    made: list[str] = []
    for loan_id in active:
        done = await loan_changes.make_agreed(
            work, loan_id, change, asked_by=row.made_by, agreed_by=row.approved_by or row.made_by
        )
        forgiven += done.amount
        made.append(str(done.id))
    held = await cases.hold_case(work, case_id)
    row.status, row.ended_on = SettlementState.COMPLETED.value, held.today
    row.received, row.forgiven, row.change_ids = received, forgiven, made
    await settlement_facts.moved(work, held, row)


async def payoff(work: Work, loan_ids: Sequence[UUID]) -> Decimal:
    """What would close these loans today."""
    quotes = [await loan_changes.payoff_quote(work, loan_id, None) for loan_id in loan_ids]
    return sum((quote.payoff.total for quote in quotes), ZERO)


async def _paid(work: Work, case_id: UUID) -> tuple[SettlementRow, Decimal] | None:
    """The settlement of a case whose money is all there, and the money."""
    row = await plan_queries.standing_settlement(work, case_id)
    if row is None or row.status == SettlementState.PROPOSED:
        return None
    received = await settlement_facts.paid(work, case_id, row)
    return None if received is None else (row, received)


async def _require_none(work: Work, case_id: UUID) -> None:
    if await plan_queries.standing_settlement(work, case_id) is not None:
        raise agreements.stands("settlement")


def _require_day(held: Held, row: SettlementRow) -> None:
    if held.today > row.valid_until:
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION,
            "The last day of the offer is over.",
            {"status": row.status, "valid_until": row.valid_until.isoformat()},
        )


def _row(
    held: Held, amount: Decimal, owed: Decimal, valid_until: date, pay_by: date
) -> SettlementRow:
    return SettlementRow(
        id=new_id(),
        case_id=held.case.id,
        proposal_id=None,
        currency=held.case.currency,
        status=SettlementState.OFFERED.value,
        amount=amount,
        owed=owed,
        made_on=held.today,
        made_at=held.clock.now,
        made_by="",
        approved_by=None,
        valid_until=valid_until,
        pay_by=pay_by,
        received=ZERO,
        forgiven=None,
        loan_ids=[],
        change_ids=[],
    )


async def _offer(work: Work, held: Held, row: SettlementRow) -> None:
    work.session.add(row)
    await work.session.flush()
    held.case.version += 1
    told = settlement_facts.told_of(row)
    timeline.write(work, held.case, held.clock.now, timeline.EventKind.SETTLEMENT_OFFERED, told)
    record(work, "settlement.offered", "case", held.case.id, told)


async def _hold(work: Work, case_id: UUID, settlement_id: UUID) -> tuple[Held, SettlementRow]:
    held = await cases.hold_case(work, case_id)
    row = next(
        (row for row in await plan_queries.settlements(work, case_id) if row.id == settlement_id),
        None,
    )
    if row is None:
        raise _missing()
    cases.require_open(held.case)
    return held, row


def _missing() -> DomainError:
    return DomainError(ErrorCode.NOT_FOUND, "There is no such settlement on this case.")
