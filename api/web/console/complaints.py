"""Complaints: the list with its clocks, writing one down, and all that is done about one."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from api.complaints import service as complaints
from api.complaints.service import Filters
from api.creditors import service as creditors
from api.customers import service as customers
from api.identity import service as identity
from api.loan_changes import service as loan_changes
from api.loans import service as loans
from api.loans.queries import LoanFilter
from api.pagination import PageQuery, PageRequest
from api.web.console.doors import ConsoleVisit
from api.web.console.showing import page
from api.web.console.versioned import VersionedAct
from api.web.forms import (
    Form,
    InvalidForm,
    blank,
    command,
    refused,
    sent_fields,
    version_seen,
    whole_number,
)
from api.web.site import CONSOLE
from api.web.visits import Visit, go
from contracts.complaints import (
    ComplaintNote,
    EditComplaint,
    NewComplaint,
    NewRedress,
    ReferComplaint,
    ResolveComplaint,
)
from contracts.loan_changes import LoanChange, NewLoanChange
from domain.complaints.complaint import Cause
from domain.errors import DomainError, ErrorCode

router = APIRouter(include_in_schema=False, prefix=CONSOLE.root)

_ROWS: Final = 50
_MOST: Final = 200
CHANNELS: Final = (
    ("phone", "Phone"),
    ("email", "E-mail"),
    ("sms", "Text message"),
    ("letter", "Letter"),
    ("in_person", "In person"),
    ("portal", "Portal"),
    ("social_media", "Social media"),
    ("regulator", "A regulator or ombudsman"),
    ("other", "Another way"),
)
CAUSES: Final = (
    ("contact_frequency", "We contact too often"),
    ("contact_manner", "How we spoke or wrote"),
    ("contact_after_stop", "We went on after a stop"),
    ("wrong_person", "The wrong person"),
    ("amount_owed", "What is owed"),
    ("fees_or_interest", "Fees or interest"),
    ("payment_not_booked", "A payment was not booked"),
    ("affordability", "The loan was never affordable"),
    ("hardship_ignored", "Difficulties were not heard"),
    ("information", "Wrong or missing information"),
    ("privacy", "Personal data"),
    ("service", "Service"),
    ("other", "Something else"),
)
OUTCOMES: Final = (
    ("upheld", "Upheld: he is right"),
    ("partly_upheld", "Upheld in part"),
    ("rejected", "Rejected: he is not"),
    ("withdrawn", "Withdrawn: he took it back"),
)
ROOT_CAUSES: Final = (
    ("none_found", "None was found"),
    ("process", "A process"),
    ("system", "A system"),
    ("people", "People"),
    ("communication", "Communication"),
    ("product", "The product"),
    ("third_party", "A third party"),
)
REDRESS: Final = (
    ("goodwill_credit", "Credit an amount"),
    ("waiver", "Waive a penalty, a fee or interest"),
    ("forgiveness", "Forgive a part of what is owed"),
    ("refund", "Record a refund of credit"),
)
COMPONENTS: Final = (
    ("penalty", "Penalty"),
    ("fee", "Fee"),
    ("interest", "Interest"),
    ("principal", "Principal"),
)
DONE: Final[Mapping[str, str]] = {
    "filed": "The complaint is received. Its clocks run, and collection on it rests.",
    "acknowledge": "The acknowledgement is noted.",
    "investigate": "It is noted that somebody looks into it.",
    "assign": "The owner is changed; open tasks went along.",
    "redress": "The change is made, or waits for a second person: it stands under redress.",
    "resolve": "The answer is kept, the customer reads it in the portal. Collection goes on.",
    "refer": "It is noted that somebody else decides.",
}
_ABOUT: Final = ("customer_id", "loan_id", "case_id", "payment_id", "message_id")


class Show(StrEnum):
    """Which complaints the list shows."""

    OPEN = "open"
    MINE = "mine"
    ANSWERED = "answered"
    ALL = "all"


# -- the list ----------------------------------------------------------------------------------


@router.get("/complaints")
async def console_complaints(
    visit: ConsoleVisit, asked: PageQuery, show: Annotated[Show, Query()] = Show.OPEN
) -> Response:
    """Complaints with their clocks, in the order they were received."""
    owner = visit.principal.user_id if show is Show.MINE else None
    is_open = {Show.OPEN: True, Show.MINE: True, Show.ANSWERED: False}.get(show)
    async with visit.begin("list_complaints") as work:
        found = await complaints.list_(
            work, Filters(owner_id=owner, is_open=is_open), PageRequest(_ROWS, asked.after)
        )
        people = await customers.names(work, {each.customer_id for each in found.items})
        owners = {each.owner_id for each in found.items if each.owner_id is not None}
        named = await identity.names(work, list(owners))
    return page(
        visit,
        "complaints.html",
        {
            "found": found,
            "people": people,
            "owners": named,
            "show": show.value,
            "shows": tuple(each.value for each in Show),
            "is_first": asked.after is None,
        },
    )


# -- writing one down --------------------------------------------------------------------------


@router.get("/complaints/new")
async def console_new_complaint(visit: ConsoleVisit, request: Request) -> Response:
    """The form in which a complaint is written down, about what the address names."""
    given = {name: request.query_params.get(name, "") for name in _ABOUT}
    return await _new_page(visit, blank("complaint", channel="phone", **given))


@router.post("/complaints/new")
async def console_file_complaint(visit: ConsoleVisit, request: Request) -> Response:
    """Write a complaint down, once."""
    sent = await sent_fields(request)
    try:
        new = _new(sent)
        answer = await visit.once(
            "make_complaint",
            sent,
            new,
            lambda work: complaints.file(work, new),
            reread=complaints.detail,
        )
    except (InvalidForm, DomainError) as error:
        if isinstance(error, DomainError) and error.code is ErrorCode.FORBIDDEN:
            raise
        return await _new_page(visit, refused("complaint", sent, error), 422)
    made = str(json.loads(bytes(answer.body))["id"])
    return go(f"{visit.site.root}/complaints/{made}?done=filed")


def _new(sent: Mapping[str, str]) -> NewComplaint:
    causes = [cause.value for cause in Cause if sent.get(f"cause-{cause.value}") == "yes"]
    if not causes:
        raise InvalidForm({"causes": "Tick at least one."})
    read = command(
        NewComplaint, sent, *_ABOUT, "creditor_id", "text", "channel", "received_on", "owner_id"
    )
    try:
        return NewComplaint.model_validate(read.model_dump() | {"causes": causes})
    except ValidationError:
        raise InvalidForm({"causes": "Tick up to five."}) from None


async def _new_page(visit: Visit, form: Form, status: int = 200) -> Response:
    try:
        customer_id = UUID(form.value("customer_id"))
    except ValueError:
        raise DomainError(
            ErrorCode.NOT_FOUND, "Begin at the page of the customer who complains."
        ) from None
    async with visit.begin("make_complaint") as work:
        customer = await customers.get(work, customer_id)
        owned = await loans.list_loans(work, LoanFilter(customer_id), PageRequest(_MOST, None))
        books = await creditors.list_(work, PageRequest(_MOST, None))
        members = await identity.members(work)
    return page(
        visit,
        "complaint_new.html",
        {
            "customer": customer,
            "form": form,
            "loans": owned.items,
            "creditors": books.items,
            "members": members,
            "channels": CHANNELS,
            "causes": CAUSES,
            "about": ("case_id", "payment_id", "message_id"),
        },
        status,
    )


# -- one complaint -----------------------------------------------------------------------------


@router.get("/complaints/{complaint_id}")
async def console_complaint(
    visit: ConsoleVisit,
    complaint_id: UUID,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """A complaint: what was said, its clocks, what was done, and what may be."""
    return await _page(visit, complaint_id, done=done)


def _note(sent: Mapping[str, str]) -> ComplaintNote:
    return command(ComplaintNote, sent, "note")


def _assign(sent: Mapping[str, str]) -> EditComplaint:
    return command(EditComplaint, sent, "owner_id")


def _resolve(sent: Mapping[str, str]) -> ResolveComplaint:
    return command(ResolveComplaint, sent, "outcome", "root_cause", "answer")


def _refer(sent: Mapping[str, str]) -> ReferComplaint:
    return command(ReferComplaint, sent, "to")


def _redress(sent: Mapping[str, str]) -> NewRedress:
    """The redress that a form asks for; raises `InvalidForm`."""
    loan_id, _, version = sent.get("loan", "").partition(":")
    kind = sent.get("kind", "")
    change: dict[str, object] = {"kind": kind}
    if kind in {"waiver", "forgiveness"}:
        part = {name: sent[name] for name in ("component", "amount") if sent.get(name)}
        change["parts"] = [part]
    elif sent.get("amount"):
        change["amount"] = sent["amount"]
    try:
        return NewRedress.model_validate(
            {
                "loan_id": loan_id,
                "loan_version": whole_number(version) or 0,
                "change": change,
            }
        )
    except ValidationError as error:
        at = {str(item["loc"][-1]) for item in error.errors()}
        field = next((name for name in ("amount", "component") if name in at), "kind")
        raise InvalidForm({field: "Give this, in the form expected here."}) from None


ACTS: Final[Mapping[str, VersionedAct]] = {
    "acknowledge": VersionedAct(
        "acknowledge_complaint",
        _note,
        lambda work, key, sent, seen: complaints.acknowledge(work, key, _note(sent), seen),
    ),
    "investigate": VersionedAct(
        "investigate_complaint",
        _note,
        lambda work, key, sent, seen: complaints.investigate(work, key, _note(sent), seen),
    ),
    "assign": VersionedAct(
        "edit_complaint",
        _assign,
        lambda work, key, sent, seen: complaints.edit(work, key, _assign(sent), seen),
    ),
    "resolve": VersionedAct(
        "resolve_complaint",
        _resolve,
        lambda work, key, sent, seen: complaints.resolve(work, key, _resolve(sent), seen),
    ),
    "refer": VersionedAct(
        "refer_complaint",
        _refer,
        lambda work, key, sent, seen: complaints.refer(work, key, _refer(sent), seen),
    ),
    "redress": VersionedAct(
        "redress_complaint",
        _redress,
        lambda work, key, sent, seen: complaints.make_good(work, key, _redress(sent), seen),
    ),
}
"""Every act by its name, which is also that of its form and the end of its path."""


@router.post("/complaints/{complaint_id}/{name}")
async def console_complaint_act(
    visit: ConsoleVisit, request: Request, complaint_id: UUID, name: str
) -> Response:
    """Do what a form of the page asks for, once; redress is shown before it is made."""
    act = ACTS.get(name)
    if act is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such form.")
    sent = await sent_fields(request)
    seen = version_seen(sent)
    try:
        read = act.read(sent)
        if isinstance(read, NewRedress) and sent.get("seen") != _seen(sent):
            preview = await _previewed(visit, complaint_id, read)
            kept = blank(name, **{key: sent.get(key, "") for key in _REDRESS_FIELDS})
            return await _page(visit, complaint_id, form=kept, preview=preview)
        await visit.once(
            act.operation, sent, read, lambda work: act.do(work, complaint_id, sent, seen)
        )
    except InvalidForm as error:
        return await _page(visit, complaint_id, form=refused(name, sent, error))
    except DomainError as error:
        if error.code in {ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND}:
            raise
        return await _page(visit, complaint_id, form=refused(name, sent, error))
    return go(f"{visit.site.root}/complaints/{complaint_id}?done={name}")


_REDRESS_FIELDS: Final = ("loan", "kind", "component", "amount")


def _seen(sent: Mapping[str, str]) -> str:
    """What a preview was made of: a form that was changed since is shown again, not made."""
    return "|".join(sent.get(name, "") for name in _REDRESS_FIELDS)


async def _previewed(visit: Visit, complaint_id: UUID, wanted: NewRedress) -> LoanChange:
    async with visit.begin("redress_complaint") as work:
        await complaints.detail(work, complaint_id)
        return await loan_changes.ask(
            work,
            wanted.loan_id,
            NewLoanChange(change=wanted.change, reason="complaint"),
            wanted.loan_version,
            dry_run=True,
        )


async def _page(
    visit: Visit,
    complaint_id: UUID,
    *,
    done: str = "",
    form: Form | None = None,
    preview: LoanChange | None = None,
) -> Response:
    async with visit.begin("get_complaint") as work:
        found = await complaints.detail(work, complaint_id)
        customer = await customers.get(work, found.customer_id)
        members = await identity.members(work)
        names = await identity.names(work, [found.owner_id] if found.owner_id else [])
        creditor = await creditors.by_id(work, found.creditor_id)
        owned = await loans.list_loans(
            work, LoanFilter(found.customer_id), PageRequest(_MOST, None)
        )
        actors = await identity.names(
            work,
            [
                UUID(line.actor.removeprefix("user:"))
                for line in found.timeline
                if line.actor.startswith("user:")
            ],
        )
    forms = {name: blank(name) for name in ACTS}
    if form is not None:
        forms[form.name] = form
    wrong = form is not None and form.is_wrong
    return page(
        visit,
        "complaint.html",
        {
            "found": found,
            "customer": customer,
            "creditor": creditor,
            "zone": creditor.zone,
            "owner": names.get(found.owner_id, "") if found.owner_id else "",
            "members": members,
            "loans": [each for each in owned.items if each.creditor_id == creditor.id],
            "actors": {f"user:{key}": name for key, name in actors.items()},
            "path": f"{visit.site.root}/complaints/{complaint_id}",
            "done": DONE.get(done, ""),
            "form": forms,
            "open_form": "" if form is None else form.name,
            "preview": preview,
            "seen": "" if form is None else _seen(form.values),
            "outcomes": OUTCOMES,
            "root_causes": ROOT_CAUSES,
            "kinds": REDRESS,
            "components": COMPONENTS,
            "causes": dict(CAUSES),
        },
        422 if wrong else 200,
    )
