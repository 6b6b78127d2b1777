"""The key pair of SendGrid's signed event webhook."""

import base64
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)


@dataclass(frozen=True, slots=True)
class EventWebhookKeys:
    """A key pair in the forms its two sides read.

    Attributes:
        private_pem: PKCS#8 PEM for the sender of the events (`TENOR_SANDBOX_…_PRIVATE_KEY`).
        public_base64: Base64 of the DER SubjectPublicKeyInfo, as SendGrid shows it to its
            customers (`TENOR_SENDGRID_WEBHOOK_PUBLIC_KEY`).
    """

    private_pem: str = field(repr=False)
    public_base64: str


def generate_event_webhook_keys() -> EventWebhookKeys:
    """Make a new pair on the curve P-256."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return EventWebhookKeys(private.decode("ascii"), base64.b64encode(public).decode("ascii"))
