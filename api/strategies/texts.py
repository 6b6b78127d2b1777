"""The texts a strategy may name: those every installation has."""

import tomllib
from functools import cache

from api.messages.packs import TEMPLATE_FILES
from domain.recovery.strategy_lint import Texts, texts_of


@cache
def known_texts() -> Texts:
    """The shipped texts by language, key and medium, with their variables."""
    return texts_of(
        {
            language: tomllib.loads(file.read_text("utf-8"))
            for language, file in TEMPLATE_FILES.items()
        }
    )
