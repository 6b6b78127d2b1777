"""What managers decide on proposals, and what follows from an approval."""

from collections.abc import Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from api.audit.service import record
from api.customers import service as customers
from api.customers.contact import contact_cards
from api.loan_changes import service as loan_changes
from api.messages.queueing import NewMessage, Validity, queue
from api.recovery import cases, facts, queries, settlements, timeline
from api.recovery.cases import Held
from api.recovery.tables import ProposalRow
from api.tasks import service as tasks
from api.work import Work
from contracts.loan_changes import ChargeOff, NewLoanChange
from contracts.names import Role
from contracts.recovery import Proposal, RejectProposal
from domain.calendar import local_instant
from domain.contact.channel import Channel, Purpose
from domain.errors import DomainError, ErrorCode, Fact
from domain.money import ZERO, quantize
from domain.recovery.settlement import amount_of
from domain.recovery.strategy import Action

OFFER: Final = "settlement_offer"
"""Key of the text of an offer."""

HAND_OVER_WITHIN: Final = timedelta(days=3)
"""How soon a decided placement or a letter should be done."""

_PERCENT: Final = 100


async def list_proposals(work: Work, case_id: UUID) -> list[Proposal]:
    """All proposals of a case, oldest first. Raises `NOT_FOUND`."""
    case = await queries.find(work, case_id)
    if case is None:
        raise cases.missing()
    return [_wire(row, case.currency) for row in await queries.proposals(work, case_id)]


async def approve(work: Work, case_id: UUID, proposal_id: UUID) -> Proposal:
    """Follow a proposal: send the offer, ask for the hand-over, ask for the charge-off.

    Raises `NOT_FOUND`, `CASE_NOT_OPEN`, `ILLEGAL_TRANSITION` for a proposal that was decided on,
    `PLAN_STANDS` for an offer while another settlement stands, and what a charge-off of its loans
    raises; then nothing was done.
    """
    wanted = next(
        (row for row in await queries.proposals(work, case_id) if row.id == proposal_id), None
    )
    if wanted is None:
        raise _missing()
    loan_ids = await queries.loan_ids_in_order(work, case_id)
    settles = ZERO
    # Loans and their books before the case: that is the order in which everybody locks.
    if wanted.kind == Action.CHARGE_OFF:
        await _charge_off(work, loan_ids)
    if wanted.kind == Action.OFFER_SETTLEMENT:
        settles = await settlements.payoff(work, loan_ids)
    held, row = await _hold(work, case_id, proposal_id)
    until: date | None = None
    if row.kind == Action.OFFER_SETTLEMENT:
        until = _fix_figures(held, row, settles)
        await settlements.offer_proposed(work, held, row, settles, loan_ids)
    told = _decide(work, held, row, "approved")
    message: NewMessage | None = None
    if until is not None:
        message = await _offer(work, held, row, until)
        told |= {
            "amount": format(quantize(row.amount or ZERO, held.case.currency), "f"),
            "currency": held.case.currency,
            "valid_until": None if row.valid_until is None else row.valid_until.isoformat(),
        }
    if row.kind == Action.PLACE:
        title = f"Hand {cases.number(held.case)} over to the agency"
        await _ask(work, held, row, kind="place", title=title, role=Role.MANAGER)
    _tell(work, held, told)
    await cases.wake(work, held.case)
    if message is not None:
        await queue(work, held.clock, message)
    return _wire(row, held.case.currency)


async def reject(work: Work, case_id: UUID, proposal_id: UUID, command: RejectProposal) -> Proposal:
    """Decide against a proposal; the case goes on.

    Raises `NOT_FOUND`, `CASE_NOT_OPEN`, `ILLEGAL_TRANSITION` for one that was decided on.
    """
    held, row = await _hold(work, case_id, proposal_id)
    note = await timeline.sealed(work, held.case, command.reason)
    told = _decide(work, held, row, "rejected")
    _tell(work, held, told, note)
    await cases.wake(work, held.case)
    return _wire(row, held.case.currency)


# -- deciding ----------------------------------------------------------------------------------


