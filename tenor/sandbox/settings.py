"""What the sandbox is told: where the API is, and the secrets the two sides share."""

import base64
import binascii
from pathlib import Path
from typing import Literal, Self

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

TwilioStatus = Literal["queued", "sent", "delivered"]


class SandboxSettings(BaseSettings):
    """Settings of the process, from the environment (`TENOR_SANDBOX_…`) and the command line."""

    model_config = SettingsConfigDict(
        env_prefix="TENOR_SANDBOX_", frozen=True, extra="ignore", use_attribute_docstrings=True
    )

    state_dir: Path
    """Folder of the memory (one SQLite file); made if missing."""
    webhook_base_url: str
    """Address under which the API's `/webhooks/…` lie, as the API itself names it when it checks
    signatures: `http://127.0.0.1:8080/api/v1`."""
    twilio_account_sid: str = "AC" + "0" * 32
    """The one account that exists."""
    twilio_auth_token: SecretStr = Field(min_length=8)
    """Its secret: clients log in with it and webhooks are signed with it."""
    twilio_status_callbacks: tuple[TwilioStatus, ...] = ("queued", "sent", "delivered")
    """Which changes of status are reported to a message's StatusCallback, in this order."""
    sendgrid_api_key: SecretStr = Field(min_length=8)
    """The one API key that is accepted."""
    sendgrid_webhook_private_key: SecretStr
    """EC P-256 key that signs event webhooks: PEM, or base64 of PKCS#8 DER on one line."""
    sendgrid_activity_feed: bool = True
    """Whether the account has the paid Email Activity Feed."""
    sendgrid_event_delay_seconds: float = Field(default=0.25, ge=0)
    """How long events are gathered before they are posted."""
    slow_seconds: float = Field(default=3.0, ge=0, le=60)
    """How late a slow answer is."""
    email_inbound_token: SecretStr = SecretStr("")
    """The secret in the address that answers by e-mail are posted to; empty: nobody can answer."""
    stripe_api_key: SecretStr = Field(default=SecretStr("sk_test_sandbox"), min_length=8)
    """The one secret key that is accepted."""
    stripe_webhook_secret: SecretStr = Field(default=SecretStr("whsec_sandbox"), min_length=8)
    """Signs events."""
    bank_api_key: SecretStr = Field(default=SecretStr("bank-sandbox"), min_length=8)
    """The one bearer token that the bank accepts."""
    public_url: str = ""
    """Where people open the hosted pages; the address of the call that made one unless given."""
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    """Host names under which `/sandbox` answers, so that no other site's name can reach it."""

    @field_validator("webhook_base_url")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("an http or https address is needed")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _key_is_readable(self) -> Self:
        self.event_key()
        return self

    def event_key(self) -> ec.EllipticCurvePrivateKey:
        """The key of the event webhook; ValueError if it is none, without repeating it."""
        text = self.sendgrid_webhook_private_key.get_secret_value().strip()
        try:
            if text.startswith("-----BEGIN"):
                key = load_pem_private_key(text.replace("\\n", "\n").encode(), password=None)
            else:
                key = load_der_private_key(base64.b64decode(text, validate=True), password=None)
        except (ValueError, TypeError, binascii.Error):
            raise ValueError("the event webhook's private key cannot be read") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
            raise ValueError("the event webhook's private key is not on the curve P-256")
        return key
