"""The API and the workers on a Postgres and a Temporal that somebody else runs.

Nothing but the environment says where they are: no stack, no socket, a password over TCP.
"""

import base64
import json
import os
import secrets as random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from contracts.base import Page
from contracts.loans import LoanDetail
from contracts.messages import Message
from tenor.client import LogInData, RestClient
from tenor.sandbox.keys import generate_event_webhook_keys
from tenor.stack.places import place_postgres
from tenor.stack.ports import free_port
from tenor.stack.postgres import PostgresServer
from tenor.stack.probes import answers_http
from tenor.stack.progress import SilentProgress
from tenor.stack.secrets import StackSecrets
from tenor.stack.supervisor import Component, Supervisor
from tenor.stack.temporal import TemporalServer
from tests.end_to_end.conftest import first_of, make_lender
from workers.roles import WorkerRole

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 240.0
ADMIN = ("operator@lender.example", "a passphrase of some length")


def key() -> str:
    return base64.b64encode(random.token_bytes(32)).decode()


@asynccontextmanager
async def separate_postgres(folder: Path) -> AsyncIterator[PostgresServer]:
    """A server that listens on TCP and wants a password, with our two roles and a database."""
    made = StackSecrets()
    place = place_postgres(folder, made.stack_id)
    server = PostgresServer(place, made, durable=False, port=free_port())
    try:
        server.prepare()
        with server.running(folder / "postgres.log"):
            server.ensure_roles()
            server.ensure_database()
            yield server
    finally:
        place.remove()


@dataclass(frozen=True, slots=True)
class Installation:
    """What an operator writes into the environment of the processes."""

    postgres: PostgresServer
    temporal: str
    api_port: int
    sandbox_port: int
    clients: dict[str, str]

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.api_port}"

    def api(self, keys: dict[str, str]) -> dict[str, str]:
        return {
            "TENOR_ENVIRONMENT": "development",
            "TENOR_SANDBOX": "true",
            "TENOR_DATABASE_URL": self.postgres.api_url(),
            "TENOR_PUBLIC_URL": self.api_url,
            "TENOR_TWILIO_AUTH_TOKEN": "t" * 32,
            **keys,
        }

    def migration(self) -> dict[str, str]:
        return {
            "TENOR_MIGRATION_DATABASE_URL": self.postgres.owner_url(),
            "TENOR_ADMIN_EMAIL": ADMIN[0],
            "TENOR_ADMIN_PASSWORD": ADMIN[1],
            "TENOR_SERVICE_CLIENTS": json.dumps(self.clients),
        }

    def workers(self, health_port: int) -> dict[str, str]:
        return {
            "TENOR_API_URL": self.api_url,
            "TENOR_TEMPORAL_ADDRESS": self.temporal,
            "TENOR_SERVICE_CLIENTS": json.dumps(self.clients),
            "TENOR_HEALTH_PORT": str(health_port),
            "TENOR_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "TENOR_TWILIO_AUTH_TOKEN": "t" * 32,
            "TENOR_TWILIO_FROM": "+15005550006",
            "TENOR_TWILIO_BASE_URL": f"http://127.0.0.1:{self.sandbox_port}",
            "TENOR_TWILIO_STATUS_CALLBACK": f"{self.api_url}/api/v1/webhooks/twilio/status",
            "TENOR_SENDGRID_API_KEY": "SG.nobody-mails-here",
            "TENOR_SENDGRID_BASE_URL": f"http://127.0.0.1:{self.sandbox_port}",
            "TENOR_EMAIL_FROM": "loans@lender.example",
        }

    def sandbox(self) -> dict[str, str]:
        pem = generate_event_webhook_keys().private_pem
        return {
            "TENOR_SANDBOX_WEBHOOK_BASE_URL": f"{self.api_url}/api/v1",
            "TENOR_SANDBOX_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "TENOR_SANDBOX_TWILIO_AUTH_TOKEN": "t" * 32,
            "TENOR_SANDBOX_SENDGRID_API_KEY": "SG.nobody-mails-here",
            "TENOR_SANDBOX_SENDGRID_WEBHOOK_PRIVATE_KEY": "".join(
                line for line in pem.splitlines() if not line.startswith("-----")
            ),
        }


@asynccontextmanager
async def installed(folder: Path, postgres: PostgresServer) -> AsyncIterator[Installation]:
    """Temporal, then ours: migrated, served and worked on, each a process of its own."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith("TENOR_")}
    temporal = TemporalServer(free_port(), None, None, durable=False)
    made = Installation(
        postgres,
        temporal.address,
        free_port(),
        free_port(),
        {role.value: random.token_urlsafe(24) for role in WorkerRole},
    )
    keys = {f"TENOR_{name}_KEY": key() for name in ("MASTER", "INDEX", "TOKEN")}

    def ours(name: str, arguments: tuple[str, ...], settings: dict[str, str]) -> Component:
        return Component(name, (sys.executable, "-m", *arguments), plain | settings, ROOT)

    def serving(component: Component, port: int, path: str = "/health/ready") -> Component:
        return replace(component, ready=answers_http(port, path))

    health_port = free_port()
    supervisor = Supervisor(folder, SilentProgress(), PATIENCE_SECONDS)
    try:
        await supervisor.start(
            Component("temporal", temporal.command(), plain, ROOT, temporal.is_ready)
        )
        api = made.api(keys)
        await supervisor.run_once(ours("migrate", ("api", "migrate"), api | made.migration()))
        arguments = ("api", "serve", "--port", str(made.api_port))
        await supervisor.start(serving(ours("api", arguments, api), made.api_port))
        place = ("--port", str(made.sandbox_port), "--state-dir", str(folder / "sandbox"))
        sandbox = ours("sandbox", ("tenor.sandbox", *place), made.sandbox())
        await supervisor.start(serving(sandbox, made.sandbox_port, "/sandbox/api/counts"))
        await supervisor.run_once(ours("doctor", ("workers", "doctor"), made.workers(health_port)))
        await supervisor.start(
            serving(ours("workers", ("workers", "all"), made.workers(health_port)), health_port)
        )
        yield made
    finally:
        await supervisor.stop()


@pytest.mark.timeout(900)
async def test_a_loan_is_lent_reminded_and_paid(tmp_path: Path) -> None:
    async with separate_postgres(tmp_path) as postgres:
        wrong = postgres.api_url().replace("+psycopg", "").replace("tenor_api:", "tenor_api:x")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)
        async with (
            installed(tmp_path, postgres) as made,
            RestClient(made.api_url, LogInData(*ADMIN)) as admin,
        ):
            lender = await make_lender(admin)
            customer = await lender.customer("Tess Far", "+12125550151", "tess@people.example")
            loan = await lender.loan(customer, instalments=2)
            await lender.advance_to(first_of(1) + timedelta(days=1))
            sent = [
                message
                async for message in admin.pages("/messages", Page[Message])
                if message.channel == "sms" and message.status in {"sent", "delivered"}
            ]
            assert sent
            assert {message.loan_id for message in sent} == {loan.id}
            owed = (await admin.get(f"/loans/{loan.id}", LoanDetail)).outstanding.total
            assert (await lender.pay(loan.id, owed)).loan_closed
            # Its life ends with the letter that nothing is owed, once the payment is certain.
            await lender.advance_to(first_of(1) + timedelta(days=3))
            temporal = await Client.connect(made.temporal, data_converter=pydantic_data_converter)
            ended = await temporal.get_workflow_handle(loan.workflow_id).result()
            assert ended["finished"]
