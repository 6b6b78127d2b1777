"""Writes `.env` for docker-compose.yml: every secret new, from the system's random source.

    python3 deploy/make_env.py                            for real providers, whose settings you add
    .venv/bin/python deploy/make_env.py --sandbox         with the stand-ins and test clocks, to try

A file that is there is never touched: losing a key makes personal data unreadable.
"""

import argparse
import base64
import importlib
import os
import secrets
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PASSWORDS = (
    "POSTGRES_PASSWORD",
    "TENOR_OWNER_PASSWORD",
    "TENOR_API_PASSWORD",
    "TEMPORAL_DB_PASSWORD",
    "TENOR_ADMIN_PASSWORD",
)
KEYS = ("TENOR_MASTER_KEY", "TENOR_INDEX_KEY", "TENOR_TOKEN_KEY")


def roles() -> list[str]:
    """The worker roles, each of which has a service client."""
    sys.path.insert(0, str(ROOT))
    return sorted(importlib.import_module("contracts.names").WORKER_SCOPES)


def settings(admin_email: str) -> dict[str, str]:
    """Everything that must be there."""
    made = {name: secrets.token_hex(24) for name in PASSWORDS}
    made |= {name: base64.b64encode(secrets.token_bytes(32)).decode() for name in KEYS}
    made |= {f"TENOR_CLIENT_{role.upper()}": secrets.token_urlsafe(32) for role in roles()}
    return made | {"TENOR_ADMIN_EMAIL": admin_email}


def sandbox() -> dict[str, str]:
    """What the stand-ins and the processes that call them share."""
    keys = importlib.import_module("tenor.sandbox.keys").generate_event_webhook_keys()
    lines = keys.private_pem.splitlines()
    return {
        "TENOR_ENVIRONMENT": "development",
        "TENOR_SANDBOX": "true",
        "TENOR_PUBLIC_URL": "http://proxy:8080",
        "TENOR_TWILIO_ACCOUNT_SID": f"AC{secrets.token_hex(16)}",
        "TENOR_TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "TENOR_TWILIO_FROM": "+15005550006",
        "TENOR_TWILIO_BASE_URL": "http://sandbox:8025",
        "TENOR_TWILIO_STATUS_CALLBACK": "http://proxy:8080/api/v1/webhooks/twilio/status",
        "TENOR_SENDGRID_API_KEY": f"SG.{secrets.token_urlsafe(16)}",
        "TENOR_SENDGRID_BASE_URL": "http://sandbox:8025",
        "TENOR_SENDGRID_ACTIVITY_FEED": "true",
        "TENOR_SENDGRID_WEBHOOK_PUBLIC_KEY": keys.public_base64,
        "TENOR_SANDBOX_SENDGRID_PRIVATE_KEY": "".join(x for x in lines if x[0] != "-"),
        "TENOR_EMAIL_FROM": "no-reply@tenor.example",
        "TENOR_EMAIL_INBOUND_TOKEN": secrets.token_urlsafe(32),
        "TENOR_STRIPE_API_KEY": f"sk_test_{secrets.token_hex(16)}",
        "TENOR_STRIPE_BASE_URL": "http://sandbox:8025",
        "TENOR_STRIPE_WEBHOOK_SECRET": f"whsec_{secrets.token_hex(16)}",
        "TENOR_BANK_BASE_URL": "http://sandbox:8025/bank/v1",
        "TENOR_BANK_API_KEY": secrets.token_urlsafe(24),
        "COMPOSE_PROFILES": "sandbox",
    }


def write(path: Path, values: dict[str, str]) -> None:
    """Write a new file that only its owner may read; FileExistsError when it is there."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{name}='{value}'\n" for name, value in values.items())


def main(arguments: list[str]) -> int:
    """Make the file."""
    parser = argparse.ArgumentParser(description="Make .env for docker-compose.yml.")
    parser.add_argument("--admin-email", default="admin@tenor.example")
    parser.add_argument("--sandbox", action="store_true", help="to try it, without providers")
    parser.add_argument("--output", type=Path, default=ROOT / ".env")
    chosen = parser.parse_args(arguments)
    made = settings(chosen.admin_email) | (sandbox() if chosen.sandbox else {})
    try:
        write(chosen.output, made)
    except FileExistsError:
        sys.stderr.write(f"{chosen.output} is there already, and is left as it is.\n")
        return 1
    sys.stdout.write(f"Wrote {chosen.output}. Keep a copy where the backups are not.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
