"""Performs a planned step of a case, once, if it is still the step that is due.

Whoever asks late, or again, changes nothing: the facts are read and planned anew under the locks
of the case and its loans, and a step is noted once per case, obligation and key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, assert_never
from uuid import UUID

from api.audit.service import record
from api.messages.queueing import NewMessage, Validity, queue_many
from api.parties import standings
from api.recovery import (
    acts,
    cases,
    fulfilling,
    planning,
    proposing,
    queries,
    step_letters,
    timeline,
)
from api.recovery.cases import Held
from api.recovery.planning import Decided, step_named, title
from api.tasks import service as tasks
from api.work import Work
from contracts.names import Role
from contracts.work import CasePlan, StepRef
from domain.contact.channel import Purpose
from domain.errors import DomainError, ErrorCode, Fact
from domain.ids import case_step_key
from domain.lending.parties import PartyRole, Standing, standing
from domain.recovery.case import CloseReason, PlannedStep
from domain.recovery.strategy import Action, Audience

CALL_WITHIN: Final = 1
"""How soon an agent should have called, in days on which the creditor works."""

LETTER_WITHIN: Final = 2
"""How soon an agent should have posted a letter, in the same."""

_ASKED: Final = {"call": "Call", "letter": "Post a letter to"}

_ROLES: Final[Mapping[Audience, frozenset[PartyRole]]] = {
    Audience.PRIMARY: frozenset({PartyRole.PRIMARY}),
    Audience.CO_BORROWERS: frozenset({PartyRole.CO_BORROWER}),
    Audience.GUARANTORS: frozenset({PartyRole.GUARANTOR}),
    Audience.LIABLE: frozenset(PartyRole),
}

_OUTCOMES: Final = {
    Action.REMIND: "message",
    Action.CALL_TASK: "task",
    Action.ESCALATE: "escalation",
    Action.PAY_LINK: "message",
    Action.LETTER: "task",
    Action.OFFER_SETTLEMENT: "proposal",
    Action.PLACE: "proposal",
    Action.CHARGE_OFF: "proposal",
    Action.CLOSE: "closed",
}


@dataclass(frozen=True, slots=True)
class _Done:
    """What a step left to be told of once the case has settled."""

    messages: Sequence[NewMessage]
    told: dict[str, Fact]


async def perform(work: Work, ref: StepRef, fonts: str = "") -> CasePlan:
    """Perform a step if it is still wanted, and answer the plan that follows.

    A step that is not the one due now, or was performed before, is left alone; a closed case
    answers that it is closed. `fonts` is the folder of further fonts for a letter it writes. Raises
    `NOT_FOUND`.
    """
    await fulfilling.settle_agreed(work, ref.case_id)
    held = await cases.hold_with_loans(work, ref.case_id)
    if held.case.status != "open":
        return await planning.answer_closed(work, held)
    decided = await planning.decide(work, held)
    step = _wanted(held, decided, ref)
    done = None if step is None else await _perform(work, held, decided, step, ref, fonts)
    if done is not None and held.case.status == "open":
        decided = await planning.decide_after_step(work, held, decided)
    # The case's wake before the delivery's: both are taken in the order of their names.
    answer = await planning.answer(work, held, decided)
    if done is not None:
        await _tell(work, held, done)
    return answer


def _wanted(held: Held, decided: Decided, ref: StepRef) -> PlannedStep | None:
    """The step asked for, if it is the one that the rules name now and its time has come."""
    step = decided.plan.next
    if held.case.status != "open" or step is None:
        return None
    same = step.key == ref.step_key and decided.gathered.facts.anchor_on == ref.anchor_on
    return step if same and step.at <= held.clock.now else None


async def _perform(  # noqa: PLR0913, PLR0917 - what one step is performed with
    work: Work, held: Held, decided: Decided, step: PlannedStep, ref: StepRef, fonts: str
) -> _Done | None:
    """Note the step and do what it says; null when it was noted before."""
    fresh = await queries.add_step(
        work,
        held.case.id,
        anchor_on=ref.anchor_on,
        step_key=step.key,
        action=step.action.value,
        outcome=_OUTCOMES[step.action],
        at=held.clock.now,
    )
    if not fresh:
        return None
    held.case.version += 1
    key = case_step_key(held.case.id, ref.anchor_on, step.key)
    told: dict[str, Fact] = {
        "step": step.key,
        "anchor_on": ref.anchor_on.isoformat(),
        "title": title(step_named(decided.gathered.strategy, step.key)),
        "outcome": _OUTCOMES[step.action],
    }
    match step.action:
        case Action.REMIND | Action.PAY_LINK:
            audience = step_named(decided.gathered.strategy, step.key).to
            people = await _people(work, held, audience)
            if audience is not Audience.PRIMARY:
                told = told | {"people": len(people)}
            return _Done([_message(held, step, key, person) for person in people], told)
        case Action.LETTER if step.letter is not None:
            due_at = held.office.days_after(held.clock.now, LETTER_WITHIN)
            loans = [loan.loan_id for loan in decided.gathered.arrears]
            asked_for = step_letters.Asked(step.letter, key, due_at, fonts)
            count = await step_letters.write(work, held, asked_for, loans)
            due = timeline.moment(due_at, held.zone)
            return _Done((), told | {"due": due, "letter": step.letter.value, "letters": count})
        case Action.LETTER:
            payload = {"template": step.template or ""}
            due = await _ask_agent(
                work, held, key, kind="letter", within=LETTER_WITHIN, payload=payload
            )
            return _Done((), told | {"due": due})
        case Action.OFFER_SETTLEMENT | Action.PLACE | Action.CHARGE_OFF:
            asked = step_named(decided.gathered.strategy, step.key)
            await proposing.propose(work, held, asked, key)
            return _Done((), told)
        case Action.CLOSE:
            await cases.close(work, held, CloseReason.STRATEGY_ENDED)
            return _Done((), told)
        case Action.CALL_TASK:
            due = await _ask_agent(work, held, key, kind="call", within=CALL_WITHIN)
            return _Done((), told | {"due": due})
        case Action.ESCALATE:
            hours = decided.gathered.strategy.escalation.advisor_hours
            await acts.ask_advisor(work, held, key, hours)
            return _Done((), told)
        case _:
            assert_never(step.action)


async def _ask_agent(
    work: Work,
    held: Held,
    key: str,
    *,
    kind: Literal["call", "letter"],
    within: int,
    payload: Mapping[str, str] | None = None,
) -> str:
    """Ask an agent to call or to post a letter; the moment by which it should be done, in words."""
    due_at = held.office.days_after(held.clock.now, within)
    await tasks.open_task(
        work,
        held.clock,
        natural_key=key,
        kind=kind,
        title=f"{_ASKED[kind]} the customer of {cases.number(held.case)}",
        role=Role.AGENT,
        due_at=due_at,
        case_id=held.case.id,
        customer_id=held.case.customer_id,
        payload=payload,
    )
    return timeline.moment(due_at, held.zone)


async def _people(work: Work, held: Held, audience: Audience) -> Sequence[UUID]:
    """To whom a message goes: the case's customer, or parties of its loans who may be asked."""
    own = held.case.customer_id
    if audience is Audience.PRIMARY:
        return [own]
    parties = await standings.of_loans(work, [loan.id for loan in held.loans])
    return list(
        dict.fromkeys(
            party.person
            for party in parties
            if party.role in _ROLES[audience] and standing(party, held.today) is Standing.LIABLE
        )
    )


def _message(held: Held, step: PlannedStep, key: str, customer_id: UUID) -> NewMessage:
    if step.channel is None or step.template is None:
        raise DomainError(
            ErrorCode.INVALID_STRATEGY,
            "A reminder names a channel and a template.",
            {"step": step.key},
        )
    return NewMessage(
        customer_id=customer_id,
        channel=step.channel.value,
        purpose=Purpose.COLLECTION.value,
        template=step.template,
        due_at=step.at,
        not_after=step.not_after,
        validity=Validity.CASE_OPEN.value,
        dedupe_key=key if customer_id == held.case.customer_id else f"{key}:{customer_id}",
        case_id=held.case.id,
    )


async def _tell(work: Work, held: Held, done: _Done) -> None:
    """Queue the message of a step, and write the step into the case's story."""
    told = done.told
    queued = await queue_many(work, held.clock, done.messages)
    if queued:
        told = told | {"message_id": str(queued[0])}
    timeline.write(work, held.case, held.clock.now, timeline.EventKind.STEP_PERFORMED, told)
    record(work, "case.step_performed", "case", held.case.id, told)
