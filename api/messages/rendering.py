"""Writes the text of a message at the moment it is leased, so that its figures are fresh.

Templates are data by authors who are not trusted to be careful: rendering is limited in output,
loops and names, and a variable that does not exist is an error, never an empty place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton
from babel.numbers import format_currency, get_currency_symbol
from liquid import BoundTemplate, Environment, Mode, StrictUndefined
from liquid.exceptions import LiquidError

from api.messages.about import About
from api.messages.ground_queries import Unpaid
from api.messages.packs import TextTemplate
from api.messages.tables import MessageRow
from domain.contact.channel import Channel
from domain.contact.segments import GSM

MAX_SUBJECT: Final = 200

PORTAL: Final = "portal_url"
"""The variable of a template that stands for a link into the portal."""

HOUSE: Final = "Tenor"
"""Who answers where no creditor can be named."""


class TextError(Exception):
    """A text cannot be written; `reason` is a code."""

    def __init__(self, reason: str) -> None:
        """Keep the code alone: a template engine's own words may quote what it rendered."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Text:
    """A message's text as it leaves."""

    subject: str | None
    body: str


class _Limited(Environment):
    """A template environment in which nothing runs away."""

    loop_iteration_limit = 100
    output_stream_limit = 10_000
    local_namespace_limit = 10_000
    context_depth_limit = 10
    block_nesting_limit = 10


_ENVIRONMENT: Final = _Limited(undefined=StrictUndefined, tolerance=Mode.STRICT)


def wants_portal(about: About, message: MessageRow) -> bool:
    """Whether a message's text leads into the portal.

    Raises:
        TextError: `template-unknown`, `template-broken`.
    """
    return PORTAL in names_in(text_of(about, message).body)


def render(about: About, message: MessageRow, portal_url: str | None = None) -> Text:
    """Write a message's text in its language, with the figures just read.

    Args:
        about: What the message is about.
        message: The message.
        portal_url: A link into the portal, for a text that leads there.

    Raises:
        TextError: `template-unknown` or `template-broken`.
    """
    channel = Channel(message.channel)
    template = text_of(about, message)
    values = _values(about, message, template)
    if portal_url is not None:
        values[PORTAL] = portal_url
    try:
        body = compiled(template.body).render(**values)
        subject = None if template.subject is None else compiled(template.subject).render(**values)
    except LiquidError:
        raise TextError("template-broken") from None
    if channel is Channel.SMS:
        return Text(None, body.strip())
    if subject is None:
        raise TextError("template-broken")
    # One line: what follows a line break in a subject would be another header.
    return Text(" ".join(subject.split())[:MAX_SUBJECT], body.strip() + "\n")


def text_of(about: About, message: MessageRow) -> TextTemplate:
    """The text a message is written from.

    Raises:
        TextError: `template-unknown`.
    """
    found = about.texts.message(message.template or "", Channel(message.channel), message.language)
    if found is None:
        raise TextError("template-unknown")
    return found


@cache
def names_in(source: str) -> frozenset[str]:
    """The variables that a text uses; raises `LiquidError` for one that is not well formed."""
    return frozenset(compiled(source).analyze().globals)


@cache
def compiled(source: str) -> BoundTemplate:
    """A template ready to be filled in; raises `LiquidError` for one that is not well formed."""
    return _ENVIRONMENT.from_string(source)


def _values(about: About, message: MessageRow, template: TextTemplate) -> dict[str, str]:
    """The variables of a template. What is not known of a message is left out, not left empty."""
    card, book = about.card(message), about.book(message)
    # In the text's language: no French date in an English sentence.
    locale = locale_of(template.language, card.country)
    found: dict[str, str] = {"first_name": card.first_name}
    # Somebody without a loan may write as well, and be answered.
    found["creditor_name"] = (about.house or HOUSE) if book is None else book.creditor.name
    amount: Decimal | None = None
    currency = None if book is None else book.currency
    open_now = _open_now(about, message)
    if open_now:
        amount = sum((one.amount for one in open_now), Decimal(0))
        found["due_on"] = day(open_now[0].due_on, locale)
        found["loan_number"] = f"LN-{about.loans[open_now[0].loan_id].number}"
    elif message.loan_id is not None:
        found["loan_number"] = f"LN-{about.loans[message.loan_id].number}"
    facts = message.facts
    if isinstance(facts.get("amount"), str):
        amount = Decimal(str(facts["amount"]))
    if isinstance(facts.get("currency"), str):
        currency = str(facts["currency"])
    if amount is not None and currency is not None:
        # A text of another alphabet has short segments already: no sign makes them shorter.
        is_frugal = Channel(message.channel) is Channel.SMS and GSM.issuperset(template.body)
        found["amount"] = money(amount, currency, locale, is_frugal=is_frugal)
    for name, value in facts.items():
        if name.endswith("_on") and isinstance(value, str):
            found[name] = day(date.fromisoformat(value), locale)
        elif name not in found and value is not None:
            found[name] = str(value)
    return found


def _open_now(about: About, message: MessageRow) -> Sequence[Unpaid]:
    """The instalment a message speaks of, or all that is overdue; oldest first."""
    if message.instalment is not None:
        one = about.instalment(message)
        return [] if one is None else [one]
    return about.overdue(message, whole_case=False)


@cache
def locale_of(language: str, country: str | None) -> Locale:
    """The locale of a language in a country, of the language alone, or English."""
    plain = language.replace("-", "_").partition("_")[0]
    for name in (f"{plain}_{country}", plain):
        try:
            return Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse("en")


@lru_cache(maxsize=4096)
def money(amount: Decimal, currency: str, locale: Locale, *, is_frugal: bool) -> str:
    """An amount as people of the place write it.

    Where the currency has no sign of its own, its code stands apart from the figures; so it does
    in a frugal text if the sign would shorten the segments of an SMS.
    """
    sign = get_currency_symbol(currency, locale)
    text = _plain_spaces(format_currency(amount, currency, locale=locale))
    if sign != currency and (not is_frugal or GSM.issuperset(text)):
        return text
    return _plain_spaces(format_currency(amount, currency, format="¤¤ #,##0.00", locale=locale))


@lru_cache(maxsize=4096)
def day(on: date, locale: Locale) -> str:
    """A date as people of the place write it, the month by name: no day is taken for a month."""
    return _plain_spaces(format_skeleton("yMMMd", on, locale=locale))


def _plain_spaces(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")
