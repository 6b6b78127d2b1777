"""Use cases about who is spoken with: confirmed before, and asked for when a debt was disclosed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from api.audit.service import record
from api.db.base import new_id
from api.pagination import PageRequest
from api.parties import standings
from api.recovery import cases, timeline
from api.recovery import queries as recovery
from api.recovery.cases import Held
from api.right_party import queries
from api.right_party.tables import RightPartyCheckRow
from api.work import Work
from contracts.base import Page
from contracts.right_party import NewRightPartyCheck, RightPartyCheck
from domain.contact import right_party as rules
from domain.contact.right_party import Check, CheckOutcome, Fact
from domain.errors import DomainError, ErrorCode

_UNASKED: Final = (
    "Nobody is told of a debt before it is confirmed who he is: record that first, in the same "
    "conversation."
)


async def confirm(work: Work, case_id: UUID, new: NewRightPartyCheck) -> RightPartyCheck:
    """Keep that somebody was asked who he is, and what came of it.

    Raises `NOT_FOUND`, `INVALID_PARTY` for somebody who is on none of the case's loans, and
    `INVALID_REQUEST` for a confirmation of which too little was asked.
    """
    facts = tuple(dict.fromkeys(Fact(each) for each in new.facts))
    rules.check_asked(facts, CheckOutcome(new.outcome))
    held = await cases.hold_case(work, case_id)
    whom = new.customer_id or held.case.customer_id
    await _require_party(work, held, whom)
    row = RightPartyCheckRow(
        id=new_id(),
        case_id=case_id,
        customer_id=whom,
        medium=new.medium,
        facts=[fact.value for fact in facts],
        outcome=new.outcome,
        at=held.clock.now,
        actor=work.principal.actor,
    )
    work.session.add(row)
    told = {"outcome": new.outcome, "asked": ",".join(row.facts), "medium": new.medium}
    if whom != held.case.customer_id:
        told["customer_id"] = str(whom)
    timeline.write(work, held.case, held.clock.now, timeline.EventKind.RIGHT_PARTY_CHECKED, told)
    record(work, "case.right_party_checked", "case", case_id, {"outcome": new.outcome})
    await work.session.flush()
    return _shown(row)


async def list_checks(work: Work, case_id: UUID, page: PageRequest) -> Page[RightPartyCheck]:
    """The confirmations of a case, in the order they were made. Raises `NOT_FOUND`."""
    if await recovery.find(work, case_id) is None:
        raise cases.missing()
    rows = await queries.page(work, case_id, page.after_id(), page.limit + 1)
    cut, cursor = page.cut(rows, [row.id for row in rows])
    return Page(items=[_shown(row) for row in cut], next_cursor=cursor)


async def recent(work: Work, case_id: UUID, start: datetime) -> Sequence[RightPartyCheck]:
    """The confirmations of a case from an instant on, newest first."""
    return [_shown(row) for row in await queries.since(work, case_id, start)]


async def require(work: Work, held: Held, whom: UUID, conversation: UUID) -> None:
    """Ask that whoever was told something in a conversation was confirmed in it; uses that up.

    The case is locked. Raises `RIGHT_PARTY_NOT_CONFIRMED`.
    """
    actor, now = work.principal.actor, held.clock.now
    for row in await queries.since(work, held.case.id, now - rules.LASTS, lock=True):
        if rules.covers(_rule_of(row), whom, actor, conversation, now):
            row.conversation_id = conversation
            await work.session.flush()
            return
    raise DomainError(ErrorCode.RIGHT_PARTY_NOT_CONFIRMED, _UNASKED)


async def _require_party(work: Work, held: Held, whom: UUID) -> None:
    if whom == held.case.customer_id:
        return
    loan_ids = await recovery.loan_ids_in_order(work, held.case.id)
    if not await standings.on_loans(work, loan_ids, [whom]):
        raise DomainError(
            ErrorCode.INVALID_PARTY,
            "He is on none of the loans in the case: nothing of it is told to him.",
            {"field": "customer_id"},
        )


def _rule_of(row: RightPartyCheckRow) -> Check:
    return Check(row.customer_id, CheckOutcome(row.outcome), row.at, row.actor, row.conversation_id)


def _shown(row: RightPartyCheckRow) -> RightPartyCheck:
    return RightPartyCheck.model_validate(
        {
            "id": row.id,
            "case_id": row.case_id,
            "customer_id": row.customer_id,
            "medium": row.medium,
            "facts": row.facts,
            "outcome": row.outcome,
            "at": row.at,
            "actor": row.actor,
            "conversation_id": row.conversation_id,
        }
    )
