"""Documents: handing one in, and its review beside the image of the page."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from starlette.datastructures import UploadFile

from api.customers import service as customers
from api.documents import service as documents
from api.documents.bodies import FORM_OVERHEAD, Upload, UploadTerms, plain_name
from api.documents.queries import DocumentFilter
from api.documents.reading import content_key
from api.middleware import Allowance
from api.pagination import PageQuery, PageRequest
from api.settings import Settings
from api.web.console.doors import ConsoleVisit, QuietVisit
from api.web.console.showing import page, workflow_link
from api.web.forms import Form, InvalidForm, blank, command, refused, sent_fields, version_seen
from api.web.site import CONSOLE
from api.web.visits import Visit, go
from contracts.documents import (
    Document,
    DocumentStatus,
    ExtractedLine,
    Extraction,
    RejectDocument,
    ReviewDocument,
)
from contracts.parties import Customer
from domain.errors import DomainError, ErrorCode

router = APIRouter(include_in_schema=False, prefix=CONSOLE.root)

_ROWS: Final = 25
_SCALE: Final = 1000
"""Boxes are drawn on a canvas of this size, stretched over the image."""

_EDITABLE: Final = ("on", "description", "amount", "balance")
_MOST_EDITED: Final = 200


def allowances(settings: Settings) -> tuple[Allowance, ...]:
    """The form by which a file is handed in may be larger than others."""
    path = re.compile(re.escape(f"{CONSOLE.root}/documents"))
    return (Allowance("POST", path, settings.max_document_bytes + FORM_OVERHEAD),)


@dataclass(frozen=True, slots=True)
class Mark:
    """A box on the image of a page, on the canvas laid over it."""

    line: int
    x: float
    y: float
    width: float
    height: float
    is_sure: bool


@router.get("/documents")
async def console_documents(
    visit: ConsoleVisit, asked: PageQuery, status: Annotated[DocumentStatus | None, Query()] = None
) -> Response:
    """Documents by number, and the form that hands one in."""
    return await _list_page(visit, asked, status)


@router.post("/documents")
async def console_upload(visit: ConsoleVisit, request: Request) -> Response:
    """Take a file in, for the customer whose number is given."""
    sent = await sent_fields(request)
    try:
        async with visit.begin("list_customers") as work:
            found = await customers.list_(
                work, PageRequest(1, None), number=sent.get("number") or "?"
            )
        if not found.items:
            raise InvalidForm({"number": "There is no such customer."})
        document_id = await _take_in(visit, request, found.items[0])
    except (InvalidForm, DomainError) as error:
        form = refused("upload", sent, error)
        return await _list_page(visit, PageRequest(_ROWS, None), None, form)
    finally:
        await request.close()
    return go(f"{visit.site.root}/documents/{document_id}")


async def _take_in(visit: Visit, request: Request, holder: Customer) -> UUID:
    """Store a file and write it down; the same content again is the document that is there."""
    limit = visit.kit.settings.max_document_bytes
    file = (await request.form()).get("file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    if not isinstance(file, UploadFile) or not content:
        raise InvalidForm({"file": "Choose a file with something in it."})
    if len(content) > limit:
        raise InvalidForm({"file": f"A file may hold {limit // 1_048_576} MiB."})
    upload = Upload(UploadTerms(customer_id=holder.id), plain_name(file.filename), content)
    async with visit.begin("upload_document") as work:
        arrival = await documents.look_at(work, upload)
    if arrival.sealed is not None:
        await visit.kit.objects.put(content_key(arrival.document_id), arrival.sealed)
    # The content itself makes a repeat harmless: it needs no key beside it.
    async with visit.begin("upload_document") as work:
        return (await documents.write_down(work, upload, arrival)).id


@router.get("/documents/{document_id}")
async def console_document(
    visit: ConsoleVisit,
    document_id: UUID,
    page_number: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1,
    every: Annotated[bool, Query(alias="all")] = False,
    done: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """A document: its page beside what was read on it, and the decision about it."""
    return await _document_page(visit, document_id, page_number, every=every, done=done)


@router.get("/documents/{document_id}/state")
async def console_document_state(visit: QuietVisit, document_id: UUID) -> Response:
    """For the page that waits while a document is read: shown again once it was."""
    async with visit.begin("get_document") as work:
        found = await documents.get(work, document_id)
    if found.status == "received":
        return Response(status_code=204)
    return Response(headers={"HX-Refresh": "true"})


@router.get("/documents/{document_id}/pages/{number}")
async def console_document_image(visit: QuietVisit, document_id: UUID, number: int) -> Response:
    """The image of a page."""
    async with visit.begin("get_document_page") as work:
        image = await documents.page_image(work, visit.kit.objects, document_id, number)
    return Response(image, media_type="image/png", headers={"Cache-Control": "private, no-cache"})


@router.post("/documents/{document_id}/{name}")
async def console_document_act(
    visit: ConsoleVisit, request: Request, document_id: UUID, name: str
) -> Response:
    """Accept what was read, corrected where it was wrong, or refuse the document."""
    sent = await sent_fields(request)
    try:
        if name == "review":
            async with visit.begin("get_document_extraction") as work:
                read, _ = await documents.extraction(work, document_id)
            review = command_of(read, sent)
            await visit.once(
                "review_document",
                sent,
                review,
                lambda work: documents.review(work, document_id, version_seen(sent), review),
            )
        elif name == "reject":
            why = command(RejectDocument, sent, "note")
            await visit.once(
                "reject_document",
                sent,
                why,
                lambda work: documents.reject(work, document_id, version_seen(sent), why),
            )
        else:
            raise DomainError(ErrorCode.NOT_FOUND, "There is no such form.")
    except (InvalidForm, DomainError) as error:
        if isinstance(error, DomainError) and error.code in {
            ErrorCode.FORBIDDEN,
            ErrorCode.NOT_FOUND,
        }:
            raise
        form = refused(name, sent, error)
        return await _document_page(visit, document_id, 1, every="all" in sent, form=form)
    return go(f"{visit.site.root}/documents/{document_id}?done={name}")


def command_of(read: Extraction, sent: Mapping[str, str]) -> ReviewDocument:
    """What a form changes of what was read; what it does not change is confirmed.

    Raises `InvalidForm` with a sentence for each field that will not do.
    """
    corrections: list[dict[str, object]] = []
    for line in read.lines:
        changed = _changes(line, sent)
        if changed:
            corrections.append({"number": line.number} | changed)
    given: dict[str, object] = {"corrections": corrections}
    for name, figure in (("opening", read.opening), ("closing", read.closing)):
        before = "" if figure is None else format(figure.amount, "f")
        if name in sent and sent[name] != before:
            given[name] = sent[name] or None
    if sent.get("note"):
        given["note"] = sent["note"]
    try:
        return ReviewDocument.model_validate(given)
    except ValueError as error:
        raise InvalidForm(_where(error, corrections)) from None


def _changes(line: ExtractedLine, sent: Mapping[str, str]) -> dict[str, object]:
    if sent.get(f"remove-{line.number}") == "yes":
        return {"remove": True}
    before = as_typed(line)
    return {
        name: sent[f"{name}-{line.number}"] or (None if name != "description" else "")
        for name in _EDITABLE
        if f"{name}-{line.number}" in sent and sent[f"{name}-{line.number}"] != before[name]
    }


def as_typed(line: ExtractedLine) -> Mapping[str, str]:
    """The values of a line as they stand in a form."""
    return {
        "on": "" if line.on is None else line.on.isoformat(),
        "description": " ".join(line.description.split()),
        "amount": "" if line.amount is None else format(line.amount, "f"),
        "balance": "" if line.balance is None else format(line.balance, "f"),
    }


def _where(error: ValueError, corrections: Sequence[Mapping[str, object]]) -> Mapping[str, str]:
    """The fields of the form that are wrong, by the places the validator names."""
    found: dict[str, str] = {}
    for item in getattr(error, "errors", list)():
        place = item["loc"]
        if len(place) == 3 and place[0] == "corrections":  # noqa: PLR2004 - list, index, field
            name = f"{place[2]}-{corrections[place[1]]['number']}"
        else:
            name = str(place[0]) if place else ""
        found[name] = "An amount looks like -120.50, a date like 2028-03-15."
    return found


async def _list_page(
    visit: Visit, asked: PageRequest, status: DocumentStatus | None, form: Form | None = None
) -> Response:
    async with visit.begin("list_documents") as work:
        found = await documents.list_documents(
            work, PageRequest(_ROWS, asked.after), DocumentFilter(status=status)
        )
        people = await customers.names(work, {each.customer_id for each in found.items})
    return page(
        visit,
        "documents.html",
        {
            "found": found,
            "people": people,
            "status": status,
            "is_first": asked.after is None,
            "form": form or blank("upload"),
        },
        200 if form is None else 422,
    )


async def _document_page(
    visit: Visit,
    document_id: UUID,
    number: int,
    *,
    every: bool = False,
    done: str = "",
    form: Form | None = None,
) -> Response:
    async with visit.begin("get_document") as work:
        document = await documents.get(work, document_id)
        people = await customers.names(work, [document.customer_id])
        read = None
        if document.line_count is not None:
            read, _ = await documents.extraction(work, document_id)
    shown = min(number, max(document.preview_pages, 1))
    doubtful = () if read is None else _doubtful(read)
    return page(
        visit,
        "document.html",
        {
            "document": document,
            "holder": people[document.customer_id],
            "read": read,
            "marks": () if read is None else _marks(read, shown, doubtful),
            "doubtful": doubtful,
            "edited": _edited(document, read, doubtful, every=every),
            "as_typed": as_typed,
            "number": shown,
            "every": every,
            "path": f"{visit.site.root}/documents/{document_id}",
            "workflow": workflow_link(visit, document.workflow_id),
            "done": {"review": "It is accepted.", "reject": "It is refused."}.get(done, ""),
            "form": form or blank("review"),
            "scale": _SCALE,
        },
        200 if form is None else 422,
    )


def _doubtful(read: Extraction) -> Sequence[int]:
    """Numbers of the lines that a person must look at."""
    breaks = set(read.cross_check.running_breaks)
    return [
        line.number
        for line in read.lines
        if line.confidence < read.threshold or line.number in breaks
    ]


def _edited(
    document: Document, read: Extraction | None, doubtful: Sequence[int], *, every: bool
) -> Sequence[int]:
    """Numbers of the lines that are shown as fields: the doubtful ones, or all on request."""
    if read is None or document.status != "in_review":
        return ()
    wanted = [line.number for line in read.lines] if every else list(doubtful)
    return wanted[:_MOST_EDITED]


def _marks(read: Extraction, number: int, doubtful: Sequence[int]) -> Sequence[Mark]:
    """The boxes of the lines on a page."""
    found: list[Mark] = []
    for line in read.lines:
        place = line.place
        if place is None or place.page != number or place.box is None:
            continue
        box = place.box
        found.append(
            Mark(
                line=line.number,
                x=box.left * _SCALE,
                y=box.top * _SCALE,
                width=(box.right - box.left) * _SCALE,
                height=(box.bottom - box.top) * _SCALE,
                is_sure=line.number not in doubtful,
            )
        )
    return found
