"""Letters: those about a loan, one to write, seen as PDF before it is; and those of tasks."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.customers import service as customers
from api.letters import service as letters
from api.letters.packs import LETTER_FILES
from api.loans import service as loans
from api.pagination import PageQuery, PageRequest
from api.recovery import letters as task_letters
from api.recovery import proposals, reading
from api.web.console.acts import Nothing
from api.web.console.doors import ConsoleVisit
from api.web.console.showing import page
from api.web.forms import Form, InvalidForm, blank, command, refused, sent_fields
from api.web.site import CONSOLE
from api.web.visits import Visit, go
from api.work import Work
from contracts.letters import Letter, NewLetter
from contracts.loans import LoanDetail
from domain.errors import DomainError, ErrorCode

router = APIRouter(include_in_schema=False, prefix=CONSOLE.root)

_ROWS: Final = 50
CODES: Final = (
    ("arrears_notice", "Arrears notice: what is overdue, instalment by instalment"),
    ("default_notice", "Default notice: what has to be paid by when"),
    ("statement", "Statement: the movements of a period"),
    ("payoff", "Payoff: what closes the loan on a day"),
    ("no_dues", "No dues: nothing is owed any more"),
    ("settlement_agreement", "Settlement agreement: an approved offer"),
    ("agency_notice", "Agency notice: somebody else collects"),
    ("validation_notice", "Validation notice: what the debt consists of"),
)
DELIVERIES: Final = (
    ("post", "By post: somebody is asked to print and post it"),
    ("portal", "In the portal: a notice tells of it"),
)
_FIELDS: Final = (
    "code",
    "language",
    "deliver",
    "from_on",
    "to_on",
    "good_on",
    "pay_by_on",
    "proposal_id",
    "agency_name",
)
DONE: Final[Mapping[str, str]] = {
    "post": "The letter is written. Somebody is asked to print and post it.",
    "portal": "The letter is written. It is read in the portal.",
    "task": "The letter is made; its figures stay those of today.",
}


@router.get("/loans/{loan_id}/letters")
async def console_letters(
    visit: ConsoleVisit,
    loan_id: UUID,
    asked: PageQuery,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The letters about a loan, and the form in which one is written."""
    return await _page(visit, loan_id, asked=asked, done=done)


@router.post("/loans/{loan_id}/letters")
async def console_write_letter(visit: ConsoleVisit, request: Request, loan_id: UUID) -> Response:
    """Say what a letter would be; write it once it was seen and confirmed."""
    sent = await sent_fields(request)
    fonts = visit.kit.settings.letter_fonts_dir
    try:
        new = command(NewLetter, sent, *_FIELDS)
        if sent.get("step") != "make" or sent.get("seen") != _seen(sent):
            preview = await visit.rehearse(
                "write_letter", lambda work: letters.ask(work, loan_id, new, fonts)
            )
            form = blank("letter", **{name: sent.get(name, "") for name in _FIELDS})
            return await _page(visit, loan_id, form=form, preview=preview)
        await visit.once(
            "write_letter",
            sent,
            new,
            lambda work: letters.ask(work, loan_id, new, fonts),
            reread=letters.get,
        )
    except (InvalidForm, DomainError) as error:
        _unless_whole(error)
        return await _page(visit, loan_id, form=refused("letter", sent, error))
    return go(f"{visit.site.root}/loans/{loan_id}/letters?done={new.deliver}")


@router.post("/loans/{loan_id}/letters/proof")
async def console_letter_proof(visit: ConsoleVisit, request: Request, loan_id: UUID) -> Response:
    """A letter as PDF before it is written: nothing of it is kept."""
    sent = await sent_fields(request)
    fonts = visit.kit.settings.letter_fonts_dir

    async def draft(work: Work) -> bytes:
        letter = await letters.ask(work, loan_id, new, fonts)
        return await letters.proof(work, letter.id, fonts)

    try:
        new = command(NewLetter, sent, *_FIELDS)
        file = await visit.rehearse("write_letter", draft)
    except (InvalidForm, DomainError) as error:
        _unless_whole(error)
        return await _page(visit, loan_id, form=refused("letter", sent, error))
    return _pdf("proof.pdf", file)


@router.get("/letters/{letter_id}/pdf")
async def console_letter_file(visit: ConsoleVisit, letter_id: UUID) -> Response:
    """A letter as PDF: the same bytes each time."""
    async with visit.begin("get_letter_content") as work:
        letter, file = await letters.content(
            work, visit.kit.objects, letter_id, visit.kit.settings.letter_fonts_dir
        )
    return _pdf(f"{letter.number}.pdf", file)


