"""The form in which one language's words are given to the rules that read messages."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from domain.contact.intents.kinds import IntentKind
from domain.contact.intents.text import BEGIN, END, any_of

DAY_NUMBER = r"(?:0?[1-9]|[12][0-9]|3[01])"
"""A day of a month in figures, in a pattern."""

ISO_DATE = re.compile(r"\b(?P<iso>[0-9]{4}-[0-9]{2}-[0-9]{2})\b")
"""A date beyond doubt."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A rule that recognises what somebody says.

    Attributes:
        id: Its name: the language, the kind, and what it listens to.
        kind: What it means.
        pattern: Words in a row; it is looked for in one clause at a time.
        asked: It counts in a question, too ("can you call me?").
        confidence: How sure it is where nothing around it raises a doubt.
    """

    id: str
    kind: IntentKind
    pattern: re.Pattern[str]
    asked: bool = False
    confidence: Decimal = Decimal("0.95")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One language's words, plain (see `text.plain`) and folded.

    Attributes:
        code: ISO 639-1.
        markers: Words by which the language is recognised; no other language has them.
        stop_anywhere: What ends messages wherever it stands in one, words in a row.
        stop_alone: Words that do so as the whole message only.
        fillers: Words that change nothing beside one of those.
        start: Words that begin messages again.
        yes: Words that do so for somebody who is opted out.
        help: Words that ask who we are.
        hedges: Words that make a promise unsure.
        negations: Words that deny.
        other_matters: The past, other people's money, and what is not a promise.
        pay: Words for paying.
        known: Every word that may stand in a promise.
        everything: Words for all that is owed.
        half: Words for half of it.
        currencies: Words for currencies beyond the shared ones, to their codes.
        weekdays: Names of days of the week, Monday 0.
        months: Names of months, January 1.
        relative: Words for days, to their distance from today.
        units: Words for lengths of time, in days.
        next: Words of which nobody knows whether they mean this week or the one after.
        dates: How a day is written; groups as in `dates.day_of`.
        clause_end: Where one thing ends that is said, and another begins.
        asks_us: What asks us to do something.
        courtesy: Politeness that would be taken for something else.
        numbers: Numbers in words.
        multipliers: Words that multiply the number before them.
        joiners: Words between numbers ("and").
        statements: The rules that recognise what is said.
        two_way: Words for days that are as far back as ahead ("kal").
        future: Words one of which must stand beside them.
        automatic: How machines begin an answer.
        fold: Takes away what is spelt in many ways; the words here are folded already.
    """

    code: str
    markers: frozenset[str]
    stop_anywhere: re.Pattern[str]
    stop_alone: frozenset[str]
    fillers: frozenset[str]
    start: frozenset[str]
    yes: frozenset[str]
    help: frozenset[str]
    hedges: frozenset[str]
    negations: frozenset[str]
    other_matters: frozenset[str]
    pay: frozenset[str]
    known: frozenset[str]
    everything: frozenset[str]
    half: frozenset[str]
    currencies: Mapping[str, frozenset[str]]
    weekdays: Mapping[str, int]
    months: Mapping[str, int]
    relative: Mapping[str, int]
    units: Mapping[str, int]
    next: frozenset[str]
    dates: tuple[re.Pattern[str], ...]
    clause_end: re.Pattern[str]
    asks_us: re.Pattern[str]
    courtesy: re.Pattern[str]
    numbers: Mapping[str, int]
    multipliers: Mapping[str, int]
    joiners: frozenset[str]
    statements: tuple[Statement, ...]
    two_way: frozenset[str] = frozenset()
    future: frozenset[str] = frozenset()
    automatic: tuple[str, ...] = ()
    fold: Callable[[str], str] = field(default=str)

    @property
    def doubts(self) -> frozenset[str]:
        """Every word that keeps a promise from being one."""
        return self.hedges | self.negations | self.other_matters

    @property
    def familiar(self) -> frozenset[str]:
        """Every word that has its place in a promise."""
        return self.known | self.pay | self.everything | self.half


def phrase(pattern: str) -> re.Pattern[str]:
    """A pattern that begins and ends with words."""
    return re.compile(rf"{BEGIN}(?:{pattern}){END}")


def statements(
    code: str,
    *rules: tuple[IntentKind, str, str],
    asked: frozenset[str] = frozenset({"call_me", "struggling"}),
) -> tuple[Statement, ...]:
    """The rules of a language: what each means, its name, and its pattern.

    Those named in `asked` count in questions, too.
    """
    return tuple(
        Statement(f"{code}.{kind.value}.{name}", kind, phrase(pattern), asked=name in asked)
        for kind, name, pattern in rules
    )


def named_days(
    weekdays: Iterable[str], relative: Iterable[str]
) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Patterns for days that are named: by weekday, and from today."""
    return (
        re.compile(rf"{BEGIN}(?P<relative>{any_of(relative)}){END}"),
        re.compile(rf"{BEGIN}(?P<weekday>{any_of(weekdays)}){END}"),
    )
