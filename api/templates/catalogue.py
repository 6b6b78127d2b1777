"""Every text there is, with the version in use."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from api.letters.packs import LETTER_FILES, letter_pack
from api.messages.packs import TEMPLATE_FILES, templates
from api.pagination import PageRequest
from api.templates.checking import Draft, examples, known, locked_in
from api.templates.using import FALLBACK, LETTER, Texts, texts_on
from api.work import Work
from contracts.base import Page
from contracts.templates import Template, Variable
from domain.contact.channel import Channel
from domain.errors import DomainError, ErrorCode
from domain.letters import LetterCode

MEDIA: Final = (Channel.EMAIL, Channel.IN_APP, Channel.SMS)


async def list_templates(
    work: Work, page: PageRequest, medium: str | None = None, language: str | None = None
) -> Page[Template]:
    """Every text in every language it has, by key, medium and language; or those of one."""
    texts = await texts_on(work, _today(work))
    names = sorted({*_shipped(), *(".".join(name) for name in texts.house)})
    after = page.after_code()
    wanted = [name for name in names if name > after and _is(name, medium, language)]
    wanted = wanted[: page.limit + 1]
    kept, cursor = page.cut(wanted, wanted)
    found = [_template(texts, *name.split(".")) for name in kept]
    return Page(items=[each for each in found if each is not None], next_cursor=cursor)


async def get(work: Work, key: str, medium: str, language: str) -> Template:
    """A text in a medium and language, or in the language that is used for it.

    Raises `NOT_FOUND`.
    """
    found = _template(await texts_on(work, _today(work), {key}), key, medium, language)
    if found is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such text.")
    return found


def in_use(texts: Texts, key: str, medium: str, language: str) -> Draft | None:
    """The text that is used, in the language that it really has; None where there is none."""
    if medium == LETTER:
        if key not in set(LetterCode):
            return None
        letter = texts.letter(LetterCode(key), language) or texts.letter(LetterCode(key), FALLBACK)
        if letter is None:
            return None
        return Draft(key, medium, letter.language, letter.subject, letter.body)
    found = texts.message(key, Channel(medium), language)
    if found is None:
        return None
    return Draft(key, medium, found.language, found.subject, found.body)


def _template(texts: Texts, key: str, medium: str, language: str) -> Template | None:
    draft = in_use(texts, key, medium, language)
    shipped = None if draft is None else known(key, medium, draft.language)
    if draft is None or shipped is None:
        return None
    shown = examples(shipped.variables, draft.language)
    return Template.model_validate(
        {
            "key": key,
            "medium": medium,
            "language": language,
            "purpose": shipped.purpose,
            "in_use": _version(texts, key, medium, draft.language),
            "subject": draft.subject,
            "body": draft.body,
            "variables": [
                Variable.model_validate({"name": name, "type": type_, "example": shown[name]})
                for name, type_ in sorted(shipped.variables.items())
            ],
            "locked": locked_in(draft),
            "fallback": None if draft.language == language else draft.language,
        }
    )


def _is(name: str, medium: str | None, language: str | None) -> bool:
    _, of, spoken = name.split(".")
    return medium in {None, of} and language in {None, spoken}


def _version(texts: Texts, key: str, medium: str, language: str) -> str:
    if medium == LETTER:
        letter = texts.letter(LetterCode(key), language)
        return "" if letter is None else letter.version
    found = texts.message(key, Channel(medium), language)
    return "" if found is None else found.version


def _shipped() -> Iterator[str]:
    for language in TEMPLATE_FILES:
        for key, channel in templates(language):
            yield f"{key}.{channel.value}.{language}"
    for language in LETTER_FILES:
        pack = letter_pack(language)
        for code in () if pack is None else pack.texts:
            if code is not LetterCode.CASE_TEXT:
                yield f"{code.value}.{LETTER}.{language}"


def _today(work: Work) -> date:
    return work.now.date()
