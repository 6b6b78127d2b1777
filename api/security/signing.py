"""Signs evidence packs, so that whoever holds one can tell that this installation made it.

The key is derived from the one that signs tokens (HKDF, RFC 5869), and is another: a signature of
the one kind never passes for one of the other, and there is no further secret to keep.
"""

import base64
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.evidence.canonical import digest
from domain.evidence.pack import Signer

ALGORITHM: Final = "Ed25519"
_PURPOSE: Final = b"tenor evidence signing 1"


@dataclass(frozen=True, slots=True, init=False)
class EvidenceKey:
    """The key pair under which an installation signs evidence."""

    _key: Ed25519PrivateKey = field(repr=False)
    signer: Signer

    def __init__(self, token_key: bytes) -> None:
        """Derive the pair from the seed of the tokens' key."""
        seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(token_key)
        key = Ed25519PrivateKey.from_private_bytes(seed)
        public = key.public_key().public_bytes_raw()
        object.__setattr__(self, "_key", key)
        object.__setattr__(self, "signer", Signer(ALGORITHM, _text(public), digest(public)))

    def sign(self, data: bytes) -> str:
        """The signature of some bytes (RFC 8032), in base64url without padding."""
        return _text(self._key.sign(data))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
