"""Statutory moratoria: placed as holds of the person, with what they ask for besides.

A moratorium stops what asks for payment (as a hold does), takes the interest of its days away by
the loans' own change, takes back what was charged inside it when it is backdated, and is reviewed
in its days 25 to 35. `follow` keeps the interest in step with how long it really binds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

from api.audit.service import record
from api.customers import service as customers
from api.db.base import new_id
from api.loan_changes import service as loan_changes
from api.recovery import agreements, cases, holds, moratorium_facts, plan_queries, timeline
from api.recovery.cases import Held
from api.recovery.plan_tables import MoratoriumPauseRow, MoratoriumRow
from api.recovery.tables import HoldRow
from api.tasks import service as tasks
from api.work import Work
from contracts.loan_changes import InterestPause, NewLoanChange, Undo, WaivedPart, Waiver
from contracts.names import Role
from contracts.plans import EndTreatment, NewMoratorium, ReviewMoratorium
from contracts.plans import Moratorium as WireMoratorium
from contracts.recovery import EndHold, NewHold
from domain.errors import DomainError, ErrorCode, Fact
from domain.lending.waterfall import Component
from domain.money import ZERO, quantize
from domain.recovery import moratorium as rules
from domain.recovery.holds import HoldKind, binds
from domain.recovery.moratorium import Moratorium, ReviewOutcome, Scheme

_DAY: Final = timedelta(days=1)

_CHARGES: Final[tuple[Literal["fee", "penalty"], ...]] = ("fee", "penalty")

_AHEAD: Final = timedelta(days=95)
"""So far interest is taken away in advance while nobody knows when treatment ends."""

_AT_LEAST: Final = timedelta(days=35)
"""Once less than this is left of it, more is taken; cases are looked at more often."""

_BY_HAND: Final = timedelta(days=2)
"""How soon a person should have done what could not be done by itself."""

_NOT_BY_ITSELF: Final = frozenset(
    {
        ErrorCode.NOT_WITH_DAILY_INTEREST,
        ErrorCode.BEHIND_SCHEDULE_CHANGE,
        ErrorCode.NOT_REVERSIBLE,
        ErrorCode.CHANGE_EXCEEDS_OWED,
        ErrorCode.SNAPSHOT_STALE,
    }
)
"""Refusals of a change after which a person is asked to see to it."""

_NOT_NEEDED: Final = frozenset({ErrorCode.INVALID_DATE, ErrorCode.LOAN_NOT_ACTIVE})
"""Refusals of a change that there is nothing to be made of: the days bear no interest."""


async def place(work: Work, case_id: UUID, command: NewMoratorium) -> WireMoratorium:
    """Protect the customer of a case, or another party, from the first day on, backdated too.

    Raises `NOT_FOUND`, `CASE_NOT_OPEN`, `INVALID_PARTY` for somebody who stands on no loan of it,
    `INVALID_REQUEST` for an end of treatment outside a crisis, `INVALID_DATE` for one before the
    first day or for a moratorium that is over by now, `MORATORIUM_NOT_AVAILABLE` where it is not
    the law, `MORATORIUM_STANDS` and `MORATORIUM_TOO_SOON`.
    """
    case, today = await agreements.found(work, case_id)
    cases.require_open(case)
    scheme = Scheme(command.scheme)
    starts_on = command.starts_on or today
    # Who is protected is locked first: two notices of one person are judged one after the other.
    person = command.customer_id or case.customer_id
    customer = await customers.lock(work, person)
    if person != case.customer_id:
        await holds.require_party(work, case_id, person)
    rules.check_place(scheme, customer.country, customer.region)
    _check_treatment(scheme, starts_on, command.treatment_ended_on)
    ends_on = rules.ends_on(scheme, starts_on, command.treatment_ended_on)
    if ends_on is not None and ends_on <= today:
        raise DomainError(
            ErrorCode.INVALID_DATE, "The moratorium is over already.", {"field": "starts_on"}
        )
    earlier = await plan_queries.moratoria_of(work, person)
    rules.check_frequency(
        scheme, starts_on, [moratorium_facts.rule_of(row, hold) for row, hold in earlier]
    )
    row = MoratoriumRow(
        id=new_id(),
        case_id=case_id,
        customer_id=person,
        scheme=scheme.value,
        reference_ct=await customers.encrypt(
            work, person, command.reference, moratorium_facts.REFERENCE_COLUMN
        ),
        treatment_ended_on=command.treatment_ended_on,
        reviews=0,
        asked=0,
        created_by=work.principal.actor,
    )
    paused = await _pause_all(work, row, starts_on, ends_on, today)
    taken_back = await _take_back(work, person, starts_on, today)
    coming = rules.review(Moratorium(str(row.id), scheme, starts_on, ends_on), 1)
    review_on = None if coming is None else max(coming.opens_on, today)
    if review_on is None and ends_on is None:
        review_on = today
    placed = await holds.place(
        work,
        case_id,
        NewHold(
            kind=HoldKind.MORATORIUM.value,
            customer_id=command.customer_id,
            starts_on=starts_on,
            ends_on=ends_on,
            review_on=review_on,
        ),
    )
    held = await cases.hold_case(work, case_id)
    row.hold_id, row.created_at = placed.id, held.clock.now
    work.session.add(row)
    await work.session.flush()
    work.session.add_all(paused)
    await work.session.flush()
    told: dict[str, Fact] = {
        "moratorium_id": str(row.id),
        "scheme": scheme.value,
        "starts_on": starts_on.isoformat(),
        "ends_on": None if ends_on is None else ends_on.isoformat(),
        "customer_id": None if person == case.customer_id else str(person),
    }
    timeline.write(work, held.case, held.clock.now, timeline.EventKind.MORATORIUM_PLACED, told)
    record(work, "moratorium.placed", "case", case_id, told)
    await _tell_taken_back(work, held, row, taken_back)
    await _ask_by_hand(work, held, row, paused)
    await cases.wake(work, held.case)
    return await moratorium_facts.one(work, row, held.today)


async def end_treatment(
    work: Work, case_id: UUID, moratorium_id: UUID, command: EndTreatment
) -> WireMoratorium:
    """Note the last day of crisis treatment: the moratorium ends thirty days after it.

    Raises `NOT_FOUND`, `ILLEGAL_TRANSITION` unless it is a crisis that goes on, and `INVALID_DATE`
    for a day before its first.
    """
    row, hold, held = await _hold(work, case_id, moratorium_id)
    if Scheme(row.scheme) is not Scheme.MENTAL_HEALTH_CRISIS or hold.ended_at is not None:
        raise DomainError(ErrorCode.ILLEGAL_TRANSITION, "No crisis treatment goes on.")
    _check_treatment(Scheme(row.scheme), hold.starts_on, command.treatment_ended_on)
    ends_on = rules.ends_on(Scheme(row.scheme), hold.starts_on, command.treatment_ended_on)
    row.treatment_ended_on = command.treatment_ended_on
    hold.ends_on = None if ends_on is None else max(held.today, ends_on)
    told: dict[str, Fact] = {
        "moratorium_id": str(row.id),
        "ends_on": None if hold.ends_on is None else hold.ends_on.isoformat(),
    }
    timeline.write(work, held.case, held.clock.now, timeline.EventKind.MORATORIUM_MOVED, told)
    record(work, "moratorium.moved", "case", case_id, told)
    await holds.wake_all(work, held, row.customer_id)
    return await moratorium_facts.one(work, row, held.today)


async def review(
    work: Work, case_id: UUID, moratorium_id: UUID, command: ReviewMoratorium
) -> WireMoratorium:
    """Record what a review found: the moratorium goes on, or it ends today.

    Raises `NOT_FOUND`, and `ILLEGAL_TRANSITION` before the review's first day, for a moratorium
    that asks for none, and for one that has ended.
    """
    row, hold, held = await _hold(work, case_id, moratorium_id)
    coming = rules.review(moratorium_facts.rule_of(row, hold), row.reviews + 1)
    if coming is None or held.today < coming.opens_on or not binds(holds.rule_of(hold), held.today):
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION,
            "The moratorium is not to be reviewed now.",
            {"opens_on": None if coming is None else coming.opens_on.isoformat()},
        )
    row.reviews += 1
    row.asked = max(row.asked, row.reviews)
    outcome = ReviewOutcome(command.outcome)
    told: dict[str, Fact] = {
        "moratorium_id": str(row.id),
        "number": row.reviews,
        "outcome": outcome.value,
        "in_time": held.today <= coming.closes_on,
    }
    timeline.write(
        work,
        held.case,
        held.clock.now,
        timeline.EventKind.MORATORIUM_REVIEWED,
        told,
        note=await timeline.sealed(work, held.case, command.reason),
    )
    record(work, "moratorium.reviewed", "case", case_id, told)
    await tasks.finish_opened(
        work, held.clock.now, moratorium_facts.task_key(row.id, row.reviews), outcome.value
    )
    if outcome is ReviewOutcome.END:
        await holds.end_hold(work, case_id, hold.id, EndHold(reason=command.reason))
    held.case.version += 1
    await holds.wake_all(work, held, row.customer_id)
    return await moratorium_facts.one(work, row, held.today)


async def follow(work: Work, case_id: UUID) -> None:
    """Bring the interest of the customer's loans into step with how long a moratorium binds.

    Called before the case is locked: books and loans come first. Convergent.
    """
    case, today = await agreements.found(work, case_id)
    for row, hold in await plan_queries.moratoria_in(work, case):
        by_loan: dict[UUID, list[MoratoriumPauseRow]] = {}
        for each in await plan_queries.pauses(work, [row.id]):
            by_loan.setdefault(each.loan_id, []).append(each)
        added: list[MoratoriumPauseRow] = []
        for loan_id, paused in by_loan.items():
            added += await _follow_loan(work, row, hold, loan_id, paused=paused, today=today)
        if added:
            work.session.add_all(added)
            await work.session.flush()
            held = await cases.hold_case(work, case_id)
            await _ask_by_hand(work, held, row, added)


async def _follow_loan(
    work: Work,
    row: MoratoriumRow,
    hold: HoldRow,
    loan_id: UUID,
    *,
    paused: Sequence[MoratoriumPauseRow],
    today: date,
) -> list[MoratoriumPauseRow]:
    """What has to be paused anew on one loan; what reaches too far is lifted."""
    to_on = max(each.to_on for each in paused)
    if hold.ends_on is None:
        if to_on >= today + _AT_LEAST:
            return []
        return await _pause(work, row, [loan_id], to_on + _DAY, today + _AHEAD)
    last = hold.ends_on - _DAY
    if last == to_on:
        return []
    if last > to_on:
        return await _pause(work, row, [loan_id], to_on + _DAY, last)
    # The newest first: a schedule is taken back in the order in which it came.
    over = sorted((each for each in paused if each.to_on > last), key=lambda each: each.to_on)
    first = over[0].from_on
    for each in reversed(over):
        each.lifted = await _lift(work, each)
        if not each.lifted:
            each.by_hand, each.to_on = True, last
            return [each]
    return await _pause(work, row, [loan_id], first, last) if first <= last else []


async def _lift(work: Work, paused: MoratoriumPauseRow) -> bool:
    """Give the interest of days back that a moratorium did not last; False: a person has to."""
    if paused.change_id is None:
        return not paused.by_hand
    change = NewLoanChange(change=Undo(kind="undo", change_id=paused.change_id), reason="hardship")
    return not (await _change(work, paused.loan_id, change)).by_hand


async def _pause_all(
    work: Work, row: MoratoriumRow, starts_on: date, ends_on: date | None, today: date
) -> list[MoratoriumPauseRow]:
    to_on = max(today, starts_on) + _AHEAD if ends_on is None else ends_on - _DAY
    loan_ids = await plan_queries.active_loans_of(work, row.customer_id)
    return await _pause(work, row, loan_ids, starts_on, to_on)


async def _pause(
    work: Work, row: MoratoriumRow, loan_ids: Sequence[UUID], from_on: date, to_on: date
) -> list[MoratoriumPauseRow]:
    """Take the interest of some days away on loans; not added to the session yet."""
    change = NewLoanChange(
        change=InterestPause(kind="interest_pause", from_on=from_on, to_on=to_on),
        reason="hardship",
    )
    found = []
    for loan_id in loan_ids:
        done = await _change(work, loan_id, change)
        found.append(
            MoratoriumPauseRow(
                id=new_id(),
                moratorium_id=row.id,
                loan_id=loan_id,
                from_on=from_on,
                to_on=to_on,
                change_id=done.change_id,
                by_hand=done.by_hand,
                lifted=False,
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class _Done:
    """A change that was made, or was not needed (neither), or has to be made by a person."""

    change_id: UUID | None = None
    by_hand: bool = False


async def _change(work: Work, loan_id: UUID, change: NewLoanChange) -> _Done:
    try:
        made = await loan_changes.make_agreed(
            work, loan_id, change, asked_by=work.principal.actor, agreed_by=loan_changes.LAW
        )
    except DomainError as error:
        if error.code in _NOT_BY_ITSELF:
            return _Done(by_hand=True)
        if error.code in _NOT_NEEDED:
            return _Done()
        raise
    return _Done(made.id)


async def _take_back(
    work: Work, customer_id: UUID, starts_on: date, today: date
) -> Mapping[UUID, "_TakenBack"]:
    """Waive what was charged since a backdated first day; what of it was paid is for a person."""
    found: dict[UUID, _TakenBack] = {}
    if starts_on > today:
        return found
    for loan_id in await plan_queries.active_loans_of(work, customer_id):
        charged = await plan_queries.charged_since(work, loan_id, starts_on)
        if not charged:
            continue
        ground = await loan_changes.hold(work, loan_id, new_id(), "hardship")
        unpaid = {row.number: row for row in ground.earned()}
        parts = [
            WaivedPart(component=component, amount=amount, instalment=each.instalment)
            for each in charged
            for component in _CHARGES
            if each.component == component
            and (amount := min(each.amount, unpaid[each.instalment].of(Component(component))))
        ]
        waived = ZERO
        if parts:
            change = NewLoanChange(change=Waiver(kind="waiver", parts=parts), reason="hardship")
            if (await _change(work, loan_id, change)).change_id is not None:
                waived = sum((part.amount or ZERO for part in parts), ZERO)
        total = sum((each.amount for each in charged), ZERO)
        found[loan_id] = _TakenBack(waived, total - waived, ground.loan.currency)
    return found


@dataclass(frozen=True, slots=True)
class _TakenBack:
    """What was charged on a loan in a moratorium: what was waived, and what was paid before."""

    waived: Decimal
    left: Decimal
    currency: str


async def _tell_taken_back(
    work: Work, held: Held, row: MoratoriumRow, taken_back: Mapping[UUID, _TakenBack]
) -> None:
    for loan_id, each in taken_back.items():
        if each.waived:
            told: dict[str, Fact] = {
                "moratorium_id": str(row.id),
                "loan_id": str(loan_id),
                "taken_back": format(quantize(each.waived, each.currency), "f"),
                "currency": each.currency,
            }
            at = held.clock.now
            timeline.write(work, held.case, at, timeline.EventKind.MORATORIUM_MOVED, told)
            record(work, "moratorium.charges_taken_back", "case", held.case.id, told)
        if each.left:
            await _ask(work, held, row, loan_id, "charges", "Give back what was charged")


async def _ask_by_hand(
    work: Work, held: Held, row: MoratoriumRow, paused: Sequence[MoratoriumPauseRow]
) -> None:
    for each in paused:
        if each.by_hand:
            what = f"interest:{each.from_on.isoformat()}"
            await _ask(work, held, row, each.loan_id, what, "Take the interest away")


async def _ask(  # noqa: PLR0917 - a task is asked for with these
    work: Work, held: Held, row: MoratoriumRow, loan_id: UUID, what: str, title: str
) -> None:
    """Ask a manager to do on a loan what could not be done by itself."""
    await tasks.open_task(
        work,
        held.clock,
        natural_key=f"moratorium:{row.id}:{loan_id}:{what}",
        kind="moratorium",
        title=f"{title} in the moratorium of {cases.number(held.case)}",
        role=Role.MANAGER,
        due_at=held.clock.now + _BY_HAND,
        case_id=held.case.id,
        loan_id=loan_id,
        customer_id=row.customer_id,
        payload={"moratorium_id": str(row.id)},
    )


async def _hold(
    work: Work, case_id: UUID, moratorium_id: UUID
) -> tuple[MoratoriumRow, HoldRow, Held]:
    held = await cases.hold_case(work, case_id)
    for row, hold in await plan_queries.moratoria_in(work, held.case):
        if row.id == moratorium_id:
            return row, hold, held
    raise DomainError(ErrorCode.NOT_FOUND, "There is no such moratorium on this case.")


def _check_treatment(scheme: Scheme, starts_on: date, ended_on: date | None) -> None:
    if ended_on is None:
        return
    if scheme is not Scheme.MENTAL_HEALTH_CRISIS:
        raise DomainError(
            ErrorCode.INVALID_REQUEST,
            "Only a mental health crisis depends on treatment.",
            {"field": "treatment_ended_on"},
        )
    if ended_on < starts_on:
        raise DomainError(
            ErrorCode.INVALID_DATE,
            "Treatment ends on or after the moratorium's first day.",
            {"field": "treatment_ended_on"},
        )
