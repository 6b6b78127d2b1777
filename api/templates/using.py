"""Which texts are in use: those of the house on a day, else those that are shipped."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from api.letters.packs import LetterText, letter_pack
from api.messages.packs import TextTemplate, templates
from api.templates import queries
from api.work import Work
from domain.contact.channel import Channel
from domain.letters import LetterCode

FALLBACK: Final = "en"
"""The language of a text that has none of its own in another."""

LETTER: Final = "letter"
"""The medium of letters."""


@dataclass(frozen=True, slots=True)
class HouseText:
    """A version of the house: its number, and its words."""

    number: int
    subject: str | None
    body: str


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts in use; `house` holds those of the house by key, medium and language."""

    house: Mapping[tuple[str, str, str], HouseText] = field(default_factory=dict)

    def message(self, key: str, channel: Channel, language: str) -> TextTemplate | None:
        """The text of a message in a language, in its plain form (`de` for `de-AT`), or in English.

        None where there is no such text.
        """
        shipped = templates(FALLBACK).get((key, channel))
        for wanted in spoken(language):
            own = templates(wanted).get((key, channel))
            house = self.house.get((key, channel.value, wanted))
            if house is None and own is not None:
                return own
            if house is not None and (own or shipped) is not None:
                like = own or shipped
                if like is not None:
                    return replace(
                        like,
                        language=wanted,
                        version=str(house.number),
                        subject=house.subject,
                        body=house.body,
                    )
        return None

    def letter(self, code: LetterCode, language: str) -> LetterText | None:
        """The text of a letter in just this language; None where there is none.

        Its blocks of law are those that are shipped.
        """
        pack = letter_pack(language)
        shipped = None if pack is None else pack.texts.get(code)
        house = self.house.get((code.value, LETTER, language))
        if shipped is None or house is None:
            return shipped
        return replace(
            shipped, version=str(house.number), subject=house.subject or "", body=house.body
        )


async def texts_on(work: Work, on: date, keys: Collection[str] | None = None) -> Texts:
    """The texts in use on a day, or those of some keys."""
    rows = await queries.in_use(work, on, keys)
    return Texts(
        {
            (row.key, row.medium, row.language): HouseText(row.number, row.subject, row.body)
            for row in rows
        }
    )


def spoken(language: str) -> Iterator[str]:
    """A language, its plain form, and English: where a text is looked for."""
    yield from dict.fromkeys((language, language.replace("_", "-").partition("-")[0], FALLBACK))
