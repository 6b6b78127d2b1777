"""Documents over HTTP: handing in, reading, reviewing, and the calls of their worker."""

import hashlib
from typing import Annotated, Final
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.deps import BeginDep, IfMatch, OnceDep, ServicesDep, WorkDep
from api.documents import service
from api.documents.bodies import Upload, UploadTerms, read_upload
from api.documents.reading import content_key
from api.documents.service import DocumentFilter
from api.pagination import PageQuery
from contracts.base import Page
from contracts.documents import (
    Document,
    DocumentStatus,
    Extraction,
    ReadResult,
    RejectDocument,
    ReviewDocument,
    UploadedDocument,
)
from contracts.work import DocumentPlan, DocumentRendered, DocumentScan

router = APIRouter(tags=["documents"])

_FILE: Final = {"type": "string", "contentMediaType": "application/octet-stream"}
_ID: Final = {"type": "string", "format": "uuid"}
_UPLOAD: Final = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": _FILE,
                    "kind": {"type": "string", "enum": ["bank_statement"]},
                    "customer_id": _ID,
                    "loan_id": _ID,
                },
            }
        },
        "application/octet-stream": {"schema": _FILE},
    },
}
"""The body of an upload as OpenAPI says it: it is read by hand, in one of two ways."""

_BYTES: Final = {"content": {"application/octet-stream": {"schema": _FILE}}}
_PNG: Final = {"content": {"image/png": {"schema": _FILE}}}


class _Fingerprint(UploadTerms):
    """What makes two uploads the same request."""

    content: str
    name: str | None


@router.post(
    "/documents",
    status_code=201,
    response_model=UploadedDocument,
    summary="Hand in a document",
    description="As a form with the part `file`, or as the bare body with its name in "
    "`Content-Disposition` and `kind`, `customer_id`, `loan_id` in the query. A customer hands in "
    "for himself and need not be named. The answer comes at once; the document is read in the "
    "background. The same content again for the same customer is answered with 200, the document "
    "that is there, and `duplicate: true`.",
    responses={200: {"model": UploadedDocument, "description": "It was here before"}},
    openapi_extra={
        "requestBody": _UPLOAD,
        "parameters": [
            {"name": "kind", "in": "query", "schema": {"type": "string"}},
            {"name": "customer_id", "in": "query", "schema": _ID},
            {"name": "loan_id", "in": "query", "schema": _ID},
        ],
    },
)
async def upload_document(
    request: Request, once: OnceDep, begin: BeginDep, kit: ServicesDep
) -> Response:
    """Take a file in: no transaction is open while it arrives or is stored."""
    upload = await read_upload(request, kit.settings.max_document_bytes)
    async with begin() as work:
        arrival = await service.look_at(work, upload)
    if arrival.sealed is not None:
        await kit.objects.put(content_key(arrival.document_id), arrival.sealed)
    async with begin() as work:
        answer = await once.run(
            work,
            _fingerprint(upload),
            lambda: service.write_down(work, upload, arrival),
            reread=lambda document_id: service.uploaded_before(work, document_id),
        )
    if b'"duplicate":true' in answer.body:
        answer.status_code = 200
    return answer


@router.get("/documents", summary="Documents")
async def list_documents(
    work: WorkDep,
    page: PageQuery,
    status: Annotated[DocumentStatus | None, Query()] = None,
    loan_id: Annotated[UUID | None, Query()] = None,
    test_clock_id: Annotated[UUID | None, Query(description="Those on this clock only")] = None,
) -> Page[Document]:
    """List documents by number; a customer sees his own."""
    wanted = DocumentFilter(loan_id=loan_id, status=status, test_clock_id=test_clock_id)
    return await service.list_documents(work, page, wanted)


@router.get("/customers/{customer_id}/documents", summary="A customer's documents")
async def list_customer_documents(
    customer_id: UUID, work: WorkDep, page: PageQuery
) -> Page[Document]:
    """List what was handed in for a customer, by number."""
    return await service.list_of_customer(work, page, customer_id)


@router.get("/documents/{document_id}", summary="A document")
async def get_document(document_id: UUID, work: WorkDep, response: Response) -> Document:
    """Show where a document stands; its ETag is wanted by a review."""
    document = await service.get(work, document_id)
    response.headers["ETag"] = f'"{document.version}"'
    return document


@router.get(
    "/documents/{document_id}/content",
    summary="The file as it was handed in",
    response_class=Response,
    responses={200: _BYTES},
)
async def get_document_content(document_id: UUID, work: WorkDep, kit: ServicesDep) -> Response:
    """Download the file."""
    document, content = await service.content(work, kit.objects, document_id)
    name = quote(document.name or document.number, safe="")
    return Response(
        content,
        media_type=document.content_type,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
    )


