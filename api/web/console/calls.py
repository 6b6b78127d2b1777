"""Calls on the page of a case: asked for, made with the number in view, and what became of them."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.customers import service as customers
from api.messages import calls
from api.recovery.sheet import sheet
from api.web.console.cases import case_page
from api.web.console.doors import ConsoleVisit
from api.web.console.showing import page
from api.web.forms import Form, InvalidForm, command, refused, sent_fields
from api.web.render import said_moment, words
from api.web.site import CONSOLE
from api.web.visits import go
from contracts.calls import Call, CallPermit, CallResult, NewCall
from domain.errors import DomainError, ErrorCode
from domain.recovery import explanation

router = APIRouter(include_in_schema=False, prefix=CONSOLE.root)

_WHOLE: Final = frozenset({ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND})
"""Refusals that leave nothing of the page to show."""


@router.get("/cases/{case_id}/call-permit")
async def console_call_permit(visit: ConsoleVisit, case_id: UUID) -> Response:
    """Whether the customer may be called now, and why; looking leaves no trace."""
    async with visit.begin("get_call_permit") as work:
        found = await sheet(work, case_id)
        customer = await customers.get(work, found.case.customer_id)
        permit = await calls.call_permit(work, case_id)
    return page(
        visit,
        "call_permit.html",
        {
            "case": found.case,
            "customer": customer,
            "permit": permit,
            "reasons": [explanation.why(code) for code in permit.reasons],
            "zone": customer.zone or found.zone,
            "path": f"{visit.site.root}/cases/{case_id}",
        },
    )


@router.post("/cases/{case_id}/calls")
async def console_call(visit: ConsoleVisit, request: Request, case_id: UUID) -> Response:
    """Ask for a call, or keep one that took place."""
    sent = await sent_fields(request)
    name = "call-log" if sent.get("by") else "call"
    try:
        asked = command(NewCall, sent, "by", "outcome", "note")
        if _told(sent, asked.outcome):
            asked = asked.model_copy(update={"disclosed": True})
        if name == "call-log" and asked.outcome is None:
            raise InvalidForm({"outcome": "Choose one of these."})
        answer = await visit.once(
            "make_call",
            sent,
            asked,
            lambda work: calls.make_call(work, case_id, asked),
            about=name,
            reread=calls.get_call,
        )
    except InvalidForm as error:
        if error.errors.get(""):
            error = InvalidForm({"outcome": "A customer's call is a conversation or a voicemail."})
        return await case_page(visit, case_id, form=refused(name, sent, error))
    except DomainError as error:
        if error.code in _WHOLE:
            raise
        return await case_page(visit, case_id, form=refused(name, sent, error))
    made = Call.model_validate_json(bytes(answer.body))
    if name == "call" and made.permit is not None and made.permit.outcome != "allow":
        async with visit.begin("get_case") as work:
            zone = (await sheet(work, case_id)).zone
        form = Form(name, refusal=_said(made.permit, zone))
        return await case_page(visit, case_id, form=form)
    return go(f"{visit.site.root}/cases/{case_id}?done={name}")


@router.post("/cases/{case_id}/calls/{call_id}")
async def console_call_result(
    visit: ConsoleVisit, request: Request, case_id: UUID, call_id: UUID
) -> Response:
    """Keep what became of a call that was permitted."""
    sent = await sent_fields(request)
    try:
        result = command(CallResult, sent, "outcome", "note")
        if _told(sent, result.outcome):
            result = result.model_copy(update={"disclosed": True})
        async with visit.begin("get_call") as work:
            if (await calls.get_call(work, call_id)).case_id != case_id:
                raise DomainError(ErrorCode.NOT_FOUND, "There is no such call.")
        await visit.once(
            "finish_call",
            sent,
            result,
            lambda work: calls.finish_call(work, call_id, result),
            reread=calls.get_call,
        )
    except InvalidForm as error:
        return await case_page(visit, case_id, form=refused("call-result", sent, error))
    except DomainError as error:
        if error.code in _WHOLE:
            raise
        return await case_page(visit, case_id, form=refused("call-result", sent, error))
    return go(f"{visit.site.root}/cases/{case_id}?done=call-result")


def _told(sent: Mapping[str, str], outcome: str | None) -> bool:
    """Whether something of the debt was said; raises `InvalidForm` where nobody was spoken with."""
    told = sent.get("disclosed") == "yes"
    if told and outcome != "conversation":
        raise InvalidForm({"disclosed": "Only whoever was spoken with was told of the debt."})
    return told


def _said(permit: CallPermit, zone: str) -> str:
    """Why a call may not be made, and when to ask again."""
    why = " and ".join(explanation.why(code) for code in permit.reasons) or words(permit.outcome)
    again = ""
    if permit.not_before is not None:
        again = f" Ask again from {said_moment(permit.not_before, zone)} on."
    return f"He may not be called now, because {why}.{again}"
