"""How likely it is that a debt goes unpaid: points from a card that anybody can read.

A card is data: for each component, from which figure on how many points are given, and the words
in which that is said. The score is the sum of the points, at most 100. Nothing else enters it: no
income, no health, no language, no place, no age, and nothing that a person noted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.errors import DomainError, ErrorCode

MOST: Final = 100
"""The highest score."""

_MOST_FIGURE: Final = 10_000


class Figure(StrEnum):
    """What a card may look at; a whole number, the higher the worse."""

    DAYS_PAST_DUE = "days_past_due"
    """Days since the oldest unmet instalment fell due."""
    UNPAID_INSTALMENTS = "unpaid_instalments"
    """Instalments that are overdue now."""
    LATE_INSTALMENTS = "late_instalments"
    """Instalments that fell due in the last year and were met late, or not yet."""
    UNPAID_PERCENT = "unpaid_percent"
    """Of what fell due in the last year, the percentage that is not paid."""
    BROKEN_PROMISES = "broken_promises"
    """Promises that were broken in the last year."""
    RETURNED_PAYMENTS = "returned_payments"
    """Payments that the bank took back in the last year."""
    UNREACHABLE = "unreachable"
    """1 where no medium is left by which the customer may be reached."""


class Level(StrEnum):
    """What a score comes to."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Rung:
    """From which figure on how many points are given.

    Attributes:
        least: The figure from which on.
        points: So many.
        reason: In words; `{value}` stands for the figure.
        reason_of_one: The words for a figure of one, where grammar asks for others.
    """

    least: int
    points: int
    reason: str
    reason_of_one: str | None = None

    def said(self, value: int) -> str:
        """The reason for a figure."""
        if value == 1 and self.reason_of_one is not None:
            return self.reason_of_one
        return self.reason.replace("{value}", str(value))


@dataclass(frozen=True, slots=True)
class Component:
    """One component of a card: of its rungs the highest that is reached counts, alone."""

    figure: Figure
    name: str
    rungs: tuple[Rung, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A version of the points model.

    Attributes:
        code: Its name.
        version: Counts up when anything of it changes; scores keep it.
        medium_from: The score from which on risk is medium.
        high_from: And high.
        components: What is looked at, in the order in which it is told.
    """

    code: str
    version: int
    medium_from: int
    high_from: int
    components: tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What one component gave.

    Attributes:
        figure: Which.
        name: The component, for people.
        value: The figure found.
        points: What it gave.
        reason: Why, in words; empty where it gave nothing.
    """

    figure: Figure
    name: str
    value: int
    points: int
    reason: str


@dataclass(frozen=True, slots=True)
class Score:
    """A score with all that it is made of.

    Attributes:
        value: 0 to 100.
        level: What that comes to.
        parts: Every component, also those that gave nothing.
    """

    value: int
    level: Level
    parts: tuple[Part, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, the weightiest first."""
        weighty = sorted(self.parts, key=lambda part: -part.points)
        return tuple(part.reason for part in weighty if part.points)


def score(card: Card, figures: Mapping[Figure, int]) -> Score:
    """What a card gives for some figures; one that is not known counts as nothing."""
    parts = tuple(
        _part(component, figures.get(component.figure, 0)) for component in card.components
    )
    value = min(MOST, sum(part.points for part in parts))
    if value >= card.high_from:
        return Score(value, Level.HIGH, parts)
    return Score(value, Level.MEDIUM if value >= card.medium_from else Level.LOW, parts)


def worst(figures: Sequence[Mapping[Figure, int]]) -> Mapping[Figure, int]:
    """The figures of several loans as those of their debtor.

    What counts things adds up; what measures one takes the worst of them.
    """
    counted = {Figure.UNPAID_INSTALMENTS, Figure.LATE_INSTALMENTS, Figure.RETURNED_PAYMENTS}
    return {
        figure: sum(values) if figure in counted else max(values, default=0)
        for figure in Figure
        if (values := [each[figure] for each in figures if figure in each])
    }


def card_from_mapping(data: Mapping[str, object]) -> Card:
    """Read a card as it stands in its file; raises `INVALID_REQUEST` naming what is wrong."""
    components = tuple(_component(each) for each in _tables(data, "components"))
    card = Card(
        code=_text(data, "code"),
        version=_whole(data, "version"),
        medium_from=_whole(data, "medium_from"),
        high_from=_whole(data, "high_from"),
        components=components,
    )
    if not 0 < card.medium_from < card.high_from <= MOST:
        raise _refused("high_from", "Risk is medium before it is high, and both within 1 to 100.")
    figures = [component.figure for component in components]
    if len(set(figures)) != len(figures):
        raise _refused("components", "A figure is looked at once.")
    return card


def _part(component: Component, value: int) -> Part:
    reached = [rung for rung in component.rungs if value >= rung.least]
    if not reached:
        return Part(component.figure, component.name, value, 0, "")
    rung = reached[-1]
    return Part(component.figure, component.name, value, rung.points, rung.said(value))


def _component(data: Mapping[str, object]) -> Component:
    named = _text(data, "figure")
    if named not in set(Figure):
        raise _refused("figure", f"There is no figure {named}.")
    rungs = tuple(
        Rung(
            _whole(each, "from"),
            _whole(each, "points"),
            _text(each, "reason"),
            _text(each, "reason_of_one") if "reason_of_one" in each else None,
        )
        for each in _tables(data, "points")
    )
    rising = all(
        before.least < after.least and before.points < after.points
        for before, after in zip(rungs, rungs[1:], strict=False)
    )
    if not rungs or not rising or rungs[0].least < 1:
        raise _refused(named, "Points rise with the figure, from 1 on.")
    return Component(Figure(named), _text(data, "name"), rungs)


def _tables(data: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    found = data.get(name)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise _refused(name, f"{name} is a list of tables.")
    return found


def _text(data: Mapping[str, object], name: str) -> str:
    found = data.get(name)
    if not isinstance(found, str) or not found:
        raise _refused(name, f"{name} is a text.")
    return found


def _whole(data: Mapping[str, object], name: str) -> int:
    found = data.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= _MOST_FIGURE:
        raise _refused(name, f"{name} is a whole number.")
    return found


def _refused(field: str, detail: str) -> DomainError:
    return DomainError(ErrorCode.INVALID_REQUEST, detail, {"field": field})
