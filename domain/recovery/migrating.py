"""Takes a case over to another version of its strategy: what it leaves out, and where it stands."""

from collections.abc import Sequence
from dataclasses import replace

from domain.calendar import business_date
from domain.recovery.case import CaseFacts
from domain.recovery.keeping import settle_promises
from domain.recovery.pauses import Pauses
from domain.recovery.stepping import step_at, with_superseded
from domain.recovery.strategy import Strategy


def steps_behind(facts: CaseFacts, strategy: Strategy) -> tuple[str, ...]:
    """Steps of a version a case goes over to whose day was over before today, and not recorded.

    They belong to days on which the case was run by another version, and are not caught up with.
    """
    today = business_date(facts.now, facts.book_zone)
    promises = settle_promises(facts, strategy, today).promises
    pauses = Pauses.of(facts.holds, promises, strategy, facts.awaited)
    recorded = {done.key for done in facts.performed if done.anchor_on == facts.anchor_on}
    behind: list[str] = []
    for step in strategy.steps:
        at = step_at(facts, pauses, step)
        if at is None or step.key in recorded:
            continue
        if business_date(at, facts.book_zone) < today:
            behind.append(step.key)
    return tuple(behind)


def under(facts: CaseFacts, strategy: Strategy, active_day: int) -> tuple[CaseFacts, Sequence[str]]:
    """The facts of a case as they stand once it has gone over to a version, and what it leaves out.

    A stage the version does not know gives way to the one of the day: a name says nothing where
    nobody gave it a meaning.
    """
    left_out = steps_behind(facts, strategy)
    names = {stage.name for stage in strategy.stages}
    stage = facts.stage if facts.stage in names else strategy.stage_on(active_day)
    today = business_date(facts.now, facts.book_zone)
    return with_superseded(replace(facts, stage=stage), left_out, today), left_out
