"""The life of a version: drafted, edited, approved by another person, retired."""

from datetime import date
from uuid import UUID

from api.audit.service import record
from api.db.base import new_id
from api.pagination import PageRequest
from api.templates import queries
from api.templates.checking import Draft, problems, segments_of
from api.templates.queries import VersionFilter
from api.templates.tables import TemplateVersionRow
from api.versions import check_version
from api.work import Work
from contracts.base import Page
from contracts.templates import (
    ApproveTemplate,
    NewTemplateVersion,
    TemplateVersion,
    TemplateVersionEdit,
)
from domain.errors import DomainError, ErrorCode


async def list_versions(
    work: Work, wanted: VersionFilter, page: PageRequest
) -> Page[TemplateVersion]:
    """Versions in the order they were written."""
    rows = await queries.page(work, wanted, page.after_id(), page.limit + 1)
    kept, cursor = page.cut(rows, [row.id for row in rows])
    return Page(items=[shown(row) for row in kept], next_cursor=cursor)


async def get(work: Work, version_id: UUID) -> TemplateVersion:
    """A version; raises `NOT_FOUND`."""
    row = await queries.by_id(work, version_id)
    if row is None:
        raise _missing()
    return shown(row)


async def draft(work: Work, new: NewTemplateVersion) -> TemplateVersion:
    """Write a new draft; raises `TEMPLATE_INVALID` with what is wrong with it."""
    _check(Draft(new.key, new.medium, new.language, new.subject, new.body))
    row = TemplateVersionRow(
        id=new_id(),
        key=new.key,
        medium=new.medium,
        language=new.language,
        number=await queries.next_number(work, new.key, new.medium, new.language),
        subject=new.subject,
        body=new.body,
        status="draft",
        author=work.principal.actor,
        author_id=work.principal.user_id,
        written_at=work.now,
        version=1,
    )
    work.session.add(row)
    await work.session.flush()
    _tell(work, "drafted", row)
    return shown(row)


async def edit(
    work: Work, version_id: UUID, change: TemplateVersionEdit, seen: int
) -> TemplateVersion:
    """Change a draft; who changes it is its author from then on.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, `ILLEGAL_TRANSITION` unless it is a draft, and
    `TEMPLATE_INVALID`.
    """
    row = await _held(work, version_id, seen, "draft")
    if "subject" in change.model_fields_set:
        row.subject = change.subject
    if change.body is not None:
        row.body = change.body
    _check(_draft(row))
    row.author, row.author_id = work.principal.actor, work.principal.user_id
    row.written_at = work.now
    row.version += 1
    _tell(work, "edited", row)
    return shown(row)


async def approve(
    work: Work, version_id: UUID, wish: ApproveTemplate, seen: int
) -> TemplateVersion:
    """Let a draft be used from a day on; never by its author.

    It is checked once more: what is shipped may have changed. Raises `NOT_FOUND`,
    `PRECONDITION_FAILED`, `ILLEGAL_TRANSITION`, `OWN_REQUEST`, `TEMPLATE_INVALID`.
    """
    row = await _held(work, version_id, seen, "draft")
    if row.author_id is not None and row.author_id == work.principal.user_id:
        raise DomainError(ErrorCode.OWN_REQUEST, "Another person than its author approves a text.")
    _check(_draft(row))
    row.status, row.from_on = "approved", wish.from_on
    row.approved_by, row.approved_at = work.principal.actor, work.now
    row.version += 1
    _tell(work, "approved", row, wish.from_on)
    return shown(row)


async def retire(work: Work, version_id: UUID, seen: int) -> TemplateVersion:
    """Take a version out of use, or a draft back: the one before it is used again at once.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, `ILLEGAL_TRANSITION` for one that is retired.
    """
    row = await _held(work, version_id, seen, "draft", "approved")
    row.status = "retired"
    row.retired_by, row.retired_at = work.principal.actor, work.now
    row.version += 1
    _tell(work, "retired", row)
    return shown(row)


async def _held(work: Work, version_id: UUID, seen: int, *states: str) -> TemplateVersionRow:
    row = await queries.by_id(work, version_id, lock=True)
    if row is None:
        raise _missing()
    check_version(seen, row.version)
    if row.status not in states:
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION,
            f"A version that is {row.status} stays as it is.",
            {"status": row.status},
        )
    return row


def _draft(row: TemplateVersionRow) -> Draft:
    return Draft(row.key, row.medium, row.language, row.subject, row.body)


def _check(text: Draft) -> None:
    found = problems(text)
    if found:
        raise DomainError(
            ErrorCode.TEMPLATE_INVALID,
            "The text cannot be used as it is.",
            {"problems": "; ".join(found)},
        )


def _tell(work: Work, verb: str, row: TemplateVersionRow, from_on: date | None = None) -> None:
    record(
        work,
        f"template.{verb}",
        "template",
        row.id,
        {
            "key": row.key,
            "medium": row.medium,
            "language": row.language,
            "number": row.number,
            "from_on": None if from_on is None else from_on.isoformat(),
        },
    )


def _missing() -> DomainError:
    return DomainError(ErrorCode.NOT_FOUND, "There is no such version of a text.")


def shown(row: TemplateVersionRow) -> TemplateVersion:
    """A version as it goes over the wire."""
    return TemplateVersion.model_validate(
        {
            "id": row.id,
            "key": row.key,
            "medium": row.medium,
            "language": row.language,
            "number": row.number,
            "subject": row.subject,
            "body": row.body,
            "status": row.status,
            "from_on": row.from_on,
            "segments": segments_of(_draft(row)),
            "author": row.author,
            "written_at": row.written_at,
            "approved_by": row.approved_by,
            "approved_at": row.approved_at,
            "retired_by": row.retired_by,
            "retired_at": row.retired_at,
            "version": row.version,
        }
    )
