"""Strategies that staff write: checked, drafted, approved by a second person, assigned, retired."""

from datetime import date

from api.audit.service import record
from api.creditors import service as creditors
from api.db.base import new_id
from api.pagination import PageRequest
from api.strategies import queries, service
from api.strategies.queries import Version
from api.strategies.tables import StrategyAssignmentRow, StrategyLifeRow
from api.strategies.texts import known_letters, known_texts
from api.work import Work
from contracts.base import Page
from contracts.strategies import (
    ApproveStrategy,
    NewStrategyAssignment,
    StrategyAssignment,
    StrategyCheck,
    StrategyDiff,
    StrategyDifference,
    StrategyMistake,
    StrategyText,
    StrategyVersion,
)
from contracts.strategy_file import StrategyFile, UnreadableStrategyError, read_strategy_file
from domain.errors import DomainError, ErrorCode
from domain.lending.approval import check_second_person
from domain.recovery.strategy_diff import differences
from domain.recovery.strategy_lint import Finding
from domain.recovery.strategy_text import invalid, read_strategy


def check(command: StrategyText) -> StrategyCheck:
    """What the linter says of a text; nothing is kept."""
    try:
        written = read_strategy_file(command.text, command.notation)
    except UnreadableStrategyError as error:
        return StrategyCheck(
            ok=False, mistakes=[StrategyMistake(line=None, path="", text=str(error))]
        )
    found = read_strategy(written.data, known_texts(), known_letters()).findings
    mistakes = [
        StrategyMistake(line=written.line_of(each.path), path=each.path, text=each.text)
        for each in found
    ]
    return StrategyCheck(ok=not mistakes, mistakes=mistakes)


async def write(work: Work, command: StrategyText) -> StrategyVersion:
    """Keep a text as the draft of a new version, which nothing uses yet.

    Raises `INVALID_STRATEGY` with every mistake in a fact `mistake_1`, `mistake_2`, … (lines
    included), and `CONFLICT` unless the version is higher than all there are of its code.
    """
    try:
        written = read_strategy_file(command.text, command.notation)
    except UnreadableStrategyError as error:
        raise invalid([str(error)]) from None
    found = read_strategy(written.data, known_texts(), known_letters())
    if found.findings:
        raise invalid([_told(written, each) for each in found.findings])
    code, number = found.strategy.code, found.strategy.version
    newest = await queries.newest(work, code)
    if newest is not None and number <= newest.version:
        raise _taken(newest.version)
    made = await queries.insert_version(work, code, number, dict(written.data), work.now)
    if made is None:
        raise _taken(number)
    work.session.add(
        StrategyLifeRow(
            strategy_id=made,
            status="draft",
            notation=command.notation.value,
            source=command.text,
            author=work.principal.actor,
        )
    )
    await work.session.flush()
    record(work, "strategy.drafted", "strategy", made, {"code": code, "version": number})
    return await read(work, code, number)


async def approve(work: Work, code: str, number: int, command: ApproveStrategy) -> StrategyVersion:
    """Let new cases take a draft from a day on; running cases keep their version.

    It is checked once more: a text it names may be gone. Raises `NOT_FOUND`, `OWN_REQUEST` for
    its author, `ILLEGAL_TRANSITION` unless it is a draft, `INVALID_STRATEGY`.
    """
    found = await _held(work, code, number)
    life = _require(found, "draft")
    check_second_person(life.author, work.principal.actor)
    mistakes = read_strategy(found.row.data, known_texts(), known_letters()).findings
    if mistakes:
        raise invalid([each.text for each in mistakes])
    life.status = "approved"
    life.from_on = command.from_on
    life.approved_by = work.principal.actor
    life.approved_at = work.now
    record(
        work,
        "strategy.approved",
        "strategy",
        found.row.id,
        {"code": code, "version": number, "from_on": command.from_on.isoformat()},
    )
    return _version(found)


async def retire(work: Work, code: str, number: int) -> StrategyVersion:
    """Let no new case take a version any more; the one before it is in use again.

    Raises `NOT_FOUND`, `ILLEGAL_TRANSITION` for a shipped version and one that is retired.
    """
    found = await _held(work, code, number)
    life = _require(found, "draft", "approved")
    life.status = "retired"
    life.retired_by = work.principal.actor
    life.retired_at = work.now
    record(work, "strategy.retired", "strategy", found.row.id, {"code": code, "version": number})
    return _version(found)


