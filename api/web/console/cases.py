"""The page of a case: where it stands and why, all that happened, and what one may do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.complaints import service as complaints
from api.customers import service as customers
from api.customers.service import ContactCard
from api.identity import service as identity
from api.letters import service as letters
from api.loans import service as loans
from api.messages import calls
from api.messages import service as messages
from api.pagination import PageRequest
from api.parties import service as parties
from api.recovery import risks, sla, suggesting
from api.recovery.sheet import Sheet, sheet
from api.right_party import service as right_party
from api.web.console import story
from api.web.console.doors import ConsoleVisit, QuietVisit
from api.web.console.plan_forms import RHYTHMS
from api.web.console.showing import fragment, page, workflow_link
from api.web.console.story import Chapter, Line
from api.web.forms import Form, blank
from api.web.site import CONSOLE
from api.web.visits import Visit
from api.work import Work
from contracts.calls import Call
from contracts.casework import CustomerRisk, Suggestion
from contracts.complaints import Complaint
from contracts.letters import Letter
from contracts.loans import LoanDetail, Outstanding
from contracts.parties import Customer
from contracts.recovery import Sla
from contracts.right_party import RightPartyCheck
from domain.contact.channel import Channel
from domain.contact.consent import ConsentState

router = APIRouter(include_in_schema=False, prefix=CONSOLE.root)

_ALL: Final = PageRequest(200, None)

ChapterChoice = Annotated[Chapter, Query(alias="show")]

DONE: Mapping[str, str] = {
    "promise": "The promise is recorded. Chasing pauses until its last day.",
    "hold": "The hold is placed.",
    "end-hold": "The hold has ended. The case goes on where it stood.",
    "arrangement": "The arrangement is recorded. Who has to agree to it is asked.",
    "approve-arrangement": "The arrangement is open. Chasing rests while it is kept.",
    "cancel-arrangement": "The arrangement is cancelled. The case goes on where it stood.",
    "settlement": "The settlement is recorded. Who has to agree to it is asked.",
    "approve-settlement": "The offer stands.",
    "accept-settlement": "The settlement is accepted. Chasing rests until its last day.",
    "withdraw-settlement": "The settlement is withdrawn.",
    "moratorium": "The moratorium is placed. Nothing is asked for, charged or enforced.",
    "review-moratorium": "The review is recorded.",
    "right-party": "It is kept what was asked, and what came of it.",
    "note": "The note is kept.",
    "assign": "The owner is changed.",
    "hand-over": "The case is handed over.",
    "pause-clock": "The clock of the escalation stands still.",
    "resume-clock": "The clock of the escalation runs again.",
    "escalate": "An advisor is asked to take over.",
    "acknowledge": "The escalation is yours.",
    "close": "The case is closed.",
    "task": "The task is done.",
    "approve-proposal": "The proposal is approved. The story says what follows.",
    "call": "The call may be made: the number stands below, with the time until when to dial.",
    "call-result": "What became of the call is kept.",
    "call-log": "The call is kept. The story says what was counted.",
    "reject-proposal": "The proposal is rejected. The case goes on.",
}
"""What a page says after an act."""

_DECISIONS = (
    "approve-arrangement",
    "cancel-arrangement",
    "approve-settlement",
    "accept-settlement",
    "withdraw-settlement",
    "review-moratorium",
)
"""Forms that decide on something agreed."""

SCHEMES = (
    ("standard", "Breathing space"),
    ("mental_health_crisis", "Mental health crisis"),
    ("scotland", "Scottish moratorium"),
)
HOLDS = (
    ("dispute", "Dispute"),
    ("hardship", "Hardship"),
    ("vulnerable", "Vulnerable"),
    ("moratorium", "Moratorium"),
    ("cease", "Cease request"),
    ("legal_representative", "Legal representative"),
    ("bankruptcy", "Bankruptcy"),
    ("deceased", "Deceased"),
    ("fraud", "Fraud"),
    ("manual", "Other"),
)
CLOSE_REASONS = (
    ("settled", "Settled"),
    ("arrangement_completed", "Arrangement completed"),
    ("forgiven", "Forgiven"),
    ("wrong_party", "Wrong party"),
)
HAND_OVER_REASONS = (
    ("absence", "Absence"),
    ("leaving", "Leaving"),
    ("workload", "Workload"),
    ("skill", "Skill"),
    ("conflict", "Conflict of interest"),
    ("other", "Other"),
)
AWAITED = (
    ("customer", "The customer"),
    ("third_party", "A third party"),
    ("provider", "A provider"),
)
CALL_OUTCOMES = (
    ("conversation", "Spoke with the customer"),
    ("no_answer", "No answer"),
    ("voicemail", "Voicemail"),
    ("busy", "Busy"),
    ("not_connected", "The number could not be reached"),
    ("not_made", "Nobody dialled"),
)
FACTS = (
    ("birth_date", "Birth date", True),
    ("last_payment", "Last payment", True),
    ("instalment", "Instalment", True),
    ("payment_account", "Last digits of the account that pays", True),
    ("password", "Password agreed on", True),
    ("full_name", "Full name", False),
    ("postcode", "Postcode", False),
    ("address", "Address", False),
    ("phone", "Phone number", False),
    ("email", "E-mail address", False),
    ("loan_number", "Number of the loan", False),
)
"""What may be asked: its name, its words, whether it is known to himself alone."""
CHECKED = (
    ("confirmed", "It is him: two answers fitted"),
    ("not_confirmed", "Not confirmed: the answers did not fit"),
    ("refused", "He would not say"),
    ("wrong_person", "Somebody else"),
)
MEETINGS = (("call", "A call"), ("in_person", "In person"), ("video", "A video call"))
CALLERS = (("customer", "The customer called us"), ("agent", "We called, without asking first"))
OUTCOMES = (
    ("right_party", "Spoke with the customer"),
    ("no_answer", "No answer"),
    ("voicemail", "Voicemail"),
    ("wrong_number", "Wrong number"),
    ("refused", "Refused"),
    ("call_back", "Call back"),
    ("done", "Done"),
)


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether a customer may be reached by a medium, and why not."""

    medium: str
    address: str
    state: str
    """`good`, `open` (he never said), or `no`."""
    said: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything the page of a case is made of."""

    sheet: Sheet
    customer: Customer
    reach: Sequence[Reach]
    loans: Sequence[LoanDetail]
    owed: Mapping[UUID, Outstanding]
    lines: Sequence[Line]
    calls: Sequence[Call]
    """Those that may be made now, with their numbers."""
    complaints: Sequence[Complaint]
    checks: Sequence[RightPartyCheck]
    """Of the last day who was asked who he is, newest first."""
    people: Sequence[tuple[str, str]]
    """Whom the case may be spoken of with, by key and name: its customer first."""
    letters: Sequence[Letter]
    """About its loans, to its customer."""
    owner: str
    members: Sequence[identity.Member]
    suggestion: Suggestion
    sla: Sla
    risk: CustomerRisk


@router.get("/cases/{case_id}")
async def console_case(
    visit: ConsoleVisit,
    case_id: UUID,
    show: ChapterChoice = Chapter.ALL,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """A case as somebody works it."""
    return await case_page(visit, case_id, show=show, done=done)


@router.get("/cases/{case_id}/live")
async def console_case_live(
    visit: QuietVisit, case_id: UUID, show: ChapterChoice = Chapter.ALL
) -> Response:
    """What of the page changes by itself, fetched by the page."""
    async with visit.begin("get_case") as work:
        shown = await _shown(work, visit, case_id, show)
    context = _context(visit, shown, show) | {"is_fetched": True}
    return fragment(visit, "case.html", ("live", "rest"), context)


@router.get("/messages/{message_id}/why")
async def console_message_why(visit: ConsoleVisit, message_id: UUID) -> Response:
    """Why a message was sent, put off or withheld: every rule that spoke."""
    async with visit.begin("list_message_decisions") as work:
        found = await messages.decisions(work, message_id)
    return page(visit, "why.html", {"decisions": found})


async def case_page(
    visit: Visit,
    case_id: UUID,
    *,
    show: Chapter = Chapter.ALL,
    done: str = "",
    form: Form | None = None,
) -> Response:
    """The page, with a form that did not do, if one was sent."""
    async with visit.begin("get_case") as work:
        shown = await _shown(work, visit, case_id, show)
    context = _context(visit, shown, show) | {
        "is_fetched": False,
        "done": DONE.get(done, ""),
        "form": _forms(shown, form),
        "open_form": "" if form is None else form.name,
        "kinds_of_hold": HOLDS,
        "rhythms": RHYTHMS,
        "schemes": SCHEMES,
        "close_reasons": CLOSE_REASONS,
        "outcomes": OUTCOMES,
        "hand_over_reasons": HAND_OVER_REASONS,
        "awaited": AWAITED,
        "call_outcomes": CALL_OUTCOMES,
        "callers": CALLERS,
        "facts": FACTS,
        "checked": CHECKED,
        "meetings": MEETINGS,
    }
    return page(visit, "case.html", context, 200 if form is None else 422)


def _context(visit: Visit, shown: Shown, show: Chapter) -> dict[str, object]:
    case = shown.sheet.case
    return {
        "shown": shown,
        "case": case,
        "zone": shown.sheet.zone,
        "path": f"{visit.site.root}/cases/{case.id}",
        "workflow": workflow_link(visit, case.workflow_id),
        "show": show,
        "chapters": tuple(Chapter),
    }


async def _shown(work: Work, visit: Visit, case_id: UUID, show: Chapter) -> Shown:
    found = await sheet(work, case_id)
    customer = await customers.get(work, found.case.customer_id)
    card = await customers.contact_card(work, customer.id)
    members = await identity.members(work)
    owner = ""
    if found.case.assignee_id is not None:
        named = await identity.names(work, [found.case.assignee_id])
        owner = named.get(found.case.assignee_id, "")
    return Shown(
        sheet=found,
        customer=customer,
        reach=reach_of(card),
        loans=[await loans.detail(work, loan_id) for loan_id in found.case.loan_ids],
        owed={
            loan_id: await loans.outstanding(work, loan_id, None) for loan_id in found.case.loan_ids
        },
        lines=await story.lines(work, found, show, visit.site.root),
        calls=await calls.pending_calls(work, case_id),
        complaints=await complaints.about_case(work, case_id),
        checks=await _checks(work, found),
        people=await _people(work, found, customer),
        letters=[
            letter
            for loan_id in found.case.loan_ids
            for letter in (await letters.list_of_loan(work, loan_id, _ALL)).items
            if letter.customer_id == found.case.customer_id
        ],
        owner=owner,
        members=members,
        suggestion=await suggesting.of_case(work, case_id),
        sla=await sla.get_sla(work, case_id),
        risk=await risks.of_customer(work, customer.id),
    )


async def _checks(work: Work, found: Sheet) -> Sequence[RightPartyCheck]:
    recent = found.clock.now - timedelta(days=1)
    return await right_party.recent(work, found.case.id, recent)


async def _people(work: Work, found: Sheet, customer: Customer) -> Sequence[tuple[str, str]]:
    others: dict[UUID, None] = {}
    for loan_id in found.case.loan_ids:
        for party in (await parties.list_parties(work, loan_id, _ALL)).items:
            if party.until_on is None and party.customer_id != customer.id:
                others[party.customer_id] = None
    named = await customers.names(work, set(others))
    return [
        (str(customer.id), customer.name or customer.number),
        *((str(key), named[key].name or named[key].number) for key in others),
    ]


def reach_of(card: ContactCard) -> Sequence[Reach]:
    """How a customer may be reached, medium by medium."""
    said = {word.channel: word.state for word in card.consents}
    found: list[Reach] = []
    for channel, name in ((Channel.SMS, "SMS"), (Channel.EMAIL, "E-mail")):
        address = card.address(channel) or ""
        if not address:
            found.append(Reach(name, "", "no", "no address"))
        elif channel in card.suppressed:
            found.append(Reach(name, address, "no", "stopped"))
        elif said.get(channel) is ConsentState.REVOKED:
            found.append(Reach(name, address, "no", "taken back"))
        elif said.get(channel) is ConsentState.GIVEN:
            found.append(Reach(name, address, "good", "agreed"))
        else:
            found.append(Reach(name, address, "open", "never asked"))
    return found


def _forms(shown: Shown, sent: Form | None) -> Mapping[str, Form]:
    """Every form of the page, the one that was sent as it was sent."""
    found, case = shown.sheet, shown.sheet.case
    review_on = found.today + timedelta(days=14)
    forms = {
        "promise": blank(
            "promise",
            amount=case.overdue,
            due_on=min(found.today + timedelta(days=7), found.last_promise_day),
        ),
        "arrangement": blank(
            "arrangement",
            total=case.overdue,
            count=3,
            first_on=found.today + timedelta(days=7),
            every="month",
        ),
        "settlement": blank("settlement", valid_until=review_on, pay_by=review_on),
        "moratorium": blank("moratorium", scheme="standard", starts_on=found.today),
        **{name: blank(name) for name in _DECISIONS},
        "hold": blank("hold", kind="dispute", review_on=review_on),
        "end-hold": blank("end-hold"),
        "right-party": blank("right-party"),
        "note": blank("note"),
        "assign": blank("assign", user_id=case.assignee_id),
        "hand-over": blank("hand-over", reason="workload"),
        "pause-clock": blank("pause-clock", waiting_on="customer"),
        "resume-clock": blank("resume-clock"),
        "escalate": blank("escalate"),
        "acknowledge": blank("acknowledge"),
        "close": blank("close"),
        "task": blank("task"),
        "approve-proposal": blank("approve-proposal"),
        "reject-proposal": blank("reject-proposal"),
        "call": blank("call"),
        "call-result": blank("call-result"),
        "call-log": blank("call-log"),
    }
    if sent is not None:
        forms[sent.name] = sent
    return forms
