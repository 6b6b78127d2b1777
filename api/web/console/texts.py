"""Texts of messages and letters: what is in use, drafts tried on sample customers, their life."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, get_args
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from api.identity import service as identity
from api.messages.packs import TEMPLATE_FILES
from api.pagination import PageQuery, PageRequest
from api.templates import service as templates
from api.templates.service import VersionFilter
from api.web.console.acts import Nothing
from api.web.console.differing import Piece, differences
from api.web.console.doors import ConsoleVisit
from api.web.console.showing import page
from api.web.console.versioned import VersionedAct
from api.web.forms import Form, InvalidForm, blank, command, refused, sent_fields, version_seen
from api.web.site import CONSOLE
from api.web.visits import Visit, go
from api.work import Work
from contracts.templates import (
    ApproveTemplate,
    NewTemplateVersion,
    PreviewTemplate,
    SampleCustomer,
    Template,
    TemplateMedium,
    TemplatePreview,
    TemplateVersion,
    TemplateVersionEdit,
)
from domain.errors import DomainError, ErrorCode

router = APIRouter(include_in_schema=False, prefix=CONSOLE.root)

_ROWS: Final = 100
_MOST: Final = 200
_LONGEST: Final = 8001
_USER: Final = "user:"
MEDIA: Final = (("sms", "SMS"), ("email", "E-mail"), ("in_app", "Notice"), ("letter", "Letter"))
SAMPLES: Final[Mapping[SampleCustomer, str]] = {
    "usual": "As usual",
    "long_name": "A very long name",
    "right_to_left": "A name from right to left",
    "zero_balance": "Nothing owed",
    "large_amount": "A large amount",
}
DONE: Final[Mapping[str, str]] = {
    "draft": "The draft is kept. Somebody else approves it.",
    "approve": "It is approved, and used from its day on.",
    "retire": "It is out of use. The version before it is used again at once.",
}

Key = Annotated[str, Path(max_length=64)]
Medium = Annotated[TemplateMedium, Path()]
Language = Annotated[str, Path(pattern=r"^[a-z]{2}$")]
Done = Annotated[str, Query(max_length=20)]


@dataclass(frozen=True, slots=True)
class Try:
    """How a text reads for one sample customer."""

    who: str
    shown: TemplatePreview


# -- the list ----------------------------------------------------------------------------------


@router.get("/texts")
async def console_texts(
    visit: ConsoleVisit,
    asked: PageQuery,
    medium: Annotated[str, Query(max_length=10)] = "",
    language: Annotated[str, Query(max_length=2)] = "",
) -> Response:
    """Every text in each language it has, with the version in use; and the drafts that wait."""
    async with visit.begin("list_templates") as work:
        found = await templates.list_templates(
            work, PageRequest(_ROWS, asked.after), medium or None, language or None
        )
        drafts = await templates.list_versions(
            work, VersionFilter(status="draft"), PageRequest(_MOST, None)
        )
    return page(
        visit,
        "texts.html",
        {
            "found": found,
            "drafts": drafts.items,
            "medium": medium,
            "language": language,
            "media": MEDIA,
            "languages": sorted(TEMPLATE_FILES),
            "is_first": asked.after is None,
        },
    )


# -- one text ----------------------------------------------------------------------------------


@router.get("/texts/{key}/{medium}/{language}")
async def console_text(
    visit: ConsoleVisit, key: Key, medium: Medium, language: Language, done: Done = ""
) -> Response:
    """A text: how it reads for five customers, what it may use, and its versions."""
    return await _text_page(visit, key, medium, language, done=done)


@router.get("/texts/{key}/{medium}/{language}/draft")
async def console_text_draft(
    visit: ConsoleVisit,
    key: Key,
    medium: Medium,
    language: Language,
    version: UUID | None = None,
) -> Response:
    """The form in which a version is written: from that in use, from another, or a draft itself."""
    async with visit.begin("get_template") as work:
        used = await templates.get(work, key, medium, language)
        begun = None if version is None else await templates.get_version(work, version)
        if begun is not None and (begun.key, begun.medium, begun.language) != (
            key,
            medium,
            language,
        ):
            raise DomainError(ErrorCode.NOT_FOUND, "There is no such version of this text.")
    source: Template | TemplateVersion = begun or used
    kept = {"subject": source.subject or "", "body": source.body}
    if begun is not None and begun.status == "draft":
        kept |= {"draft_id": str(begun.id), "version": str(begun.version)}
    return await _draft_page(visit, key, medium, language, blank("draft", **kept))


@router.post("/texts/{key}/{medium}/{language}/draft")
async def console_write_text(
    visit: ConsoleVisit, request: Request, key: Key, medium: Medium, language: Language
) -> Response:
    """Say what is wrong with a text and how it reads; keep it as a draft where that is asked."""
    sent = await sent_fields(request, _LONGEST)
    given = dict(sent) | {"key": key, "medium": medium, "language": language}
    try:
        new = command(NewTemplateVersion, given, "key", "medium", "language", "subject", "body")
    except InvalidForm as error:
        return await _draft_page(visit, key, medium, language, refused("draft", sent, error))
    try:
        if sent.get("step") != "keep":
            kept = {name: sent.get(name, "") for name in _DRAFT}
            return await _draft_page(
                visit, key, medium, language, blank("draft", **kept), tried=new
            )
        if sent.get("draft_id"):
            change = TemplateVersionEdit(subject=new.subject, body=new.body)
            await visit.once(
                "edit_template",
                sent,
                change,
                lambda work: templates.edit(work, _key(sent), change, version_seen(sent)),
            )
        else:
            await visit.once("draft_template", sent, new, lambda work: templates.draft(work, new))
    except DomainError as error:
        _unless_whole(error)
        form = refused("draft", sent, error)
        return await _draft_page(visit, key, medium, language, form, tried=new)
    return go(f"{visit.site.root}/texts/{key}/{medium}/{language}?done=draft")


_DRAFT: Final = ("subject", "body", "draft_id", "version")


# -- the life of a version ---------------------------------------------------------------------


def _approve(sent: Mapping[str, str]) -> ApproveTemplate:
    return command(ApproveTemplate, sent, "from_on")


def _retire(sent: Mapping[str, str]) -> Nothing:
    if sent.get("sure") != "yes":
        raise InvalidForm({"sure": "Tick this to say that you mean it."})
    return Nothing()


ACTS: Final[Mapping[str, VersionedAct]] = {
    "approve": VersionedAct(
        "approve_template",
        _approve,
        lambda work, key, sent, seen: templates.approve(work, key, _approve(sent), seen),
    ),
    "retire": VersionedAct(
        "retire_template", _retire, lambda work, key, _, seen: templates.retire(work, key, seen)
    ),
}
"""Every act by its name, which is also the beginning of its form's and the end of its path."""


