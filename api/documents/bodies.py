"""Reads an uploaded file from a request: as a form with parts, or as the bare body."""

import re
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final
from urllib.parse import unquote
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.datastructures import UploadFile

from api.middleware import Allowance
from api.settings import Settings
from contracts.documents import DocumentKind
from domain.errors import DomainError, ErrorCode

FORM_OVERHEAD: Final = 16_384
"""What a form needs beside its file."""
READING_BYTES: Final = 16 * 1_048_576
"""What was read in a file of 5,000 lines."""
PAGE_BYTES: Final = 8 * 1_048_576
"""An image of a page."""

_FORM: Final = "multipart/form-data"
_LONGEST_NAME: Final = 200
_FIELDS: Final = 10
_ID: Final = r"[^/]+"


class UploadTerms(BaseModel):
    """What is said of a file beside its bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: DocumentKind = "bank_statement"
    customer_id: UUID | None = None
    loan_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came, and what was said of it."""

    terms: UploadTerms
    name: str | None
    content: bytes


def allowances(settings: Settings, prefix: str) -> tuple[Allowance, ...]:
    """The operations whose bodies may be larger than others'."""
    documents = re.escape(f"{prefix}/documents")
    extractions = re.escape(f"{prefix}/automation/extractions")
    upload = re.compile(f"{documents}|{extractions}")
    return (
        Allowance("POST", upload, settings.max_document_bytes + FORM_OVERHEAD),
        Allowance("POST", re.compile(rf"{documents}/{_ID}/reading"), READING_BYTES),
        Allowance("PUT", re.compile(rf"{documents}/{_ID}/pages/{_ID}"), PAGE_BYTES),
    )


async def read_upload(request: Request, largest: int) -> Upload:
    """The file of a request.

    Raises `INVALID_REQUEST` without a file, with an empty one or with fields nobody knows, and
    `BODY_TOO_LARGE`.
    """
    if request.headers.get("content-type", "").lower().startswith(_FORM):
        upload = await _from_form(request)
    else:
        terms = _terms(dict(request.query_params))
        name = _disposition_name(request.headers.get("content-disposition"))
        upload = Upload(terms, plain_name(name), await request.body())
    if not upload.content:
        raise DomainError(ErrorCode.INVALID_REQUEST, "The file is empty, or there is none.")
    if len(upload.content) > largest:
        raise DomainError(
            ErrorCode.BODY_TOO_LARGE, f"A file may hold {largest} bytes.", {"bytes": largest}
        )
    return upload


async def _from_form(request: Request) -> Upload:
    said: dict[str, str] = dict(request.query_params)
    file: UploadFile | None = None
    async with request.form(max_files=1, max_fields=_FIELDS) as form:
        for field, value in form.multi_items():
            if isinstance(value, UploadFile):
                file = value
            else:
                said[field] = value
        if file is None:
            raise DomainError(
                ErrorCode.INVALID_REQUEST, "Send the file as the part `file` of the form."
            )
        return Upload(_terms(said), plain_name(file.filename), await file.read())


def _terms(said: dict[str, str]) -> UploadTerms:
    try:
        return UploadTerms.model_validate({key: value for key, value in said.items() if value})
    except ValidationError as error:
        fields = sorted({str(item["loc"][0]) for item in error.errors() if item["loc"]})
        raise DomainError(
            ErrorCode.INVALID_REQUEST,
            "Some fields are unknown or malformed: kind, customer_id and loan_id may stand here.",
            {"fields": ", ".join(field for field in fields if field in UploadTerms.model_fields)},
        ) from None


def _disposition_name(header: str | None) -> str | None:
    """The file's name by `Content-Disposition` (RFC 6266)."""
    if header is None:
        return None
    message = EmailMessage()
    try:
        message["Content-Disposition"] = header
    except ValueError:
        return None
    return message.get_filename()


def plain_name(name: str | None) -> str | None:
    """A file's name without folders and control characters; null when nothing is left."""
    if name is None:
        return None
    last = re.split(r"[/\\]", unquote(name))[-1]
    shown = "".join(letter for letter in last if letter.isprintable()).strip()
    return shown[:_LONGEST_NAME] or None
