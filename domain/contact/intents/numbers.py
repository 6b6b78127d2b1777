"""Numbers that are written in words, brought into figures."""

import re
from decimal import Decimal

from domain.contact.intents.kinds import DoubtError
from domain.contact.intents.text import TOKEN
from domain.contact.intents.vocabulary import Vocabulary

_FIGURES = re.compile(r"[0-9]{1,6}")
_PART_OF_A_NUMBER = re.compile(r"[0-9][.,:/-]$")
_LARGEST = 10**10
_SMALL = 10
_HUNDRED = 100


def in_figures(text: str, words: Vocabulary) -> str:
    """The text with numbers in words as figures: "two hundred and fifty" becomes "250".

    A number below ten alone is left as it stands ("one" and "do" are other words, too), unless a
    length of time follows.

    Raises:
        DoubtError: For words that make no number in this order, such as "fifty sixty".
    """
    found = list(TOKEN.finditer(text))
    written: list[str] = []
    done = at = 0
    while at < len(found):
        beyond = _run(found, at, words, text)
        if beyond == at:
            at += 1
            continue
        names = [match.group() for match in found[at:beyond]]
        value = _value(names, words)
        following = found[beyond].group() if beyond < len(found) else ""
        alone = len(names) == 1 and value < _SMALL
        if not alone or following in words.units:
            written += [text[done : found[at].start()], format(value, "f")]
            done = found[beyond - 1].end()
        at = beyond
    return "".join([*written, text[done:]])


def _run(found: list[re.Match[str]], at: int, words: Vocabulary, text: str) -> int:
    """Where the number that begins at a word ends; the same place for none."""
    here = at
    while here < len(found):
        name = found[here].group()
        apart = here > at and text[found[here - 1].end() : found[here].start()].strip(" -")
        if apart:
            break
        follower = found[here + 1].group() if here + 1 < len(found) else ""
        if name in words.numbers or name in words.multipliers:
            here += 1
        elif (
            name in words.joiners
            and here > at
            and follower in words.numbers
            or _multiplied(found, here, words, text)
        ):
            here += 2
        else:
            break
    return here


def _multiplied(found: list[re.Match[str]], at: int, words: Vocabulary, text: str) -> bool:
    """Whether a number in figures is multiplied by the word behind it: "5 lakh"."""
    return (
        _FIGURES.fullmatch(found[at].group()) is not None
        and not _PART_OF_A_NUMBER.search(text[: found[at].start()])
        and at + 1 < len(found)
        and found[at + 1].group() in words.multipliers
        and not text[found[at].end() : found[at + 1].start()].strip()
    )


def _value(names: list[str], words: Vocabulary) -> Decimal:
    total, group = 0, 0
    is_open = False
    for name in names:
        if name in words.joiners:
            continue
        times = words.multipliers.get(name)
        if times is not None:
            if times == _HUNDRED:
                group = max(1, group) * _HUNDRED
            else:
                total, group = total + max(1, group) * times, 0
            is_open = True
            continue
        number = int(name) if name.isdecimal() else words.numbers[name]
        if is_open and group and group % 10 ** len(str(number)):
            raise DoubtError
        group += number
        is_open = True
    if total + group > _LARGEST:
        raise DoubtError
    return Decimal(total + group)
