"""Every language in which messages are read."""

from typing import Final

from domain.contact.intents.english import ENGLISH
from domain.contact.intents.hindi import HINDI
from domain.contact.intents.spanish import SPANISH
from domain.contact.intents.vocabulary import Vocabulary

LANGUAGES: Final[tuple[Vocabulary, ...]] = (ENGLISH, SPANISH, HINDI)
"""Every language in which messages are read."""
