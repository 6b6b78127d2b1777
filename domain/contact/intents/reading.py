"""Reads a customer's message: what it asks for, how sure that is, and which rules said so.

Two principles. A STOP wins over everything. What is hedged, ambiguous, contradictory or asked is
`UNCLEAR`, and a person reads it: a message is never taken for more than it surely says.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal

from domain.contact.intents.dates import find_day, find_time
from domain.contact.intents.kinds import (
    CONFIDENT,
    STRICTEST_FIRST,
    SURE,
    DoubtError,
    Intent,
    IntentKind,
)
from domain.contact.intents.languages import LANGUAGES
from domain.contact.intents.promises import LONGEST_PROMISE, Setting, read_promise
from domain.contact.intents.saying import Said, what_is_said
from domain.contact.intents.stopping import asks_to_stop, holds_stop_word, single_word
from domain.contact.intents.text import has_devanagari, plain, tokens
from domain.contact.intents.vocabulary import Vocabulary

MOST_READ = 4000
"""Characters looked at; a STOP is looked for in all of them."""


def read(
    text: str,
    language: str,
    today: date,
    currency: str,
    owed_amount: Decimal | None,
    *,
    country: str | None = None,
    name: str = "",
) -> Intent:
    """Read a customer's message; never fails, whatever the text holds.

    STOP, START and HELP count in every language. Other things are read in the language that the
    words show, the customer's first; a promise only in that one.

    Args:
        text: What he wrote himself, as it came.
        language: His language (ISO 639-1).
        today: His local day; weekdays are the next ones after it.
        currency: ISO 4217 code of the debt; empty if there is none.
        owed_amount: What is overdue; the amount of a promise that names none or "all".
        country: His country (ISO 3166), for dates and amounts in figures; None: not known.
        name: His name, by which "I am not Maria" is told from "I am not well".
    """
    simple = plain(text)
    candidates = _likeliest_first(simple, language)
    said = _everything_said(simple, candidates, name)
    sure = [one for one in said if one.confidence >= CONFIDENT]
    stops_in = asks_to_stop(simple, candidates)
    if stops_in is not None:
        return _joined(
            Intent(
                IntentKind.STOP,
                confidence=SURE,
                rules=(f"{stops_in.code}.stop.words",),
                language=stops_in.code,
            ),
            sure,
        )
    word = single_word(simple, candidates)
    if word is not None:
        return word
    promise = None
    if not holds_stop_word(simple, candidates) and len(text) <= LONGEST_PROMISE:
        setting = Setting(today, currency, owed_amount, country)
        promise = _promise(text, simple, candidates, setting)
    if promise is not None and any(one.kind is IntentKind.CALL_ME for one in sure):
        # "call me friday at 3" names no amount.
        promise = None
    if sure:
        strictest = _strictest(sure, promise)
        if strictest.kind is not IntentKind.CALL_ME:
            return strictest
        on, at = _appointment(simple, candidates[0], today, country)
        return replace(strictest, on=on, at=at)
    if promise is not None:
        return promise
    unsure = _kinds(said)
    return Intent(IntentKind.UNCLEAR, also=unsure, rules=tuple(one.rule for one in said))


def _likeliest_first(simple: str, language: str) -> Sequence[Vocabulary]:
    """The languages in the order in which they may be the message's.

    A script of its own decides, then the number of words that no other language has, then what
    the customer's language is.
    """
    own = language.casefold().replace("_", "-").partition("-")[0]
    order = sorted(LANGUAGES, key=lambda one: one.code != own)

    def shown(one: Vocabulary) -> tuple[bool, int]:
        marks = sum(word in one.markers for word in tokens(one.fold(simple)))
        return (has_devanagari(simple) and one.code == "hi", marks)

    return sorted(order, key=shown, reverse=True)


def _everything_said(simple: str, candidates: Sequence[Vocabulary], name: str) -> list[Said]:
    """What the rules find in the likeliest language that finds anything."""
    short = simple[:MOST_READ]
    for words in candidates:
        names = frozenset(tokens(words.fold(plain(name))))
        said = what_is_said(words.fold(short), words, names)
        if said:
            return sorted(said, key=lambda one: STRICTEST_FIRST.index(one.kind))
    return []


def _promise(
    text: str, simple: str, candidates: Sequence[Vocabulary], setting: Setting
) -> Intent | None:
    words = candidates[0]
    folded = words.fold(simple)
    foreign = frozenset().union(*(one.doubts for one in candidates[1:]))
    try:
        return read_promise(
            text,
            folded,
            words,
            replace(setting, doubts=foreign),
        )
    except DoubtError:
        return None


def _strictest(sure: Sequence[Said], promise: Intent | None) -> Intent:
    first = sure[0]
    found = Intent(
        first.kind, confidence=first.confidence, rules=(first.rule,), language=first.rule[:2]
    )
    if promise is None:
        return _joined(found, sure)
    rank = STRICTEST_FIRST.index
    if rank(IntentKind.PROMISE) < rank(first.kind):
        return _joined(promise, sure)
    return _joined(found, [*sure, Said(promise.kind, promise.confidence, promise.rules[0])])


def _appointment(
    simple: str, words: Vocabulary, today: date, country: str | None
) -> tuple[date | None, time | None]:
    folded = words.fold(simple)
    try:
        on = find_day(folded, words, today, country).on
    except DoubtError:
        on = None
    if on is not None and not today <= on <= today + _CALL_WITHIN:
        on = None
    return on, find_time(simple)


def _joined(first: Intent, said: Sequence[Said]) -> Intent:
    rules = tuple(dict.fromkeys((*first.rules, *(one.rule for one in said))))
    also = tuple(kind for kind in _kinds(said) if kind is not first.kind)
    return replace(first, also=also, rules=rules)


def _kinds(said: Sequence[Said]) -> tuple[IntentKind, ...]:
    kinds = {one.kind for one in said}
    return tuple(kind for kind in STRICTEST_FIRST if kind in kinds)


_CALL_WITHIN = timedelta(days=60)
"""Nobody asks to be called later than that."""
