"""Takes open cases over to another version of their strategy, after a look at what that means.

A page of cases is read at once and written at once. The preview and the change ask the same rules,
so what was shown is what happens, unless a case has changed in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from api.audit.service import record
from api.recovery import cases, facts, queries, timeline
from api.recovery.cases import Held
from api.recovery.facts import SUPERSEDED, Gathered
from api.recovery.tables import CaseRow
from api.strategies import service as strategies
from api.strategies.service import KeptStrategy
from api.work import Work
from contracts.strategies import MigrateCases, MigratedCase, Migration
from domain.errors import DomainError, ErrorCode
from domain.recovery.case import CasePlan
from domain.recovery.migrating import under
from domain.recovery.planning import plan as next_plan


@dataclass(frozen=True, slots=True)
class _Move:
    """One case that goes over."""

    held: Held
    gathered: Gathered
    before: CasePlan
    after: CasePlan
    left_out: Sequence[str]


async def migrate(work: Work, command: MigrateCases, *, dry_run: bool) -> Migration:
    """Show a page of the cases that would go over, or take them over.

    Nothing of the new version is caught up with: steps whose day is over are left out. Raises
    `NOT_FOUND` for a version that does not exist, `INVALID_REQUEST` for twice the same, and
    `ILLEGAL_TRANSITION` unless the new one is in use.
    """
    old = await strategies.version(work, command.from_strategy, command.from_version)
    new = await strategies.version(work, command.to_strategy, command.to_version)
    if old.id == new.id:
        raise DomainError(ErrorCode.INVALID_REQUEST, "The cases are on that version already.")
    await strategies.require_in_use(work, new)
    rows = await queries.page_on_strategy(
        work, old.id, command.after_number, command.limit, lock=not dry_run
    )
    page = rows[: command.limit]
    moves = [await _move(work, row, new) for row in page]
    if not dry_run:
        await _apply(work, moves, old, new)
    return Migration(
        applied=not dry_run,
        cases=[_told(move) for move in moves],
        next_after_number=page[-1].number if len(rows) > command.limit else None,
    )


async def _move(work: Work, row: CaseRow, new: KeptStrategy) -> _Move:
    held = await cases.seen(work, row)
    gathered = await facts.gather(work, held)
    if not gathered.strategy.looks_at_the_customer and new.strategy.looks_at_the_customer:
        gathered = await facts.gather(work, held, new.strategy)
    before = next_plan(gathered.facts, gathered.strategy)
    told, left_out = under(gathered.facts, new.strategy, before.active_day)
    return _Move(held, gathered, before, next_plan(told, new.strategy), left_out)


async def _apply(work: Work, moves: Sequence[_Move], old: KeptStrategy, new: KeptStrategy) -> None:
    """Write a page: the version and stage of each case, what it leaves out, its story, its wake."""
    await queries.note_steps(
        work,
        [
            queries.NotedStep(
                case_id=move.held.case.id,
                anchor_on=move.gathered.facts.anchor_on,
                step_key=step.key,
                action=step.action.value,
                outcome=SUPERSEDED,
                at=move.held.clock.now,
            )
            for move in moves
            for step in new.strategy.steps
            if step.key in move.left_out
        ],
    )
    names = {"before": _name(old), "after": _name(new)}
    for move in moves:
        case = move.held.case
        case.strategy_id = new.id
        case.stage = move.after.stage
        case.next_step = None
        case.version += 1
        timeline.write(work, case, move.held.clock.now, timeline.EventKind.STRATEGY_CHANGED, names)
        record(work, "case.strategy_changed", "case", case.id, names)
    await cases.wake_many(work, [move.held.case for move in moves])


def _told(move: _Move) -> MigratedCase:
    before, after = move.before.next, move.after.next
    return MigratedCase(
        case_id=move.held.case.id,
        number=cases.number(move.held.case),
        stage_before=move.gathered.facts.stage or "",
        stage_after=move.after.stage,
        next_before=None if before is None else before.key,
        next_after=None if after is None else after.key,
        next_at=None if after is None else after.at,
        left_out=list(move.left_out),
    )


def _name(kept: KeptStrategy) -> str:
    return f"{kept.strategy.code} {kept.strategy.version}"
