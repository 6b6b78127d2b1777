"""Documents over HTTP: handing in, reading, reviewing, and the calls of their worker."""

from typing import Annotated, Final
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.deps import BeginDep, IfMatch, OnceDep, ServicesDep, WorkDep
from api.documents import service
from api.documents.receiving import FILE, UPLOAD_DESCRIPTION, UPLOAD_OPENAPI, receive
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

_BYTES: Final = {"content": {"application/octet-stream": {"schema": FILE}}}
_PNG: Final = {"content": {"image/png": {"schema": FILE}}}


@router.post(
    "/documents",
    status_code=201,
    response_model=UploadedDocument,
    summary="Hand in a document",
    description=UPLOAD_DESCRIPTION,
    responses={200: {"model": UploadedDocument, "description": "It was here before"}},
    openapi_extra=UPLOAD_OPENAPI,
)
async def upload_document(
    request: Request, once: OnceDep, begin: BeginDep, kit: ServicesDep
) -> Response:
    """Take a file in: no transaction is open while it arrives or is stored."""
    return await receive(request, once, begin, kit)


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
