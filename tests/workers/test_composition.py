"""What a process is made of: roles, registries, settings, schedules, health."""

import ast
import asyncio
import inspect
import json
import typing
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import (
    SandboxedWorkflowRunner,
    SandboxRestrictions,
)
from temporalio.workflow import SandboxImportNotificationPolicy

from activities.documents.pool import ReaderPool
from activities.messaging.port import Sender
from activities.registry import activities
from activities.system_of_record import Credentials, SystemOfRecord
from contracts.names import WORKER_SCOPES, ActivityName, Queue, WorkflowName
from workers import schedules
from workers.__main__ import EXIT_CONFIGURATION, main
from workers.health import Readiness, serve_health
from workers.metrics import WorkerMetrics
from workers.roles import PASSED_THROUGH, QUEUES, WorkerRole, chosen, scopes
from workers.senders import senders
from workers.settings import WorkerSettings
from workflows import ports
from workflows.registry import WORKFLOWS

ROOT = Path(__file__).resolve().parents[2]


def served() -> dict[str, Callable[..., object]]:
    """Every activity of every queue, by name."""
    system = SystemOfRecord("http://127.0.0.1:1", Credentials("x", "y"))
    nobody: dict[str, Sender] = {}
    found = [
        each
        for queue in Queue
        for each in activities(
            queue, system, senders=nobody, readers=ReaderPool(), now=lambda: datetime.now(UTC)
        )
    ]
    return {activity_name(each): each for each in found}


def activity_name(implementation: Callable[..., object]) -> str:
    definition = activity._Definition.must_from_callable(implementation)
    assert definition.name is not None
    return definition.name


def stubs() -> dict[str, Callable[..., object]]:
    return {
        activity_name(each): each
        for _, each in inspect.getmembers(ports, inspect.iscoroutinefunction)
    }


def signature(function: Callable[..., object]) -> tuple[list[object], object]:
    hints = typing.get_type_hints(function)
    answer = hints.pop("return")
    return list(hints.values()), answer


async def test_every_stub_is_served_with_the_same_signature() -> None:
    implementations = served()
    assert set(stubs()) == set(implementations) == {name.value for name in ActivityName}
    for name, stub in stubs().items():
        assert signature(stub) == signature(implementations[name]), name


async def test_no_stub_can_be_mistaken_for_an_implementation() -> None:
    for stub in stubs().values():
        arguments = [None] * len(inspect.signature(stub).parameters)
        with pytest.raises(NotImplementedError):
            await stub(*arguments)  # type: ignore[misc]


def test_every_workflow_is_registered_on_one_queue() -> None:
    names = [
        workflow._Definition.must_from_class(each).name
        for group in WORKFLOWS.values()
        for each in group
    ]
    assert sorted(str(name) for name in names) == sorted(name.value for name in WorkflowName)
    assert set(WORKFLOWS) == set(Queue)


def test_every_role_has_scopes_and_all_but_the_relay_a_queue() -> None:
    assert {role.value for role in WorkerRole} == set(WORKER_SCOPES)
    assert all(scopes(role) for role in WorkerRole)
    assert set(QUEUES) == set(WorkerRole) - {WorkerRole.RELAY}
    assert set(QUEUES.values()) == set(Queue)


async def test_nothing_reaches_the_sandbox_unintentionally(temporal_client: Client) -> None:
    """Beside their own package, workflows import only what is named as passed through."""
    strict = SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(
            *PASSED_THROUGH, "workflows"
        ).with_import_notification_policy(
            SandboxImportNotificationPolicy.WARN_ON_DYNAMIC_IMPORT
            | SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
        )
    )
    implementations = list(served().values())
    for queue, workflows in WORKFLOWS.items():
        Worker(
            temporal_client,
            task_queue=f"strict-{queue.value}",
            workflows=workflows,
            activities=implementations,
            workflow_runner=strict,
        )


SAFE_TO_SHARE = {"collections", "contracts", "domain", "datetime", "hashlib", "temporalio"}
SAFE_TO_SHARE |= {"pydantic", "typing", "workflows", "enum", "re", "decimal", "uuid"}
SAFE_TO_SHARE |= {"dataclasses", "json", "tomllib", "yaml"}
UNSAFE_CALLS = {"now", "today", "utcnow", "uuid1", "uuid4", "uuid7", "open"}


