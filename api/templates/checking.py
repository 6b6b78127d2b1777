"""What is wrong with a text, and how it reads with examples."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from liquid.exceptions import LiquidError

from api.letters.packs import letter_pack
from api.messages.packs import locked, templates
from api.messages.rendering import PORTAL, compiled, day, locale_of, money, names_in
from api.templates.using import FALLBACK, LETTER
from contracts.templates import SampleCustomer
from domain.contact.channel import Channel
from domain.contact.segments import segments
from domain.letters import LetterCode

MOST_SEGMENTS: Final = 4
"""Of an SMS with the longest examples; networks join no more without loss."""

_AMOUNT: Final = Decimal("12345.67")
_AMOUNTS: Final[Mapping[SampleCustomer, Decimal]] = {
    "zero_balance": Decimal(0),
    "large_amount": Decimal("98765432.10"),
}
_NAMES: Final[Mapping[SampleCustomer, tuple[str, str]]] = {
    "long_name": (
        "Wolfeschlegelsteinhausenbergerdorff",
        "Wolfeschlegelsteinhausenbergerdorff Alexandra von Hohenlohe-Schillingsfürst",
    ),
    "right_to_left": ("عبد الرحمن", "عبد الرحمن بن محمد الحسيني"),
}
"""First name and full name of those whose name a text is tried on."""
_DAY: Final = date(2028, 9, 30)
_COUNTRIES: Final[Mapping[str, tuple[str, str]]] = {"hi": ("IN", "INR"), "es": ("ES", "EUR")}
_EXAMPLES: Final[Mapping[str, str]] = {
    "first_name": "Maximiliana",
    "customer_name": "Maximiliana Oppenheimer",
    "creditor_name": "Harbor Credit",
    "loan_number": "LN-10042",
    "agency_name": "Fair Recovery",
    "subject": "Subject",
    PORTAL: "https://account.harbor-credit.example/portal/in/" + "x" * 43,
}
_MONEY: Final = frozenset({"amount", "overdue", "owed_in_all", "closing_balance", "principal"})


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that may come into use."""

    key: str
    medium: str
    language: str
    subject: str | None
    body: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is shipped of a text, in its own language or in English.

    Attributes:
        purpose: Which contact rules bind it.
        variables: What it may use, with its type.
    """

    purpose: str
    variables: Mapping[str, str]


def known(key: str, medium: str, language: str) -> Known | None:
    """What is shipped of a text; None for one that is not."""
    if medium == LETTER:
        pack = letter_pack(language)
        if pack is None or key not in set(LetterCode) or key == LetterCode.CASE_TEXT:
            return None
        text = pack.texts[LetterCode(key)]
        return Known("letter", text.variables)
    shipped = templates(language).get((key, Channel(medium))) or templates(FALLBACK).get(
        (key, Channel(medium))
    )
    if shipped is None:
        return None
    return Known(shipped.purpose, {name: type_of(name) for name in shipped.variables})


def type_of(name: str) -> str:
    """The type of a variable of a message, which its name tells."""
    if name == PORTAL:
        return "link"
    if name.endswith("_on"):
        return "date"
    return "money" if name in _MONEY else "text"


def examples(
    variables: Mapping[str, str], language: str, sample: SampleCustomer = "usual"
) -> dict[str, str]:
    """A long example for each variable, as people of a language write it."""
    country, currency = _COUNTRIES.get(language, ("US", "USD"))
    locale = locale_of(language, country)
    by_type = {
        "money": money(_AMOUNTS.get(sample, _AMOUNT), currency, locale, is_frugal=False),
        "date": day(_DAY, locale),
        "text": "text",
        "link": _EXAMPLES[PORTAL],
    }
    named = dict(_EXAMPLES)
    if sample in _NAMES:
        named["first_name"], named["customer_name"] = _NAMES[sample]
    return {name: named.get(name, by_type[type_]) for name, type_ in variables.items()}


def problems(draft: Draft) -> list[str]:
    """What keeps a text from being used; empty when nothing does."""
    shipped = known(draft.key, draft.medium, draft.language)
    if shipped is None:
        return [f"unknown-text: {draft.key}.{draft.medium}"]
    return [*_subject(draft), *_body(draft, shipped), *_legal(draft, shipped)]


def filled(
    draft: Draft, variables: Mapping[str, str], sample: SampleCustomer = "usual"
) -> tuple[str | None, str]:
    """Subject and body with examples; raises `LiquidError` for a text that cannot be filled in."""
    values = examples(variables, draft.language, sample)
    body = compiled(draft.body).render(**values).strip()
    return None if draft.subject is None else compiled(draft.subject).render(**values), body


def segments_of(draft: Draft) -> int | None:
    """How many segments an SMS takes with examples; None for other media and broken texts."""
    shipped = known(draft.key, draft.medium, draft.language)
    if shipped is None or draft.medium != Channel.SMS:
        return None
    try:
        return segments(filled(draft, shipped.variables)[1])
    except LiquidError:
        return None


def _subject(draft: Draft) -> Iterator[str]:
    if draft.medium == Channel.SMS and draft.subject is not None:
        yield "subject-not-wanted"
    if draft.medium != Channel.SMS and draft.subject is None:
        yield "subject-missing"


def _body(draft: Draft, shipped: Known) -> Iterator[str]:
    if not draft.body.strip():
        yield "body-missing"
        return
    try:
        used = names_in(draft.body) | names_in(draft.subject or "")
    except LiquidError:
        yield "not-well-formed"
        return
    unknown = sorted(used - shipped.variables.keys())
    for name in unknown:
        yield f"unknown-variable: {name}"
    if unknown:
        return
    try:
        _, body = filled(draft, shipped.variables)
    except LiquidError:
        yield "cannot-be-filled-in"
        return
    if draft.medium == Channel.SMS and segments(body) > MOST_SEGMENTS:
        yield f"too-many-segments: {segments(body)}"


def _legal(draft: Draft, shipped: Known) -> Iterator[str]:
    """Blocks of law stand beside a letter; in a message the locked words stand in its text."""
    if draft.medium == LETTER:
        return
    for words in locked(draft.language):
        if words.misses(draft.key, Channel(draft.medium), shipped.purpose, draft.body):
            yield f"locked-words: {words.name}"


def locked_in(draft: Draft) -> list[str]:
    """The legal words that a text holds, or the blocks that are printed beside a letter."""
    if draft.medium == LETTER:
        pack = letter_pack(draft.language)
        return (
            []
            if pack is None
            else [pack.legal[name] for name in pack.texts[LetterCode(draft.key)].legal]
        )
    shipped = known(draft.key, draft.medium, draft.language)
    return [
        words.text
        for words in locked(draft.language)
        if shipped is not None
        and words.misses(draft.key, Channel(draft.medium), shipped.purpose, "")
    ]
