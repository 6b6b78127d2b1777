"""Complaints over HTTP: parse, call, answer."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.complaints import service
from api.complaints.service import Filters
from api.deps import IfMatch, OnceDep, OnceRequired, WorkDep
from api.pagination import PageQuery
from contracts.base import Page
from contracts.complaints import (
    Complaint,
    ComplaintCause,
    ComplaintDetail,
    ComplaintNote,
    ComplaintOutcome,
    ComplaintRulebook,
    ComplaintState,
    EditComplaint,
    NewComplaint,
    NewRedress,
    ReferComplaint,
    ResolveComplaint,
)
from contracts.loan_changes import LoanChange

router = APIRouter(tags=["complaints"])


@router.post(
    "/complaints", summary="Receive a complaint", status_code=201, response_model=Complaint
)
async def make_complaint(work: WorkDep, once: OnceDep, body: NewComplaint) -> Response:
    """Any dissatisfaction, by any channel; a customer files his own.

    The clocks of the creditor's country start on the day it was received: a task for each reminds
    who answers for it, and asks a manager when the day has passed. Collection on what it is about
    rests until it is answered.
    """
    return await once.run(
        work,
        body,
        lambda: service.file(work, body),
        reread=lambda complaint_id: service.detail(work, complaint_id),
    )


@router.get("/complaints", summary="List complaints")
async def list_complaints(  # noqa: PLR0913, PLR0917 - what a list may be narrowed by
    work: WorkDep,
    page: PageQuery,
    customer_id: UUID | None = None,
    loan_id: UUID | None = None,
    owner_id: UUID | None = None,
    state: ComplaintState | None = None,
    outcome: ComplaintOutcome | None = None,
    cause: ComplaintCause | None = None,
    is_open: Annotated[
        bool | None, Query(alias="open", description="Those that wait for an answer")
    ] = None,
    due_by: Annotated[
        date | None, Query(description="Those of which something is owed by that day")
    ] = None,
) -> Page[Complaint]:
    """Complaints in the order they were received; a customer sees his own."""
    which = Filters(customer_id, loan_id, owner_id, state, outcome, cause, is_open, due_by)
    return await service.list_(work, which, page)


@router.get("/complaints/{complaint_id}", summary="Read a complaint")
async def get_complaint(work: WorkDep, complaint_id: UUID, response: Response) -> ComplaintDetail:
    """A complaint with its words, clocks, story and redress."""
    found = await service.detail(work, complaint_id)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.patch("/complaints/{complaint_id}", summary="Change who answers, or what it is about")
async def edit_complaint(
    *, work: WorkDep, complaint_id: UUID, body: EditComplaint, seen: IfMatch, response: Response
) -> Complaint:
    """Sets owner or causes while it is open; its tasks go to the new owner. Needs If-Match."""
    return _tagged(response, await service.edit(work, complaint_id, body, seen))


@router.post("/complaints/{complaint_id}/acknowledge", summary="Acknowledge a complaint")
async def acknowledge_complaint(
    *, work: WorkDep, complaint_id: UUID, body: ComplaintNote, seen: IfMatch, response: Response
) -> Complaint:
    """The customer was told that it arrived; its first clock stands. Needs If-Match.

    A complaint without an owner becomes that of whoever acknowledges it.
    """
    return _tagged(response, await service.acknowledge(work, complaint_id, body, seen))


@router.post("/complaints/{complaint_id}/investigate", summary="Look into a complaint")
async def investigate_complaint(
    *, work: WorkDep, complaint_id: UUID, body: ComplaintNote, seen: IfMatch, response: Response
) -> Complaint:
    """Somebody looks into it now. Needs If-Match."""
    return _tagged(response, await service.investigate(work, complaint_id, body, seen))


@router.post("/complaints/{complaint_id}/resolve", summary="Answer a complaint")
async def resolve_complaint(
    *, work: WorkDep, complaint_id: UUID, body: ResolveComplaint, seen: IfMatch, response: Response
) -> Complaint:
    """The final answer, which the customer reads in the portal; collection goes on. Needs If-Match.

    One that was not acknowledged is resolved only while a summary answer is enough, or because
    the customer took it back.
    """
    return _tagged(response, await service.resolve(work, complaint_id, body, seen))


@router.post("/complaints/{complaint_id}/refer", summary="Note that a complaint is taken further")
async def refer_complaint(
    *, work: WorkDep, complaint_id: UUID, body: ReferComplaint, seen: IfMatch, response: Response
) -> Complaint:
    """The customer went to an ombudsman or a court, after our answer or its day. Needs If-Match."""
    return _tagged(response, await service.refer(work, complaint_id, body, seen))


@router.post(
    "/complaints/{complaint_id}/redress",
    summary="Make good for a complaint",
    status_code=201,
    response_model=LoanChange,
)
async def redress_complaint(
    work: WorkDep, once: OnceRequired, complaint_id: UUID, body: NewRedress, seen: IfMatch
) -> Response:
    """Waives, credits, forgives or refunds on a loan, linked to the complaint. Needs If-Match.

    It is a change to the loan like any other: posted in the journal, and above the creditor's
    limit it waits for another manager.
    """
    return await once.run(work, body, lambda: service.make_good(work, complaint_id, body, seen))


@router.get("/complaint-rules", summary="The clocks of complaints by jurisdiction")
async def list_complaint_rules(work: WorkDep, page: PageQuery) -> Page[ComplaintRulebook]:
    """What each jurisdiction asks, with its sources; the strictest binds where none is known."""
    del work  # it has let the reader in
    return await service.rulebooks(page)


def _tagged(response: Response, found: Complaint) -> Complaint:
    response.headers["ETag"] = f'"{found.version}"'
    return found
