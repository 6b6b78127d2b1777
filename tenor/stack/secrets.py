"""The secrets of one stack: made once with the system's random source, kept in one 0600 file."""

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from tenor.sandbox.keys import generate_event_webhook_keys
from tenor.stack.errors import StackError

SERVICE_ROLES = ("relay", "loans", "cases", "delivery", "closing", "documents", "payments")
"""The worker roles; each has its own service client at the API."""

ADMIN_EMAIL = "admin@tenor.example"


def _key_bytes() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _webhook_key() -> str:
    """Make the key with which the sandbox signs e-mail events, as PEM."""
    return generate_event_webhook_keys().private_pem


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSecrets:
    """Everything a stack must remember to be able to read its own data again.

    `stack_id` names the folder of the database files; losing `master_key` makes the encrypted
    personal fields unreadable for ever.
    """

    stack_id: str = field(default_factory=lambda: secrets.token_hex(6))
    postgres_password: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    owner_password: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    api_password: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    master_key: str = field(default_factory=_key_bytes, repr=False)
    index_key: str = field(default_factory=_key_bytes, repr=False)
    token_key: str = field(default_factory=_key_bytes, repr=False)
    admin_email: str = ADMIN_EMAIL
    admin_password: str = field(default_factory=lambda: secrets.token_urlsafe(15), repr=False)
    service_clients: dict[str, str] = field(
        default_factory=lambda: {role: secrets.token_urlsafe(32) for role in SERVICE_ROLES},
        repr=False,
    )
    twilio_account_sid: str = field(default_factory=lambda: f"AC{secrets.token_hex(16)}")
    twilio_auth_token: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    sendgrid_api_key: str = field(
        default_factory=lambda: f"SG.{secrets.token_urlsafe(16)}", repr=False
    )
    email_inbound_token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    stripe_api_key: str = field(
        default_factory=lambda: f"sk_test_{secrets.token_hex(16)}", repr=False
    )
    stripe_webhook_secret: str = field(
        default_factory=lambda: f"whsec_{secrets.token_hex(24)}", repr=False
    )
    bank_api_key: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    sendgrid_webhook_private_key: str = field(default_factory=_webhook_key, repr=False)

    @property
    def sendgrid_webhook_public_key(self) -> str:
        """The public half as the provider shows it: base64 of the DER SubjectPublicKeyInfo."""
        private = serialization.load_pem_private_key(
            self.sendgrid_webhook_private_key.encode(), password=None
        )
        der = private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(der).decode()


def load_or_create(path: Path) -> StackSecrets:
    """Read the secrets of a state folder, making them on first use.

    Fields that an older file lacks are made now and kept.

    Raises:
        StackError: when the file is there but cannot be understood.
    """
    if not path.exists():
        made = StackSecrets()
        _write(path, made)
        return made
    try:
        stored: dict[str, object] = json.loads(path.read_text())
        known = StackSecrets.__dataclass_fields__
        kept = StackSecrets(**{k: v for k, v in stored.items() if k in known})  # type: ignore[arg-type]
    except (ValueError, TypeError, AttributeError) as error:
        raise StackError(
            f"The secrets in {path} cannot be read.",
            "Restore the file from a copy; without it the stored data cannot be decrypted.",
        ) from error
    missing_roles = [role for role in SERVICE_ROLES if role not in kept.service_clients]
    kept.service_clients.update({role: secrets.token_urlsafe(32) for role in missing_roles})
    if missing_roles or known.keys() - stored.keys():
        _write(path, kept)
    return kept


def _write(path: Path, made: StackSecrets) -> None:
    """Write the file whole or not at all, readable by its owner only from the first byte on."""
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(asdict(made), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
