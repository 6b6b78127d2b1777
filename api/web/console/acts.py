"""What people do on the page of a case: each act is one REST operation, by the same rules."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ValidationError

from api.casework import service as casework
from api.recovery import (
    acts,
    arrangements,
    holds,
    moratoria,
    promises,
    proposals,
    settlements,
    sla,
)
from api.right_party import service as right_party
from api.web.console import plan_forms
from api.web.console.cases import FACTS, case_page
from api.web.console.doors import ConsoleVisit
from api.web.forms import InvalidForm, command, refused, sent_fields
from api.web.site import CONSOLE
from api.web.visits import go
from api.work import Work
from contracts.base import Reference, Wire
from contracts.casework import HandOver
from contracts.recovery import (
    AcknowledgeCase,
    AssignCase,
    CloseCase,
    EndHold,
    EscalateCase,
    NewHold,
    NewNote,
    NewPromise,
    PauseSla,
    RejectProposal,
)
from contracts.right_party import NewRightPartyCheck
from contracts.tasks import CompleteTask
from domain.errors import DomainError, ErrorCode

router = APIRouter(include_in_schema=False, prefix=CONSOLE.root)

Sent = Mapping[str, str]


class Nothing(Wire):
    """The command of an act that needs no further word."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that may be done in a case.

    Attributes:
        operation: The REST operation whose row in the policy says who may.
        read: Makes its command of the form; raises `InvalidForm`.
        do: The use case.
        about: The field that says which of several things it is for.
    """

    operation: str
    read: Callable[[Sent], BaseModel]
    do: Callable[[Work, UUID, Sent], Awaitable[BaseModel]]
    about: str = ""


def _promise(sent: Sent) -> NewPromise:
    return command(NewPromise, sent, "amount", "due_on")


def _hold(sent: Sent) -> NewHold:
    return command(NewHold, sent, "kind", "ends_on", "review_on", "reason")


def _end_hold(sent: Sent) -> EndHold:
    return command(EndHold, sent, "reason")


def _right_party(sent: Sent) -> NewRightPartyCheck:
    facts = [value for value, _, _ in FACTS if sent.get(f"fact-{value}") == "yes"]
    if not facts:
        raise InvalidForm({"facts": "Tick what was asked."})
    try:
        return NewRightPartyCheck.model_validate(
            {
                "customer_id": sent.get("customer_id") or None,
                "outcome": sent.get("outcome"),
                "medium": sent.get("medium"),
                "facts": facts,
            }
        )
    except ValidationError:
        raise InvalidForm({"outcome": "Choose one of these."}) from None


def _note(sent: Sent) -> NewNote:
    return command(NewNote, sent, "text").model_copy(update={"pinned": sent.get("pinned") == "yes"})


def _assign(sent: Sent) -> AssignCase:
    if not sent.get("user_id"):
        return AssignCase(user_id=None)
    return command(AssignCase, sent, "user_id")


def _hand_over(case_id: UUID, sent: Sent) -> HandOver:
    given = command(HandOver, sent, "from_user_id", "to_user_id", "reason")
    return given.model_copy(update={"case_ids": [case_id]})


def _pause(sent: Sent) -> PauseSla:
    return command(PauseSla, sent, "waiting_on")


def _nothing(_: Sent) -> Nothing:
    return Nothing()


def _escalate(sent: Sent) -> EscalateCase:
    return command(EscalateCase, sent, "reason")


def _acknowledge(sent: Sent) -> AcknowledgeCase:
    return command(AcknowledgeCase, sent, "note")


def _close(sent: Sent) -> CloseCase:
    if sent.get("sure") != "yes":
        raise InvalidForm({"sure": "Tick this to say that you mean it: it cannot be undone."})
    return command(CloseCase, sent, "reason", "note")


def _task(sent: Sent) -> CompleteTask:
    said = command(CompleteTask, sent, "outcome", "note")
    if sent.get("disclosed") != "yes":
        return said
    if said.outcome != "right_party":
        raise InvalidForm({"disclosed": "Only whoever was spoken with was told of the debt."})
    return said.model_copy(update={"disclosed": True})


def _proposal(sent: Sent) -> Reference:
    return Reference(id=_key(sent, "proposal_id"))


def _agreed(sent: Sent) -> Reference:
    return Reference(id=_key(sent, "agreed_id"))


def _reject(sent: Sent) -> RejectProposal:
    return command(RejectProposal, sent, "reason")


def _key(sent: Sent, name: str) -> UUID:
    """The key of what a form is about, which the page wrote into it."""
    try:
        return UUID(sent.get(name, ""))
    except ValueError:
        raise DomainError(
            ErrorCode.INVALID_REQUEST, "The form is not whole: load the page again."
        ) from None


ACTS: Final[Mapping[str, Act]] = {
    "promise": Act(
        "make_promise",
        _promise,
        lambda work, case_id, sent: promises.make_promise(work, case_id, _promise(sent)),
    ),
    "right-party": Act(
        "make_right_party_check",
        _right_party,
        lambda work, case_id, sent: right_party.confirm(work, case_id, _right_party(sent)),
    ),
    "hold": Act(
        "place_hold",
        _hold,
        lambda work, case_id, sent: holds.place_hold(work, case_id, _hold(sent)),
    ),
    "end-hold": Act(
        "end_hold",
        _end_hold,
        lambda work, case_id, sent: holds.end_hold(
            work, case_id, _key(sent, "hold_id"), _end_hold(sent)
        ),
        "hold_id",
    ),
    "arrangement": Act(
        "make_arrangement",
        plan_forms.arrangement,
        lambda work, case_id, sent: arrangements.make(work, case_id, plan_forms.arrangement(sent)),
    ),
    "approve-arrangement": Act(
        "approve_arrangement",
        _agreed,
        lambda work, case_id, sent: arrangements.approve(work, case_id, _agreed(sent).id),
        "agreed_id",
    ),
    "cancel-arrangement": Act(
        "cancel_arrangement",
        plan_forms.end,
        lambda work, case_id, sent: arrangements.cancel(
            work, case_id, _agreed(sent).id, plan_forms.end(sent)
        ),
        "agreed_id",
    ),
    "settlement": Act(
        "make_settlement",
        plan_forms.settlement,
        lambda work, case_id, sent: settlements.make(work, case_id, plan_forms.settlement(sent)),
    ),
    "approve-settlement": Act(
        "approve_settlement",
        _agreed,
        lambda work, case_id, sent: settlements.approve(work, case_id, _agreed(sent).id),
        "agreed_id",
    ),
    "accept-settlement": Act(
        "accept_settlement",
        plan_forms.acceptance,
        lambda work, case_id, sent: settlements.accept(
            work, case_id, _agreed(sent).id, plan_forms.acceptance(sent)
        ),
        "agreed_id",
    ),
    "withdraw-settlement": Act(
        "withdraw_settlement",
        plan_forms.end,
        lambda work, case_id, sent: settlements.withdraw(
            work, case_id, _agreed(sent).id, plan_forms.end(sent)
        ),
        "agreed_id",
    ),
    "moratorium": Act(
        "place_moratorium",
        plan_forms.moratorium,
        lambda work, case_id, sent: moratoria.place(work, case_id, plan_forms.moratorium(sent)),
    ),
    "review-moratorium": Act(
        "review_moratorium",
        plan_forms.review,
        lambda work, case_id, sent: moratoria.review(
            work, case_id, _agreed(sent).id, plan_forms.review(sent)
        ),
        "agreed_id",
    ),
    "note": Act(
        "add_note", _note, lambda work, case_id, sent: acts.add_note(work, case_id, _note(sent))
    ),
    "assign": Act(
        "assign_case",
        _assign,
        lambda work, case_id, sent: acts.assign_case(work, case_id, _assign(sent)),
    ),
    "hand-over": Act(
        "hand_over_cases",
        lambda sent: command(HandOver, sent, "from_user_id", "to_user_id", "reason"),
        lambda work, case_id, sent: casework.hand_over(
            work, _hand_over(case_id, sent), dry_run=False
        ),
    ),
    "pause-clock": Act(
        "pause_case_sla",
        _pause,
        lambda work, case_id, sent: sla.pause(work, case_id, _pause(sent)),
    ),
    "resume-clock": Act(
        "resume_case_sla", _nothing, lambda work, case_id, _: sla.resume(work, case_id)
    ),
    "escalate": Act(
        "escalate_case",
        _escalate,
        lambda work, case_id, sent: acts.escalate_case(work, case_id, _escalate(sent)),
    ),
    "acknowledge": Act(
        "acknowledge_case",
        _acknowledge,
        lambda work, case_id, sent: acts.acknowledge_case(work, case_id, _acknowledge(sent)),
    ),
    "close": Act(
        "close_case",
        _close,
        lambda work, case_id, sent: acts.close_case(work, case_id, _close(sent)),
    ),
    "task": Act(
        "complete_task",
        _task,
        lambda work, _, sent: acts.complete_task(work, _key(sent, "task_id"), _task(sent)),
        "task_id",
    ),
    "approve-proposal": Act(
        "approve_proposal",
        _proposal,
        lambda work, case_id, sent: proposals.approve(work, case_id, _proposal(sent).id),
        "proposal_id",
    ),
    "reject-proposal": Act(
        "reject_proposal",
        _reject,
        lambda work, case_id, sent: proposals.reject(
            work, case_id, _proposal(sent).id, _reject(sent)
        ),
        "proposal_id",
    ),
}
"""Every act by its name, which is also that of its form and the end of its path."""


async def _do(work: Work, act: Act, case_id: UUID, sent: Sent) -> BaseModel:
    """Do an act; whoever has leased the case goes on with it.

    Every act locks its case, after its loans where it needs them: so the lease comes after it.
    """
    done = await act.do(work, case_id, sent)
    await casework.keep(work, case_id)
    return done


@router.post("/cases/{case_id}/{name}")
async def console_case_act(
    visit: ConsoleVisit, request: Request, case_id: UUID, name: str
) -> Response:
    """Do what a form of the page asks for, once; a form that will not do comes back as it was."""
    act = ACTS.get(name)
    if act is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such form.")
    sent = await sent_fields(request)
    try:
        await visit.once(
            act.operation,
            sent,
            act.read(sent),
            lambda work: _do(work, act, case_id, sent),
            about=sent.get(act.about, ""),
        )
    except InvalidForm as error:
        return await case_page(visit, case_id, form=refused(name, sent, error))
    except DomainError as error:
        if error.code in {ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND}:
            raise
        return await case_page(visit, case_id, form=refused(name, sent, error))
    return go(f"{visit.site.root}/cases/{case_id}?done={name}")
