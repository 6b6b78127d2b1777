"""A real worker process: ready, at work, outliving an API that goes away, stopped in order."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from aiohttp import ClientError, ClientSession, web
from temporalio.client import Client

from contracts.names import WakeKind
from contracts.work import AckWakes, LeaseWakes, LoanAdvance, Wake, Wakes
from tests.workflows.harness import asleep
from workers.roles import WorkerRole

ROOT = Path(__file__).resolve().parents[2]
CANARY = "a-secret-that-is-not-logged"


class Api:
    """Just enough of the system of record: tokens, wakes, and loans that advance."""

    def __init__(self) -> None:
        self.waiting: dict[str, Wake] = {}
        self.advanced: Counter[UUID] = Counter()
        self.acknowledged: set[str] = set()
        self.clients: Counter[str] = Counter()
        self.leased: set[str] = set()
        self.request_ids: list[str] = []

    def want(self, loan_id: UUID) -> str:
        key = f"loan:{loan_id}"
        self.waiting[key] = Wake(workflow_id=key, kind=WakeKind.LOAN, wanted=1)
        return key

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.clients[str(form["client_id"])] += 1
        return web.json_response(
            {"access_token": str(form["client_id"]), "token_type": "bearer", "expires_in": 900}
        )

    async def lease(self, request: web.Request) -> web.Response:
        asked = LeaseWakes.model_validate_json(await request.text())
        loop = asyncio.get_running_loop()
        until = loop.time() + min(asked.wait_seconds, 1)
        while not (due := sorted(set(self.waiting) - self.leased)) and loop.time() < until:
            await asyncio.sleep(0.01)
        due = due[: asked.limit]
        self.leased.update(due)
        return wire(Wakes(items=[self.waiting[key] for key in due]).model_dump_json())

    async def ack(self, request: web.Request) -> web.Response:
        acks = AckWakes.model_validate_json(await request.text())
        for each in acks.delivered:
            self.waiting.pop(each.workflow_id, None)
            self.acknowledged.add(each.workflow_id)
        self.leased.difference_update(acks.failed)
        return web.Response(status=204)

    async def advance(self, request: web.Request) -> web.Response:
        loan_id = UUID(request.match_info["id"])
        self.advanced[loan_id] += 1
        self.request_ids.append(request.headers["X-Request-Id"])
        answer = LoanAdvance(
            loan_id=loan_id,
            number="LN-1",
            state="active",
            bucket="current",
            finished=False,
            next_wake_at=datetime.now(UTC) + timedelta(days=30),
            next_action="remind",
        )
        return wire(answer.model_dump_json())


def wire(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/json")


@asynccontextmanager
async def served(api: Api, port: int = 0) -> AsyncIterator[int]:
    app = web.Application()
    app.router.add_post("/api/v1/auth/token", api.token)
    app.router.add_post("/api/v1/wakes/lease", api.lease)
    app.router.add_post("/api/v1/wakes/ack", api.ack)
    app.router.add_post("/api/v1/loans/{id}/advance", api.advance)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """`python -m workers all`, with its log."""

    def __init__(self, api_port: int, temporal: str, log: Path) -> None:
        self.log = log
        self.health_port = free_port()
        self.environment = os.environ | {
            "TENOR_ENVIRONMENT": "development",
            "TENOR_API_URL": f"http://127.0.0.1:{api_port}",
            "TENOR_TEMPORAL_ADDRESS": temporal,
            "TENOR_HEALTH_PORT": str(self.health_port),
            "TENOR_SERVICE_CLIENTS": json.dumps({role.value: CANARY for role in WorkerRole}),
            "TENOR_STOP_SECONDS": "5",
        }
        self.child: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> "Process":
        with self.log.open("wb") as log:
            self.child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "workers",
                "all",
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self.child is not None
        if self.child.returncode is None:
            self.child.kill()
            await self.child.wait()

    async def ready(self) -> None:
        assert self.child is not None
        url = f"http://127.0.0.1:{self.health_port}/health/ready"
        async with asyncio.timeout(120), ClientSession() as session:
            while True:
                assert self.child.returncode is None, self.log.read_text()
                try:
                    async with session.get(url) as response:
                        if response.status == 200:
                            return
                except ClientError:
                    pass
                await asyncio.sleep(0.05)

    async def measures(self) -> str:
        url = f"http://127.0.0.1:{self.health_port}/metrics"
        async with ClientSession() as session, session.get(url) as response:
            assert response.status == 200
            return await response.text()

    async def stop(self) -> int:
        assert self.child is not None
        self.child.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            return await self.child.wait()


async def all_acknowledged(api: Api, keys: set[str]) -> None:
    async with asyncio.timeout(90):
        while not keys <= api.acknowledged:
            await asyncio.sleep(0.02)


@pytest.mark.timeout(400)  # several processes start from nothing, perhaps on a busy machine
async def test_a_process_works_outlives_an_outage_and_stops_in_order(
    temporal_client: Client, temporal_address: str, tmp_path: Path
) -> None:
    api = Api()
    first, second = ([uuid4() for _ in range(8)] for _ in range(2))
    async with served(api) as port:
        process = Process(port, temporal_address, tmp_path / "worker.log")
        async with process:
            await process.ready()
            keys = {api.want(loan_id) for loan_id in first}
            await all_acknowledged(api, keys)
            for key in keys:
                await asleep(temporal_client, key)
    # The API is gone, and the process with it; another process waits for it to come back.
    process = Process(port, temporal_address, tmp_path / "second.log")
    async with process:
        async with served(api, port):
            await process.ready()
        keys = {api.want(loan_id) for loan_id in second}
        async with served(api, port):
            await all_acknowledged(api, keys)
            for key in keys:
                await asleep(temporal_client, key)
            measures = await process.measures()
            code = await process.stop()
    log = (tmp_path / "second.log").read_text()
    assert code == 0, log
    assert set(api.advanced) == {*first, *second}
    assert set(api.clients) >= {"relay", "loans"}
    assert CANARY not in log
    counted = 'tenor_activity_seconds_count{activity="loan.advance",result="completed"} 8.0'
    assert counted in measures
    assert 'tenor_relay_pokes_total{outcome="delivered"} 8.0' in measures
    assert "temporal_workflow_task_execution_latency_seconds" in measures
    # Each call of an activity is known to the API by the run and the activity that made it.
    assert len(api.request_ids) == len(set(api.request_ids)) >= 16
    assert all(given.count("-") >= 6 for given in api.request_ids)
    said = [json.loads(line) for line in log.splitlines()]
    assert [line["event"] for line in said if line["event"] in {"ready", "stopped"}] == [
        "ready",
        "stopped",
    ]