async def _hold(work: Work, case_id: UUID, proposal_id: UUID) -> tuple[Held, ProposalRow]:
    held = await cases.hold_case(work, case_id)
    cases.require_open(held.case)
    row = await queries.lock_proposal(work, case_id, proposal_id)
    if row is None:
        raise _missing()
    if row.status != "proposed":
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION,
            "The proposal was decided on already.",
            {"status": row.status},
        )
    await tasks.finish_opened(work, held.clock.now, row.natural_key, "done")
    return held, row


def _decide(work: Work, held: Held, row: ProposalRow, status: str) -> dict[str, Fact]:
    row.status = status
    row.decided_at = held.clock.now
    row.decided_by = work.principal.user_id
    held.case.version += 1
    return {"proposal_id": str(row.id), "kind": row.kind, "status": status}


def _tell(work: Work, held: Held, told: dict[str, Fact], note: bytes | None = None) -> None:
    timeline.write(
        work, held.case, held.clock.now, timeline.EventKind.PROPOSAL_DECIDED, told, note=note
    )
    record(work, "proposal.decided", "case", held.case.id, told)


# -- what follows ------------------------------------------------------------------------------


async def _charge_off(work: Work, loan_ids: Sequence[UUID]) -> None:
    """Ask for the charge-off of each loan; above the limit another manager agrees to each."""
    asked = NewLoanChange(change=ChargeOff(kind="charge_off"), reason="uncollectable")
    for loan_id in loan_ids:
        await loan_changes.ask(work, loan_id, asked, None, dry_run=False)


def _fix_figures(held: Held, row: ProposalRow, settles: Decimal) -> date:
    """What an offer asks for, and the last day on which it stands."""
    percent = row.percent or Decimal(_PERCENT)
    row.amount = amount_of(settles, percent, held.case.currency)
    row.valid_until = held.today + timedelta(days=row.valid_days - 1)
    return row.valid_until


async def _offer(work: Work, held: Held, row: ProposalRow, until: date) -> NewMessage | None:
    """The message that makes an offer, or an agent's letter instead."""
    card = (await contact_cards(work, [held.case.customer_id])).get(held.case.customer_id)
    reachable = frozenset() if card is None else facts.reachable(card)
    channel = next((each for each in (Channel.EMAIL, Channel.SMS) if each in reachable), None)
    if channel is None:
        title = f"Post the settlement offer to the customer of {cases.number(held.case)}"
        await _ask(work, held, row, kind="letter", title=title, role=Role.AGENT)
        return None
    zone = await customers.zone_of(work, held.case.customer_id) or held.zone
    return NewMessage(
        customer_id=held.case.customer_id,
        channel=channel.value,
        purpose=Purpose.COLLECTION.value,
        template=OFFER,
        due_at=held.clock.now,
        not_after=local_instant(until + timedelta(days=1), time(0), zone),
        validity=Validity.CASE_OPEN.value,
        dedupe_key=f"proposal:{row.id}",
        case_id=held.case.id,
        facts=figures(row, held.case.currency),
    )


def figures(row: ProposalRow, currency: str) -> dict[str, Fact]:
    """The figures of an approved offer, for its text."""
    return {
        "amount": format(quantize(row.amount or ZERO, currency), "f"),
        "currency": currency,
        "due_on": None if row.valid_until is None else row.valid_until.isoformat(),
    }


async def _ask(
    work: Work, held: Held, row: ProposalRow, *, kind: str, title: str, role: Role
) -> None:
    await tasks.open_task(
        work,
        held.clock,
        natural_key=f"proposal:{row.id}",
        kind=kind,
        title=title,
        role=role,
        due_at=held.clock.now + HAND_OVER_WITHIN,
        case_id=held.case.id,
        customer_id=held.case.customer_id,
        payload={"proposal_id": str(row.id)},
    )


def _wire(row: ProposalRow, currency: str) -> Proposal:
    return Proposal.model_validate(
        {
            "id": row.id,
            "case_id": row.case_id,
            "kind": row.kind,
            "status": row.status,
            "percent": row.percent,
            "valid_days": row.valid_days,
            "amount": None if row.amount is None else quantize(row.amount, currency),
            "currency": currency,
            "valid_until": row.valid_until,
            "proposed_at": row.proposed_at,
            "decided_at": row.decided_at,
        }
    )


def _missing() -> DomainError:
    return DomainError(ErrorCode.NOT_FOUND, "There is no such proposal in this case.")
