"""Reads a promise to pay: only where amount and day are beyond doubt."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.contact.intents.amounts import find_amount, half_of
from domain.contact.intents.dates import find_day
from domain.contact.intents.kinds import CONFIDENT, DoubtError, Intent, IntentKind
from domain.contact.intents.numbers import in_figures
from domain.contact.intents.text import plain_figures, tokens
from domain.contact.intents.vocabulary import Vocabulary

LONGEST_PROMISE = 480
"""Characters beyond which no promise is read: three text messages are a letter."""

_FULL_SENTENCE = Decimal("0.97")
_SHORT_FORM = Decimal("0.93")
_PER_STRANGE_WORD = Decimal("0.06")
_NOT_A_FIGURE = re.compile(r"[0-9a-z\s]+")
_OTHER_FIGURES = frozenset({"Nd", "Nl", "No"})


@dataclass(frozen=True, slots=True)
class Setting:
    """What a promise is understood against.

    Attributes:
        today: The writer's local day.
        currency: ISO 4217 code of the debt; empty if there is none.
        owed_amount: What is overdue, where that is known.
        country: The writer's country (ISO 3166), where that is known.
        doubts: Words of other languages that keep a promise from being one.
    """

    today: date
    currency: str
    owed_amount: Decimal | None
    country: str | None = None
    doubts: Collection[str] = frozenset()


def read_promise(text: str, folded: str, words: Vocabulary, setting: Setting) -> Intent:
    """The promise in a message.

    Args:
        text: The message as it came.
        folded: It in plain letters, folded as the language's words are.
        words: The language.
        setting: What it is understood against.

    Raises:
        DoubtError: Where it holds none, or one that is hedged, denied, past or ambiguous.
    """
    if any(unicodedata.category(letter) == "No" for letter in text):
        # A raised or circled figure becomes an ordinary one in plain letters: 50² is not 502.
        raise DoubtError
    if words.code == "hi":
        folded = plain_figures(folded)
    if "?" in folded or "%" in folded or words.asks_us.search(folded):
        raise DoubtError
    if any(
        unicodedata.category(letter) in _OTHER_FIGURES for letter in _NOT_A_FIGURE.sub("", folded)
    ):
        raise DoubtError
    polite = words.courtesy.sub("", folded)
    clause = _promising_clause(in_figures(polite, words), words, setting.doubts)
    found = find_day(clause, words, setting.today, setting.country)
    if found.on is None or found.on < setting.today:
        raise DoubtError
    amount = find_amount(found.rest, words, setting.currency, setting.country)
    said = tokens(amount.rest)
    value = amount.value
    is_all, is_half = bool(words.everything & set(said)), bool(words.half & set(said))
    if (value is not None) + is_all + is_half > 1:
        # "all 50", "50, not all", "the rest of the 50", "half of it all": say which.
        raise DoubtError
    has_verb = bool(words.pay & set(said))
    if value is None and not (is_all or is_half or has_verb):
        raise DoubtError
    strange = [word for word in said if word not in words.familiar]
    if strange and value is None:
        # The strange word may be the amount: "will pay a grand on friday".
        raise DoubtError
    confidence = (_FULL_SENTENCE if has_verb else _SHORT_FORM) - _PER_STRANGE_WORD * len(strange)
    if confidence < CONFIDENT:
        raise DoubtError
    if is_half:
        value = half_of(setting.owed_amount, setting.currency)
    return Intent(
        IntentKind.PROMISE,
        amount=setting.owed_amount if value is None else value,
        on=found.on,
        confidence=confidence,
        rules=(f"{words.code}.promise.{'sentence' if has_verb else 'short'}",),
        language=words.code,
    )


def _promising_clause(folded: str, words: Vocabulary, foreign: Collection[str]) -> str:
    """The part of the text that promises.

    What is denied first is left out ("cant this week, 30 on friday"); a denial in or after the
    promise takes it back.
    """
    clauses = [part.strip() for part in words.clause_end.split(folded) if part.strip()]
    said = [set(tokens(clause)) for clause in clauses]
    doubtful = words.hedges | words.other_matters | (set(foreign) - words.familiar)
    if any(each & (doubtful - words.negations) for each in said):
        raise DoubtError
    while clauses and said[0] & words.negations:
        del clauses[0], said[0]
    if not clauses or any(each & words.negations for each in said):
        raise DoubtError
    return " ".join(clauses)
