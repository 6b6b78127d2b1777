"""The texts and letters a strategy may name: those every installation has."""

import tomllib
from functools import cache

from api.letters.packs import LETTER_FILES, letter_pack
from api.messages.packs import TEMPLATE_FILES
from domain.recovery.strategy_lint import Letters, Texts, texts_of


@cache
def known_texts() -> Texts:
    """The shipped texts by language, key and medium, with their variables."""
    return texts_of(
        {
            language: tomllib.loads(file.read_text("utf-8"))
            for language, file in TEMPLATE_FILES.items()
        }
    )


@cache
def known_letters() -> Letters:
    """The codes of the shipped letters by language."""
    packs = {language: letter_pack(language) for language in LETTER_FILES}
    return {
        language: frozenset(code.value for code in pack.texts)
        for language, pack in packs.items()
        if pack is not None
    }
