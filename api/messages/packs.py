"""The data that messages are made and judged by, read once: contact rule packs and templates."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from domain.contact.channel import Channel, Purpose
from domain.contact.pack_reading import rule_pack_from_mapping
from domain.contact.packs import RulePack

PACKS = Path(__file__).parents[1] / "packs"

TEMPLATE_FILES: dict[str, Path] = {
    file.stem: file for file in sorted((PACKS / "templates").glob("*.toml"))
}
"""Language to its file; looked up by name, so that no language ever becomes a path."""


@cache
def contact_packs() -> tuple[RulePack, ...]:
    """Every contact rule pack that is shipped; raises `INVALID_CONTACT` for one with a mistake."""
    files = sorted((PACKS / "contact").glob("*.toml"))
    return tuple(rule_pack_from_mapping(tomllib.loads(file.read_text("utf-8"))) for file in files)


@dataclass(frozen=True, slots=True)
class TextTemplate:
    """A text with places to fill in; all but text messages have a subject.

    Attributes:
        language: ISO 639-1.
        subject: The line above it.
        body: The text.
        version: `shipped-1`, or the number of a version of the house.
        purpose: What it is for: a `Purpose`.
        variables: All that it may use.
    """

    language: str
    subject: str | None
    body: str
    version: str
    purpose: str
    variables: tuple[str, ...]


Templates = Mapping[tuple[str, Channel], TextTemplate]
"""Texts by their key and medium."""


@dataclass(frozen=True, slots=True)
class Locked:
    """Legal words that no author of texts may leave out.

    Attributes:
        name: What they are for: `opt-out`, `debt-advice`.
        channel: In texts of which medium.
        text: The words; white space does not count.
        purposes: In texts of which purposes; none: of all.
        exempt: Keys of the texts that do without.
    """

    name: str
    channel: Channel
    text: str
    purposes: frozenset[str]
    exempt: frozenset[str]

    def misses(self, key: str, channel: Channel, purpose: object, body: str) -> bool:
        """Whether a text should hold the words and does not."""
        return (
            channel is self.channel
            and key not in self.exempt
            and (not self.purposes or purpose in self.purposes)
            and " ".join(self.text.split()) not in " ".join(body.split())
        )


@cache
def templates(language: str) -> Templates:
    """The texts that are shipped in a language (`en`, `de-AT`); none for one that is not.

    Raises `ValueError` for a file with a mistake.
    """
    file = TEMPLATE_FILES.get(language)
    return {} if file is None else texts_from(tomllib.loads(file.read_text("utf-8")))


@cache
def locked(language: str) -> tuple[Locked, ...]:
    """The legal words of a language's texts; those of English where it has no file."""
    file = TEMPLATE_FILES.get(language) or TEMPLATE_FILES["en"]
    return tuple(_locked(tomllib.loads(file.read_text("utf-8")).get("locked")))


def locked_words(language: str, name: str, channel: Channel) -> tuple[str, ...]:
    """The legal words of a name in a language's texts of a medium, on one line each."""
    return tuple(
        " ".join(words.text.split())
        for words in locked(language)
        if words.name == name and words.channel is channel
    )


def check_texts() -> None:
    """Read every file of texts, so that a mistake in one ends the start and not a message.

    Raises `ValueError` for a file with a mistake.
    """
    for language in TEMPLATE_FILES:
        templates(language)


def texts_from(data: Mapping[str, object]) -> Templates:
    """The texts of a language's file.

    Raises `ValueError` for a text that lacks its body or its legal words, and for a file that
    locks none or names no language.
    """
    legal, language = _locked(data.get("locked")), data.get("language")
    version = data.get("version")
    if not isinstance(language, str) or not isinstance(version, int):
        raise ValueError("a file of texts names its `language` and `version`")
    found: dict[tuple[str, Channel], TextTemplate] = {}
    for key, media in _tables(data):
        for medium, text in _tables(media):
            subject, body = text.get("subject"), text.get("body")
            if not isinstance(body, str) or not isinstance(subject, str | None):
                raise ValueError(f"{key}.{medium} needs a text `body`")
            for words in legal:
                if words.misses(key, Channel(medium), text.get("purpose"), body):
                    raise ValueError(f"{key}.{medium} lacks the locked words `{words.name}`")
            found[key, Channel(medium)] = TextTemplate(
                language,
                subject,
                body,
                f"shipped-{version}",
                Purpose(str(text.get("purpose"))).value,
                tuple(sorted(_names(text.get("variables")))),
            )
    return found


def _locked(data: object) -> list[Locked]:
    if not isinstance(data, list) or not data:
        raise ValueError("a file of texts needs its `locked` words")
    return [_one_locked(one) for one in data]


def _one_locked(one: object) -> Locked:
    if not isinstance(one, dict):
        raise ValueError("`locked` words are tables")
    name, channel, text = (one.get(part) for part in ("name", "channel", "text"))
    if not (isinstance(name, str) and isinstance(channel, str) and isinstance(text, str)):
        raise ValueError("`locked` words need a `name`, a `channel` and a `text`")
    return Locked(
        name, Channel(channel), text, _names(one.get("purposes")), _names(one.get("except"))
    )


def _names(data: object) -> frozenset[str]:
    if data is None:
        return frozenset()
    if not isinstance(data, list) or not all(isinstance(name, str) for name in data):
        raise ValueError("`locked`: `purposes` and `except` are lists of names")
    return frozenset(data)


def _tables(data: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    for key, value in data.items():
        if isinstance(value, dict):
            yield key, value
