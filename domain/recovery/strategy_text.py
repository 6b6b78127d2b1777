"""Reads a strategy from data of unknown make, and lints it.

Mistakes are gathered, not raised one by one, so that the author hears of all of them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

from domain.contact.channel import Channel
from domain.errors import DomainError, ErrorCode, Fact
from domain.letters import BY_STEPS, LetterCode
from domain.recovery.arrangement import ArrangementPolicy
from domain.recovery.conditions import ALWAYS, Condition, Flag, LastOutcome
from domain.recovery.promise import PromisePolicy
from domain.recovery.settlement import SettlementPolicy
from domain.recovery.strategy import (
    Action,
    Audience,
    EscalationSla,
    Exit,
    PreDueStep,
    Stage,
    Step,
    Strategy,
    Way,
)
from domain.recovery.strategy_lint import Finding, Letters, Texts, lint

_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2}")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+-]{0,19}")
_LONGEST_DAY = 3650
_LONGEST_VALIDITY = 30
_MOST = 1_000_000_000_000
_LETTER = "letter"
"""As a channel to fall back to: an agent posts a letter."""

_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Reading:
    """A strategy as far as it could be read, and what is wrong with it."""

    strategy: Strategy
    findings: tuple[Finding, ...]


def strategy_from_mapping(data: Mapping[str, object], texts: Texts | None = None) -> Strategy:
    """Read and lint a strategy.

    Args:
        data: The mapping a TOML, YAML or JSON file holds (see `api/packs/strategies`).
        texts: The texts there are; None: not checked.

    Raises:
        DomainError: `INVALID_STRATEGY`, every mistake in a fact `mistake_1`, `mistake_2`, …
    """
    found = read_strategy(data, texts)
    if found.findings:
        raise invalid([finding.text for finding in found.findings])
    return found.strategy


def read_strategy(
    data: Mapping[str, object], texts: Texts | None = None, letters: Letters | None = None
) -> Reading:
    """Read a strategy and name its mistakes; with any, the strategy must not be used."""
    reader = _Reader(data)
    strategy = Strategy(
        code=reader.key("code"),
        version=reader.whole("version", 1, 1_000_000),
        name=reader.text("name"),
        opens_after_days=reader.whole("opens_after_days", 1, 365),
        stages=tuple(_stage(each) for each in reader.tables("stages")),
        steps=tuple(_step(each) for each in reader.tables("steps")),
        pre_due=tuple(_pre_due(each) for each in reader.tables("pre_due")),
        escalation=_sla(reader.table("escalation")),
        promises=_promise_policy(reader.table("promises")),
        review_days=reader.whole("review_days", 1, 31),
        repeat_after_days=reader.whole("repeat_after_days", 1, 365),
        exits=reader.words("exits", Exit) if reader.has("exits") else frozenset(Exit),
        arrangements=_arrangement_policy(reader.table("arrangements"))
        if reader.has("arrangements")
        else ArrangementPolicy(),
        settlements=_settlement_policy(reader.table("settlements"))
        if reader.has("settlements")
        else SettlementPolicy(),
    )
    reader.finish()
    # What could not be read is not linted as well: it would only be named twice.
    return Reading(strategy, tuple(reader.mistakes) or lint(strategy, texts, letters))


def invalid(mistakes: Sequence[str]) -> DomainError:
    """The refusal of a strategy, with every mistake as a fact."""
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
        self, data: Mapping[str, object], path: str = "", mistakes: list[Finding] | None = None
    ) -> None:
        self._data = data
        self._path = path
        self.mistakes: list[Finding] = [] if mistakes is None else mistakes
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
        amount = self._decimal(key)
        if amount is not None and 0 <= amount <= 100:  # noqa: PLR2004 - it is a percentage
            return amount
        self._wrong(key, "must be a percentage from 0 to 100 (whole, or a decimal in quotes)")
        return Decimal(0)

    def amount(self, key: str) -> Decimal:
        amount = self._decimal(key)
        if amount is not None and 0 <= amount <= _MOST:
            return amount
        self._wrong(key, "must be an amount from 0 (whole, or a decimal in quotes)")
        return Decimal(0)

    def _decimal(self, key: str) -> Decimal | None:
        value = self._get(key)
        # No float: a share that decides about kept or broken is written down exactly.
        if not isinstance(value, int | str) or isinstance(value, bool):
            return None
        try:
            found = Decimal(value)
        except InvalidOperation:
            return None
        return found if found.is_finite() else None

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

    def letter(self, key: str) -> LetterCode | None:
        value = self._get(key)
        if isinstance(value, str) and value in BY_STEPS:
            return LetterCode(value)
        self._wrong(key, f"must be one of {', '.join(sorted(BY_STEPS))}")
        return None

    def audience(self, key: str) -> Audience:
        value = self._get(key)
        if isinstance(value, str) and value in set(Audience):
            return Audience(value)
        self._wrong(key, f"must be one of {', '.join(Audience)}")
        return Audience.PRIMARY

    def words(self, key: str, kind: type[_Word]) -> frozenset[_Word]:
        known = set(kind)
        found = self._texts(key)
        if found is not None and all(word in known for word in found):
            return frozenset(kind(word) for word in found)
        self._wrong(key, f"must be a list of {', '.join(kind)}")
        return frozenset()

    def names(self, key: str, pattern: re.Pattern[str], what: str) -> frozenset[str]:
        found = self._texts(key)
        if found is not None and all(pattern.fullmatch(word) for word in found):
            return frozenset(found)
        self._wrong(key, f"must be a list of {what}")
        return frozenset()

    def way(self, key: str) -> Channel | None:
        """A channel, or None for a letter."""
        if self._get(key) == _LETTER:
            return None
        value = self._get(key)
        if isinstance(value, str) and value in set(Channel):
            return Channel(value)
        self._wrong(key, f"must be one of {', '.join(Channel)}, {_LETTER}")
        return None

    def _texts(self, key: str) -> list[str] | None:
        value = self._get(key)
        if not isinstance(value, list):
            return None
        found = [word for word in value if isinstance(word, str)]
        return found if len(found) == len(value) else None

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
        path = f"{self._path}{key}"
        self.mistakes.append(Finding(path, f"{path} {what}"))

    def _child(self, value: object, key: str) -> "_Reader":
        table: Mapping[str, object] = {}
        if isinstance(value, Mapping):
            table = value
        else:
            self._wrong(key, "must be a table")
        child = _Reader(table, f"{self._path}{key}.", self.mistakes)
        self._children.append(child)
        return child


def _stage(data: _Reader) -> Stage:
    return Stage(
        name=data.key("name"),
        from_day=data.whole("from_day", 0, _LONGEST_DAY),
        to_day=data.whole("to_day", 0, _LONGEST_DAY) if data.has("to_day") else None,
    )


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
        when=_condition(data.table("when")) if data.has("when") else ALWAYS,
        fallback=tuple(_way(each) for each in data.tables("fallback")),
        percent=data.percent("percent") if data.has("percent") else None,
        to=data.audience("to") if data.has("to") else Audience.PRIMARY,
        letter=data.letter("letter") if data.has("letter") else None,
    )


def _way(data: _Reader) -> Way:
    """A way to fall back to; its text is left out only where a letter is named by its code."""
    letter = data.letter("letter") if data.has("letter") else None
    text = None if letter is not None and not data.has("template") else data.key("template")
    return Way(channel=data.way("channel"), template=text, letter=letter)


def _condition(data: _Reader) -> Condition:
    def count(key: str) -> int | None:
        return data.whole(key, 0, 1000) if data.has(key) else None

    def words(key: str, kind: type[_Word]) -> frozenset[_Word]:
        return data.words(key, kind) if data.has(key) else frozenset()

    def names(key: str, pattern: re.Pattern[str], what: str) -> frozenset[str] | None:
        return data.names(key, pattern, what) if data.has(key) else None

    return Condition(
        min_overdue=data.amount("min_overdue") if data.has("min_overdue") else None,
        max_overdue=data.amount("max_overdue") if data.has("max_overdue") else None,
        buckets=names("buckets", _BUCKET, "buckets"),
        min_unpaid=count("min_unpaid"),
        max_unpaid=count("max_unpaid"),
        last_outcomes=words("last_outcomes", LastOutcome) if data.has("last_outcomes") else None,
        reachable=words("reachable", Channel),
        unreachable=words("unreachable", Channel),
        flags=words("flags", Flag),
        without_flags=words("without_flags", Flag),
        languages=names("languages", _LANGUAGE, "languages of two letters"),
        min_broken_promises=count("min_broken_promises"),
        max_broken_promises=count("max_broken_promises"),
        min_risk=data.whole("min_risk", 0, 100) if data.has("min_risk") else None,
        max_risk=data.whole("max_risk", 0, 100) if data.has("max_risk") else None,
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


def _arrangement_policy(data: _Reader) -> ArrangementPolicy:
    """What is left out is as in `ArrangementPolicy`."""
    usual = ArrangementPolicy()

    def whole(key: str, least: int, most: int, usual_one: int) -> int:
        return data.whole(key, least, most) if data.has(key) else usual_one

    return ArrangementPolicy(
        max_parts=whole("max_parts", 1, 120, usual.max_parts),
        max_days=whole("max_days", 1, _LONGEST_DAY, usual.max_days),
        first_within_days=whole("first_within_days", 0, 366, usual.first_within_days),
        min_percent_of_overdue=data.percent("min_percent_of_overdue")
        if data.has("min_percent_of_overdue")
        else usual.min_percent_of_overdue,
        max_broken=whole("max_broken", 1, 100, usual.max_broken),
        alone_days=whole("alone_days", 0, _LONGEST_DAY, usual.alone_days),
        alone_amount=data.amount("alone_amount") if data.has("alone_amount") else None,
        remind_days=whole("remind_days", 0, 14, usual.remind_days),
    )


def _settlement_policy(data: _Reader) -> SettlementPolicy:
    """What is left out is as in `SettlementPolicy`."""
    usual = SettlementPolicy()
    return SettlementPolicy(
        min_percent=data.percent("min_percent") if data.has("min_percent") else usual.min_percent,
        max_valid_days=data.whole("max_valid_days", 1, 366)
        if data.has("max_valid_days")
        else usual.max_valid_days,
        max_pay_days=data.whole("max_pay_days", 1, _LONGEST_DAY)
        if data.has("max_pay_days")
        else usual.max_pay_days,
    )
