"""The one day a text names, beyond doubt."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta

from domain.contact.intents.kinds import DoubtError
from domain.contact.intents.text import BEGIN, END, codes, tokens
from domain.contact.intents.vocabulary import Vocabulary

DAY_FIRST: frozenset[str] = codes(
    "AR AU BE BO BR CL CO CR CU DE DO EC ES FR GB GT HN IE IN IT MX NI NL NZ PE PT PY SV UY VE ZA"
)
"""Countries (ISO 3166) where 05/12 is the fifth of December to everybody."""

_FIGURES = re.compile(
    r"(?<![0-9/\\.-])(?P<first>[0-9]{1,2})\s*(?P<mark>[/.-])\s*(?P<second>[0-9]{1,2})"
    r"(?:\s*(?P=mark)\s*(?P<year>20[0-9]{2}|[0-9]{2}))?(?![0-9]*[/\\]|[0-9]|[.-][0-9])"
)
# Days and months in figures only, of which nobody can say which is which.
_FIGURE_DATE = re.compile(
    r"[0-9]{1,4}\s*[/\\]\s*[0-9]|(?<![0-9])[0-9]{1,2}[-.][0-9]{1,2}[-.][0-9]{2,4}"
)
_DAYS_IN_WEEK = 7
_MONTHS_IN_YEAR = 12
_NEXT_YEAR_WITHIN = timedelta(days=92)
_CLOCK = re.compile(
    rf"{BEGIN}(?:at |a las? |sham |subah |शाम |सुबह )?(?P<hour>[0-9]{{1,2}})"
    rf"(?:[:.](?P<minute>[0-5][0-9]))?\s*"
    rf"(?P<half>a\.?m\.?|p\.?m\.?|de la (?:manana|tarde|noche)|baje|बजे|oclock|hrs?|h)?{END}"
)
_NOON = 12
_FIRST_HOUR = 8
_HOURS = 24


@dataclass(frozen=True, slots=True)
class Found:
    """A day that is named in a clause, and the clause without it."""

    on: date | None
    rest: str


def find_day(clause: str, words: Vocabulary, today: date, country: str | None) -> Found:
    """The one day a clause names. Two different days are a doubt; a day named twice is not.

    Args:
        clause: Plain text, numbers in figures.
        words: The language.
        today: The writer's local day; weekdays are the next ones after it.
        country: ISO 3166, for dates in figures; None where it is not known.

    Raises:
        DoubtError: For a day that does not exist, that is past or far, or that people read in
            two ways.
    """
    clause, days = _figure_days(clause, today, country)
    rest = clause
    spans: list[tuple[int, int]] = []
    for pattern in words.dates:
        for match in pattern.finditer(clause):
            start, end = match.span()
            if any(start < taken_end and taken_start < end for taken_start, taken_end in spans):
                if match.groupdict().get("month"):
                    # "12 march 15": either number may be the day.
                    raise DoubtError
                continue
            spans.append((start, end))
            days.add(day_of(match.groupdict(), words, today))
            rest = rest[:start] + "\0" * (end - start) + rest[end:]
    if len(days) > 1:
        raise DoubtError
    if words.two_way & set(tokens(clause)) and not words.future & set(tokens(clause)):
        # The day before or the day after: only the verb says.
        raise DoubtError
    rest = rest.replace("\0", " ")
    if set(tokens(rest)) & (set(words.months) | words.next):
        # A month without its day ("in march"), or "next week".
        raise DoubtError
    return Found(next(iter(days), None), rest)


def day_of(parts: Mapping[str, str | None], words: Vocabulary, today: date) -> date:
    """The day that a pattern found.

    Args:
        parts: Its groups: `iso`; `day`, `month` and `year`; `ordinal`; `relative`; `count` and
            `unit`; `weekday`.
        words: The language.
        today: The writer's local day.

    Raises:
        DoubtError: For a day that does not exist or is far.
    """
    try:
        if parts.get("iso"):
            return date.fromisoformat(str(parts["iso"]))
        if parts.get("month"):
            year = parts.get("year")
            return _named_day(
                int(re.sub(r"\D", "", str(parts["day"]))),
                words.months[str(parts["month"])],
                None if year is None else int(year),
                today,
            )
        if parts.get("ordinal"):
            return _next_ordinal(int(str(parts["ordinal"])), today)
        if parts.get("relative"):
            return today + timedelta(days=words.relative[str(parts["relative"])])
        if parts.get("unit"):
            count = str(parts["count"])
            number = int(count) if count.isdecimal() else 1
            return today + timedelta(days=number * words.units[str(parts["unit"])])
        ahead = (words.weekdays[str(parts["weekday"])] - today.weekday()) % _DAYS_IN_WEEK
        return today + timedelta(days=ahead or _DAYS_IN_WEEK)
    except (ValueError, OverflowError):
        # 31 February, the year 9999.
        raise DoubtError from None


def find_time(text: str) -> time | None:
    """The time of day at which somebody asks to be called; None where none, or several, are named.

    Without "am" or "pm" it is one between eight in the morning and eight in the evening: nobody
    asks to be called at five in the morning.
    """
    found = {
        _time_of(match)
        for match in _CLOCK.finditer(text)
        if match["half"] or match["minute"] or match.group().startswith(("at ", "a la"))
    }
    found.discard(None)
    return found.pop() if len(found) == 1 else None


def _time_of(match: re.Match[str]) -> time | None:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    half = (match["half"] or "").replace(".", "")
    if half in {"pm", "de la tarde", "de la noche"} or match.group().startswith(("sham", "शाम")):
        hour = hour % _NOON + _NOON if hour <= _NOON else hour
    elif half == "am" or half.endswith("manana") or match.group().startswith(("subah", "सुबह")):
        hour %= _NOON
    elif hour < _FIRST_HOUR:
        hour += _NOON
    return time(hour, minute) if hour < _HOURS else None


def _figure_days(clause: str, today: date, country: str | None) -> tuple[str, set[date]]:
    days: set[date] = set()
    for match in _FIGURES.finditer(clause):
        if match["mark"] != "/" and match["year"] is None:
            continue  # "12.50" is an amount
        days.add(_figure_day(match, today, country))
        start, end = match.span()
        clause = clause[:start] + " " * (end - start) + clause[end:]
    if _FIGURE_DATE.search(clause):
        raise DoubtError
    return clause, days


def _figure_day(match: re.Match[str], today: date, country: str | None) -> date:
    first, second = int(match["first"]), int(match["second"])
    if first <= _MONTHS_IN_YEAR and second <= _MONTHS_IN_YEAR and first != second:
        if country not in DAY_FIRST:
            raise DoubtError
    elif second > _MONTHS_IN_YEAR:
        if country in DAY_FIRST:
            raise DoubtError
        first, second = second, first
    year = None
    if match["year"]:
        year = int(match["year"]) % 100 + 2000
    try:
        return _named_day(first, second, year, today)
    except ValueError:
        raise DoubtError from None


def _named_day(day: int, month: int, year: int | None, today: date) -> date:
    if year is not None:
        return date(year, month, day)
    this_year = date(today.year, month, day)
    if this_year >= today:
        return this_year
    next_year = date(today.year + 1, month, day)
    if next_year - today > _NEXT_YEAR_WITHIN:
        # In June nobody means next March: it is past.
        raise DoubtError
    return next_year


def _next_ordinal(day: int, today: date) -> date:
    """The next such day after today ("the 12th"), this month or next; a month may have none."""
    this_month = today.replace(day=day)
    if this_month > today:
        return this_month
    year, month = divmod(today.year * 12 + today.month, 12)
    return date(year, month + 1, day)
