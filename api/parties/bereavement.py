"""Use cases when somebody has died: told, verified with proof, or taken back as a mistake.

From the moment it is told nobody writes to or calls the deceased, whatever else is planned. Once a
person has seen proof, what was owed on that day is stated, the estate stands on the loans with its
representative, and a surviving co-borrower who owes all of a debt becomes its customer.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from api.audit.service import record
from api.clock import Clock, clock_for
from api.collecting import methods
from api.customers import service as customers
from api.db.base import new_id
from api.loans import queries as loans
from api.loans import service as loan_service
from api.loans.parties import row_of, rule_of
from api.loans.tables import LoanRow
from api.messages.queueing import NewMessage, Validity, queue
from api.pagination import PageRequest
from api.parties import queries
from api.parties.tables import BereavementLoanRow, BereavementRow
from api.recovery import holds, passing
from api.recovery import service as recovery
from api.tasks import service as tasks
from api.versions import check_version
from api.work import Work
from contracts.base import Page
from contracts.loan_parties import (
    BereavedLoan,
    Bereavement,
    BereavementStatus,
    NewBereavement,
    ReverseBereavement,
    VerifyBereavement,
)
from contracts.loans import Balances
from contracts.names import Role
from contracts.recovery import EndHold
from domain.contact.channel import Channel, Purpose
from domain.errors import DomainError, ErrorCode
from domain.lending import parties as rules
from domain.lending.parties import PartyRole, Succession
from domain.money import quantize
from domain.recovery.holds import HoldKind

VERIFY_WITHIN: Final = timedelta(days=3)
"""How soon an advisor should have asked for proof."""

SETTLE_WITHIN: Final = timedelta(days=14)
"""How soon an advisor should have talked with the representative."""

CONDOLENCE: Final = "condolence"
"""The only text that goes out after a death, and only to the representative."""

REASON: Final = "bereavements.reason"
"""Binds an encrypted reason to its column."""


async def notify(work: Work, customer_id: UUID, new: NewBereavement) -> Bereavement:
    """Take in that a customer is said to have died: contact with him stops at once.

    Raises `NOT_FOUND`, `CONFLICT` where it was told before, `INVALID_DATE` for a day to come.
    """
    customer = await customers.lock(work, customer_id)
    clock = await clock_for(work, customer.test_clock_id)
    today = await _today_of(work, customer_id, clock)
    _check_day(new.died_on, today)
    key = new_id()
    made = await queries.add_bereavement(
        work,
        {
            "id": key,
            "customer_id": customer_id,
            "status": "notified",
            "source": new.source,
            "notified_on": today,
            "notified_at": clock.now,
            "notified_by": work.principal.actor,
            "died_on": new.died_on,
            "version": 1,
        },
    )
    if not made:
        raise DomainError(ErrorCode.CONFLICT, "The death of this customer was told before.")
    record(work, "customer.death_told", "customer", customer_id, {"source": new.source})
    await recovery.hold_from_reply(work, customer_id, HoldKind.DECEASED)
    await tasks.open_task(
        work,
        clock,
        natural_key=f"verify_death:{key}",
        kind="bereavement",
        title="Ask for proof of a customer's death; contact has stopped",
        role=Role.ADVISOR,
        due_at=clock.now + VERIFY_WITHIN,
        customer_id=customer_id,
        payload={"bereavement_id": str(key)},
    )
    return await get(work, key)


async def verify(
    work: Work, bereavement_id: UUID, command: VerifyBereavement, seen: int
) -> Bereavement:
    """Take a death as proven: the estate stands for it, a survivor takes loans over.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, `ILLEGAL_TRANSITION` unless it was only told,
    `INVALID_DATE` for a day to come, `INVALID_PARTY` for a representative who cannot be one.
    """
    found = await _found(work, bereavement_id)
    deceased = found.customer_id
    if command.representative_id == deceased:
        raise _no_representative("The deceased cannot represent the estate.")
    # People come first in the lock order, whoever of them it turns out to concern.
    loan_ids = await queries.loans_as(work, deceased, PartyRole.PRIMARY)
    present = await queries.current(work, loan_ids)
    people = {deceased, command.representative_id, *(row.customer_id for row in present)}
    held = {person: await customers.lock(work, person) for person in sorted(people)}
    clock = await clock_for(work, held[deceased].test_clock_id)
    if held[command.representative_id].test_clock_id != held[deceased].test_clock_id:
        raise _no_representative("The representative lives on the clock of the deceased.")
    row = await _held(work, bereavement_id, seen, ("notified",))
    _check_day(command.died_on, await _today_of(work, deceased, clock))
    locked = await loans.locked(work, loan_ids)
    case_ids = dict.fromkeys(loan.case_id for loan in locked.values() if loan.case_id is not None)
    moved: list[UUID] = []
    for loan_id in loan_ids:
        loan = locked[loan_id]
        today = await _today_on(work, loan, clock)
        there = [rule_of(each) for each in await queries.current(work, [loan_id])]
        change = rules.succession(there, deceased, command.representative_id, today)
        heir = None if change.primary == deceased else change.primary
        work.session.add(await _stated(work, row.id, loan, command.died_on, heir=heir))
        await _apply(work, loan, change, today)
        if heir is not None:
            moved.append(loan_id)
        _tell(work, loan, "succeeded" if heir is not None else "estate")
    row.status, row.died_on, row.evidence_ref = "verified", command.died_on, command.evidence_ref
    row.verified_at, row.verified_by = clock.now, work.principal.actor
    row.representative_id = command.representative_id
    row.version += 1
    await work.session.flush()
    for case_id in case_ids:
        await passing.pass_on(work, case_id, moved)
    for loan_id in moved:
        await methods.stop_autopay_of(work, clock, loan_id, deceased)
    record(
        work,
        "customer.death_verified",
        "customer",
        deceased,
        {"died_on": command.died_on.isoformat(), "loans": len(loan_ids), "moved": len(moved)},
    )
    await _ask_advisor(work, clock, row)
    await _condole(work, clock, row, command.representative_id)
    return await get(work, bereavement_id)


async def reverse(
    work: Work, bereavement_id: UUID, command: ReverseBereavement, seen: int
) -> Bereavement:
    """Take back that a customer has died: he is contacted as before, his loans are his again.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, and `ILLEGAL_TRANSITION` where it was taken back
    before, or a loan has passed on since.
    """
    found = await _found(work, bereavement_id)
    kept = await queries.bereaved_loans(work, [bereavement_id])
    people = {found.customer_id, *(one.successor_id for one in kept if one.successor_id)}
    held = {person: await customers.lock(work, person) for person in sorted(people)}
    clock = await clock_for(work, held[found.customer_id].test_clock_id)
    row = await _held(work, bereavement_id, seen, ("notified", "verified"))
    locked = await loans.locked(work, [one.loan_id for one in kept])
    back = [one for one in kept if one.successor_id is not None]
    case_ids = dict.fromkeys(
        locked[one.loan_id].case_id for one in back if locked[one.loan_id].case_id is not None
    )
    for one in kept:
        loan = locked[one.loan_id]
        if row.representative_id is None:
            continue
        today = await _today_on(work, loan, clock)
        there = [rule_of(each) for each in await queries.current(work, [loan.id])]
        change = rules.restoration(
            there, row.customer_id, row.representative_id, one.successor_id, today
        )
        await _apply(work, loan, change, today)
        _tell(work, loan, "restored")
    row.status = "reversed"
    row.reversed_at, row.reversed_by = clock.now, work.principal.actor
    row.reason_ct = await customers.encrypt(work, row.customer_id, command.reason, REASON)
    row.version += 1
    await work.session.flush()
    for case_id in case_ids:
        if case_id is not None:
            await passing.pass_on(work, case_id, [one.loan_id for one in back])
    await holds.end_kind(
        work, row.customer_id, HoldKind.DECEASED, EndHold(reason="told by mistake")
    )
    record(work, "customer.death_reversed", "customer", row.customer_id)
    return await get(work, bereavement_id)


async def get(work: Work, bereavement_id: UUID) -> Bereavement:
    """What is known of a death; raises `NOT_FOUND`."""
    await work.session.flush()
    return await _shown(work, await _found(work, bereavement_id))


async def list_bereavements(work: Work, customer_id: UUID, page: PageRequest) -> Page[Bereavement]:
    """What was told of a customer's death, also what was taken back. Raises `NOT_FOUND`."""
    await customers.by_id(work, customer_id)
    rows = await queries.page_of_bereavements(work, customer_id, page.after_id(), page.limit + 1)
    cut, cursor = page.cut(rows, [row.id for row in rows])
    return Page(items=await _all_shown(work, cut), next_cursor=cursor)


