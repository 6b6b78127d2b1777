"""The settings each process of the stack is started with, and nothing else of ours."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tenor.stack.postgres import PostgresServer
from tenor.stack.secrets import StackSecrets
from tenor.stack.temporal import NAMESPACE

PREFIX = "TENOR_"
API_BASE_PATH = "/api/v1"

TWILIO_SETTINGS = (
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_FROM",
    "TWILIO_BASE_URL",
    "TWILIO_STATUS_CALLBACK",
)
SENDGRID_SETTINGS = (
    "SENDGRID_API_KEY",
    "SENDGRID_BASE_URL",
    "SENDGRID_ACTIVITY_FEED",
    "SENDGRID_WEBHOOK_PUBLIC_KEY",
    "EMAIL_FROM",
)
SMTP_SETTINGS = (
    "EMAIL_PROVIDER",
    "EMAIL_REPLY_TO",
    "SMTP_HOST",
    "SMTP_PORT",
    "SMTP_USERNAME",
    "SMTP_PASSWORD",
    "SMTP_STARTTLS",
    "EMAIL_FROM",
)
STORE_SETTINGS = (
    "DOCUMENTS_BUCKET",
    "DOCUMENTS_PREFIX",
    "S3_ENDPOINT",
    "S3_REGION",
    "S3_ACCESS_KEY_ID",
    "S3_SECRET_ACCESS_KEY",
)
STRIPE_SETTINGS = ("STRIPE_API_KEY", "STRIPE_BASE_URL", "STRIPE_WEBHOOK_SECRET")
BANK_SETTINGS = ("BANK_BASE_URL", "BANK_API_KEY")
PROVIDER_SETTINGS = (
    *TWILIO_SETTINGS,
    *SENDGRID_SETTINGS,
    *SMTP_SETTINGS,
    *STRIPE_SETTINGS,
    *BANK_SETTINGS,
)
SANDBOX_FROM = "+15005550006"
SANDBOX_EMAIL_FROM = "no-reply@tenor.example"
SANDBOX_REPLY_TO = "replies@tenor.example"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the components of a stack are reached."""

    api: str
    temporal: str
    temporal_ui: str
    sandbox: str


