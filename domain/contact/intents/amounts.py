"""The one amount a text names, beyond doubt."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from domain.contact.intents.kinds import DoubtError
from domain.contact.intents.text import NAME, codes, tokens
from domain.contact.intents.vocabulary import Vocabulary
from domain.errors import DomainError
from domain.money import EXPONENTS, positive

DECIMAL_COMMA: frozenset[str] = codes("AR AT BE BO BR CL CO CR CU DE EC ES FR IT NL PT PY UY VE")
"""Countries (ISO 3166) where a dot parts thousands: 1.200 is twelve hundred there."""

# A sign that several currencies share proves nothing against any of them.
_SHARED: dict[str, frozenset[str]] = {
    "$": frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP"}),
    "£": frozenset({"GBP", "EGP"}),
    "€": frozenset({"EUR"}),
    "₹": frozenset({"INR"}),
    "¥": frozenset({"JPY", "CNY"}),
    **{code.lower(): frozenset({code}) for code in EXPONENTS if code not in {"ALL", "TRY"}},
}
_SIGN = re.compile(rf"[$£€₹¥]|{NAME}")
_AFTER = re.compile(NAME)
_BEFORE = re.compile(rf"{NAME}$")
_NUMBER = re.compile(
    r"(?P<minus>-\s*)?"
    r"(?P<whole>[0-9]{1,3}(?:\.[0-9]{3})+(?=,[0-9])"
    r"|[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}|[0-9]{1,3}(?: [0-9]{3})+(?![0-9])|[0-9]+)"
    r"(?P<fraction>[.,][0-9]+)?"
)
_THOUSANDS = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:\.[0-9]{3})+(?![0-9.,])")
_THREE_DECIMALS = 3
_HALF = Decimal(2)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount that is named in a clause, and the words of the clause without it."""

    value: Decimal | None
    rest: str


def find_amount(clause: str, words: Vocabulary, currency: str, country: str | None) -> Amount:
    """The one amount of a clause, and the clause without it and its currency.

    Args:
        clause: Plain text without days, numbers in figures.
        words: The language.
        currency: ISO 4217 code of the debt; empty if there is none.
        country: ISO 3166, for the marks between figures; None where it is not known.

    Raises:
        DoubtError: For two amounts, another currency, or figures that people read in two ways.
    """
    for sign in _SIGN.findall(clause):
        currencies = _currencies(sign, words)
        if currencies is not None and currency not in currencies:
            raise DoubtError
    if country in DECIMAL_COMMA and EXPONENTS.get(currency) != _THREE_DECIMALS:
        clause = _THOUSANDS.sub(lambda match: match.group().replace(".", ""), clause)
    numbers = list(_NUMBER.finditer(clause))
    if len(numbers) > 1:
        raise DoubtError
    rest, value = clause, None
    for match in numbers:
        start, end = match.span()
        neighbours = (_AFTER.match(clause[end:]), _BEFORE.search(clause[:start]))
        for neighbour in neighbours:
            if neighbour is not None and _currencies(neighbour.group(), words) is None:
                # "5k", "no1": not an amount that everybody reads alike.
                raise DoubtError
        if country in DECIMAL_COMMA and "," in match["whole"] and not match["fraction"]:
            # "1,200" parts thousands elsewhere, and means nothing here.
            raise DoubtError
        value = _amount_of(match, currency)
        rest = clause[:start] + " " + clause[end:]
    kept = [word for word in tokens(rest) if _currencies(word, words) is None]
    return Amount(value, " ".join(kept))


def half_of(owed_amount: Decimal | None, currency: str) -> Decimal:
    """Half of what is owed, to the smallest unit.

    Raises:
        DoubtError: Where it is not known what is owed, or that is too little to halve.
    """
    if owed_amount is None or currency not in EXPONENTS:
        raise DoubtError
    half = (owed_amount / _HALF).quantize(
        Decimal(1).scaleb(-EXPONENTS[currency]), rounding=ROUND_HALF_UP
    )
    if half <= 0:
        raise DoubtError
    return half


def _currencies(sign: str, words: Vocabulary) -> frozenset[str] | None:
    found = words.currencies.get(sign)
    return _SHARED.get(sign) if found is None else found


def _amount_of(match: re.Match[str], currency: str) -> Decimal:
    if match["minus"] or currency not in EXPONENTS:
        raise DoubtError
    whole, fraction = match["whole"], match["fraction"] or ""
    decimals = len(fraction) - 1
    if decimals > EXPONENTS[currency]:
        # "1.200" may be twelve hundred, written as in Berlin.
        raise DoubtError
    if fraction.startswith(",") and (decimals != EXPONENTS[currency] or "," in whole):
        # "120,50" can only be a decimal comma; "120,5" can be anything.
        raise DoubtError
    value = Decimal(re.sub(r"[ ,.]", "", whole) + fraction.replace(",", "."))
    try:
        return positive(value, currency)
    except (DomainError, ArithmeticError):
        raise DoubtError from None
