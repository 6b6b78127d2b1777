"""The page of a loan's parties: who they are, whether each may be contacted, and their terms.

No address is on it: those stand with each customer, and what one is told another is not.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from api.clock import clock_for
from api.creditors import service as creditors
from api.customers import service as customers
from api.loans import service as loans
from api.messages import calls
from api.pagination import PageRequest
from api.parties import service as parties
from api.recovery import service as recovery
from api.web.console.cases import Reach, reach_of
from api.web.console.doors import ConsoleVisit
from api.web.console.finding import SOUGHT, chosen, find, options
from api.web.console.showing import page
from api.web.forms import Form, InvalidForm, blank, command, refused, sent_fields, version_seen
from api.web.render import said_moment
from api.web.site import CONSOLE
from api.web.visits import Visit, go
from api.work import Work
from contracts.calls import CallPermit
from contracts.loan_parties import CallGuarantor, EditParty, EndParty
from contracts.loans import LoanDetail, NewParty, Party
from contracts.parties import Customer
from domain.errors import DomainError, ErrorCode
from domain.recovery import explanation

router = APIRouter(include_in_schema=False, prefix=CONSOLE.root)

_MOST: Final = 200
ROLES: Final = (
    ("co_borrower", "Co-borrower: owes it with the primary"),
    ("guarantor", "Guarantor: owes it once he was called"),
    ("authorised_third_party", "Authorised third party: owes nothing"),
)
LIABILITIES: Final = (
    ("", "What is usual for the role"),
    ("full", "All of it"),
    ("several", "A share of it"),
)
TERMS: Final = (("full", "All of it"), ("several", "A share of it"))
ENDS: Final = (
    ("released", "Released"),
    ("withdrawn", "He withdrew"),
    ("mistake", "He was put on it by mistake"),
)
DONE: Final[Mapping[str, str]] = {
    "add": "He is on the loan.",
    "edit": "His terms are changed.",
    "call": "The guarantor is called: he may be asked to pay.",
    "end": "He left the loan today.",
}
_STANDINGS: Final[Mapping[str, str]] = {
    "not-called": "a guarantor is not asked before he was given notice of the default",
    "not-liable": "he owes nothing, and hears nothing of the debt",
    "estate": "what is owed is settled with the estate, by people",
}


@dataclass(frozen=True, slots=True)
class Person:
    """A party as the page shows him.

    Attributes:
        party: What he is on the loan.
        named: His name and number.
        reach: His media without their addresses; empty for who has left.
        reasons: Why he may not be asked to pay at all; empty where he may.
        call: Whether he may be called now, in words; empty where no case is open.
        call_state: `good`, `warn` or `bad`; empty where no case is open.
    """

    party: Party
    named: customers.Named
    reach: Sequence[Reach] = ()
    reasons: Sequence[str] = ()
    call: str = ""
    call_state: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that may be done with a party.

    Attributes:
        operation: The REST operation whose row in the policy says who may.
        read: Makes its command of the form; raises `InvalidForm`.
        do: The use case: the loan, the party, the form, the version that the page showed.
    """

    operation: str
    read: Callable[[Mapping[str, str]], BaseModel]
    do: Callable[[Work, UUID, UUID, Mapping[str, str], int], Awaitable[BaseModel]]


def _edit(sent: Mapping[str, str]) -> EditParty:
    return command(EditParty, sent, "liability", "share_percent")


def _call(sent: Mapping[str, str]) -> CallGuarantor:
    return command(CallGuarantor, sent, "notice_on", "evidence_ref")


def _end(sent: Mapping[str, str]) -> EndParty:
    return command(EndParty, sent, "reason")


ACTS: Final[Mapping[str, Act]] = {
    "edit": Act(
        "edit_loan_party",
        _edit,
        lambda work, loan, party, sent, seen: parties.edit_party(
            work, loan, party, _edit(sent), seen
        ),
    ),
    "call": Act(
        "call_guarantor",
        _call,
        lambda work, loan, party, sent, seen: parties.call_guarantor(
            work, loan, party, _call(sent), seen
        ),
    ),
    "end": Act(
        "end_loan_party",
        _end,
        lambda work, loan, party, sent, seen: parties.end_party(
            work, loan, party, _end(sent), seen
        ),
    ),
}
"""Every act by its name, which is also the beginning of its form's and the end of its path."""


@router.get("/loans/{loan_id}/parties")
async def console_parties(visit: ConsoleVisit, loan_id: UUID, done: str = "") -> Response:
    """Who is on a loan, and whether each may be contacted."""
    return await _page(visit, loan_id, done=done)


