"""The one spelling of a record, so that equal records have equal digests on every machine.

The form is that of RFC 8785 (JSON Canonicalization Scheme), narrowed to what our records hold:
objects with ASCII keys, lists, text, whole numbers, true, false and null. Amounts are decimal
text. Without fractions there is nothing in it that two programs could spell differently.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NoReturn, TypeAlias

Json: TypeAlias = "None | bool | int | str | Sequence[Json] | Mapping[str, Json]"
"""What a record may hold."""

Record: TypeAlias = Mapping[str, Json]
"""One record: an object at the top."""

_LARGEST: Final = 2**53 - 1
"""Beyond it, programs that read JSON numbers as doubles see another number (RFC 7493, 2.2)."""


_SPELLING: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


class NotCanonicalError(ValueError):
    """A value that has no canonical spelling, or bytes that are not one."""


def canonical(value: Json) -> bytes:
    """The spelling of a value: keys sorted, no white space, UTF-8.

    Raises:
        NotCanonicalError: For a fraction, a number beyond 2^53, a key that is not ASCII, a lone
            surrogate, or anything JSON does not know.
    """
    _check(value)
    try:
        return _SPELLING.encode(value).encode()
    except UnicodeEncodeError:
        raise NotCanonicalError("a text holds half of a character") from None


def parse(data: bytes) -> Record:
    """The record that some bytes spell, if they are its one spelling.

    Raises:
        NotCanonicalError: When they are anything else; a key that stands twice, another order or
            a blank too many included.
    """
    try:
        found = json.loads(data.decode(), parse_float=_no_fraction, parse_constant=_no_fraction)
    except (ValueError, RecursionError):
        raise NotCanonicalError("this is no JSON of whole numbers and text") from None
    if not isinstance(found, dict):
        raise NotCanonicalError("this is no object")
    if canonical(found) != data:
        raise NotCanonicalError("this is not spelt in the canonical form")
    return found


def digest(data: bytes) -> str:
    """SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def digest_of(value: Json) -> str:
    """The digest of a value's spelling."""
    return digest(canonical(value))


def instant(at: datetime) -> str:
    """An instant as records spell it: UTC with six decimals, `2028-03-01T17:00:00.000000Z`."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def _check(value: Json) -> None:
    if value is None or isinstance(value, bool | str):
        return
    if isinstance(value, int):
        if abs(value) > _LARGEST:
            raise NotCanonicalError("a number is beyond 2^53")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not (isinstance(key, str) and key.isascii()):
                raise NotCanonicalError("a key is not ASCII text")
            _check(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item)
    else:
        raise NotCanonicalError(f"a {type(value).__name__} has no canonical spelling")


def _no_fraction(_: str) -> NoReturn:
    raise NotCanonicalError("a number is not whole")
