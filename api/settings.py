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

    model_config = SettingsConfigDict(
        env_prefix="TENOR_",
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    environment: Literal["development", "production"] = "development"
    """`production` refuses weak keys, cheap passwords and test clocks."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """INFO has one line for each request."""
    sandbox: bool = False
    """Test clocks are allowed only here."""
    database_url: SecretStr
    """`postgresql+psycopg://tenor_api:PASSWORD@HOST/DATABASE`: the role that serves."""
    migration_database_url: SecretStr | None = None
    """The same database as its owner, `tenor_owner`; `migrate` alone needs it."""
    master_key: Key32
    """Wraps the customers' keys: base64 of 32 bytes. Without it personal data cannot be read."""
    index_key: Key32
    """Makes blind indexes of addresses and names: base64 of 32 bytes."""
    token_key: Key32
    """Signs access tokens: base64 of 32 bytes, an Ed25519 seed."""
    public_url: str = "http://127.0.0.1:8080"
    """Where providers and people reach this API; webhook signatures are checked against it."""
    temporal_ui_url: str = ""
    """Where people watch workflows; empty: the console links to none."""
    temporal_namespace: str = "default"
    sandbox_inbox_url: str = ""
    """Where people read what was sent to the sandbox providers; empty: there is none."""
    twilio_auth_token: SecretStr = SecretStr("")
    """Checks the signatures of Twilio's webhooks; without it they are refused."""
    twilio_backup_auth_token: SecretStr = SecretStr("")
    """The same of the second account, where there is one."""
    sendgrid_webhook_public_key: str = ""
    """Checks the signatures of SendGrid's events, as SendGrid shows it."""
    email_inbound_token: SecretStr = SecretStr("")
    """The secret at the end of the address that incoming e-mails are posted to; none are taken
    without one."""
    email_inbound_basic: SecretStr = SecretStr("")
    """`user:password` that such a post must carry besides; empty for none."""
    stripe_webhook_secret: SecretStr = SecretStr("")
    """Signs the events of Stripe (`whsec_...`); without one none is believed."""
    admin_email: str = ""
    """The first administrator, made by `migrate` when there is none."""
    admin_password: SecretStr = SecretStr("")
    """The password of the first administrator."""
    service_clients: dict[str, SecretStr] = Field(default_factory=dict)
    """Client id (a worker role) to its secret, as JSON; `migrate` takes them in."""
    database_pool: int = Field(default=16, ge=1, le=200)
    """Connections kept open; four more are made when they do not suffice."""
    max_body_bytes: int = Field(default=1_048_576, ge=1024)
    """The longest request that is read."""
    max_document_bytes: int = Field(default=20 * 1_048_576, ge=1024, le=200 * 1_048_576)
    """The largest file that may be handed in."""
    documents_dir: str = ".tenor/documents"
    """The folder of the files that were handed in, when no bucket is named."""
    letter_fonts_dir: str = ""
    """A folder with further fonts for letters, for names in other alphabets than Latin, Greek,
    Cyrillic and Devanagari, whose fonts are always there."""
    documents_bucket: str = ""
    """A bucket that speaks S3, instead of the folder."""
    documents_prefix: str = ""
    """What the keys in the bucket begin with."""
    s3_endpoint: str = ""
    """Of another S3 than Amazon's, such as `http://127.0.0.1:9000`."""
    s3_region: str = "us-east-1"
    """The region of the bucket."""
    s3_access_key_id: str = ""
    """Without it the machine's own role is used."""
    s3_secret_access_key: SecretStr = SecretStr("")
    """The secret of that access key."""
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