@router.post("/text-versions/{version_id}/{name}")
async def console_text_act(
    visit: ConsoleVisit, request: Request, version_id: UUID, name: str
) -> Response:
    """Approve a version, or take one out of use, once."""
    act = ACTS.get(name)
    if act is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such form.")
    sent = await sent_fields(request)
    async with visit.begin("get_template_version") as work:
        found = await templates.get_version(work, version_id)
    try:
        await visit.once(
            act.operation,
            sent,
            act.read(sent),
            lambda work: act.do(work, version_id, sent, version_seen(sent)),
        )
    except (InvalidForm, DomainError) as error:
        # Whoever wrote it reads why he may not approve it where he tried.
        if not isinstance(error, DomainError) or error.code is not ErrorCode.OWN_REQUEST:
            _unless_whole(error)
        form = refused(f"{name}-{version_id}", sent, error)
        return await _text_page(visit, found.key, found.medium, found.language, form=form)
    return go(f"{visit.site.root}/texts/{found.key}/{found.medium}/{found.language}?done={name}")


# -- parts -------------------------------------------------------------------------------------


def _key(sent: Mapping[str, str]) -> UUID:
    try:
        return UUID(sent.get("draft_id", ""))
    except ValueError:
        raise DomainError(
            ErrorCode.INVALID_REQUEST, "The form is not whole: load the page again."
        ) from None


