"""Recovery strategies: what is done on which day, as versioned data with a linter.

Days count from the due date of the obligation that leads a case (its anchor). The linter names
every mistake of a strategy at once, so that its author mends it in one go.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from domain.calendar import local_instant
from domain.contact.channel import Channel
from domain.errors import DomainError, ErrorCode, Fact
from domain.recovery.promise import PromisePolicy


class Action(StrEnum):
    """What a step of a case does."""

    REMIND = "remind"
    """Send a message."""
    CALL_TASK = "call_task"
    """Ask an agent to call."""
    ESCALATE = "escalate"
    """Ask an advisor to take the case."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A phase of a case, from an active day on until the next one begins."""

    name: str
    from_day: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a case.

    Attributes:
        key: Unique name within the strategy.
        day_offset: Active days after the anchor.
        stage: The stage it belongs to; the one that holds on its day.
        action: What it does.
        channel: Medium of a reminder, otherwise None.
        template: Text of a reminder, otherwise None.
        at: Local time of day of the customer.
        valid_days: Local days on which a reminder may still go, its own day included.
    """

    key: str
    day_offset: int
    stage: str
    action: Action
    channel: Channel | None
    template: str | None
    at: time
    valid_days: int = 3


@dataclass(frozen=True, slots=True)
class PreDueStep:
    """A reminder of an instalment that is not overdue.

    Attributes:
        key: Unique name within the strategy.
        day_offset: Days from the due date, zero or negative.
        channel: Medium.
        template: Text.
        at: Local time of day of the customer.
        valid_days: Local days on which it may still go, its own day included.
    """

    key: str
    day_offset: int
    channel: Channel
    template: str
    at: time
    valid_days: int = 1


@dataclass(frozen=True, slots=True)
class EscalationSla:
    """Hours within which an escalation must be acknowledged, by advisor and then manager."""

    advisor_hours: int
    manager_hours: int


@dataclass(frozen=True, slots=True)
class Strategy:
    """A version of a strategy.

    Attributes:
        code: Stable name.
        version: Rises with every change; a case keeps its own.
        name: For people.
        opens_after_days: Past due days from which a case is opened.
        stages: In rising order.
        steps: In the order they fall due.
        pre_due: Reminders before an instalment is overdue, in the order they fall due.
        escalation: How long advisors and managers have.
        promises: What is accepted as a promise.
        review_days: A case without a next step is looked at again after so many days.
        repeat_after_days: The same step is taken again for a later obligation only after so
            many days.
    """

    code: str
    version: int
    name: str
    opens_after_days: int
    stages: tuple[Stage, ...]
    steps: tuple[Step, ...]
    pre_due: tuple[PreDueStep, ...]
    escalation: EscalationSla
    promises: PromisePolicy
    review_days: int
    repeat_after_days: int

    def opens_on(self, past_due_days: int) -> bool:
        """Tell whether a loan so many days past due is a case."""
        return past_due_days >= self.opens_after_days

    def stage_on(self, active_day: int) -> str:
        """Name of the stage that an active day belongs to; before the first: the first."""
        name = self.stages[0].name
        for stage in self.stages:
            if stage.from_day <= active_day:
                name = stage.name
        return name

    def rank(self, stage: str) -> int:
        """Position of a stage; a name this version does not know counts as the first."""
        names = [each.name for each in self.stages]
        return names.index(stage) if stage in names else 0


@dataclass(frozen=True, slots=True)
class PreDueReminder:
    """A reminder of one instalment, placed in time.

    Attributes:
        key: The step's key.
        channel: Medium.
        template: Text.
        at: When it falls due (UTC).
        not_after: When it has lost its point (UTC).
    """

    key: str
    channel: Channel
    template: str
    at: datetime
    not_after: datetime


def pre_due_reminders(strategy: Strategy, due_on: date, zone: str) -> tuple[PreDueReminder, ...]:
    """The reminders before one due date, on the customer's clock, in order.

    Raises:
        DomainError: `UNKNOWN_ZONE`.
    """
    return tuple(
        PreDueReminder(
            key=step.key,
            channel=step.channel,
            template=step.template,
            at=local_instant(due_on + timedelta(days=step.day_offset), step.at, zone),
            not_after=local_instant(
                due_on + timedelta(days=step.day_offset + step.valid_days), time(0), zone
            ),
        )
        for step in strategy.pre_due
    )


_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LONGEST_DAY = 3650


def strategy_from_mapping(
    data: Mapping[str, object], templates: Collection[tuple[str, Channel]] | None = None
) -> Strategy:
    """Read and lint a strategy.

    Args:
        data: The mapping a TOML or JSON file holds (see `api/packs/strategies/default.toml`).
        templates: The texts there are, by key and channel; None: not checked.

    Raises:
        DomainError: `INVALID_STRATEGY`, every mistake in a fact `mistake_1`, `mistake_2`, …
    """
    reader = _Reader(data)
    strategy = Strategy(
        code=reader.key("code"),
        version=reader.whole("version", 1, 1_000_000),
        name=reader.text("name"),
        opens_after_days=reader.whole("opens_after_days", 1, 365),
        stages=tuple(
            Stage(name=each.key("name"), from_day=each.whole("from_day", 0, _LONGEST_DAY))
            for each in reader.tables("stages")
        ),
        steps=tuple(_step(each) for each in reader.tables("steps")),
        pre_due=tuple(_pre_due(each) for each in reader.tables("pre_due")),
        escalation=_sla(reader.table("escalation")),
        promises=_promise_policy(reader.table("promises")),
        review_days=reader.whole("review_days", 1, 31),
        repeat_after_days=reader.whole("repeat_after_days", 1, 365),
    )
    reader.finish()
    # What could not be read is not linted as well: it would only be named twice.
    mistakes = reader.mistakes or lint(strategy, templates)
    if mistakes:
        raise _invalid(mistakes)
    return strategy


def lint(
    strategy: Strategy, templates: Collection[tuple[str, Channel]] | None = None
) -> tuple[str, ...]:
    """Every mistake in a strategy, in words for its author; none for a good one.

    Args:
        strategy: What is looked at.
        templates: The texts there are, by key and channel; None: not checked.
    """
    return (
        *_lint_stages(strategy),
        *_lint_order(strategy),
        *_lint_steps(strategy),
        *_lint_templates(strategy, templates),
    )


def _lint_stages(strategy: Strategy) -> Iterable[str]:
    if not strategy.stages:
        yield "there is no stage"
        return
    days = [stage.from_day for stage in strategy.stages]
    if days != sorted(set(days)):
        yield "stages: the days must rise"
    yield from _repeated("stage", [stage.name for stage in strategy.stages])
    if days[0] > strategy.opens_after_days:
        yield f"stages: no stage holds on day {strategy.opens_after_days}, when a case opens"


def _lint_order(strategy: Strategy) -> Iterable[str]:
    if not strategy.steps:
        yield "there is no step"
    yield from _repeated(
        "step", [*(step.key for step in strategy.pre_due), *(step.key for step in strategy.steps)]
    )
    moments = [(step.day_offset, step.at) for step in strategy.steps]
    if moments != sorted(moments):
        yield "steps: the days must rise"
    before = [(step.day_offset, step.at) for step in strategy.pre_due]
    if before != sorted(before):
        yield "pre_due: the days must rise"
    for step in strategy.pre_due:
        if step.day_offset + step.valid_days > 1:
            yield f"pre_due {step.key}: still valid after the due date"
    yield from _repeated(
        "reminder by one channel on one day",
        [
            f"{step.day_offset} {step.channel}"
            for step in _reminders(strategy)
            if step.channel is not None
        ],
    )


def _lint_steps(strategy: Strategy) -> Iterable[str]:
    names = {stage.name for stage in strategy.stages}
    for step in strategy.steps:
        if step.day_offset < strategy.opens_after_days:
            yield f"step {step.key}: falls before a case opens"
        if step.stage not in names:
            yield f"step {step.key}: unknown stage {step.stage}"
        elif strategy.stage_on(step.day_offset) != step.stage:
            yield (
                f"step {step.key}: day {step.day_offset} belongs to stage "
                f"{strategy.stage_on(step.day_offset)}, not {step.stage}"
            )
        complete = step.channel is not None and step.template is not None
        if step.action is Action.REMIND and not complete:
            yield f"step {step.key}: a reminder names a channel and a template"
        if step.action is not Action.REMIND and (step.channel or step.template):
            yield f"step {step.key}: only a reminder has a channel and a template"


def _lint_templates(
    strategy: Strategy, templates: Collection[tuple[str, Channel]] | None
) -> Iterable[str]:
    for step in _reminders(strategy):
        if templates is None or step.channel is None or step.template is None:
            continue
        if (step.template, step.channel) not in templates:
            yield f"step {step.key}: there is no {step.channel} template {step.template}"


def _reminders(strategy: Strategy) -> tuple[Step | PreDueStep, ...]:
    """Steps before and after the due date alike; a step without a channel is no reminder."""
    return (*strategy.pre_due, *strategy.steps)


def _repeated(what: str, names: Sequence[str]) -> Iterable[str]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{what} {name} occurs twice"


def _invalid(mistakes: Sequence[str]) -> DomainError:
    count = "one mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    facts: dict[str, Fact] = {
        f"mistake_{number}": mistake for number, mistake in enumerate(mistakes, 1)
    }
    return DomainError(
        ErrorCode.INVALID_STRATEGY, f"The strategy has {count}: {'; '.join(mistakes)}.", facts
    )


class _Reader:
    """Typed reads from a mapping of unknown make.

    Mistakes are gathered, not raised, and a harmless value stands in for what was wrong, so that
    the author hears of all of them.
    """

    def __init__(
        self, data: Mapping[str, object], path: str = "", mistakes: list[str] | None = None
    ) -> None:
        self._data = data
        self._path = path
        self.mistakes: list[str] = [] if mistakes is None else mistakes
        self._read: set[str] = set()
        self._children: list[_Reader] = []

    def finish(self) -> None:
        """Name what nobody asked for."""
        for key in self._data:
            if key not in self._read:
                self._wrong(key, "is not known")
        for child in self._children:
            child.finish()

    def has(self, key: str) -> bool:
        self._read.add(key)
        return key in self._data

    def text(self, key: str) -> str:
        value = self._get(key)
        if isinstance(value, str) and value.strip():
            return value
        self._wrong(key, "must be a text")
        return "?"

    def key(self, key: str) -> str:
        value = self._get(key)
        if isinstance(value, str) and _KEY.fullmatch(value):
            return value
        self._wrong(key, "must be a name of small letters, digits and underscores")
        return "?"

    def whole(self, key: str, least: int, most: int, default: int | None = None) -> int:
        value = self._get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self._wrong(key, f"must be a whole number from {least} to {most}")
        return least

    def percent(self, key: str) -> Decimal:
        value = self._get(key)
        amount = Decimal(-1)
        # No float: a share that decides about kept or broken is written down exactly.
        if isinstance(value, int | str) and not isinstance(value, bool):
            try:
                amount = Decimal(value)
            except InvalidOperation:
                amount = Decimal(-1)
        if amount.is_finite() and 0 <= amount <= 100:  # noqa: PLR2004 - it is a percentage
            return amount
        self._wrong(key, "must be a percentage from 0 to 100 (whole, or a decimal in quotes)")
        return Decimal(0)

    def clock(self, key: str) -> time:
        value = self._get(key)
        try:
            parsed = time.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            parsed = None
        if isinstance(parsed, time) and parsed.tzinfo is None:
            return parsed
        self._wrong(key, "must be a local time of day")
        return time(0)

    def channel(self, key: str) -> Channel | None:
        value = self._get(key)
        if isinstance(value, str) and value in set(Channel):
            return Channel(value)
        self._wrong(key, f"must be one of {', '.join(Channel)}")
        return None

    def action(self, key: str) -> Action:
        value = self._get(key)
        if isinstance(value, str) and value in set(Action):
            return Action(value)
        self._wrong(key, f"must be one of {', '.join(Action)}")
        return Action.CALL_TASK

    def table(self, key: str) -> "_Reader":
        return self._child(self._get(key), key)

    def tables(self, key: str) -> list["_Reader"]:
        value = self._get(key, [])
        if not isinstance(value, list):
            self._wrong(key, "must be a list")
            return []
        return [self._child(item, f"{key}[{at}]") for at, item in enumerate(value)]

    def _get(self, key: str, default: object = None) -> object:
        self._read.add(key)
        return self._data.get(key, default)

    def _wrong(self, key: str, what: str) -> None:
        self.mistakes.append(f"{self._path}{key} {what}")

    def _child(self, value: object, key: str) -> "_Reader":
        table: Mapping[str, object] = {}
        if isinstance(value, Mapping):
            table = value
        else:
            self._wrong(key, "must be a table")
        child = _Reader(table, f"{self._path}{key}.", self.mistakes)
        self._children.append(child)
        return child


_LONGEST_VALIDITY = 30


def _step(data: _Reader) -> Step:
    return Step(
        key=data.key("key"),
        day_offset=data.whole("day", 0, _LONGEST_DAY),
        stage=data.key("stage"),
        action=data.action("action"),
        channel=data.channel("channel") if data.has("channel") else None,
        template=data.key("template") if data.has("template") else None,
        at=data.clock("at"),
        valid_days=data.whole("valid_days", 1, _LONGEST_VALIDITY, default=3),
    )


def _pre_due(data: _Reader) -> PreDueStep:
    return PreDueStep(
        key=data.key("key"),
        day_offset=data.whole("day", -60, 0),
        # Without a channel the strategy is refused anyway; the reminder needs some value.
        channel=data.channel("channel") or Channel.SMS,
        template=data.key("template"),
        at=data.clock("at"),
        valid_days=data.whole("valid_days", 1, _LONGEST_VALIDITY, default=1),
    )


def _sla(data: _Reader) -> EscalationSla:
    return EscalationSla(
        advisor_hours=data.whole("advisor_hours", 1, 24 * 31),
        manager_hours=data.whole("manager_hours", 1, 24 * 31),
    )


def _promise_policy(data: _Reader) -> PromisePolicy:
    return PromisePolicy(
        grace_days=data.whole("grace_days", 0, 30),
        threshold_percent=data.percent("threshold_percent"),
        max_days_ahead=data.whole("max_days_ahead", 0, 365),
        min_percent_of_overdue=data.percent("min_percent_of_overdue"),
        max_broken=data.whole("max_broken", 1, 100),
        max_promises=data.whole("max_promises", 1, 1000),
    )
