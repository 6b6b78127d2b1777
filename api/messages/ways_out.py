"""Sees to it that every text says how to end such messages, where a rule pack demands it."""

import tomllib
from collections.abc import Mapping
from typing import Final

from api.messages.packs import TEMPLATE_FILES, contact_packs

WAY_OUT: Final = "STOP"
"""The word that ends messages in every language and medium (47 CFR 64.1200(a)(10))."""

_ARE_THE_WAY_OUT: Final = frozenset({"stop_confirm"})
"""Texts that confirm a STOP: they say how to begin again."""


def check_ways_out() -> None:
    """Check every shipped text, so that a missing way out ends the start and not a message.

    Raises:
        ValueError: A text has none; the message names file, text and rule.
    """
    for file in TEMPLATE_FILES.values():
        missing = lacking_way_out(tomllib.loads(file.read_text("utf-8")))
        if missing:
            raise ValueError(f"{file.name}: {missing}")


def lacking_way_out(texts: Mapping[str, object]) -> str | None:
    """What is wrong with the first text of a file that has no way out; None if all have one."""
    demanded = {
        channel.value: rule
        for pack in contact_packs()
        if (rule := pack.opt_out) is not None
        for channel in rule.channels
    }
    for key, media in texts.items():
        if not isinstance(media, dict) or key in _ARE_THE_WAY_OUT:
            continue
        for medium, text in media.items():
            rule = demanded.get(medium)
            if rule is None or not isinstance(text, dict):
                continue
            if not _says(str(text.get("body", ""))):
                return (
                    f"{key}.{medium} must tell the reader to answer {WAY_OUT} to end such "
                    f"messages ({rule.rule_id}: {rule.citation})"
                )
    return None


def _says(body: str) -> bool:
    words = "".join(letter if letter.isalnum() else " " for letter in body).split()
    return WAY_OUT in words