async def list_all(
    work: Work, status: BereavementStatus | None, page: PageRequest
) -> Page[Bereavement]:
    """The deaths in a state, or all, in the order they were told."""
    rows = await queries.page_of_all_bereavements(work, status, page.after_id(), page.limit + 1)
    cut, cursor = page.cut(rows, [row.id for row in rows])
    return Page(items=await _all_shown(work, cut), next_cursor=cursor)


# -- parts -------------------------------------------------------------------------------------


async def _found(work: Work, bereavement_id: UUID) -> BereavementRow:
    row = await queries.bereavement(work, bereavement_id, lock=False)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such bereavement.")
    return row


async def _held(
    work: Work, bereavement_id: UUID, seen: int, states: Sequence[str]
) -> BereavementRow:
    """A bereavement at the version seen, in one of some states; its customer is held."""
    row = await queries.bereavement(work, bereavement_id, lock=True)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such bereavement.")
    check_version(seen, row.version)
    if row.status not in states:
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION,
            f"The bereavement is {row.status}; this is not possible any more.",
            {"status": row.status},
        )
    return row


async def _stated(
    work: Work, bereavement_id: UUID, loan: LoanRow, died_on: date, *, heir: UUID | None
) -> BereavementLoanRow:
    """What a loan stood at when a day ended: what was billed, and the interest earned by then."""
    then = await loan_service.outstanding_then(work, loan.id, died_on, None)
    parts = then.outstanding
    return BereavementLoanRow(
        bereavement_id=bereavement_id,
        loan_id=loan.id,
        currency=loan.currency,
        principal=parts.principal,
        interest=then.owed - parts.principal - parts.fee - parts.penalty,
        fee=parts.fee,
        penalty=parts.penalty,
        successor_id=heir,
    )