# -- the letter of a task ----------------------------------------------------------------------


@router.get("/cases/{case_id}/tasks/{task_id}/letter")
async def console_task_letter(
    visit: ConsoleVisit,
    case_id: UUID,
    task_id: UUID,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The text of a step's letter with today's figures, or its PDF once that was made."""
    return await _task_page(visit, case_id, task_id, done=done)


@router.post("/cases/{case_id}/tasks/{task_id}/letter")
async def console_write_task_letter(
    visit: ConsoleVisit, request: Request, case_id: UUID, task_id: UUID
) -> Response:
    """Make the letter of a task, once: its figures stay those of the first time."""
    sent = await sent_fields(request)
    try:
        await visit.once(
            "write_case_letter",
            sent,
            Nothing(),
            lambda work: task_letters.write_for_task(work, case_id, task_id, visit.kit.settings),
            reread=letters.get,
        )
    except DomainError as error:
        _unless_whole(error)
        return await _task_page(visit, case_id, task_id, form=refused("task-letter", sent, error))
    return go(f"{visit.site.root}/cases/{case_id}/tasks/{task_id}/letter?done=task")


async def _task_page(
    visit: Visit, case_id: UUID, task_id: UUID, *, done: str = "", form: Form | None = None
) -> Response:
    async with visit.begin("get_letter_text") as work:
        written = await letters.of_task(work, task_id)
        case = (await reading.several(work, {case_id})).get(case_id)
        if case is None:
            raise DomainError(ErrorCode.NOT_FOUND, "There is no such recovery case.")
        text = (
            await task_letters.text(work, case_id, task_id, visit.kit.settings.public_url)
            if written is None
            else None
        )
        zone = await customers.zone_of(work, case.customer_id)
    return page(
        visit,
        "task_letter.html",
        {
            "case": case,
            "written": written,
            "text": text,
            "zone": zone or "UTC",
            "path": f"{visit.site.root}/cases/{case_id}",
            "here_path": f"{visit.site.root}/cases/{case_id}/tasks/{task_id}/letter",
            "form": form or blank("task-letter"),
            "done": DONE.get(done, ""),
        },
        200 if form is None else 422,
    )


# -- parts -------------------------------------------------------------------------------------


def _seen(sent: Mapping[str, str]) -> str:
    """What a preview was made of: a form that was changed since is shown again, not written."""
    return "|".join(sent.get(name, "") for name in _FIELDS)


def _unless_whole(error: DomainError | InvalidForm) -> None:
    """Refusals that leave nothing of the page to show go on as they are."""
    if isinstance(error, DomainError) and error.code in {ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND}:
        raise error


def _pdf(name: str, file: bytes) -> Response:
    return Response(
        file,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{name}"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


async def _page(  # noqa: PLR0913 - what the page is made of
    visit: Visit,
    loan_id: UUID,
    *,
    asked: PageRequest | None = None,
    done: str = "",
    form: Form | None = None,
    preview: Letter | None = None,
) -> Response:
    after = None if asked is None else asked.after
    async with visit.begin("list_loan_letters") as work:
        loan = await loans.detail(work, loan_id)
        found = await letters.list_of_loan(work, loan_id, PageRequest(_ROWS, after))
        customer = await customers.get(work, loan.customer_id)
        offers = await _offers(work, loan)
    shown = form or blank("letter", deliver="post")
    return page(
        visit,
        "letters.html",
        {
            "loan": loan,
            "found": found,
            "is_first": after is None,
            "customer": customer,
            "zone": customer.zone or "UTC",
            "offers": offers,
            "form": shown,
            "preview": preview,
            "seen": _seen(shown.values),
            "codes": CODES,
            "deliveries": DELIVERIES,
            "languages": [("", f"The customer's ({customer.language})")]
            + [(each, each) for each in sorted(LETTER_FILES)],
            "path": f"{visit.site.root}/loans/{loan_id}",
            "done": DONE.get(done, ""),
        },
        422 if form is not None and form.is_wrong else 200,
    )


async def _offers(work: Work, loan: LoanDetail) -> list[tuple[str, str]]:
    """The approved offers of the loan's case, which an agreement may be written for."""
    late = await loans.delinquency(work, loan.id)
    if late.case_id is None:
        return []
    return [
        (str(each.id), f"{each.amount:,} {loan.currency} until {each.valid_until}")
        for each in await proposals.list_proposals(work, late.case_id)
        if each.kind == "offer_settlement" and each.status == "approved"
    ]
