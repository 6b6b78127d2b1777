"""How many segments a text message takes, as networks count them (3GPP TS 23.038, TS 23.040)."""

from math import ceil
from typing import Final

GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)
"""Letters of the default alphabet and its extension; any other shortens a segment to 70."""

_EXTENDED: Final = frozenset("^{}\\[~]|€")
"""Letters that take the room of two."""

_GSM_SINGLE, _GSM_JOINED = 160, 153
_UCS2_SINGLE, _UCS2_JOINED = 70, 67


def segments(text: str) -> int:
    """How many segments a text takes; none for an empty one.

    A text of the GSM alphabet has 160 letters in a single segment and 153 in each of several; any
    other 70 and 67, a letter beyond the basic plane counting twice.
    """
    if GSM.issuperset(text):
        length = len(text) + sum(letter in _EXTENDED for letter in text)
        single, joined = _GSM_SINGLE, _GSM_JOINED
    else:
        length = len(text.encode("utf-16-le")) // 2
        single, joined = _UCS2_SINGLE, _UCS2_JOINED
    if length <= single:
        return min(length, 1)
    return ceil(length / joined)
