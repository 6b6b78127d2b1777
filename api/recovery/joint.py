"""Asks joint debtors while the borrower of a loan is in a moratorium, in cases of their own.

A moratorium protects one person; a co-borrower who owes all of the loan is not protected by it. As
long as it binds, each late loan in the protected person's case is also in a case of each such
co-borrower, with his strategy's steps, holds, permits and promises of his own. The borrower's case
stands still meanwhile and goes on where it stood; the joint debtor's ends with the moratorium.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from api.audit.service import record
from api.clock import Clock
from api.parties import standings
from api.recovery import (
    arrears_queries,
    cases,
    joint_queries,
    opening,
    protecting,
    queries,
    timeline,
)
from api.recovery.cases import Held
from api.recovery.joint_queries import StandIn
from api.recovery.opening import OverdueLoan
from api.recovery.tables import CaseRow
from api.work import Work
from domain.errors import Fact
from domain.ids import case_workflow_id
from domain.lending.parties import Liability, PartyRole
from domain.recovery.case import CloseReason

Pair = tuple[UUID, UUID]
"""A joint debtor and a loan."""


async def follow(work: Work, case_id: UUID) -> None:
    """Bring the cases of joint debtors into step with whether a case's customer is protected.

    Called before the case is locked: its loans come first, then the cases of others. Convergent;
    whoever stands in plans again, since something about the loans may be new.
    """
    if not await joint_queries.may_concern(work, case_id):
        return
    loan_ids = await queries.loan_ids(work, case_id, present=True)
    before = await joint_queries.standing(work, case_id)
    loans = {
        loan.id: loan
        for loan in await queries.lock_loans(work, {*loan_ids, *(one.loan_id for one in before)})
    }
    held = await cases.seen(work, await cases.found(work, case_id))
    wanted = await _wanted(work, held)
    now = {(one.customer_id, one.loan_id) for one in before}
    awake: list[CaseRow] = []
    for case_key in dict.fromkeys(one.case_id for one in before):
        mine = [one for one in before if one.case_id == case_key]
        over = [one for one in mine if (one.customer_id, one.loan_id) not in wanted]
        awake.append(await _release(work, case_key, over))
    for (debtor, loan_id), late in wanted.items():
        if (debtor, loan_id) in now:
            continue
        loan = OverdueLoan(
            row=loans[loan_id],
            anchor_on=late.anchor_on,
            bucket=late.bucket,
            past_due_days=(held.today - late.anchor_on).days,
            joint_debtor=debtor,
        )
        case = await opening.stand_in(work, held.clock, loan, case_id, held.today)
        awake += [] if case is None else [case]

    async def wake() -> None:
        # A case that was closed just now is told so, too.
        for case in sorted(awake, key=lambda one: case_workflow_id(one.id)):
            await cases.wake(work, case)

    # After the case's own wake: wakes are locked last of all.
    work.at_end.append(wake)


async def _wanted(work: Work, held: Held) -> dict[Pair, arrears_queries.LoanArrears]:
    """Who is to be asked for which late loan in the place of a case's customer."""
    case = held.case
    if case.status != "open" or not await protecting.is_protected(
        work, held.clock, case.customer_id
    ):
        return {}
    late = {
        each.loan_id: each
        for each in await arrears_queries.arrears(work, [one.id for one in held.loans], held.today)
    }
    if not late:
        return {}
    found: dict[Pair, arrears_queries.LoanArrears] = {}
    decided = await joint_queries.decided(work, case.id, late.keys())
    for loan_id, arrears in late.items():
        for party in await standings.of_loans(work, [loan_id]):
            pair = (party.person, loan_id)
            if (
                party.role is PartyRole.CO_BORROWER
                and party.liability is Liability.FULL
                and pair not in decided
                and await _may_be_asked(work, held.clock, party.person)
            ):
                found[pair] = arrears
    return found


async def _may_be_asked(work: Work, clock: Clock, debtor: UUID) -> bool:
    """Whether a case of his own would make sense: not for the dead, nor the protected."""
    if await standings.deceased_since(work, [debtor]):
        return False
    return not await protecting.is_protected(work, clock, debtor)


async def _release(work: Work, case_id: UUID, over: Sequence[StandIn]) -> CaseRow:
    """Take loans out of a joint debtor's case; one in which nothing is left is closed."""
    held = await cases.hold_case(work, case_id)
    if not over or held.case.status != "open":
        return held.case
    leaving = [one.loan_id for one in over]
    await queries.leave(work, case_id, leaving, held.today)
    for loan in await queries.loans(work, leaving):
        told: dict[str, Fact] = {"loan": loan.number, "stood_in": "yes"}
        timeline.write(work, held.case, held.clock.now, timeline.EventKind.LOAN_LEFT, told)
        record(work, "case.loan_stood_in", "case", case_id, {"loan_id": str(loan.id)})
    held.case.version += 1
    if not await queries.loan_ids(work, case_id, present=True):
        await cases.close(work, replace(held, loans=()), CloseReason.PROTECTION_ENDED)
    return held.case
