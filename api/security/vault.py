"""Personal data at rest: a key per customer, wrapped by the master key, and blind indexes.

Destroying a customer's wrapped key erases what was written under it. Ciphertexts are bound to
the column they stand in, so none can be moved to another.
"""

import hashlib
import hmac
import os
import unicodedata
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


@dataclass(frozen=True, slots=True)
class Cipher:
    """Encrypts and decrypts text under one key (AES-256-GCM)."""

    key: bytes = field(repr=False)

    def encrypt(self, text: str, column: str) -> bytes:
        """Nonce and ciphertext; `column` (`customers.name`) must be given again to decrypt."""
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self.key).encrypt(nonce, text.encode(), column.encode())

    def decrypt(self, data: bytes, column: str) -> str:
        """The text, or `cryptography.exceptions.InvalidTag` if anything was changed."""
        return AESGCM(self.key).decrypt(data[:_NONCE], data[_NONCE:], column.encode()).decode()

    def seal(self, content: bytes, place: str) -> bytes:
        """Like `encrypt`, for bytes that lie in a `place` of their own."""
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self.key).encrypt(nonce, content, place.encode())

    def unseal(self, data: bytes, place: str) -> bytes:
        """What `seal` wrote, or `cryptography.exceptions.InvalidTag`."""
        return AESGCM(self.key).decrypt(data[:_NONCE], data[_NONCE:], place.encode())

    def maybe_encrypt(self, text: str | None, column: str) -> bytes | None:
        """Like `encrypt`, with nothing for nothing."""
        return None if text is None else self.encrypt(text, column)

    def maybe_decrypt(self, data: bytes | None, column: str) -> str | None:
        """Like `decrypt`, with nothing for nothing."""
        return None if data is None else self.decrypt(data, column)


@dataclass(frozen=True, slots=True)
class Vault:
    """Holds the master key and the index key for the life of the process."""

    master_key: bytes = field(repr=False)
    index_key: bytes = field(repr=False)

    def new_wrapped_key(self) -> bytes:
        """A fresh customer key, wrapped; store it beside the customer."""
        nonce = os.urandom(_NONCE)
        key = AESGCM.generate_key(bit_length=256)
        return nonce + AESGCM(self.master_key).encrypt(nonce, key, b"customer-key")

    def cipher(self, wrapped_key: bytes | None) -> Cipher:
        """The cipher of a customer; without a wrapped key (nobody's data), of the house."""
        if wrapped_key is None:
            return Cipher(hmac.digest(self.master_key, b"house", "sha256"))
        key = AESGCM(self.master_key).decrypt(
            wrapped_key[:_NONCE], wrapped_key[_NONCE:], b"customer-key"
        )
        return Cipher(key)

    def blind_index(self, kind: str, value: str) -> bytes:
        """A keyed digest for exact look-up of a normalised address (`phone`, `email`)."""
        return hmac.digest(self.index_key, f"{kind}:{value}".encode(), "sha256")

    def name_tokens(self, name: str) -> list[bytes]:
        """Keyed digests of the words of a name, case and accents folded, for search by word."""
        folded = "".join(
            letter
            for letter in unicodedata.normalize("NFKD", name.casefold())
            if not unicodedata.combining(letter)
        )
        words = sorted({word for word in folded.split() if word})
        return [
            hmac.digest(self.index_key, f"name:{word}".encode(), "sha256")[:16]
            for word in words[:20]
        ]

    def fingerprint(self, data: bytes) -> bytes:
        """A keyed digest by which the same request is known again, and nothing else is learnt."""
        return hmac.digest(self.index_key, b"request:" + data, "sha256")

    def proof(self, purpose: str, value: str) -> str:
        """What only we can make of a value for a purpose: it lets a link prove that it is ours."""
        return hmac.digest(self.index_key, f"{purpose}:{value}".encode(), "sha256").hex()

    def content_digest(self, content: bytes) -> bytes:
        """A keyed digest by which the same file is known again."""
        return hmac.digest(self.index_key, b"content:" + hashlib.sha256(content).digest(), "sha256")

    @staticmethod
    def digest(secret: str) -> bytes:
        """The digest of a random secret (client secrets): no salt needed, it has 256 bits."""
        return hashlib.sha256(secret.encode()).digest()
