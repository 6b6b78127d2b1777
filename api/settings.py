"""Settings of the API process, read once at its entry and passed down."""

import base64
import binascii
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def _key(value: object) -> object:
    """Base64 text of exactly 32 bytes."""
    if isinstance(value, str):
        try:
            value = base64.b64decode(value, validate=True)
        except binascii.Error as error:
            raise ValueError("a key is base64 text") from error
        if len(value) != 32:  # noqa: PLR2004 - AES-256 and Ed25519 both take 32 bytes
            raise ValueError("a key holds exactly 32 bytes")
    return value


Key32 = Annotated[bytes, BeforeValidator(_key), Field(repr=False)]


_SHORTEST_TOKEN = 32
"""Characters of a secret that stands in an address."""


class Settings(BaseSettings):
    """What the API needs to know; every name carries the prefix `TENOR_` in the environment."""

    model_config = SettingsConfigDict(env_prefix="TENOR_", frozen=True, extra="ignore")

    environment: Literal["development", "production"] = "development"
    sandbox: bool = False
    """Test clocks are allowed only here."""
    database_url: SecretStr
    migration_database_url: SecretStr | None = None
    master_key: Key32
    """Wraps the customers' keys."""
    index_key: Key32
    """Makes blind indexes of addresses and names."""
    token_key: Key32
    """Signs access tokens (Ed25519 seed)."""
    public_url: str = "http://127.0.0.1:8080"
    """Where providers and people reach this API; webhook signatures are checked against it."""
    temporal_ui_url: str = ""
    """Where people watch workflows; empty: the console links to none."""
    temporal_namespace: str = "default"
    sandbox_inbox_url: str = ""
    """Where people read what was sent to the sandbox providers; empty: there is none."""
    twilio_auth_token: SecretStr = SecretStr("")
    sendgrid_webhook_public_key: str = ""
    email_inbound_token: SecretStr = SecretStr("")
    """The secret at the end of the address that incoming e-mails are posted to; none are taken
    without one."""
    email_inbound_basic: SecretStr = SecretStr("")
    """`user:password` that such a post must carry besides; empty for none."""
    admin_email: str = ""
    admin_password: SecretStr = SecretStr("")
    service_clients: dict[str, SecretStr] = Field(default_factory=dict)
    """Client id (a worker role) to its secret."""
    database_pool: int = Field(default=16, ge=1, le=200)
    max_body_bytes: int = Field(default=1_048_576, ge=1024)
    password_cost: Literal["standard", "test"] = "standard"  # noqa: S105 - a choice, no secret
    """`test` makes password hashing cheap; refused in production."""

    @model_validator(mode="after")
    def _strong_enough(self) -> "Settings":
        """Refuse weak secrets outside development."""
        if self.environment == "production":
            weak = [
                name
                for name in ("master_key", "index_key", "token_key")
                if len(set(getattr(self, name))) < 8  # noqa: PLR2004 - a random key has ~30
            ]
            inbound = self.email_inbound_token.get_secret_value()
            if inbound and len(inbound) < _SHORTEST_TOKEN:
                raise ValueError("email_inbound_token is too short to be a secret")
            if weak or self.password_cost != "standard" or self.sandbox:  # noqa: S105 - as above
                raise ValueError(
                    "production refuses weak keys, cheap password hashing and the sandbox"
                )
        return self