async def read(work: Work, code: str, number: int) -> StrategyVersion:
    """One version with its life and text. Raises `NOT_FOUND`."""
    return _version(await _found(work, code, number))


async def list_versions(work: Work, code: str, page: PageRequest) -> Page[StrategyVersion]:
    """The versions of a strategy without their texts, newest first; none for an unknown code."""
    below = page.after_number() or None
    rows = await queries.page_of_versions(work, code, below, page.limit)
    shown, cursor = page.cut(rows, [each.row.version for each in rows])
    items = [_version(each).model_copy(update={"text": None}) for each in shown]
    return Page(items=items, next_cursor=cursor)


async def compare(work: Work, code: str, before: int, after: int) -> StrategyDiff:
    """What differs between two versions. Raises `NOT_FOUND`."""
    old, new = await _found(work, code, before), await _found(work, code, after)
    return StrategyDiff(
        code=code,
        before=before,
        after=after,
        differences=[
            StrategyDifference(path=each.path, before=each.before, after=each.after)
            for each in differences(old.row.data, new.row.data)
        ],
    )


# -- assignments -------------------------------------------------------------------------------


async def assign(work: Work, command: NewStrategyAssignment) -> StrategyAssignment:
    """Let the new cases of a creditor, or of one of its products, follow a strategy.

    Raises `NOT_FOUND` for the creditor, and for a strategy of which nothing is in use.
    """
    await creditors.by_id(work, command.creditor_id)
    if command.strategy is not None:
        await service.require(work, command.strategy)
    row = StrategyAssignmentRow(
        id=new_id(),
        creditor_id=command.creditor_id,
        product_code=command.product_code,
        strategy=command.strategy,
        assigned_by=work.principal.actor,
        assigned_at=work.now,
    )
    work.session.add(row)
    await work.session.flush()
    record(
        work,
        "strategy.assigned",
        "creditor",
        command.creditor_id,
        {"product": command.product_code, "strategy": command.strategy},
    )
    return _assignment(row)


async def list_assignments(work: Work, page: PageRequest) -> Page[StrategyAssignment]:
    """All assignments in the order they were made."""
    rows = await queries.page_of_assignments(work, page.after_number(), page.limit)
    shown, cursor = page.cut(rows, [row.sequence for row in rows])
    return Page(items=[_assignment(row) for row in shown], next_cursor=cursor)


# -- helpers of the above ----------------------------------------------------------------------


def _told(written: StrategyFile, found: Finding) -> str:
    line = written.line_of(found.path)
    return found.text if line is None else f"line {line}: {found.text}"


async def _found(work: Work, code: str, number: int) -> Version:
    rows = await queries.page_of_versions(work, code, number + 1, 0)
    if not rows or rows[0].row.version != number:
        raise service.missing()
    return rows[0]


async def _held(work: Work, code: str, number: int) -> Version:
    found = await queries.lock_version(work, code, number)
    if found is None:
        raise service.missing()
    return found


def _require(found: Version, *statuses: str) -> StrategyLifeRow:
    status = "shipped" if found.life is None else found.life.status
    if found.life is None or status not in statuses:
        raise DomainError(
            ErrorCode.ILLEGAL_TRANSITION,
            f"The version is {status}.",
            {"status": status},
        )
    return found.life


def _taken(version: int) -> DomainError:
    return DomainError(
        ErrorCode.CONFLICT,
        "A new version has a higher number than all there are.",
        {"newest_version": version},
    )


def _version(found: Version) -> StrategyVersion:
    row, life = found.row, found.life
    shown = service.wire(row)
    from_on: date | None = None if life is None else life.from_on
    return StrategyVersion.model_validate(
        {
            **shown.model_dump(),
            "id": row.id,
            "name": row.data.get("name"),
            "status": "shipped" if life is None else life.status,
            "from_on": from_on,
            "author": None if life is None else life.author,
            "approved_by": None if life is None else life.approved_by,
            "approved_at": None if life is None else life.approved_at,
            "retired_at": None if life is None else life.retired_at,
            "notation": None if life is None else life.notation,
            "text": None if life is None else life.source,
            "created_at": row.created_at,
        }
    )


def _assignment(row: StrategyAssignmentRow) -> StrategyAssignment:
    return StrategyAssignment.model_validate(
        {
            "id": row.id,
            "creditor_id": row.creditor_id,
            "product_code": row.product_code,
            "strategy": row.strategy,
            "assigned_by": row.assigned_by,
            "assigned_at": row.assigned_at,
        }
    )