@router.post("/loans/{loan_id}/parties")
async def console_add_party(visit: ConsoleVisit, request: Request, loan_id: UUID) -> Response:
    """Look for somebody, or put him on the loan who was found."""
    sent = await sent_fields(request)
    found: Sequence[Customer] = ()
    try:
        if sent.get("step") != "add":
            found = await find(visit, sent)
            kept = {name: value for name, value in sent.items() if name in _FIELDS}
            return await _page(visit, loan_id, form=blank("add", **kept), found=found)
        new = command(
            NewParty, sent, "customer_id", "role", "liability", "share_percent", "from_on"
        )
        await visit.once(
            "add_loan_party", sent, new, lambda work: parties.add_party(work, loan_id, new)
        )
    except (InvalidForm, DomainError) as error:
        _unless_whole(error)
        found = found or await chosen(visit, sent.get("customer_id", ""))
        return await _page(visit, loan_id, form=refused("add", sent, error), found=found)
    return go(f"{visit.site.root}/loans/{loan_id}/parties?done=add")


_FIELDS: Final = frozenset({*SOUGHT, "role", "liability", "share_percent", "from_on"})


@router.post("/loans/{loan_id}/parties/{party_id}/{name}")
async def console_party_act(
    visit: ConsoleVisit, request: Request, loan_id: UUID, party_id: UUID, name: str
) -> Response:
    """Do what a form of a party asks for, once."""
    act = ACTS.get(name)
    if act is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such form.")
    sent = await sent_fields(request)
    seen = version_seen(sent)
    try:
        await visit.once(
            act.operation,
            sent,
            act.read(sent),
            lambda work: act.do(work, loan_id, party_id, sent, seen),
        )
    except (InvalidForm, DomainError) as error:
        _unless_whole(error)
        return await _page(visit, loan_id, form=refused(f"{name}-{party_id}", sent, error))
    return go(f"{visit.site.root}/loans/{loan_id}/parties?done={name}")


def _unless_whole(error: DomainError | InvalidForm) -> None:
    """Refusals that leave nothing of the page to show go on as they are."""
    if isinstance(error, DomainError) and error.code in {ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND}:
        raise error


async def _page(
    visit: Visit,
    loan_id: UUID,
    *,
    done: str = "",
    form: Form | None = None,
    found: Sequence[Customer] = (),
) -> Response:
    async with visit.begin("list_loan_parties") as work:
        loan = await loans.detail(work, loan_id)
        zone = (await creditors.by_id(work, loan.creditor_id)).zone
        people = await _people(work, loan, zone)
    return page(
        visit,
        "parties.html",
        {
            "loan": loan,
            "now": [each for each in people if each.party.until_on is None],
            "left": [each for each in people if each.party.until_on is not None],
            "path": f"{visit.site.root}/loans/{loan_id}",
            "done": DONE.get(done, ""),
            "sent": form,
            "form": form if form is not None and form.name == "add" else blank("add"),
            "blank": blank,
            "candidates": options(found),
            "roles": ROLES,
            "liabilities": LIABILITIES,
            "terms": TERMS,
            "ends": ENDS,
        },
        422 if form is not None and form.is_wrong else 200,
    )


async def _people(work: Work, loan: LoanDetail, zone: str) -> list[Person]:
    listed = (await parties.list_parties(work, loan.id, PageRequest(_MOST, None))).items
    named = await customers.names(work, {each.customer_id for each in listed})
    clock = await clock_for(work, (await customers.get(work, loan.customer_id)).test_clock_id)
    there = [each.customer_id for each in listed if each.until_on is None]
    holds = await recovery.holds_on(work, clock, there)
    case_id = await _open_case(work, loan)
    found: list[Person] = []
    for party in listed:
        who = named[party.customer_id]
        if party.until_on is not None:
            found.append(Person(party, who))
            continue
        card = await customers.contact_card(work, party.customer_id)
        reasons = [_STANDINGS[party.standing]] if party.standing in _STANDINGS else []
        reasons += [
            explanation.why(f"hold.{kind.value}")
            for kind in sorted(holds.get(party.customer_id, ()))
        ]
        person = Person(party, who, reach=reach_of(card), reasons=reasons)
        if case_id is not None:
            permit = await calls.call_permit(work, case_id, party.customer_id)
            state, said = _said(permit, card.zones[0] if card.zones else zone)
            person = Person(party, who, person.reach, reasons, said, state)
        found.append(person)
    return found


async def _open_case(work: Work, loan: LoanDetail) -> UUID | None:
    late = await loans.delinquency(work, loan.id)
    if late.case_id is None:
        return None
    case = (await recovery.several(work, {late.case_id})).get(late.case_id)
    return late.case_id if case is not None and case.status == "open" else None


def _said(permit: CallPermit, zone: str) -> tuple[str, str]:
    """Whether somebody may be called now, as a mark and in words."""
    if permit.outcome == "allow":
        until = "" if permit.until is None else f" until {said_moment(permit.until, zone)}"
        return "good", f"may be called{until}"
    why = "; ".join(explanation.why(code) for code in permit.reasons)
    if permit.not_before is not None:
        return "warn", f"not before {said_moment(permit.not_before, zone)}: {why}"
    return "bad", f"may not be called: {why}"