@dataclass(frozen=True, slots=True)
class Environments:
    """Builds the environment of each process from the stack's secrets and addresses.

    Attributes:
        documents: the folder of the files that are handed in, unless the caller names a bucket.
        caller: the environment of the command itself; its provider credentials replace the
            sandbox's, so real providers need settings and nothing more.
    """

    secrets: StackSecrets
    addresses: Addresses
    postgres: PostgresServer
    documents: Path
    test_clocks: bool
    caller: Mapping[str, str]
    extra: Mapping[str, str]

    def bare(self) -> dict[str, str]:
        """Return the environment of a program that is not ours: no setting of ours in it."""
        kept = {k: v for k, v in self.caller.items() if not k.startswith(PREFIX)}
        # What the processes say to one another stays on this machine.
        local = ",".join(filter(None, (kept.get("NO_PROXY"), "127.0.0.1,localhost")))
        return kept | {"NO_PROXY": local, "no_proxy": local, "PYTHONUNBUFFERED": "1"}

    def api(self) -> dict[str, str]:
        """Return the environment of `python -m api serve`."""
        providers = self._twilio() | self._email() | self._stripe()
        known = ("TWILIO_AUTH_TOKEN", "SENDGRID_WEBHOOK_PUBLIC_KEY", "STRIPE_WEBHOOK_SECRET")
        settings = (
            self._api_settings()
            | self._inbound()
            | {name: providers[name] for name in known if name in providers}
        )
        return self._complete(settings)

    def migration(self) -> dict[str, str]:
        """Return the environment of `python -m api migrate`: the owner's URL comes with it."""
        return self.api() | {f"{PREFIX}MIGRATION_DATABASE_URL": self.postgres.owner_url()}

    def worker(self) -> dict[str, str]:
        """Return the environment of `python -m workers`; no database and no key is in it."""
        providers = self._twilio() | self._email() | self._stripe() | self._bank()
        for name in ("SENDGRID_WEBHOOK_PUBLIC_KEY", "STRIPE_WEBHOOK_SECRET"):
            providers.pop(name, None)
        settings = {
            "ENVIRONMENT": "development",
            "API_URL": self.addresses.api,
            "TEMPORAL_ADDRESS": self.addresses.temporal,
            "TEMPORAL_NAMESPACE": NAMESPACE,
            "SERVICE_CLIENTS": json.dumps(self.secrets.service_clients),
            # One machine: what was lost with a process is asked for again soon.
            "POKE_SECONDS": "5",
            "STICKY_SECONDS": "2",
        }
        return self._complete(settings | providers)

    def sandbox(self) -> dict[str, str]:
        """Return the environment of the sandbox providers: the secrets both sides share."""
        key = self.secrets.sendgrid_webhook_private_key
        der = "".join(line for line in key.splitlines() if not line.startswith("-----"))
        settings = {
            "SANDBOX_WEBHOOK_BASE_URL": self.addresses.api + API_BASE_PATH,
            "SANDBOX_TWILIO_ACCOUNT_SID": self.secrets.twilio_account_sid,
            "SANDBOX_TWILIO_AUTH_TOKEN": self.secrets.twilio_auth_token,
            # The real one also tells "queued" and "sent"; the last word is enough here.
            "SANDBOX_TWILIO_STATUS_CALLBACKS": '["delivered"]',
            "SANDBOX_SENDGRID_API_KEY": self.secrets.sendgrid_api_key,
            "SANDBOX_EMAIL_INBOUND_TOKEN": self._inbound()["EMAIL_INBOUND_TOKEN"],
            "SANDBOX_SENDGRID_WEBHOOK_PRIVATE_KEY": der,
            "SANDBOX_STRIPE_API_KEY": self.secrets.stripe_api_key,
            "SANDBOX_STRIPE_WEBHOOK_SECRET": self.secrets.stripe_webhook_secret,
            "SANDBOX_BANK_API_KEY": self.secrets.bank_api_key,
        }
        return self._complete(settings)

    def _api_settings(self) -> dict[str, str]:
        return {
            "ENVIRONMENT": "development",
            "SANDBOX": "true" if self.test_clocks else "false",
            "DATABASE_URL": self.postgres.api_url(),
            "MASTER_KEY": self.secrets.master_key,
            "INDEX_KEY": self.secrets.index_key,
            "TOKEN_KEY": self.secrets.token_key,
            "PUBLIC_URL": self.addresses.api,
            "TEMPORAL_UI_URL": self.addresses.temporal_ui,
            "TEMPORAL_NAMESPACE": NAMESPACE,
            "SANDBOX_INBOX_URL": f"{self.addresses.sandbox}/sandbox",
            "ADMIN_EMAIL": self.secrets.admin_email,
            "ADMIN_PASSWORD": self.secrets.admin_password,
            "SERVICE_CLIENTS": json.dumps(self.secrets.service_clients),
            "DOCUMENTS_DIR": str(self.documents),
        } | self._given(STORE_SETTINGS)

    def _twilio(self) -> dict[str, str]:
        real = self._given(TWILIO_SETTINGS)
        if "TWILIO_ACCOUNT_SID" in real:
            return real
        return {
            "TWILIO_ACCOUNT_SID": self.secrets.twilio_account_sid,
            "TWILIO_AUTH_TOKEN": self.secrets.twilio_auth_token,
            "TWILIO_FROM": SANDBOX_FROM,
            "TWILIO_BASE_URL": self.addresses.sandbox,
            "TWILIO_STATUS_CALLBACK": f"{self.addresses.api}{API_BASE_PATH}/webhooks/twilio/status",
        }

    def _email(self) -> dict[str, str]:
        real = self._given(SENDGRID_SETTINGS) | self._given(SMTP_SETTINGS)
        if "SENDGRID_API_KEY" in real or "SMTP_HOST" in real:
            return real
        return {
            "SENDGRID_API_KEY": self.secrets.sendgrid_api_key,
            "SENDGRID_BASE_URL": self.addresses.sandbox,
            "SENDGRID_ACTIVITY_FEED": "true",
            "SENDGRID_WEBHOOK_PUBLIC_KEY": self.secrets.sendgrid_webhook_public_key,
            "EMAIL_FROM": SANDBOX_EMAIL_FROM,
            "EMAIL_REPLY_TO": SANDBOX_REPLY_TO,
        }

    def _inbound(self) -> dict[str, str]:
        """The secret that incoming mail is believed by."""
        ours = {"EMAIL_INBOUND_TOKEN": self.secrets.email_inbound_token}
        return ours | self._given(("EMAIL_INBOUND_TOKEN", "EMAIL_INBOUND_BASIC"))

    def _stripe(self) -> dict[str, str]:
        real = self._given(STRIPE_SETTINGS)
        if "STRIPE_API_KEY" in real:
            return real
        return {
            "STRIPE_API_KEY": self.secrets.stripe_api_key,
            "STRIPE_BASE_URL": self.addresses.sandbox,
            "STRIPE_WEBHOOK_SECRET": self.secrets.stripe_webhook_secret,
        }

    def _bank(self) -> dict[str, str]:
        real = self._given(BANK_SETTINGS)
        if "BANK_BASE_URL" in real:
            return real
        return {
            "BANK_BASE_URL": f"{self.addresses.sandbox}/bank/v1",
            "BANK_API_KEY": self.secrets.bank_api_key,
        }

    def _given(self, names: tuple[str, ...]) -> dict[str, str]:
        return {
            name: self.caller[PREFIX + name] for name in names if self.caller.get(PREFIX + name)
        }

    def _complete(self, settings: Mapping[str, str]) -> dict[str, str]:
        ours = {PREFIX + name: value for name, value in settings.items()}
        return self.bare() | ours | dict(self.extra)


def system_environment() -> dict[str, str]:
    """Copy the environment of this process, once, at the entry."""
    return dict(os.environ)