def _unless_whole(error: DomainError | InvalidForm) -> None:
    """Refusals that leave nothing of the page to show go on as they are."""
    if isinstance(error, DomainError) and error.code in {ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND}:
        raise error


async def _tries(visit: Visit, work: Work, asked: PreviewTemplate) -> Sequence[Try]:
    """How a text reads for each sample customer."""
    return [
        Try(
            SAMPLES[sample],
            await templates.preview(
                work, asked.model_copy(update={"sample": sample}), visit.kit.settings.public_url
            ),
        )
        for sample in get_args(SampleCustomer)
    ]


async def _names(work: Work, versions: Sequence[TemplateVersion]) -> Mapping[str, str]:
    """The people who wrote, approved and retired versions, by actor."""
    actors = {
        actor
        for each in versions
        for actor in (each.author, each.approved_by, each.retired_by)
        if actor is not None and actor.startswith(_USER)
    }
    named = await identity.names(work, [UUID(actor[len(_USER) :]) for actor in sorted(actors)])
    return {actor: named.get(UUID(actor[len(_USER) :]), "somebody") for actor in actors}


def _whole(subject: str | None, body: str) -> str:
    return body if subject is None else f"{subject}\n\n{body}"


async def _text_page(  # noqa: PLR0913 - what the page is made of
    visit: Visit,
    key: str,
    medium: TemplateMedium,
    language: str,
    *,
    done: str = "",
    form: Form | None = None,
) -> Response:
    async with visit.begin("get_template") as work:
        used = await templates.get(work, key, medium, language)
        tries = await _tries(
            visit, work, PreviewTemplate(key=key, medium=medium, language=language)
        )
        versions = (
            await templates.list_versions(
                work, VersionFilter(key, medium, language), PageRequest(_MOST, None)
            )
        ).items
        names = await _names(work, versions)
    now = _whole(used.subject, used.body)
    changed: Mapping[UUID, Sequence[Piece]] = {
        each.id: differences(now, _whole(each.subject, each.body)) for each in versions
    }
    return page(
        visit,
        "text.html",
        {
            "used": used,
            "tries": tries,
            "versions": list(reversed(versions)),
            "changed": changed,
            "names": names,
            "medium": dict(MEDIA)[medium],
            "path": f"{visit.site.root}/texts/{key}/{medium}/{language}",
            "acts": f"{visit.site.root}/text-versions",
            "sent": form,
            "blank": blank,
            "done": DONE.get(done, ""),
        },
        200 if form is None else 422,
    )


async def _draft_page(  # noqa: PLR0913, PLR0917 - what the page is made of
    visit: Visit,
    key: str,
    medium: TemplateMedium,
    language: str,
    form: Form,
    *,
    tried: NewTemplateVersion | None = None,
) -> Response:
    async with visit.begin("preview_template") as work:
        used = await templates.get(work, key, medium, language)
        tries = (
            ()
            if tried is None
            else await _tries(visit, work, PreviewTemplate(**tried.model_dump()))
        )
    problems = tries[0].shown.problems if tries else []
    changed = (
        ()
        if tried is None
        else differences(_whole(used.subject, used.body), _whole(tried.subject, tried.body))
    )
    return page(
        visit,
        "text_draft.html",
        {
            "used": used,
            "form": form,
            "tries": () if problems else tries,
            "problems": problems,
            "checked": tried is not None,
            "changed": changed,
            "medium": dict(MEDIA)[medium],
            "path": f"{visit.site.root}/texts/{key}/{medium}/{language}",
        },
        422 if form.is_wrong or problems else 200,
    )
