"""Reads dates as statements write them: ISO, day or month first, months by name."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Final

from domain.documents.words import folded, plain_digits


class DayOrder(StrEnum):
    """Which comes first where a date is all figures."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


@dataclass(frozen=True, slots=True)
class DateRead:
    """A date, and how sure it is (0 to 1)."""

    on: date
    confidence: float


@dataclass(frozen=True, slots=True)
class OrderRead:
    """The order of a document's dates, and how sure it is."""

    order: DayOrder
    confidence: float


SURE: Final = 0.99
_BY_ORDER: Final = 0.93
_GUESSED: Final = 0.6
_LONGEST: Final = 30
_EARLIEST, _LATEST = 1950, 2150
_CENTURY: Final = 100
_PIVOT: Final = 70
"""Two-digit years below it are of this century."""
_YEAR_DIGITS: Final = 4
_MONTHS: Final = 12
_SHORTEST_NAME: Final = 3

_NAMES: Final = (
    ("january", "enero", "januar", "janvier", "gennaio", "janeiro", "januari"),
    ("february", "febrero", "februar", "fevrier", "febbraio", "fevereiro", "februari"),
    ("march", "marzo", "marz", "maerz", "mars", "marco", "maart"),
    ("april", "abril", "avril", "aprile"),
    ("may", "mayo", "mai", "maggio", "maio", "mei"),
    ("june", "junio", "juni", "juin", "giugno", "junho"),
    ("july", "julio", "juli", "juillet", "luglio", "julho"),
    ("august", "agosto", "aout", "augustus"),
    ("september", "septiembre", "septembre", "settembre", "setembro", "sept"),
    ("october", "octubre", "oktober", "octobre", "ottobre", "outubro"),
    ("november", "noviembre", "novembre", "novembro"),
    ("december", "diciembre", "dezember", "decembre", "dicembre", "dezembro"),
)
"""Months in English, Spanish, German, French, Italian, Portuguese and Dutch, accents folded."""


def _months() -> dict[str, int]:
    """Names and their beginnings of three letters or more, where only one month begins so."""
    found: dict[str, set[int]] = {}
    for number, names in enumerate(_NAMES, start=1):
        for name in names:
            for length in range(_SHORTEST_NAME, len(name) + 1):
                found.setdefault(name[:length], set()).add(number)
    return {name: months.pop() for name, months in found.items() if len(months) == 1}


_BY_NAME: Final = _months()
_ISO: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?", re.ASCII)
_COMPACT: Final = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})", re.ASCII)
_FIGURES: Final = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(?: .*)?", re.ASCII)
_DAY_NAME: Final = re.compile(r"(\d{1,2}) ?(?:de )?([^\W\d]+) ?(?:de )?(\d{4}|\d{2})")
_NAME_DAY: Final = re.compile(r"([^\W\d]+) (\d{1,2}) (\d{4})")


def read_date(text: str, order: OrderRead | None = None) -> DateRead | None:
    """The date that a cell holds and nothing else, or null when it is none.

    A time of day behind it is left out. Without `order` an ambiguous date is taken as day first
    and is not sure.
    """
    tidy = plain_digits(text).strip()
    if not tidy or len(tidy) > _LONGEST:
        return None
    for shape in (_ISO, _COMPACT):
        if found := shape.fullmatch(tidy):
            return _made(int(found[1]), int(found[2]), int(found[3]), SURE)
    if found := _FIGURES.fullmatch(tidy):
        return _by_figures(int(found[1]), int(found[2]), found[3], order)
    words = folded(tidy)
    if found := _DAY_NAME.fullmatch(words):
        month = _BY_NAME.get(found[2])
        return None if month is None else _made(_year(found[3]), month, int(found[1]), SURE)
    if found := _NAME_DAY.fullmatch(words):
        month = _BY_NAME.get(found[1])
        return None if month is None else _made(int(found[3]), month, int(found[2]), SURE)
    return None


def order_of(texts: Iterable[str]) -> OrderRead | None:
    """Which order a document's dates have, by what only one order allows, or keeps sorted.

    Null when nothing tells, or when they contradict each other.
    """
    pairs = [
        (int(found[1]), int(found[2]), _year(found[3]))
        for text in texts
        if (found := _FIGURES.fullmatch(plain_digits(text).strip()[:_LONGEST]))
    ]
    day_first = any(first > _MONTHS for first, _, _ in pairs)
    month_first = any(second > _MONTHS for _, second, _ in pairs)
    if day_first != month_first:
        return OrderRead(DayOrder.DAY_FIRST if day_first else DayOrder.MONTH_FIRST, SURE)
    if day_first:
        return None
    as_days = _is_sorted([(year, second, first) for first, second, year in pairs])
    as_months = _is_sorted([(year, first, second) for first, second, year in pairs])
    if as_days == as_months:
        return None
    return OrderRead(DayOrder.DAY_FIRST if as_days else DayOrder.MONTH_FIRST, _BY_ORDER)


def _by_figures(first: int, second: int, year: str, order: OrderRead | None) -> DateRead | None:
    if first > _MONTHS or second > _MONTHS or first == second:
        # Only one reading is possible: a document whose other dates say otherwise has an error.
        month, day = (second, first) if first > _MONTHS else (first, second)
        agrees = (
            order is None
            or first == second
            or (order.order is DayOrder.DAY_FIRST) == (first > _MONTHS)
        )
        return _made(_year(year), month, day, SURE if agrees else _GUESSED)
    if order is not None and order.order is DayOrder.MONTH_FIRST:
        return _made(_year(year), first, second, order.confidence)
    return _made(_year(year), second, first, _GUESSED if order is None else order.confidence)


def _year(text: str) -> int:
    if len(text) == _YEAR_DIGITS:
        return int(text)
    short = int(text)
    return 2000 + short if short < _PIVOT else 2000 - _CENTURY + short


def _made(year: int, month: int, day: int, confidence: float) -> DateRead | None:
    if not _EARLIEST <= year <= _LATEST:
        return None
    try:
        return DateRead(date(year, month, day), confidence)
    except ValueError:
        return None


def _is_sorted(days: Sequence[tuple[int, int, int]]) -> bool:
    """Whether the days run one way and are not all the same."""
    if len(set(days)) < 2:  # noqa: PLR2004 - one day has no direction
        return False
    return all(a <= b for a, b in pairwise(days)) or all(a >= b for a, b in pairwise(days))