@pytest.mark.parametrize("name", PASSED_THROUGH)
def test_what_is_passed_through_reads_neither_clock_nor_chance(name: str) -> None:
    """The sandbox does not watch these modules, so this does."""
    found = ROOT / name.replace(".", "/")
    for path in sorted(found.glob("*.py")) if found.is_dir() else [found.with_suffix(".py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                roots = {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                roots = {(node.module or "").partition(".")[0]}
            else:
                roots = set()
            assert roots <= SAFE_TO_SHARE, f"{path}: {roots - SAFE_TO_SHARE}"
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func).rpartition(".")[2]
                assert called not in UNSAFE_CALLS, f"{path}:{node.lineno}: {called}"


def test_roles_are_chosen_by_name() -> None:
    assert chosen(["relay", "loans", "relay"]) == (WorkerRole.RELAY, WorkerRole.LOANS)
    assert chosen(["loans", "all"]) == tuple(WorkerRole)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    clients = {"loans": "a-secret-of-decent-length"}
    monkeypatch.setenv("TENOR_SERVICE_CLIENTS", json.dumps(clients))
    monkeypatch.setenv("TENOR_HEALTH_PORT", "9001")
    monkeypatch.setenv("TENOR_POKE_SECONDS", "5")
    settings = WorkerSettings()
    assert settings.service_clients["loans"].get_secret_value() == clients["loans"]
    assert settings.health_port == 9001
    assert settings.poke_time == timedelta(seconds=5)
    assert clients["loans"] not in repr(settings)


def test_weak_secrets_are_refused_outside_development(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENOR_SERVICE_CLIENTS", '{"loans": "short"}')
    monkeypatch.setenv("TENOR_ENVIRONMENT", "production")
    with pytest.raises(ValidationError, match="loans") as refused:
        WorkerSettings()
    assert "'short'" not in str(refused.value)
    monkeypatch.setenv("TENOR_ENVIRONMENT", "development")
    WorkerSettings()


def test_a_role_without_a_client_is_said_plainly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TENOR_SERVICE_CLIENTS", raising=False)
    monkeypatch.setattr("workers.log.configure", lambda level: None)
    assert main(["loans"]) == EXIT_CONFIGURATION
    assert "TENOR_SERVICE_CLIENTS" in capsys.readouterr().err


def test_a_wrong_setting_is_said_without_its_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TENOR_HEALTH_PORT", "canary")
    assert main(["loans"]) == EXIT_CONFIGURATION
    said = capsys.readouterr().err
    assert "TENOR_HEALTH_PORT" in said
    assert "canary" not in said


def test_channels_are_served_as_far_as_there_are_accounts() -> None:
    assert set(senders(WorkerSettings())) == {"in_app"}
    settings = WorkerSettings(
        twilio_account_sid="AC" + "0" * 32,
        twilio_from="+15550100",
        sendgrid_api_key="SG.x",
        email_from="loans@example.test",
    )
    assert set(senders(settings)) == {"sms", "email", "in_app"}


async def test_who_sends_e_mail_is_chosen_by_settings() -> None:
    both = {"sendgrid_api_key": "SG.x", "smtp_host": "mx.test", "email_from": "loans@example.test"}
    chosen = {"": "sendgrid", "sendgrid": "sendgrid", "smtp": "smtp"}
    for provider, name in chosen.items():
        settings = WorkerSettings.model_validate(both | {"email_provider": provider})
        assert senders(settings)["email"].names == (name,)
    alone = WorkerSettings(smtp_host="mx.test", email_from="loans@example.test")
    assert senders(alone)["email"].names == ("smtp",)
    with pytest.raises(ValidationError, match="not set up"):
        WorkerSettings(email_provider="smtp")
    with pytest.raises(ValidationError, match="in the clear"):
        WorkerSettings(smtp_host="mx.test", smtp_username="tenor", smtp_starttls=False)


async def test_providers_stand_in_for_each_other_in_their_order_and_show_how_they_are() -> None:
    accounts: dict[str, object] = {
        "twilio_account_sid": "AC" + "0" * 32,
        "twilio_from": "+15550100",
        "twilio_backup_account_sid": "AC" + "1" * 32,
        "twilio_backup_auth_token": "another-secret",
        "twilio_backup_from": "+15550101",
        "sendgrid_api_key": "SG.x",
        "smtp_host": "mx.test",
        "email_from": "loans@example.test",
        "email_backup_provider": "smtp",
    }
    served = senders(WorkerSettings.model_validate(accounts))
    assert {name: each.names for name, each in served.items()} == {
        "sms": ("twilio", "twilio-backup"),
        "email": ("sendgrid", "smtp"),
        "in_app": ("tenor",),
    }
    metrics = WorkerMetrics()
    metrics.show_providers(served)
    metrics.sent("sms", "twilio", "accepted")
    told = (await metrics.text()).decode()
    assert (
        'tenor_provider_circuit{channel="sms",provider="twilio-backup",state="closed"} 1.0' in told
    )
    assert 'tenor_provider_circuit{channel="email",provider="smtp",state="open"} 0.0' in told
    assert (
        'tenor_provider_sends_total{channel="sms",outcome="accepted",provider="twilio"} 1.0' in told
    )
    for missing in ("twilio_account_sid", "twilio_backup_auth_token", "twilio_backup_from"):
        with pytest.raises(ValidationError, match="twilio_backup_account_sid needs"):
            WorkerSettings.model_validate(accounts | {missing: ""})
    with pytest.raises(ValidationError, match="not set up"):
        WorkerSettings.model_validate(accounts | {"smtp_host": ""})
    with pytest.raises(ValidationError, match="stand in for"):
        WorkerSettings.model_validate(accounts | {"email_provider": "smtp"})


async def test_health_says_when_the_process_is_ready() -> None:
    async def ask(port: int, path: str) -> tuple[int, str]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
        writer.close()
        await writer.wait_closed()
        return int(head.split()[1]), body

    now = 100.0
    readiness, metrics = Readiness(lambda: now), WorkerMetrics()

    async def queue() -> str | None:
        return reason

    reason: str | None = "Temporal does not answer"
    readiness.add("queue loans", queue)
    async with serve_health("127.0.0.1", 0, readiness, metrics) as port:
        assert port is not None
        status, body = await ask(port, "/health/live")
        assert (status, json.loads(body)["status"]) == (200, "live")
        status, body = await ask(port, "/health/ready")
        assert (status, json.loads(body)["checks"]) == (503, {"process": "starting"})
        readiness.started()
        status, body = await ask(port, "/health/ready")
        assert (status, json.loads(body)["checks"]) == (503, {"queue loans": reason})
        reason, now = None, now + 60
        status, body = await ask(port, "/health/ready")
        assert (status, json.loads(body)) == (200, {"status": "ready", "checks": {}})
        metrics.ended("loan.advance", 0.2, None)
        metrics.ended("loan.advance", 0.2, ApplicationError("x", type="not-found"))
        metrics.count_pokes({"delivered": 3})
        status, body = await ask(port, "/metrics")
        assert status == 200
        for line in (
            'tenor_activity_seconds_count{activity="loan.advance",result="completed"} 1.0',
            'tenor_activity_failures_total{activity="loan.advance",code="not-found"} 1.0',
            'tenor_relay_pokes_total{outcome="delivered"} 3.0',
        ):
            assert line in body
        assert (await ask(port, "/"))[0] == 404


async def test_the_schedule_is_created_once_and_kept_up_to_date(temporal_client: Client) -> None:
    key = f"end-of-day-{uuid.uuid4()}"
    handle = temporal_client.get_schedule_handle(key)
    for minutes in (15, 30):
        await schedules.ensure(temporal_client, every=timedelta(minutes=minutes), schedule_id=key)
        description = await handle.describe()
        assert description.schedule.spec.intervals[0].every == timedelta(minutes=minutes)
        await handle.pause()
    assert (await handle.describe()).schedule.state.paused
    await handle.delete()
