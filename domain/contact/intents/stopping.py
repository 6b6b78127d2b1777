"""The carriers' words, and any wording of a STOP, in every language we know."""

from collections.abc import Sequence

from domain.contact.intents.kinds import SURE, Intent, IntentKind
from domain.contact.intents.text import tokens
from domain.contact.intents.vocabulary import Vocabulary


def asks_to_stop(plain: str, languages: Sequence[Vocabulary]) -> Vocabulary | None:
    """The language in which a plain text wants messages to end; None for none.

    Any reasonable wording is one (47 CFR 64.1200(a)(10)), wherever it stands and whatever else
    the text says.
    """
    for words in languages:
        said = tokens(words.fold(plain))
        if words.stop_anywhere.search(" ".join(said)):
            return words
        meant = [word for word in said if word not in words.fillers]
        if meant and set(meant) <= words.stop_alone and "?" not in plain:
            return words
    return None


def holds_stop_word(plain: str, languages: Sequence[Vocabulary]) -> bool:
    """Whether a word that ends messages stands in an ordinary sentence: a person reads it."""
    return any(
        (words.stop_alone - words.familiar) & set(tokens(words.fold(plain))) for words in languages
    )


def single_word(plain: str, languages: Sequence[Vocabulary]) -> Intent | None:
    """What a message of one word and courtesies asks for: to begin again, or for help."""
    for words in languages:
        meant = {word for word in tokens(words.fold(plain)) if word not in words.fillers}
        if not meant:
            continue
        for kind, known, only_opted_out in (
            (IntentKind.START, words.start, False),
            (IntentKind.START, words.yes, True),
            (IntentKind.HELP, words.help, False),
        ):
            if meant <= known:
                return Intent(
                    kind,
                    confidence=SURE,
                    requires_opted_out=only_opted_out,
                    rules=(f"{words.code}.{kind.value}.word",),
                    language=words.code,
                )
    return None
