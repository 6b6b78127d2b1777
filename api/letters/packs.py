"""The shipped texts of letters, read once: what is printed, and the blocks of law nobody edits."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from domain.letters import LetterCode

_FOLDER: Final = Path(__file__).parents[1] / "packs" / "letters"

LETTER_FILES: Final[Mapping[str, Path]] = {
    file.stem: file for file in sorted(_FOLDER.glob("*.toml"))
}
"""Language to its file; looked up by name, so that no language ever becomes a path."""

LAYOUT: Final = (_FOLDER / "letter.typ").read_bytes()
"""The layout of the page, in typst."""

FALLBACK: Final = "en"
"""The language of a letter whose own is not there, or cannot be printed."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a letter under a heading, with places to fill in; an empty point is left out."""

    title: str
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A box to tick, and those below it."""

    text: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """What a reader may tear off, tick and send back.

    Attributes:
        title: Its heading.
        lead: What to do with it.
        choices: The boxes.
        mail_to: The words before the sender's address.
    """

    title: str
    lead: str
    choices: tuple[Choice, ...]
    mail_to: str


@dataclass(frozen=True, slots=True)
class LetterText:
    """The text of a letter in a language.

    Attributes:
        language: ISO 639-1.
        code: Which letter.
        version: As letters keep it: `shipped-1`, or the number of a version of the house.
        subject: With places to fill in.
        body: With places to fill in; a blank line begins a paragraph.
        legal: The blocks of law it carries, by name, in order.
        variables: What may be filled in, with its type: `text`, `money`, `date`.
        head: Headings of its table; empty: it has none.
        opening: The blocks of law that stand before its text.
        sections: What follows its table under headings of its own; no version changes it.
        form: What its reader may tear off and send back.
    """

    language: str
    code: LetterCode
    version: str
    subject: str
    body: str
    legal: tuple[str, ...]
    variables: Mapping[str, str]
    head: tuple[str, ...]
    opening: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    form: Form | None = None


@dataclass(frozen=True, slots=True)
class LetterPack:
    """All that is printed in one language.

    Attributes:
        language: ISO 639-1.
        words: Labels by name.
        legal: Blocks of law by name, word for word.
        texts: The letters by their code.
    """

    language: str
    words: Mapping[str, str]
    legal: Mapping[str, str]
    texts: Mapping[LetterCode, LetterText]


@cache
def letter_pack(language: str) -> LetterPack | None:
    """The shipped letters of a language; None for one that is not shipped.

    Raises `ValueError` for a file with a mistake.
    """
    file = LETTER_FILES.get(language)
    return None if file is None else pack_from(tomllib.loads(file.read_text("utf-8")))


def check_letters() -> None:
    """Read every file of letters, so that a mistake in one ends the start and not a letter.

    Raises `ValueError` for a file with a mistake, or without a letter that English has.
    """
    packs = [letter_pack(language) for language in LETTER_FILES]
    for pack in packs:
        missing = [] if pack is None else [code for code in LetterCode if code not in pack.texts]
        if pack is None or missing:
            raise ValueError(f"a file of letters lacks {', '.join(missing)}")


def pack_from(data: Mapping[str, object]) -> LetterPack:
    """The letters of a language's file; raises `ValueError` for a mistake in it."""
    language, version = data.get("language"), data.get("version")
    if not isinstance(language, str) or not isinstance(version, int):
        raise ValueError("a file of letters names its `language` and `version`")
    legal = _texts(data.get("legal"), "legal")
    texts = {
        code: _letter(language, f"shipped-{version}", code, data[code.value], legal)
        for code in LetterCode
        if code.value in data
    }
    return LetterPack(language, _texts(data.get("words"), "words"), legal, texts)


def _letter(
    language: str, version: str, code: LetterCode, data: object, legal: Mapping[str, str]
) -> LetterText:
    if not isinstance(data, dict):
        raise ValueError(f"{code} is a table")
    subject, body = data.get("subject"), data.get("body")
    if not isinstance(subject, str) or not isinstance(body, str):
        raise ValueError(f"{code} needs a `subject` and a `body`")
    blocks, opening = _names(data.get("legal", [])), _names(data.get("opening", []))
    unknown = [name for name in (*opening, *blocks) if name not in legal]
    if unknown or not (blocks or opening):
        raise ValueError(f"{code} needs blocks of law that the file has: {', '.join(unknown)}")
    return LetterText(
        language,
        code,
        version,
        subject,
        body,
        blocks,
        _texts(data.get("variables"), "variables"),
        _names(data.get("head", [])),
        opening,
        tuple(_section(each) for each in _tables(data.get("sections", []))),
        None if "form" not in data else _form(data["form"]),
    )


def _section(data: Mapping[str, object]) -> Section:
    return Section(_text(data, "title"), _names(data.get("points")))


def _form(data: object) -> Form:
    if not isinstance(data, dict):
        raise ValueError("a form is a table")  # noqa: TRY004 - the file is wrong
    return Form(
        _text(data, "title"),
        _text(data, "lead"),
        tuple(
            Choice(_text(each, "text"), _names(each.get("parts", [])))
            for each in _tables(data.get("choices"))
        ),
        _text(data, "mail_to"),
    )


def _tables(data: object) -> list[dict[str, object]]:
    if not isinstance(data, list) or not all(isinstance(each, dict) for each in data):
        raise ValueError("sections and choices of a letter are lists of tables")
    return data


def _text(data: Mapping[str, object], name: str) -> str:
    found = data.get(name)
    if not isinstance(found, str):
        raise ValueError(f"a part of a letter needs its `{name}`")  # noqa: TRY004 - the file is wrong
    return found


def _texts(data: object, name: str) -> dict[str, str]:
    if not isinstance(data, dict) or not all(isinstance(text, str) for text in data.values()):
        raise ValueError(f"`{name}` is a table of texts")
    return {str(key): str(text) for key, text in data.items()}


def _names(data: object) -> tuple[str, ...]:
    if not isinstance(data, list) or not all(isinstance(name, str) for name in data):
        raise ValueError("lists of a letter hold texts")
    return tuple(data)
