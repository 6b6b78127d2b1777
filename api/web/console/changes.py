"""The page of a loan's changes: asked for, shown before they happen, decided on."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from api.loan_changes import service as changes
from api.loans import service as loans
from api.pagination import PageRequest
from api.web.console.doors import ConsoleVisit
from api.web.console.showing import page
from api.web.forms import Form, InvalidForm, blank, command, refused, sent_fields, whole_number
from api.web.site import CONSOLE
from api.web.visits import Visit, go
from contracts.loan_changes import LoanChange, NewLoanChange, RejectChange
from domain.errors import DomainError, ErrorCode

router = APIRouter(include_in_schema=False, prefix=CONSOLE.root)

_MOST: Final = 200
KINDS: Final = (
    ("waiver", "Waive a penalty, a fee or earned interest"),
    ("forgiveness", "Forgive a part of what is owed"),
    ("settlement", "Forgive the rest after a settlement"),
    ("charge_off", "Charge off the book balance"),
    ("write_off", "Write off a part of the book balance"),
    ("goodwill_credit", "Credit an amount as goodwill"),
    ("charge", "Charge a fee or a penalty"),
    ("refund", "Record a refund of credit"),
)
COMPONENTS: Final = (
    ("penalty", "Penalty"),
    ("fee", "Fee"),
    ("interest", "Interest"),
    ("principal", "Principal"),
)
REASONS: Final = (
    ("agreement", "As agreed with the customer"),
    ("hardship", "Hardship"),
    ("goodwill", "Goodwill"),
    ("complaint", "A complaint"),
    ("error", "A mistake of ours"),
    ("settlement", "A settlement"),
    ("uncollectable", "It cannot be collected"),
    ("bankruptcy", "Bankruptcy"),
    ("deceased", "The customer has died"),
    ("fraud", "Fraud"),
    ("overpaid", "Overpaid"),
    ("service", "A service that costs"),
    ("other", "Another reason"),
)
REJECTIONS: Final = (
    ("not_justified", "Not justified"),
    ("too_much", "Too much"),
    ("superseded", "Something else was done"),
    ("error", "Asked for by mistake"),
    ("other", "Another reason"),
)
DONE: Final[Mapping[str, str]] = {
    "change": "It is done, or waits for a second person: the list says which.",
    "decide": "The decision is made.",
}
_FIELDS: Final = ("kind", "component", "amount", "instalment", "reason", "note", "version")


@router.get("/loans/{loan_id}/changes")
async def console_changes(visit: ConsoleVisit, loan_id: UUID, done: str = "") -> Response:
    """What was changed about a loan, and what may be."""
    return await _changes_page(visit, loan_id, done=done)


@router.post("/loans/{loan_id}/changes")
async def console_change(visit: ConsoleVisit, request: Request, loan_id: UUID) -> Response:
    """Show what a change would move; make it, or ask a second person, once it was confirmed."""
    sent = await sent_fields(request)
    try:
        new = _new(sent)
        if sent.get("step") != "make" or sent.get("seen") != _seen(sent):
            async with visit.begin("change_loan") as work:
                preview = await changes.ask(work, loan_id, new, None, dry_run=True)
            form = blank("change", **{name: sent.get(name, "") for name in _FIELDS})
            return await _changes_page(visit, loan_id, form=form, preview=preview)
        version = int(sent.get("version", "0") or "0")
        await visit.once(
            "change_loan",
            sent,
            new,
            lambda work: changes.ask(work, loan_id, new, version, dry_run=False),
        )
    except (InvalidForm, DomainError) as error:
        return await _again(visit, loan_id, refused("change", sent, error), error)
    return go(f"{visit.site.root}/loans/{loan_id}/changes?done=change")


@router.post("/loans/{loan_id}/changes/{change_id}/decide")
async def console_decide(
    visit: ConsoleVisit, request: Request, loan_id: UUID, change_id: UUID
) -> Response:
    """Approve or reject a change that waits."""
    sent = await sent_fields(request)
    try:
        why = command(RejectChange, {"reason": "other"} | dict(sent), "reason")
        if sent.get("verdict") == "approve":
            await visit.once(
                "approve_loan_change",
                sent,
                why,
                lambda work: changes.approve(work, loan_id, change_id),
                about=str(change_id),
            )
        else:
            await visit.once(
                "reject_loan_change",
                sent,
                why,
                lambda work: changes.reject(work, loan_id, change_id, why),
                about=str(change_id),
            )
    except (InvalidForm, DomainError) as error:
        return await _again(visit, loan_id, refused(f"decide-{change_id}", sent, error), error)
    return go(f"{visit.site.root}/loans/{loan_id}/changes?done=decide")


async def _again(
    visit: Visit, loan_id: UUID, form: Form, error: DomainError | InvalidForm
) -> Response:
    """The page with the form as it was sent; what may not be seen at all is refused whole."""
    if isinstance(error, DomainError) and error.code in {ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND}:
        raise error
    return await _changes_page(visit, loan_id, form=form, status=422)


async def _changes_page(
    visit: Visit,
    loan_id: UUID,
    *,
    done: str = "",
    form: Form | None = None,
    preview: LoanChange | None = None,
    status: int = 200,
) -> Response:
    async with visit.begin("list_loan_changes") as work:
        loan = await loans.detail(work, loan_id)
        owed = await loans.outstanding(work, loan_id, None)
        made = await changes.list_changes(work, loan_id, PageRequest(_MOST, None))
    asked = form if form is not None and form.name == "change" else blank("change")
    return page(
        visit,
        "changes.html",
        {
            "loan": loan,
            "owed": owed,
            "made": made.items,
            "path": f"{visit.site.root}/loans/{loan_id}",
            "done": DONE.get(done, ""),
            "form": asked,
            "sent": form,
            "blank": blank,
            "preview": preview,
            "seen": _seen(asked.values),
            "me": visit.principal.actor,
            "kinds": KINDS,
            "components": COMPONENTS,
            "reasons": REASONS,
            "rejections": REJECTIONS,
        },
        status,
    )


def _new(sent: Mapping[str, str]) -> NewLoanChange:
    """The change a form asks for; raises `InvalidForm`."""
    kind = sent.get("kind", "")
    given = {name: sent[name] for name in ("component", "amount", "instalment") if sent.get(name)}
    change: dict[str, object] = {"kind": kind}
    if kind in {"waiver", "forgiveness"}:
        part: dict[str, object] = dict(given)
        number = whole_number(given.get("instalment", ""))
        if number is not None:
            part["instalment"] = number
        change["parts"] = [part]
    else:
        wanted = {"charge": ("component", "amount")}.get(kind, ("amount",))
        if kind not in {"settlement", "charge_off"}:
            change |= {name: given[name] for name in wanted if name in given}
    asked = {"change": change, "reason": sent.get("reason"), "note": sent.get("note") or None}
    try:
        return NewLoanChange.model_validate(asked)
    except ValidationError as error:
        found: dict[str, str] = {}
        for item in error.errors():
            at = str(item["loc"][-1])
            field = at if at in _FIELDS else "kind"
            found[field] = "Give this, in the form expected here."
        raise InvalidForm(found) from None


def _seen(sent: Mapping[str, str]) -> str:
    """What a preview was made of: a form that was changed since is shown again, not made."""
    return "|".join(sent.get(name, "") for name in _FIELDS if name not in {"note", "version"})
