"""Strategies: what they say, drafts with the linter's findings, approval, assignment, migration."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import ValidationError

from api.creditors import service as creditors
from api.identity import service as identity
from api.pagination import PageRequest
from api.recovery import migrating
from api.strategies import authoring
from api.strategies import service as strategies
from api.web.console.doors import ConsoleVisit
from api.web.console.showing import page
from api.web.forms import Form, InvalidForm, blank, command, refused, sent_fields, whole_number
from api.web.site import CONSOLE
from api.web.visits import Visit, go
from contracts.strategies import (
    ApproveStrategy,
    MigrateCases,
    Migration,
    NewStrategyAssignment,
    StrategyCheck,
    StrategyDiff,
    StrategyText,
)
from contracts.strategy_file import MAX_STRATEGY_TEXT, StrategyFormat
from domain.errors import DomainError, ErrorCode

router = APIRouter(include_in_schema=False, prefix=f"{CONSOLE.root}/strategies")

_MOST: Final = 200
_USER: Final = "user:"
NOTATIONS: Final = (("toml", "TOML"), ("yaml", "YAML"), ("json", "JSON"))
DONE: Final[Mapping[str, str]] = {
    "draft": "The draft is kept. Somebody else approves it.",
    "approve": "It is approved: new cases take it from its day on. Running cases keep theirs.",
    "retire": "No new case takes it any more.",
    "assign": "The assignment is made; new cases follow it.",
    "migrate": "Those cases go on under the new version.",
}

Code = Annotated[str, Path(max_length=64)]
Version = Annotated[int, Path(ge=1, le=1_000_000)]
Done = Annotated[str, Query(max_length=20)]


# -- the list and its assignments --------------------------------------------------------------


@router.get("")
async def console_strategies(visit: ConsoleVisit, done: Done = "") -> Response:
    """Every strategy, and which books and products follow it."""
    return await _list_page(visit, blank("assign"), done=done)


@router.post("/assign")
async def console_assign_strategy(visit: ConsoleVisit, request: Request) -> Response:
    """Let the new cases of a creditor, or of one of its products, follow a strategy."""
    sent = await sent_fields(request)
    try:
        try:
            wanted = NewStrategyAssignment.model_validate(
                {
                    "creditor_id": sent.get("creditor_id"),
                    "product_code": sent.get("product_code") or None,
                    "strategy": sent.get("strategy") or None,
                }
            )
        except ValidationError:
            raise InvalidForm({"product_code": "Give the product's code, or nothing."}) from None
        await visit.once(
            "assign_strategy", sent, wanted, lambda work: authoring.assign(work, wanted)
        )
    except (InvalidForm, DomainError) as error:
        if isinstance(error, DomainError) and error.code is ErrorCode.FORBIDDEN:
            raise
        return await _list_page(visit, refused("assign", sent, error), status=422)
    return go(f"{visit.site.root}/strategies?done=assign")


async def _list_page(visit: Visit, form: Form, *, done: str = "", status: int = 200) -> Response:
    everything = PageRequest(_MOST, None)
    async with visit.begin("list_strategies") as work:
        found = await strategies.list_strategies(work, everything)
        versions = {
            each.code: (await authoring.list_versions(work, each.code, everything)).items
            for each in found.items
        }
        assigned = await authoring.list_assignments(work, everything)
        books = await creditors.list_(work, everything)
    # Of each creditor and product the newest counts; they come in the order they were made.
    counting = {(each.creditor_id, each.product_code): each for each in assigned.items}
    return page(
        visit,
        "strategies.html",
        {
            "found": found.items,
            "versions": versions,
            "assigned": [each for each in counting.values() if each.strategy is not None],
            "creditors": {each.id: each.name for each in books.items},
            "form": form,
            "done": DONE.get(done, ""),
        },
        status,
    )


# -- drafts ------------------------------------------------------------------------------------


@router.get("/draft")
async def console_draft(
    visit: ConsoleVisit,
    code: Annotated[str, Query(max_length=64)] = "",
    version: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """The form in which a strategy is written; begun from a version that was written here."""
    text, notation = "", StrategyFormat.TOML.value
    if code and version:
        async with visit.begin("get_strategy_version") as work:
            kept = await authoring.read(work, code, version)
        text, notation = kept.text or "", kept.notation or notation
    return _draft_page(visit, blank("draft", text=text, notation=notation), None)


@router.post("/draft")
async def console_write_draft(visit: ConsoleVisit, request: Request) -> Response:
    """Say what the linter says of a text; keep it as a draft where that is asked for."""
    sent = await sent_fields(request, MAX_STRATEGY_TEXT + 1)
    try:
        written = command(StrategyText, sent, "notation", "text")
    except InvalidForm as error:
        return _draft_page(visit, refused("draft", sent, error), None, 422)
    checked = authoring.check(written)
    kept = {name: sent.get(name, "") for name in ("notation", "text")}
    if sent.get("step") != "keep" or not checked.ok:
        return _draft_page(visit, blank("draft", **kept), checked, 200 if checked.ok else 422)
    try:
        await visit.once(
            "write_strategy", sent, written, lambda work: authoring.write(work, written)
        )
    except DomainError as error:
        if error.code is ErrorCode.FORBIDDEN:
            raise
        return _draft_page(visit, refused("draft", sent, error), checked, 422)
    return go(f"{visit.site.root}/strategies?done=draft")


def _draft_page(
    visit: Visit, form: Form, checked: StrategyCheck | None, status: int = 200
) -> Response:
    return page(
        visit,
        "strategy_draft.html",
        {"form": form, "checked": checked, "notations": NOTATIONS},
        status,
    )


# -- one version -------------------------------------------------------------------------------


@router.get("/{code}/{version}")
async def console_strategy(
    visit: ConsoleVisit, code: Code, version: Version, done: Done = ""
) -> Response:
    """A version: its steps, its life, and what differs from the one before."""
    return await _version_page(visit, code, version, done=done)


@router.post("/{code}/{version}/approve")
async def console_approve_strategy(
    visit: ConsoleVisit, request: Request, code: Code, version: Version
) -> Response:
    """Let new cases take a draft from a day on; its author may not."""
    sent = await sent_fields(request)
    try:
        wanted = command(ApproveStrategy, sent, "from_on")
        await visit.once(
            "approve_strategy",
            sent,
            wanted,
            lambda work: authoring.approve(work, code, version, wanted),
        )
    except (InvalidForm, DomainError) as error:
        return await _version_again(visit, code, version, refused("approve", sent, error), error)
    return go(f"{visit.site.root}/strategies/{code}/{version}?done=approve")


@router.post("/{code}/{version}/retire")
async def console_retire_strategy(
    visit: ConsoleVisit, request: Request, code: Code, version: Version
) -> Response:
    """Let no new case take a version any more."""
    sent = await sent_fields(request)
    if sent.get("sure") != "yes":
        error = InvalidForm({"sure": "Tick this to say that you mean it."})
        return await _version_again(visit, code, version, refused("retire", sent, error), error)
    try:
        about = StrategyDiff(code=code, before=version, after=version, differences=[])
        await visit.once(
            "retire_strategy", sent, about, lambda work: authoring.retire(work, code, version)
        )
    except DomainError as error:
        return await _version_again(visit, code, version, refused("retire", sent, error), error)
    return go(f"{visit.site.root}/strategies/{code}/{version}?done=retire")


async def _version_again(
    visit: Visit, code: str, version: int, form: Form, error: DomainError | InvalidForm
) -> Response:
    """The page with the form as it was sent; what may not be seen at all is refused whole."""
    if isinstance(error, DomainError) and error.code in {ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN}:
        # The author's own draft is refused on the page; another role is refused whole.
        raise error
    return await _version_page(visit, code, version, form=form, status=422)


async def _version_page(
    visit: Visit,
    code: str,
    version: int,
    *,
    done: str = "",
    form: Form | None = None,
    status: int = 200,
) -> Response:
    async with visit.begin("get_strategy_version") as work:
        found = await authoring.read(work, code, version)
        versions = (await authoring.list_versions(work, code, PageRequest(_MOST, None))).items
        before = max((each.version for each in versions if each.version < version), default=None)
        diff = None if before is None else await authoring.compare(work, code, before, version)
        actors = [each for each in (found.author, found.approved_by) if each]
        users = {each: UUID(each[len(_USER) :]) for each in actors if each.startswith(_USER)}
        named = await identity.names(work, list(users.values()))
        names = {actor: named.get(user_id, "somebody") for actor, user_id in users.items()}
    forms = {name: blank(name) for name in ("approve", "retire")}
    if form is not None:
        forms[form.name] = form
    return page(
        visit,
        "strategy.html",
        {
            "found": found,
            "versions": versions,
            "diff": diff,
            "names": names,
            "mine": found.author == visit.principal.actor,
            "form": forms,
            "path": f"{visit.site.root}/strategies/{code}/{version}",
            "done": DONE.get(done, ""),
        },
        status,
    )


# -- migration ---------------------------------------------------------------------------------


@router.get("/{code}/{version}/migrate")
async def console_migration(
    visit: ConsoleVisit, code: Code, version: Version, done: Done = ""
) -> Response:
    """The form in which running cases are taken over from this version to another."""
    form = blank("migrate", to_strategy=code)
    return await _migration_page(visit, code, version, form, None, done=done)


@router.post("/{code}/{version}/migrate")
async def console_migrate(
    visit: ConsoleVisit, request: Request, code: Code, version: Version
) -> Response:
    """Show what becomes of the running cases; take those over that were shown."""
    sent = await sent_fields(request)
    preview: Migration | None = None
    try:
        wanted = _wanted(sent, code, version)
        if sent.get("step") == "make" and sent.get("seen") == _seen(sent):
            await visit.once(
                "migrate_cases",
                sent,
                wanted,
                lambda work: migrating.migrate(work, wanted, dry_run=False),
            )
            return go(f"{visit.site.root}/strategies/{code}/{version}/migrate?done=migrate")
        async with visit.begin("migrate_cases") as work:
            preview = await migrating.migrate(work, wanted, dry_run=True)
        form = blank("migrate", **{name: sent.get(name, "") for name in _MIGRATION})
    except (InvalidForm, DomainError) as error:
        if isinstance(error, DomainError) and error.code is ErrorCode.FORBIDDEN:
            raise
        return await _migration_page(
            visit, code, version, refused("migrate", sent, error), None, status=422
        )
    return await _migration_page(visit, code, version, form, preview)


_MIGRATION: Final = ("to", "after_number")


def _seen(sent: Mapping[str, str]) -> str:
    """What a preview was made of: a form that was changed since is shown again, not made."""
    return "|".join(sent.get(name, "") for name in _MIGRATION)


def _wanted(sent: Mapping[str, str], code: str, version: int) -> MigrateCases:
    to_strategy, _, to_version = sent.get("to", "").partition(":")
    to, after = whole_number(to_version), whole_number(sent.get("after_number", "") or "0")
    if to is None or after is None:
        raise InvalidForm({"to": "Choose one of these."})
    return MigrateCases(
        from_strategy=code,
        from_version=version,
        to_strategy=to_strategy,
        to_version=to,
        after_number=after,
    )


async def _migration_page(  # noqa: PLR0913 - what the page is made of
    visit: Visit,
    code: str,
    version: int,
    form: Form,
    preview: Migration | None,
    *,
    done: str = "",
    status: int = 200,
) -> Response:
    everything = PageRequest(_MOST, None)
    async with visit.begin("migrate_cases") as work:
        found = await authoring.read(work, code, version)
        usable = [
            each
            for other in (await strategies.list_strategies(work, everything)).items
            for each in (await authoring.list_versions(work, other.code, everything)).items
            if each.status in {"shipped", "approved"}
            and (each.code, each.version) != (code, version)
        ]
    return page(
        visit,
        "migration.html",
        {
            "found": found,
            "form": form,
            "preview": preview,
            "seen": _seen(form.values),
            "targets": [
                (f"{each.code}:{each.version}", f"{each.code} {each.version}, {each.status}")
                for each in usable
            ],
            "path": f"{visit.site.root}/strategies/{code}/{version}",
            "done": DONE.get(done, ""),
        },
        status,
    )
