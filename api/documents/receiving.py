"""Takes a file in over HTTP, for every route at which one may be handed in."""

import hashlib
from typing import Final

from fastapi import Request, Response

from api.deps import Services
from api.documents import service
from api.documents.bodies import Upload, UploadTerms, read_upload
from api.documents.reading import content_key
from api.idempotency.service import Once
from api.work import BeginWork

FILE: Final = {"type": "string", "contentMediaType": "application/octet-stream"}
_ID: Final = {"type": "string", "format": "uuid"}
_UPLOAD: Final = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": FILE,
                    "kind": {"type": "string", "enum": ["bank_statement"]},
                    "customer_id": _ID,
                    "loan_id": _ID,
                },
            }
        },
        "application/octet-stream": {"schema": FILE},
    },
}
"""The body of an upload as OpenAPI says it: it is read by hand, in one of two ways."""

UPLOAD_OPENAPI: Final = {
    "requestBody": _UPLOAD,
    "parameters": [
        {"name": "kind", "in": "query", "schema": {"type": "string"}},
        {"name": "customer_id", "in": "query", "schema": _ID},
        {"name": "loan_id", "in": "query", "schema": _ID},
    ],
}
UPLOAD_DESCRIPTION: Final = (
    "As a form with the part `file`, or as the bare body with its name in "
    "`Content-Disposition` and `kind`, `customer_id`, `loan_id` in the query. A customer hands in "
    "for himself and need not be named. The answer comes at once; the document is read in the "
    "background. The same content again for the same customer is answered with 200, the document "
    "that is there, and `duplicate: true`."
)


class _Fingerprint(UploadTerms):
    """What makes two uploads the same request."""

    content: str
    name: str | None


async def receive(request: Request, once: Once, begin: BeginWork, kit: Services) -> Response:
    """Take a file in: no transaction is open while it arrives or is stored.

    Answers 201, or 200 for what is here already. Raises what `bodies.read_upload`,
    `uploads.look_at`, `uploads.write_down` and the object store raise.
    """
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


def _fingerprint(upload: Upload) -> _Fingerprint:
    return _Fingerprint(
        **upload.terms.model_dump(),
        content=hashlib.sha256(upload.content).hexdigest(),
        name=upload.name,
    )
