"""What of a text its writer wrote himself, and whether a machine wrote it."""

import re
from collections.abc import Iterable
from typing import Final

from domain.contact.intents.languages import LANGUAGES
from domain.contact.intents.stopping import asks_to_stop
from domain.contact.intents.text import plain, tokens

_QUOTED_LINE: Final = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_HISTORY: Final = re.compile(
    r"^[ \t]*-{2,}[ \t]*(?:original message|forwarded message|mensaje original|mensaje reenviado"
    r"|मूल संदेश)[ \t]*-{2,}.*"
    # "On 3 March 2028 Harbor Credit wrote:", as mail programs begin a quotation.
    r"|^[^\n]{0,300}(?:wrote|escribi[oó]|ने लिखा)[ \t]*:[ \t]*$.*",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
# Phones write reactions to a message as one that quotes it.
_REACTION: Final = re.compile(
    r"^\s*(?:liked|loved|disliked|laughed at|emphasized|emphasised|questioned|reacted \S+ to"
    r"|le gust[oó]|le encant[oó]|no le gust[oó]|se ri[oó] de|enfatiz[oó]|removed an? \w+ from)"
    r"\s+[“\"«].*[”\"»]\s*$",
    re.IGNORECASE | re.DOTALL,
)
_ENOUGH_TO_TELL: Final = 12
"""Letters of ours that must come back before we take them for an echo."""
_MACHINES_BEGIN: Final = 3
"""Words before which a machine says that it is one: people speak of one later on."""


def own_words(text: str, ours: Iterable[str]) -> str:
    """A text without what it quotes; empty where it is nothing but a quotation.

    Args:
        text: What came in.
        ours: The texts we sent there lately: an echo of one is not its writer's word.
    """
    if _REACTION.match(text):
        return ""
    kept = _HISTORY.sub("", _QUOTED_LINE.sub("", text))
    for sent in ours:
        said = re.findall(r"\S+", sent)
        if len("".join(said)) < _ENOUGH_TO_TELL:
            continue
        echo = r"\s+".join(re.escape(word) for word in said)
        kept = re.sub(echo, " ", kept, flags=re.IGNORECASE)
    return kept.strip(' \t\r\n"“”«»')


def is_automatic(text: str) -> bool:
    """Whether a machine says that it answers; whoever wants us to stop is none."""
    simple = plain(text)
    if asks_to_stop(simple, LANGUAGES) is not None:
        return False
    said = tokens(simple)
    return any(
        said[at : at + len(phrase)] == phrase
        for words in LANGUAGES
        for phrase in (tokens(plain(sign)) for sign in words.automatic)
        for at in range(_MACHINES_BEGIN)
    )
