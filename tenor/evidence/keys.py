"""Whose signature will do: a fingerprint somebody was told, or the keys that a house publishes."""

import json
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx2
from pydantic import ValidationError

from contracts.evidence import EvidenceKeys
from domain.evidence.canonical import digest
from tenor.evidence.signature import key_bytes
from tenor.stack import StackError

_LARGEST: Final = 1_048_576
_SECONDS: Final = 10.0


class Trust(StrEnum):
    """Why the key that signed is believed to be the right one."""

    NAMED = "named"
    """Its fingerprint was told by another way than the pack."""
    PUBLISHED = "published"
    """It is one of the keys that its owner publishes."""
    ITSELF = "itself"
    """It is not: the pack names it, and whoever makes a pack up names his own."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The signers that will do.

    Attributes:
        trust: Why.
        fingerprints: Of their keys; None: whichever the pack names.
    """

    trust: Trust
    fingerprints: frozenset[str] | None = None


def expected(signer: str | None, keys: str | None) -> Expected:
    """The signers that will do, as the command line names them.

    Args:
        signer: A fingerprint.
        keys: A file with a JSON Web Key Set, or the address from which it is read once.

    Raises `StackError` for both at once, and for a key set that cannot be read.
    """
    if signer is not None and keys is not None:
        raise StackError("Name the signer or a set of keys, not both.")
    if signer is not None:
        return Expected(Trust.NAMED, frozenset({signer.strip().lower()}))
    if keys is not None:
        return Expected(Trust.PUBLISHED, _fingerprints(_read(keys), keys))
    return Expected(Trust.ITSELF)


def _read(keys: str) -> bytes:
    if urlsplit(keys).scheme not in {"http", "https"}:
        try:
            return Path(keys).read_bytes()
        except OSError as error:
            raise StackError(f"{keys} cannot be read: {error.strerror}.") from error
    if not _is_safe(keys):
        raise StackError(
            "Keys are fetched over https: whoever stands between could send others.",
            "Or fetch them yourself, and name the file.",
        )
    try:
        answer = httpx2.get(keys, timeout=_SECONDS, headers={"Accept": "application/json"})
        answer.raise_for_status()
    except httpx2.HTTPError as error:
        raise StackError(f"The keys at {keys} cannot be fetched: {error}") from error
    return answer.content


def _is_safe(url: str) -> bool:
    """Whether nobody can stand between: an encrypted way, or none out of this machine."""
    where = urlsplit(url)
    if where.scheme == "https" or where.hostname == "localhost":
        return True
    try:
        return ip_address(where.hostname or "").is_loopback
    except ValueError:
        return False


def _fingerprints(content: bytes, name: str) -> frozenset[str]:
    """The fingerprints of a key set, taken of its keys and not of what it calls them."""
    if len(content) > _LARGEST:
        raise StackError(f"{name} is too large to be a set of keys.")
    try:
        found = EvidenceKeys.model_validate(json.loads(content))
    except (ValueError, ValidationError) as error:
        raise StackError(f"{name} is no set of Ed25519 keys (RFC 8037).") from error
    keys = [key_bytes(each.x) for each in found.keys]
    prints = frozenset(digest(each) for each in keys if each is not None)
    if not prints:
        raise StackError(f"{name} holds no key.")
    return prints
