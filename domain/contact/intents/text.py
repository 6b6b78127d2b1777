"""Letters and words: a text in plain small letters, and where its words begin and end."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

_DEVANAGARI = re.compile(r"[\u0900-\u097f]")
_DEVANAGARI_LETTER = re.compile(r"[\u0904-\u0939\u0958-\u0961\u0972-\u097f]")
_NUKTA = "\u093c"
_CANDRABINDU = "\u0901"
_ANUSVARA = "\u0902"
_DEVANAGARI_FIGURES = {0x0966 + figure: str(figure) for figure in range(10)}

# The vowel signs of Devanagari are marks, not letters, to `re`: `\b` would end a word at each.
_LETTER = r"(?:[^\W_]|[\u0900-\u0963\u0970-\u097f])"
BEGIN = r"(?<![\w\u0900-\u0963\u0970-\u097f])"
"""Where a word begins, in a pattern."""
END = r"(?![\w\u0900-\u0963\u0970-\u097f])"
"""Where a word ends, in a pattern."""
TOKEN = re.compile(rf"{_LETTER}+")
"""A word or a number."""
NAME = r"(?:[^\W\d_]|[\u0900-\u0963\u0970-\u097f])+"
"""A word without figures, in a pattern."""


def plain(text: str) -> str:
    """The text in small plain letters: no accents, no apostrophes, nothing invisible.

    Vowel signs of Devanagari stay; its dots, which people leave out, do not.
    """
    spread = unicodedata.normalize("NFKD", text).casefold()
    kept = []
    for letter in spread:
        if _DEVANAGARI.match(letter):
            kept.append("" if letter == _NUKTA else _ANUSVARA if letter == _CANDRABINDU else letter)
            continue
        category = unicodedata.category(letter)
        if category in {"Mn", "Me", "Cf"} or letter in "'’‘`´\u00ad":
            continue
        kept.append(" " if category == "Cc" and letter != "\n" else letter)
    return re.sub(r"[^\S\n]+", " ", "".join(kept)).strip()


def has_devanagari(text: str) -> bool:
    """Whether a text has letters of Devanagari; figures alone are no language."""
    return _DEVANAGARI_LETTER.search(text) is not None


def plain_figures(text: str) -> str:
    """The text with the figures of Devanagari as 0 to 9."""
    return text.translate(_DEVANAGARI_FIGURES)


def tokens(text: str) -> list[str]:
    """The words and numbers of a plain text, in order."""
    return TOKEN.findall(text)


def words(*lines: str) -> frozenset[str]:
    """A set of words, given as lines of them."""
    return frozenset(plain(" ".join(lines)).split())


def codes(line: str) -> frozenset[str]:
    """A set of codes, such as countries, given as a line of them."""
    return frozenset(line.split())


def numbered(*lines: str, start: int = 0) -> dict[str, int]:
    """Words to their place: each line holds the names of one thing (a weekday, a month)."""
    return {
        name: number
        for number, names in enumerate(lines, start=start)
        for name in plain(names).split()
    }


def any_of(names: Iterable[str] | Mapping[str, int]) -> str:
    """A pattern for any of several words, the longest first."""
    return "|".join(re.escape(name) for name in sorted(names, key=lambda one: (-len(one), one)))
