"""What a worker process is told by its environment, read once when it starts."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_SHORTEST_SECRET = 16
_IMPLICIT_TLS_PORT = 465


class WorkerSettings(BaseSettings):
    """Settings of every worker process; the names carry the prefix `TENOR_`.

    A process needs the service clients of its own roles only, and of the providers only those of
    the channels it is to serve.
    """

    model_config = SettingsConfigDict(
        env_prefix="TENOR_",
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    environment: Literal["development", "production"] = "production"
    """`production` refuses short secrets."""
    api_url: str = "http://127.0.0.1:8080"
    """The API's root, without `/api/v1`."""
    service_clients: dict[str, SecretStr] = Field(default_factory=dict)
    """Client id, which is the role, to its secret, as JSON; those of its own roles suffice."""

    temporal_address: str = "127.0.0.1:7233"
    """Temporal's front end, `host:port`; 1.32 or newer."""
    temporal_namespace: str = "default"
    """The namespace, with the search attributes of `deploy/temporal/namespace.sh`."""
    deployment: str = "tenor"
    """The name of the worker deployment; it counts where `build_id` is set."""
    build_id: str = ""
    """Turns worker versioning on; the digest of the image is a good value."""

    health_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    """Where `GET /health/live`, `/health/ready` and `/metrics` answer; nowhere when unset."""
    health_host: str = "127.0.0.1"
    """The address of the health port; `0.0.0.0` lets Prometheus in from the network."""
    metrics_address: str = ""
    """Where the SDK's measures are served by themselves, `host:port`; they also stand in
    `/metrics` of the health port."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """DEBUG has a line for each attempt of an activity."""

    workflow_cache: int = Field(default=1000, ge=0, le=100_000)
    """Workflow runs kept in memory, over all queues of the process."""
    stop_seconds: float = Field(default=15.0, ge=0, le=600)
    """How long running activities may go on after the process was asked to stop."""
    sticky_seconds: float = Field(default=5.0, ge=0.5, le=60)
    """How long a task waits for the worker that knows its run before another may take it."""
    poke_seconds: float = Field(default=10.0, ge=1, le=60)
    """How long a poke may take, and how long its wake is leased."""
    readers: int = Field(default=2, ge=1, le=64)
    """Files that are read at once, each in a process of its own with up to 512 MB."""
    pokes_in_flight: int = Field(default=64, ge=1, le=1000)
    """The most pokes of the relay at once."""
    closing_minutes: int = Field(default=15, ge=1, le=60)
    """How often the end of the business day is looked for."""

    twilio_account_sid: str = ""
    """The account that sends text messages; without one the channel is not served."""
    twilio_auth_token: SecretStr = SecretStr("")
    """Its secret."""
    twilio_from: str = ""
    """The sending number, E.164."""
    twilio_base_url: str = ""
    """Another address than Twilio's own: the sandbox's."""
    twilio_backup_account_sid: str = ""
    """A second account, asked when the first is not well; there is none when empty."""
    twilio_backup_auth_token: SecretStr = SecretStr("")
    """Its secret; the API needs it too, for what that account reports."""
    twilio_backup_from: str = ""
    """Its sending number, E.164."""
    twilio_backup_base_url: str = ""
    """Another address than Twilio's own, for the second account."""
    sendgrid_api_key: SecretStr = SecretStr("")
    """The account that sends e-mail; without one the channel is not served."""
    sendgrid_base_url: str = ""
    """Another address than SendGrid's own: the sandbox's."""
    sendgrid_activity_feed: bool = False
    """Whether the account has the Email Activity Feed, by which a doubtful e-mail is looked up."""
    email_provider: Literal["", "sendgrid", "smtp"] = ""
    """Which provider sends e-mail; when empty, the one that is set up, SendGrid first."""
    email_backup_provider: Literal["", "sendgrid", "smtp"] = ""
    """Which one is asked when the other is not well; none when empty."""
    email_from: str = ""
    """The sending address."""
    email_reply_to: str = ""
    """Where answers to e-mails go; each message adds its id behind a plus sign. When empty,
    answers go to `email_from`."""
    smtp_host: str = ""
    """The server that e-mail is handed to, instead of SendGrid."""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    """465 begins with TLS; any other port uses STARTTLS."""
    smtp_username: str = ""
    """Who logs in there; nobody when empty."""
    smtp_password: SecretStr = SecretStr("")
    """Its secret."""
    smtp_starttls: bool = True
    """Whether TLS is insisted on; only a relay on this machine may do without."""
    twilio_status_callback: str = ""
    """The API's public address for delivery receipts; none are asked for when empty."""

    stripe_api_key: SecretStr = SecretStr("")
    stripe_base_url: str = ""
    """Another address than Stripe's own; empty for the real one."""
    bank_base_url: str = ""
    """The root of the bank's payment interface; no payouts are sent without one."""
    bank_api_key: SecretStr = SecretStr("")

    @model_validator(mode="after")
    def _strong_secrets(self) -> Self:
        """Refuse guessable secrets outside development."""
        if self.environment != "development":
            weak = [
                name
                for name, secret in self.service_clients.items()
                if len(secret.get_secret_value()) < _SHORTEST_SECRET
            ]
            if weak:
                raise ValueError(f"secrets too short for: {', '.join(sorted(weak))}")
        return self

    @model_validator(mode="after")
    def _email_can_be_sent(self) -> Self:
        """Refuse a choice that is not set up, and a password sent in the clear."""
        if not self._is_set_up(self.email_provider):
            raise ValueError(f"email_provider is {self.email_provider}, which is not set up")
        backup = self.email_backup_provider
        if backup and backup == self.email_by:
            raise ValueError("email_backup_provider is the provider it should stand in for")
        if not self._is_set_up(backup):
            raise ValueError(f"email_backup_provider is {backup}, which is not set up")
        in_the_clear = not self.smtp_starttls and self.smtp_port != _IMPLICIT_TLS_PORT
        if self.smtp_username and in_the_clear and self.environment != "development":
            raise ValueError("smtp_starttls is off: the password would be sent in the clear")
        return self

    @model_validator(mode="after")
    def _backup_can_send(self) -> Self:
        """Refuse a second account that could not send a single text."""
        if self.twilio_backup_account_sid and not (
            self.twilio_account_sid
            and self.twilio_backup_auth_token.get_secret_value()
            and self.twilio_backup_from
        ):
            raise ValueError(
                "twilio_backup_account_sid needs twilio_backup_auth_token, twilio_backup_from and "
                "a first account"
            )
        return self

    def _is_set_up(self, provider: str) -> bool:
        """Whether a provider of e-mail has what it needs; no provider needs nothing."""
        needed = {
            "sendgrid": self.sendgrid_api_key.get_secret_value(),
            "smtp": self.smtp_host,
        }
        return bool(needed.get(provider, "-"))

    @property
    def email_by(self) -> Literal["", "sendgrid", "smtp"]:
        """Which provider sends e-mail; empty when none is set up."""
        if self.email_provider:
            return self.email_provider
        if self.sendgrid_api_key.get_secret_value():
            return "sendgrid"
        return "smtp" if self.smtp_host else ""

    @property
    def poke_time(self) -> timedelta:
        """`poke_seconds` as a duration."""
        return timedelta(seconds=self.poke_seconds)
