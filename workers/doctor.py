"""`python -m workers doctor`: says in plain words what keeps worker processes from their work.

It reads the same settings, asks the API and Temporal, and changes nothing.
"""

import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import aiohttp
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, GetSystemInfoRequest
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from activities.messaging.port import Channel
from activities.system_of_record import Credentials, SystemOfRecord
from workers.roles import WorkerRole
from workers.senders import senders
from workers.settings import WorkerSettings
from workflows import attributes

OLDEST_SERVER: Final = (1, 32)
"""Below it, pokes of sleeping workflows add up their waits."""

_PATIENCE: Final = timedelta(seconds=5)
_TYPES: Final = {
    IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD: "Keyword",
    IndexedValueType.INDEXED_VALUE_TYPE_DATETIME: "Datetime",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `problem` says what is wrong and what to do, or is None."""

    what: str
    problem: str | None = None


async def examine(settings: WorkerSettings) -> AsyncIterator[Finding]:
    """Look at everything worker processes need, one thing after the other."""
    yield await _api(settings)
    for role in WorkerRole:
        yield await _client(settings, role)
    async for finding in _temporal(settings):
        yield finding
    # Notices in the portal need no provider.
    served = {
        name: each for name, each in senders(settings).items() if name != Channel.IN_APP.value
    }
    names = (
        ", ".join(f"{name} ({' then '.join(served[name].names)})" for name in sorted(served))
        or "none"
    )
    yield Finding(
        f"message channels served: {names}",
        None if served else "no provider has credentials: queued messages wait (TENOR_TWILIO_…)",
    )


async def report(settings: WorkerSettings) -> int:
    """Print what was found, a line each; the exit code is 0 when nothing is wrong."""
    wrong = 0
    async for finding in examine(settings):
        wrong += finding.problem is not None
        mark = "ok     " if finding.problem is None else "PROBLEM"
        told = "" if finding.problem is None else f": {finding.problem}"
        sys.stdout.write(f"{mark}  {finding.what}{told}\n")
        sys.stdout.flush()
    return 0 if wrong == 0 else 1


async def _api(settings: WorkerSettings) -> Finding:
    what = f"the API at {settings.api_url}"
    limit = aiohttp.ClientTimeout(total=_PATIENCE.total_seconds())
    try:
        async with (
            aiohttp.ClientSession(timeout=limit) as session,
            session.get(f"{settings.api_url.rstrip('/')}/health/ready") as answer,
        ):
            if answer.ok:
                return Finding(what)
            return Finding(what, f"it answers {answer.status}: look at its /health/ready")
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return Finding(what, f"no answer ({type(error).__name__}): is TENOR_API_URL right?")


async def _client(settings: WorkerSettings, role: WorkerRole) -> Finding:
    what = f"the service client of the role {role.value}"
    secret = settings.service_clients.get(role.value)
    if secret is None:
        return Finding(f"{what}: none here; this process cannot play it")
    credentials = Credentials(role.value, secret.get_secret_value())
    try:
        async with SystemOfRecord(settings.api_url, credentials) as system:
            await system.log_in()
    except ApplicationError as error:
        return Finding(
            what,
            f"the API refuses it ({error.type}): `python -m api migrate` takes in "
            "TENOR_SERVICE_CLIENTS, which must be the same on both sides",
        )
    return Finding(what)


async def _temporal(settings: WorkerSettings) -> AsyncIterator[Finding]:
    what = f"Temporal at {settings.temporal_address}"
    try:
        client = await Client.connect(
            settings.temporal_address,
            namespace=settings.temporal_namespace,
            connect_timeout=_PATIENCE,
        )
        system = await client.workflow_service.get_system_info(
            GetSystemInfoRequest(), timeout=_PATIENCE
        )
    except (RPCError, RuntimeError):
        yield Finding(what, "no answer: is TENOR_TEMPORAL_ADDRESS right?")
        return
    version = system.server_version
    old = version_of(version) < OLDEST_SERVER
    yield Finding(f"{what}, version {version}", "1.32 or newer is needed" if old else None)
    what = f"the namespace {settings.temporal_namespace}"
    try:
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=settings.temporal_namespace), timeout=_PATIENCE
        )
        known = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=settings.temporal_namespace), timeout=_PATIENCE
        )
    except RPCError as error:
        yield Finding(what, f"{error.status.name}: create it, see deploy/temporal/namespace.sh")
        return
    yield Finding(what)
    found = {name: _TYPES.get(kind, "another") for name, kind in known.custom_attributes.items()}
    missing = [f"{name} ({kind})" for name, kind in _wanted() if found.get(name) != kind]
    yield Finding(
        "search attributes",
        f"missing: {', '.join(missing)}; see deploy/temporal/namespace.sh" if missing else None,
    )


def _wanted() -> Sequence[tuple[str, str]]:
    return [
        *((key.name, "Keyword") for key in attributes.KEYWORDS),
        *((key.name, "Datetime") for key in attributes.DATETIMES),
    ]


def version_of(text: str) -> tuple[int, int]:
    """The first two numbers of a version; zeros where there are none."""
    numbers = [int(part) if part.isdigit() else 0 for part in (*text.split("."), "", "")]
    return numbers[0], numbers[1]
