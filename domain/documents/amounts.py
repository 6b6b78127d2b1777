"""Reads amounts as banks write them: either decimal mark, grouped, signed in front or behind."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from domain.documents.words import plain_digits


class DecimalMark(StrEnum):
    """What parts whole units from their decimals."""

    POINT = "."
    COMMA = ","


@dataclass(frozen=True, slots=True)
class AmountRead:
    """An amount, and how sure it is (0 to 1).

    `signed` says that the text itself told the direction; without it the column does.
    """

    value: Decimal
    confidence: float
    signed: bool = False


SURE: Final = 0.99
"""Nothing here is surer than that; 1 is for people."""
_WHOLE: Final = 0.97
_BY_OTHERS: Final = 0.95
_AGAINST_OTHERS: Final = 0.6
_GUESSED: Final = 0.5
_LONGEST: Final = 40
_MOST_DIGITS: Final = 15
_THOUSAND: Final = 3

_CURRENCY = r"(?:[A-Z]{3}|[^\W\d_]{0,2}\$|[€£¥₹₩₦₱₫₺₽฿]|Rs\.?|kr\.?|zł|Fr\.?)"
_SHAPE: Final = re.compile(
    rf"(?P<open>\()?\s*(?P<front>[+-])?\s*(?:{_CURRENCY})?\s*(?P<front2>[+-])?\s*"
    rf"(?P<digits>\d[\d.,' ]*|[.,]\d+)\s*(?:{_CURRENCY})?\s*(?P<close>\))?\s*"
    r"(?P<back>[+-]|CR?\.?|DR?\.?|Cr\.?|Dr\.?|H|S)?",
)
_MINUS: Final = frozenset({"-", "d", "dr", "s"})
_PLUS: Final = frozenset({"+", "c", "cr", "h"})


def read_amount(text: str, mark: DecimalMark | None = None) -> AmountRead | None:
    """The amount that a cell holds and nothing else, or null when it is none.

    Args:
        text: As it stands: `1,234.50`, `1.234,50-`, `(12.00)`, `EUR 7,5`, `1'000.00 CR`.
        mark: The decimal mark that the rest of the document uses, for what is ambiguous.
    """
    tidy = plain_digits(text).strip()
    if not tidy or len(tidy) > _LONGEST:
        return None
    found = _SHAPE.fullmatch(tidy)
    if found is None or bool(found["open"]) != bool(found["close"]):
        return None
    figure = _figure(found["digits"].strip(), mark)
    if figure is None:
        return None
    value, confidence = figure
    back = (found["back"] or "").rstrip(".").lower()
    signs = {found["front"], found["front2"], back} - {None, ""}
    negative = bool(found["open"]) or bool(signs & _MINUS)
    if negative and signs & _PLUS:
        return None
    return AmountRead(-value if negative else value, confidence, negative or bool(signs))


def mark_of(texts: Iterable[str]) -> DecimalMark | None:
    """The decimal mark that most of the unambiguous amounts use; null when none tells."""
    votes = {DecimalMark.POINT: 0, DecimalMark.COMMA: 0}
    for text in texts:
        tidy = plain_digits(text).strip()
        found = _SHAPE.fullmatch(tidy) if len(tidy) <= _LONGEST else None
        told = None if found is None else _told(found["digits"])
        if told is not None:
            votes[told] += 1
    if votes[DecimalMark.POINT] == votes[DecimalMark.COMMA]:
        return None
    return max(votes, key=lambda each: votes[each])


def _told(digits: str) -> DecimalMark | None:
    """The mark that one figure tells by itself."""
    point, comma = digits.rfind("."), digits.rfind(",")
    if point < 0 and comma < 0:
        return None
    last = max(point, comma)
    mark = DecimalMark(digits[last])
    other = DecimalMark.COMMA if mark is DecimalMark.POINT else DecimalMark.POINT
    if point >= 0 and comma >= 0:
        return mark
    if digits.count(digits[last]) > 1:
        return other
    return None if len(digits) - last - 1 == _THOUSAND else mark


def _figure(digits: str, mark: DecimalMark | None) -> tuple[Decimal, float] | None:
    told = _told(digits)
    used = told or mark
    confidence = SURE
    if "." not in digits and "," not in digits:
        confidence = _WHOLE
    elif told is None:
        # One separator and three digits: a thousand, unless the document says otherwise.
        confidence = _GUESSED if mark is None else _BY_OTHERS
        if mark is None:
            used = DecimalMark.COMMA if "." in digits else DecimalMark.POINT
    elif mark is not None and told is not mark:
        confidence = _AGAINST_OTHERS
    whole, decimals = digits, ""
    if used is not None and used.value in digits:
        whole, _, decimals = digits.rpartition(used.value)
    if not _is_grouped(whole) or not (decimals == "" or decimals.isdecimal()):
        return None
    plain = re.sub(r"[^\d]", "", whole)
    if len(plain) + len(decimals) > _MOST_DIGITS:
        return None
    return Decimal(f"{plain or '0'}.{decimals}" if decimals else plain), confidence


def _is_grouped(whole: str) -> bool:
    """Whether the part before the decimals is grouped as people group (in the Indian way too)."""
    if whole == "" or whole.isdecimal():
        return True
    separators = set(re.sub(r"\d", "", whole))
    if len(separators) != 1:
        return False
    first, *rest = whole.split(separators.pop())
    if not rest or not first.isdecimal() or len(first) > _THOUSAND:
        return False
    return len(rest[-1]) == _THOUSAND and all(
        group.isdecimal() and _THOUSAND - 1 <= len(group) <= _THOUSAND for group in rest
    )