@router.get(
    "/documents/{document_id}/pages/{page}",
    summary="A page as an image",
    response_class=Response,
    responses={200: _PNG},
)
async def get_document_page(
    document_id: UUID, page: int, work: WorkDep, kit: ServicesDep
) -> Response:
    """Show a page of a PDF file, from 1 to `preview_pages`; table files have no images."""
    image = await service.page_image(work, kit.objects, document_id, page)
    return Response(image, media_type="image/png", headers={"Cache-Control": "private, no-cache"})


@router.get("/documents/{document_id}/extraction", summary="What was read in a document")
async def get_document_extraction(
    document_id: UUID, work: WorkDep, response: Response
) -> Extraction:
    """Show each line with its place, raw text, value and confidence, and the cross-check."""
    extraction, version = await service.extraction(work, document_id)
    response.headers["ETag"] = f'"{version}"'
    return extraction


@router.post(
    "/documents/{document_id}/review",
    response_model=Document,
    summary="Confirm or correct what was read",
)
async def review_document(
    document_id: UUID, command: ReviewDocument, version: IfMatch, once: OnceDep, work: WorkDep
) -> Response:
    """Accept a document that waits for a review; what is not corrected is confirmed."""
    return await once.run(
        work,
        command,
        lambda: service.review(work, document_id, version, command),
        status=200,
        reread=lambda key: service.get(work, key),
    )


@router.post(
    "/documents/{document_id}/reject", response_model=Document, summary="Refuse a document"
)
async def reject_document(
    document_id: UUID, command: RejectDocument, version: IfMatch, once: OnceDep, work: WorkDep
) -> Response:
    """Refuse a document that waits for a review."""
    return await once.run(
        work,
        command,
        lambda: service.reject(work, document_id, version, command),
        status=200,
        reread=lambda key: service.get(work, key),
    )


# --- for the worker ---------------------------------------------------------------------------


@router.post("/documents/{document_id}/plan", summary="What is done with a document next")
async def plan_document(document_id: UUID, work: WorkDep) -> DocumentPlan:
    """For the document's workflow: the next step, or what it waits for."""
    return await service.plan(work, document_id)


@router.get(
    "/documents/{document_id}/source",
    summary="The file, for its worker",
    response_class=Response,
    responses={200: _BYTES},
)
async def get_document_source(document_id: UUID, work: WorkDep, kit: ServicesDep) -> Response:
    """The file as it was handed in, without its name."""
    content = await service.source(work, kit.objects, document_id)
    return Response(content, media_type="application/octet-stream")


@router.post("/documents/{document_id}/scan", summary="Record what a first look found")
async def record_document_scan(
    document_id: UUID, scan: DocumentScan, work: WorkDep
) -> DocumentPlan:
    """Take in the format of a file, or why it is refused; a repeat changes nothing."""
    return await service.record_scan(work, document_id, scan)


@router.post("/documents/{document_id}/reading", summary="Record what was read")
async def record_document_reading(
    document_id: UUID, result: ReadResult, work: WorkDep
) -> DocumentPlan:
    """Take in the statement that was read, or why it is refused; a repeat changes nothing."""
    return await service.record_reading(work, document_id, result)


@router.put(
    "/documents/{document_id}/pages/{page}",
    status_code=204,
    summary="Store the image of a page",
    openapi_extra={"requestBody": {"required": True, **_PNG}},
)
async def store_document_page(
    document_id: UUID, page: int, request: Request, begin: BeginDep, kit: ServicesDep
) -> Response:
    """Keep the PNG image of a page; one that is there already stays."""
    image = await request.body()
    async with begin() as work:
        await service.store_page(work, kit.objects, document_id, page, image)
    return Response(status_code=204)


@router.post("/documents/{document_id}/rendered", summary="Record that pages have images")
async def record_document_rendering(
    document_id: UUID, rendered: DocumentRendered, work: WorkDep
) -> DocumentPlan:
    """Take in how many pages have an image; a repeat changes nothing."""
    return await service.record_rendering(work, document_id, rendered)


@router.post("/documents/{document_id}/settle", summary="Decide on a document")
async def settle_document(document_id: UUID, work: WorkDep) -> DocumentPlan:
    """Accept it, refuse it, or put it before a person, by what is known of it."""
    return await service.settle(work, document_id)


def _fingerprint(upload: Upload) -> _Fingerprint:
    return _Fingerprint(
        **upload.terms.model_dump(),
        content=hashlib.sha256(upload.content).hexdigest(),
        name=upload.name,
    )
