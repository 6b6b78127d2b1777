"""Asking for a change, trying it out, and deciding on it.

A preview makes the change for real and takes it back: what it shows is what would happen. A
change that needs a second person is tried out when it is asked for and made when it is approved,
against the loan as it then is.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, assert_never
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select

from api.audit.service import record as audit
from api.customers import service as customers
from api.db.base import new_id
from api.loan_changes import (
    by_the_day,
    charging,
    queries,
    reading,
    refinancing,
    refunding,
    relieving,
    replanning,
    undoing,
    writing_off,
)
from api.loan_changes.ground import Effect, Held, hold, schedule, standing, told_entries
from api.loan_changes.tables import CHANGE_NUMBERS, LoanChangeRow
from api.tasks import service as tasks
from api.trying import attempt_on
from api.versions import check_version
from api.work import Work
from contracts.loan_changes import (
    ChangeTerms,
    Charge,
    ChargeOff,
    Forgiveness,
    GoodwillCredit,
    InterestPause,
    LoanChange,
    Moved,
    NewLoanChange,
    PaymentHoliday,
    ReAge,
    ReAmortise,
    Refinance,
    Refund,
    RejectChange,
    Reschedule,
    Settlement,
    Undo,
    Waiver,
    WriteOff,
)
from contracts.names import Role
from domain.errors import DomainError, ErrorCode
from domain.lending.approval import check_second_person, needs_second_person

DECIDE_WITHIN: Final = timedelta(days=1)
"""How soon a change that waits is to be decided on."""

LAW: Final = "law"
"""Who agreed to what a law asks for: no person takes that back by hand."""

TERMS: Final[TypeAdapter[ChangeTerms]] = TypeAdapter(ChangeTerms)


@dataclass(frozen=True, slots=True)
class Made:
    """A change as it was made or tried out."""

    held: Held
    effect: Effect
    moved: Moved


async def ask(
    work: Work, loan_id: UUID, new: NewLoanChange, seen: int | None, *, dry_run: bool
) -> LoanChange:
    """Make a change at once, or let it wait for a second person; with `dry_run` only show it.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, and what the kind raises; then nothing was changed.
    """
    change_id = new_id()
    if isinstance(new.change, Refinance):
        await refinancing.hold_people(work, loan_id)
    held = await hold(work, loan_id, change_id, new.reason)
    if seen is not None:
        check_version(seen, held.loan.version)
    creditor_id, customer_id = held.loan.creditor_id, held.loan.customer_id
    await _require_not_law(work, loan_id, new.change)
    async with attempt_on(work) as attempt:
        made = await _make(work, held, new.change)
        limit = await queries.limit_of(work, creditor_id, new.change.kind, held.loan.currency)
        waits = needs_second_person(
            made.effect.amount,
            limit,
            may_decide=work.principal.role in {Role.ADMIN, Role.MANAGER},
        )
        row = await _row(work, made, new, "pending" if waits else "applied")
        attempt.keep = not dry_run and not waits
    if dry_run:
        return reading.previewed(row, new, needs_approval=waits)
    row.note_ct = await customers.encrypt(work, customer_id, new.note, reading.NOTE)
    work.session.add(row)
    await work.session.flush()
    if waits:
        await _ask_second_person(work, loan_id, row)
    else:
        await _applied(work, row)
    return reading.shown(row, new.note)


async def make_agreed(
    work: Work, loan_id: UUID, new: NewLoanChange, *, asked_by: str, agreed_by: str
) -> LoanChange:
    """Make at once a change that people agreed to elsewhere, such as the rest of a settlement.

    Args:
        work: The unit of work.
        loan_id: The loan.
        new: The change and its reason.
        asked_by: Who asked for it then.
        agreed_by: Who agreed to it, or the law that asks for it.

    Raises what `ask` raises; then nothing was changed.
    """
    held = await hold(work, loan_id, new_id(), new.reason)
    async with attempt_on(work) as attempt:
        made = await _make(work, held, new.change)
        row = await _row(work, made, new, "applied")
        attempt.keep = True
    row.requested_by, row.decided_by = asked_by, agreed_by
    work.session.add(row)
    await work.session.flush()
    await _applied(work, row)
    return reading.shown(row, new.note)


async def approve(work: Work, loan_id: UUID, change_id: UUID) -> LoanChange:
    """Make a change that waits, against the loan as it is now.

    Raises `NOT_FOUND`, `CHANGE_NOT_PENDING`, `OWN_REQUEST`, and `CHANGE_NO_LONGER_FITS` with the
    fact `because` when it is not possible any more; then it still waits.
    """
    row = await _pending(work, loan_id, change_id)
    held = await hold(work, loan_id, change_id, row.reason)
    try:
        made = await _make(work, held, TERMS.validate_python(row.terms))
    except DomainError as error:
        raise DomainError(
            ErrorCode.CHANGE_NO_LONGER_FITS,
            f"The loan has changed since it was asked for: {error.detail}",
            {**error.facts, "because": error.code.value},
        ) from None
    row.status = "applied"
    row.amount, row.absorbed = made.effect.amount, made.effect.absorbed
    row.made_loan_id, row.value_on = made.effect.made_loan_id, held.ground.today
    row.moved = made.moved.model_dump(mode="json")
    _decided(work, held, row)
    await _applied(work, row)
    await tasks.finish_opened(work, held.clock.now, _task_key(row.id), "approved")
    return await reading.one(work, loan_id, change_id)


async def reject(work: Work, loan_id: UUID, change_id: UUID, why: RejectChange) -> LoanChange:
    """Decide against a change that waits; nothing moves.

    Raises `NOT_FOUND`, `CHANGE_NOT_PENDING` and `OWN_REQUEST`.
    """
    row = await _pending(work, loan_id, change_id)
    held = await hold(work, loan_id, change_id, row.reason)
    row.status, row.rejected_for = "rejected", why.reason
    _decided(work, held, row)
    audit(
        work,
        "loan.change_rejected",
        "loan",
        loan_id,
        {"change": str(change_id), "kind": row.kind, "reason": why.reason},
    )
    await tasks.finish_opened(work, held.clock.now, _task_key(row.id), "rejected")
    return await reading.one(work, loan_id, change_id)


async def _make(work: Work, held: Held, asked: ChangeTerms) -> Made:
    """Make a change to a held loan, and tell what it moved."""
    before, rows_before = standing(held), schedule(held)
    last = await queries.last_entry(work, held.loan.id)
    effect = await _effect(work, held, asked)
    rows_after = schedule(held)
    plans = [
        [(row.number, row.due_on, row.principal, row.interest) for row in rows]
        for rows in (rows_before, rows_after)
    ]
    replanned = plans[0] != plans[1]
    moved = Moved(
        before=before,
        after=standing(held),
        entries=await told_entries(work, held, last),
        schedule_before=rows_before if replanned else None,
        schedule_after=rows_after if replanned else None,
    )
    return Made(held, effect, moved)


async def _require_not_law(work: Work, loan_id: UUID, asked: ChangeTerms) -> None:
    """Refuse to take back by hand what a law asked for, such as interest in a moratorium."""
    if not isinstance(asked, Undo):
        return
    undone = await queries.one(work, loan_id, asked.change_id)
    if undone is not None and undone.decided_by == LAW:
        raise DomainError(
            ErrorCode.NOT_REVERSIBLE,
            "The law asked for it: what a moratorium took away is not collected afterwards.",
        )


async def _effect(work: Work, held: Held, asked: ChangeTerms) -> Effect:
    by_the_day.check(held.ground.book.product, asked)
    match asked:
        case Waiver():
            return await relieving.waive(work, held, asked)
        case Forgiveness():
            return await relieving.forgive(work, held, asked)
        case Settlement():
            return await relieving.settle(work, held, asked)
        case GoodwillCredit():
            return await relieving.credit(work, held, asked)
        case ChargeOff():
            return await writing_off.charge_off(work, held, asked)
        case WriteOff():
            return await writing_off.write_off(work, held, asked)
        case Charge():
            return await charging.charge(work, held, asked)
        case Refund():
            return await refunding.refund(work, held, asked)
        case ReAmortise() | Reschedule() | PaymentHoliday() | ReAge() | InterestPause():
            return await replanning.replan(work, held, asked)
        case Refinance():
            return await refinancing.refinance(work, held, asked)
        case Undo():
            return await undoing.undo(work, held, asked)
        case _:
            assert_never(asked)


async def _row(work: Work, made: Made, new: NewLoanChange, status: str) -> LoanChangeRow:
    """The record of a change, made before what was tried is taken back; not added yet."""
    held = made.held
    number = await work.session.scalar(select(CHANGE_NUMBERS.next_value()))
    row = LoanChangeRow(
        id=held.change_id,
        number=number,
        loan_id=held.loan.id,
        customer_id=held.loan.customer_id,
        kind=new.change.kind,
        status=status,
        terms=new.change.model_dump(mode="json"),
        reason=new.reason,
        amount=made.effect.amount,
        absorbed=made.effect.absorbed,
        made_loan_id=made.effect.made_loan_id if status == "applied" else None,
        currency=held.loan.currency,
        value_on=held.ground.today,
        requested_at=held.clock.now,
        requested_by=work.principal.actor,
        moved=made.moved.model_dump(mode="json"),
    )
    if status == "applied":
        _decided(work, held, row)
    return row


def _decided(work: Work, held: Held, row: LoanChangeRow) -> None:
    row.decided_at, row.decided_by = held.clock.now, work.principal.actor


async def _applied(work: Work, row: LoanChangeRow) -> None:
    """Audit an applied change; one that undoes another marks it."""
    asked = TERMS.validate_python(row.terms)
    if isinstance(asked, Undo):
        undone = await queries.one(work, row.loan_id, asked.change_id)
        if undone is not None:
            undone.status, undone.undone_by = "undone", row.id
    audit(
        work,
        "loan.changed",
        "loan",
        row.loan_id,
        {
            "change": str(row.id),
            "kind": row.kind,
            "amount": str(row.amount),
            "reason": row.reason,
            "requested_by": row.requested_by,
        },
    )


async def _ask_second_person(work: Work, loan_id: UUID, row: LoanChangeRow) -> None:
    held = await hold(work, loan_id, row.id, row.reason)
    audit(
        work,
        "loan.change_requested",
        "loan",
        loan_id,
        {
            "change": str(row.id),
            "kind": row.kind,
            "amount": str(row.amount),
            "reason": row.reason,
        },
    )
    await tasks.open_task(
        work,
        held.clock,
        natural_key=_task_key(row.id),
        kind="loan_change",
        title=f"Decide on {row.kind.replace('_', ' ')} LC-{row.number} on LN-{held.loan.number}",
        role=Role.MANAGER,
        due_at=held.clock.now + DECIDE_WITHIN,
        loan_id=loan_id,
        customer_id=held.loan.customer_id,
        payload={"change_id": str(row.id)},
    )


async def _pending(work: Work, loan_id: UUID, change_id: UUID) -> LoanChangeRow:
    """A change that waits, its loan locked, and this is not who asked for it."""
    asked = await queries.one(work, loan_id, change_id)
    if asked is not None and asked.kind == "refinance":
        await refinancing.hold_people(work, loan_id)
    await hold(work, loan_id, change_id, "")
    row = await queries.one(work, loan_id, change_id)
    if row is None:
        raise reading.missing()
    if row.status != "pending":
        raise DomainError(
            ErrorCode.CHANGE_NOT_PENDING,
            f"The change is {row.status}.",
            {"status": row.status},
        )
    check_second_person(row.requested_by, work.principal.actor)
    return row


def _task_key(change_id: UUID) -> str:
    return f"loan_change:{change_id}"
