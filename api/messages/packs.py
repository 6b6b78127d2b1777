"""The data that messages are made and judged by, read once: contact rule packs and templates."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from domain.contact.channel import Channel
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
    """A text with places to fill in; only e-mails have a subject."""

    subject: str | None
    body: str


Templates = Mapping[tuple[str, Channel], TextTemplate]
"""Texts by their key and medium."""


@cache
def templates(language: str) -> Templates:
    """The texts that are shipped in a language (`en`, `de-AT`); none for one that is not."""
    file = TEMPLATE_FILES.get(language)
    if file is None:
        return {}
    found: dict[tuple[str, Channel], TextTemplate] = {}
    for key, media in _tables(tomllib.loads(file.read_text("utf-8"))):
        for medium, text in _tables(media):
            subject, body = text.get("subject"), text.get("body")
            if not isinstance(body, str) or not isinstance(subject, str | None):
                raise ValueError(f"{file.name}: {key}.{medium} needs a text `body`")
            found[key, Channel(medium)] = TextTemplate(subject, body)
    return found


def _tables(data: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    for key, value in data.items():
        if isinstance(value, dict):
            yield key, value
