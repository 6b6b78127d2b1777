"""Checks the signature of an evidence pack against the key it names, and that key against ours."""

import base64
import binascii
from collections.abc import Collection

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from domain.evidence.canonical import digest
from domain.evidence.pack import to_sign
from domain.evidence.verify import Fault, Finding, Report

_SIGNER = "the signer (line 1)"
_SIGNATURE = "the signature (last line)"


def check_signature(report: Report, expected: str | Collection[str] | None = None) -> list[Finding]:
    """What is wrong with the signature of a pack.

    Args:
        report: The pack, checked for itself.
        expected: Fingerprint of the only key that will do, or of several of which one will;
            null: whichever the pack names.
    """
    named = {expected} if isinstance(expected, str) else expected
    signer = None if report.manifest is None else report.manifest.get("signer")
    if not isinstance(signer, dict) or report.signature is None:
        return [Finding(Fault.SIGNATURE, _SIGNATURE, "there is none that could be checked")]
    public = key_bytes(signer.get("public_key"))
    signature = key_bytes(report.signature)
    if signer.get("algorithm") != "Ed25519" or public is None or signature is None:
        return [Finding(Fault.SIGNATURE, _SIGNER, "the key or the signature is not of its kind")]
    found: list[Finding] = []
    fingerprint = digest(public)
    if fingerprint != signer.get("fingerprint"):
        found.append(Finding(Fault.SIGNER, _SIGNER, "the fingerprint is not that of the key"))
    if named is not None and fingerprint not in {each.strip().lower() for each in named}:
        found.append(Finding(Fault.SIGNER, _SIGNER, f"the pack was signed by {fingerprint}"))
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, to_sign(report.manifest_line))
    except (InvalidSignature, ValueError):
        found.append(Finding(Fault.SIGNATURE, _SIGNATURE, "it is not one of the first line"))
    return found


def key_bytes(text: object) -> bytes | None:
    """What unpadded base64url says, if it is spelt in the one way there is."""
    if not isinstance(text, str):
        return None
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.urlsafe_b64encode(data).rstrip(b"=").decode() == text else None
