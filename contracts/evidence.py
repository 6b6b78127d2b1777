"""Evidence: the keys that sign it, why a case is where it is, and past contacts judged again."""

from typing import Literal, Self

from contracts.base import Wire
from domain.evidence.pack import Signer


class EvidenceJwk(Wire):
    """A public key that signs evidence packs (RFC 7517, RFC 8037)."""

    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    use: Literal["sig"] = "sig"
    kid: str
    """The fingerprint that packs name: SHA-256 of the key, in hexadecimal."""
    x: str


class EvidenceKeys(Wire):
    """The keys under which this installation signs evidence packs."""

    keys: list[EvidenceJwk]

    @classmethod
    def of(cls, signer: Signer) -> Self:
        """The set with one key in it."""
        return cls(keys=[EvidenceJwk(kid=signer.fingerprint, x=signer.public_key)])
