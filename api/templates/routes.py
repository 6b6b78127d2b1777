"""Texts in versions over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from api.deps import IfMatch, OnceDep, ServicesDep, WorkDep
from api.pagination import PageQuery
from api.templates import service
from api.templates.service import VersionFilter
from contracts.base import Code, Page
from contracts.templates import (
    ApproveTemplate,
    NewTemplateVersion,
    PreviewTemplate,
    Template,
    TemplateMedium,
    TemplatePreview,
    TemplateStatus,
    TemplateVersion,
    TemplateVersionEdit,
)

router = APIRouter(tags=["templates"])

Language = Annotated[str, Path(pattern=r"^[a-z]{2}$")]


def _tagged(response: Response, found: TemplateVersion) -> TemplateVersion:
    """Give the version as ETag, for the next edit's If-Match."""
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.get("/templates", summary="List texts")
async def list_templates(
    work: WorkDep,
    page: PageQuery,
    medium: Annotated[TemplateMedium | None, Query(description="Only of this medium")] = None,
    language: Annotated[str | None, Query(pattern=r"^[a-z]{2}$")] = None,
) -> Page[Template]:
    """Every text of messages and letters, in each language it has, with the version in use."""
    return await service.list_templates(work, page, medium, language)


@router.get("/templates/{key}/{medium}/{language}", summary="Read a text")
async def get_template(
    work: WorkDep, key: Code, medium: TemplateMedium, language: Language
) -> Template:
    """Show the text in use; `fallback` names the language that stands in for a missing one."""
    return await service.get(work, key, medium, language)


@router.post("/templates/preview", summary="Try a text")
async def preview_template(
    work: WorkDep, kit: ServicesDep, asked: PreviewTemplate
) -> TemplatePreview:
    """Fill in the text in use, or one that is given, and say what is wrong with it.

    With a case its figures of today are filled in. Nothing is kept, and nothing is sent.
    """
    return await service.preview(work, asked, kit.settings.public_url)


@router.get("/template-versions", summary="List versions of texts")
async def list_template_versions(  # noqa: PLR0917 - FastAPI fills one parameter per filter
    work: WorkDep,
    page: PageQuery,
    key: Annotated[Code | None, Query(description="Only of this text")] = None,
    medium: Annotated[TemplateMedium | None, Query(description="Only of this medium")] = None,
    language: Annotated[str | None, Query(pattern=r"^[a-z]{2}$")] = None,
    status: Annotated[TemplateStatus | None, Query(description="Only in this state")] = None,
) -> Page[TemplateVersion]:
    """Drafts, versions in use or to come, and retired ones, in the order they were written."""
    return await service.list_versions(work, VersionFilter(key, medium, language, status), page)


@router.post(
    "/template-versions",
    status_code=201,
    response_model=TemplateVersion,
    summary="Draft a version of a text",
)
async def draft_template(new: NewTemplateVersion, once: OnceDep, work: WorkDep) -> Response:
    """Keep a draft if it could be used: its variables are known and its legal words are there."""
    return await once.run(work, new, lambda: service.draft(work, new))


@router.get("/template-versions/{version_id}", summary="Read a version of a text")
async def get_template_version(
    version_id: UUID, work: WorkDep, response: Response
) -> TemplateVersion:
    """Show a version; its ETag is wanted by every change."""
    return _tagged(response, await service.get_version(work, version_id))


@router.patch("/template-versions/{version_id}", summary="Edit a draft of a text")
async def edit_template(
    version_id: UUID,
    change: TemplateVersionEdit,
    seen: IfMatch,
    work: WorkDep,
    response: Response,
) -> TemplateVersion:
    """Change a draft. A version that was approved never changes: draft another."""
    return _tagged(response, await service.edit(work, version_id, change, seen))


@router.post(
    "/template-versions/{version_id}/approve",
    response_model=TemplateVersion,
    summary="Approve a draft of a text",
)
async def approve_template(
    version_id: UUID, wish: ApproveTemplate, seen: IfMatch, once: OnceDep, work: WorkDep
) -> Response:
    """Let a draft be used from a day on; somebody else than its author does it."""
    return await once.run(
        work, wish, lambda: service.approve(work, version_id, wish, seen), status=200
    )


@router.post(
    "/template-versions/{version_id}/retire",
    response_model=TemplateVersion,
    summary="Take a version of a text out of use",
)
async def retire_template(
    version_id: UUID, seen: IfMatch, once: OnceDep, work: WorkDep
) -> Response:
    """Roll back: the version before is used again at once, at last the one that is shipped."""
    return await once.run(work, None, lambda: service.retire(work, version_id, seen), status=200)
