"""Deaths: told on the page of a customer, those that wait for proof, and the page of one."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.customers import service as customers
from api.loans import service as loans
from api.pagination import PageQuery, PageRequest
from api.parties import bereavement
from api.web.console.customers import customer_page
from api.web.console.doors import ConsoleVisit
from api.web.console.finding import SOUGHT, chosen, find, options
from api.web.console.showing import page
from api.web.forms import Form, InvalidForm, blank, command, refused, sent_fields, version_seen
from api.web.site import CONSOLE
from api.web.visits import Visit, go
from contracts.loan_parties import (
    Bereavement,
    BereavementStatus,
    NewBereavement,
    ReverseBereavement,
    VerifyBereavement,
)
from contracts.parties import Customer
from domain.errors import DomainError, ErrorCode

router = APIRouter(include_in_schema=False, prefix=CONSOLE.root)

_ROWS: Final = 50
DONE: Final[Mapping[str, str]] = {
    "told": "Contact with him has stopped. An advisor is asked to get proof.",
    "verify": "The death is taken as proven. The estate stands on his loans.",
    "reverse": "It is taken back: he is contacted as before.",
}
_FIELDS: Final = ("died_on", "evidence_ref", "representative_id")


class Show(StrEnum):
    """Which deaths the list shows."""

    WAITING = "waiting"
    PROVEN = "proven"
    TAKEN_BACK = "taken back"
    ALL = "all"


_STATES: Final[Mapping[Show, BereavementStatus]] = {
    Show.WAITING: "notified",
    Show.PROVEN: "verified",
    Show.TAKEN_BACK: "reversed",
}


@router.get("/deaths")
async def console_deaths(
    visit: ConsoleVisit, asked: PageQuery, show: Annotated[Show, Query()] = Show.WAITING
) -> Response:
    """Deaths that wait for proof, in the order they were told; or those that do not any more."""
    async with visit.begin("list_all_bereavements") as work:
        found = await bereavement.list_all(work, _STATES.get(show), PageRequest(_ROWS, asked.after))
        people = await customers.names(work, {each.customer_id for each in found.items})
    return page(
        visit,
        "deaths.html",
        {
            "found": found,
            "people": people,
            "show": show.value,
            "shows": tuple(each.value for each in Show),
            "is_first": asked.after is None,
        },
    )


@router.post("/customers/{customer_id}/death")
async def console_tell_death(visit: ConsoleVisit, request: Request, customer_id: UUID) -> Response:
    """Take in that a customer is said to have died: contact with him stops at once."""
    sent = await sent_fields(request)
    try:
        new = command(NewBereavement, sent, "source", "died_on")
        answer = await visit.once(
            "notify_bereavement",
            sent,
            new,
            lambda work: bereavement.notify(work, customer_id, new),
        )
    except (InvalidForm, DomainError) as error:
        _unless_whole(error)
        return await customer_page(visit, customer_id, form=refused("death", sent, error))
    told = Bereavement.model_validate_json(bytes(answer.body))
    return go(f"{visit.site.root}/deaths/{told.id}?done=told")


@router.get("/deaths/{bereavement_id}")
async def console_death(
    visit: ConsoleVisit,
    bereavement_id: UUID,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """What is known of a death, what was owed on that day, and what may be done."""
    return await _page(visit, bereavement_id, done=done)


@router.post("/deaths/{bereavement_id}/verify")
async def console_verify_death(
    visit: ConsoleVisit, request: Request, bereavement_id: UUID
) -> Response:
    """Look for the representative; show what was owed at death; take the death as proven."""
    sent = await sent_fields(request)
    found: Sequence[Customer] = ()
    try:
        if sent.get("step") == "find":
            found = await find(visit, sent)
            kept = {name: value for name, value in sent.items() if name in {*SOUGHT, *_FIELDS}}
            return await _page(visit, bereavement_id, form=blank("verify", **kept), found=found)
        proof = command(VerifyBereavement, sent, *_FIELDS)
        seen = version_seen(sent)
        if sent.get("step") != "make" or sent.get("seen") != _seen(sent):
            preview = await visit.rehearse(
                "verify_bereavement",
                lambda work: bereavement.verify(work, bereavement_id, proof, seen),
            )
            found = await chosen(visit, sent.get("representative_id", ""))
            kept = {name: sent.get(name, "") for name in _FIELDS}
            form = blank("verify", **kept)
            return await _page(visit, bereavement_id, form=form, found=found, preview=preview)
        await visit.once(
            "verify_bereavement",
            sent,
            proof,
            lambda work: bereavement.verify(work, bereavement_id, proof, seen),
        )
    except (InvalidForm, DomainError) as error:
        _unless_whole(error)
        found = found or await chosen(visit, sent.get("representative_id", ""))
        return await _page(visit, bereavement_id, form=refused("verify", sent, error), found=found)
    return go(f"{visit.site.root}/deaths/{bereavement_id}?done=verify")


@router.post("/deaths/{bereavement_id}/reverse")
async def console_reverse_death(
    visit: ConsoleVisit, request: Request, bereavement_id: UUID
) -> Response:
    """Take back that somebody has died."""
    sent = await sent_fields(request)
    try:
        if sent.get("sure") != "yes":
            raise InvalidForm({"sure": "Tick this to say that you mean it."})
        why = command(ReverseBereavement, sent, "reason")
        await visit.once(
            "reverse_bereavement",
            sent,
            why,
            lambda work: bereavement.reverse(work, bereavement_id, why, version_seen(sent)),
        )
    except (InvalidForm, DomainError) as error:
        _unless_whole(error)
        return await _page(visit, bereavement_id, form=refused("reverse", sent, error))
    return go(f"{visit.site.root}/deaths/{bereavement_id}?done=reverse")


def _seen(sent: Mapping[str, str]) -> str:
    """What a preview was made of: a form that was changed since is shown again, not made."""
    return "|".join(sent.get(name, "") for name in _FIELDS)


def _unless_whole(error: DomainError | InvalidForm) -> None:
    """Refusals that leave nothing of the page to show go on as they are."""
    if isinstance(error, DomainError) and error.code in {ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND}:
        raise error


async def _page(  # noqa: PLR0913 - what the page is made of
    visit: Visit,
    bereavement_id: UUID,
    *,
    done: str = "",
    form: Form | None = None,
    found: Sequence[Customer] = (),
    preview: Bereavement | None = None,
) -> Response:
    async with visit.begin("get_bereavement") as work:
        death = await bereavement.get(work, bereavement_id)
        told = death if preview is None else preview
        customer = await customers.get(work, death.customer_id)
        heirs = {each.successor_id for each in told.loans if each.successor_id is not None}
        if death.representative_id is not None:
            heirs.add(death.representative_id)
        people = await customers.names(work, heirs)
        numbers = {
            each.loan_id: (await loans.detail(work, each.loan_id)).number for each in told.loans
        }
    forms = {
        "verify": blank("verify", died_on=death.died_on),
        "reverse": blank("reverse"),
    }
    if form is not None:
        forms[form.name] = form
    return page(
        visit,
        "death.html",
        {
            "death": death,
            "told": told,
            "preview": preview,
            "customer": customer,
            "people": people,
            "numbers": numbers,
            "form": forms,
            "candidates": options(found),
            "seen": _seen(forms["verify"].values),
            "path": f"{visit.site.root}/deaths/{bereavement_id}",
            "done": DONE.get(done, ""),
        },
        422 if form is not None and form.is_wrong else 200,
    )