async def _apply(work: Work, loan: LoanRow, change: Succession, today: date) -> None:
    """Write what becomes of a locked loan's parties."""
    for row in await queries.current(work, [loan.id]):
        if row.customer_id in change.ended:
            row.until_on = max(today, row.from_on)
            row.version += 1
    # One primary at a time: the old one is gone before the new one comes.
    await work.session.flush()
    work.session.add_all(row_of(loan.id, party) for party in change.begun)
    if loan.customer_id != change.primary:
        loan.customer_id = change.primary
        loan.version += 1
    await work.session.flush()


async def _ask_advisor(work: Work, clock: Clock, row: BereavementRow) -> None:
    await tasks.open_task(
        work,
        clock,
        natural_key=f"estate:{row.id}",
        kind="bereavement",
        title="Talk with the representative of an estate about what was owed",
        role=Role.ADVISOR,
        due_at=clock.now + SETTLE_WITHIN,
        customer_id=row.representative_id,
        payload={"bereavement_id": str(row.id)},
    )


async def _condole(work: Work, clock: Clock, row: BereavementRow, to: UUID) -> None:
    """The one text that goes out; where there is no address, the advisor's task is all."""
    card = await customers.contact_card(work, to)
    channel = next(
        (one for one in (Channel.EMAIL, Channel.SMS) if card.address(one) is not None), None
    )
    if channel is not None:
        await queue(
            work,
            clock,
            NewMessage(
                customer_id=to,
                channel=channel.value,
                purpose=Purpose.SERVICING.value,
                template=CONDOLENCE,
                due_at=clock.now,
                not_after=None,
                validity=Validity.ALWAYS.value,
                dedupe_key=f"condolence:{row.id}",
            ),
        )


async def _today_of(work: Work, customer_id: UUID, clock: Clock) -> date:
    """The day it is where somebody lives."""
    zone = await customers.zone_of(work, customer_id)
    return clock.today(zone or "UTC")


async def _today_on(work: Work, loan: LoanRow, clock: Clock) -> date:
    return clock.today((await loans.book_of(work, loan.id)).creditor.zone)


def _check_day(died_on: date | None, today: date) -> None:
    if died_on is not None and died_on > today:
        raise DomainError(
            ErrorCode.INVALID_DATE, "Nobody dies on a day to come.", {"field": "died_on"}
        )


def _no_representative(detail: str) -> DomainError:
    return DomainError(ErrorCode.INVALID_PARTY, detail, {"field": "representative_id"})


def _tell(work: Work, loan: LoanRow, what: str) -> None:
    record(work, f"loan.party_{what}", "loan", loan.id, {"customer_id": str(loan.customer_id)})


async def _shown(work: Work, row: BereavementRow) -> Bereavement:
    (found,) = await _all_shown(work, [row])
    return found


async def _all_shown(work: Work, rows: Sequence[BereavementRow]) -> list[Bereavement]:
    loans_of: dict[UUID, list[BereavementLoanRow]] = {row.id: [] for row in rows}
    for one in await queries.bereaved_loans(work, loans_of):
        loans_of[one.bereavement_id].append(one)
    return [_wire(row, loans_of[row.id]) for row in rows]


def _wire(row: BereavementRow, kept: Sequence[BereavementLoanRow]) -> Bereavement:
    return Bereavement.model_validate(
        {
            "id": row.id,
            "customer_id": row.customer_id,
            "status": row.status,
            "source": row.source,
            "notified_on": row.notified_on,
            "died_on": row.died_on,
            "evidence_ref": row.evidence_ref,
            "verified_at": row.verified_at,
            "representative_id": row.representative_id,
            "reversed_at": row.reversed_at,
            "loans": [_loan(one) for one in kept],
            "version": row.version,
        }
    )


def _loan(one: BereavementLoanRow) -> BereavedLoan:
    parts: Mapping[str, Decimal] = {
        "principal": one.principal,
        "interest": one.interest,
        "fee": one.fee,
        "penalty": one.penalty,
    }
    total = sum(parts.values(), Decimal(0))
    return BereavedLoan(
        loan_id=one.loan_id,
        currency=one.currency,
        balance_at_death=Balances.model_validate(
            {
                name: quantize(amount, one.currency)
                for name, amount in (*parts.items(), ("total", total))
            }
        ),
        successor_id=one.successor_id,
    )
