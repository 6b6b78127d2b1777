"""Words as they stand in documents, made comparable: case, accents and punctuation folded."""

import re
import unicodedata

_NOT_WORDS = re.compile(r"[^\w]+")


def folded(text: str) -> str:
    """A text in small letters without accents, its words parted by single spaces.

    `Débit (EUR)` becomes `debit eur`.
    """
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text.casefold())
        if not unicodedata.combining(letter)
    )
    return _NOT_WORDS.sub(" ", plain.replace("_", " ")).strip()


def plain_digits(text: str) -> str:
    """A text with its digits as ASCII and its dashes and blanks as the plain ones."""
    return "".join(_plain(letter) for letter in unicodedata.normalize("NFKC", text))


def _plain(letter: str) -> str:
    if letter.isascii():
        return letter
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    category = unicodedata.category(letter)
    if category == "Pd" or letter == "\N{MINUS SIGN}":
        return "-"
    if letter.isspace():
        return " "
    return "'" if letter in "\u2018\u2019\u02bc" else letter
