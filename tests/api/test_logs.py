"""The log of a real flow: one line a request, ids to follow it by, and nobody's data."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from httpx2 import AsyncClient, HTTPError

from api.settings import Settings
from domain.errors import ErrorCode
from tenor.stack.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
PERSON = {"name": "Leopoldine Quarzhagen", "phone": "+12125550177"}
EMAIL = "leopoldine@customers.example"
NOTE = "She says that her aunt Walburga pays"


@asynccontextmanager
async def process(settings: Settings, log: Path, level: str) -> AsyncIterator[AsyncClient]:
    """`python -m api serve` on the tests' database, writing its log to a file."""
    port = free_port()
    environment = os.environ | {
        "TENOR_ENVIRONMENT": "development",
        "TENOR_SANDBOX": "true",
        "TENOR_PASSWORD_COST": "test",
        "TENOR_LOG_LEVEL": level,
        "TENOR_DATABASE_URL": settings.database_url.get_secret_value(),
        "TENOR_MASTER_KEY": "bW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW0=",
        "TENOR_INDEX_KEY": "aWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWk=",
        "TENOR_TOKEN_KEY": "dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHR0dHQ=",
    }
    with log.open("wb") as output:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "api", "serve", "--port", str(port)),
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        async with AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            async with asyncio.timeout(120):
                while not await answers(client):
                    assert child.returncode is None, log.read_text()
                    await asyncio.sleep(0.05)
            yield client
    finally:
        child.terminate()
        await child.wait()


async def answers(client: AsyncClient) -> bool:
    try:
        return (await client.get("/health/ready")).status_code == 200
    except HTTPError:
        return False


async def work(client: AsyncClient) -> None:
    """Make a customer, look her up, and be refused with her data in the request."""
    log_in = {"email": "admin@tenor.example", "password": "correct horse battery"}
    token = (await client.post("/api/v1/auth/login", json=log_in)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "X-Request-Id": "follow-me-7"}
    made = await client.post(
        "/api/v1/customers",
        json={**PERSON, "email": EMAIL, "country": "US", "zone": "America/New_York"},
        headers=headers,
    )
    assert made.status_code == 201, made.text
    found = await client.get(
        "/api/v1/customers/search", params={"phone": PERSON["phone"]}, headers=headers
    )
    assert found.status_code < 500
    bad = await client.post(
        "/api/v1/customers", json={**PERSON, "email": NOTE, "country": "US"}, headers=headers
    )
    assert bad.status_code == 422
    await client.get(f"/api/v1/customers/{EMAIL}", headers=headers)
    await client.get(f"/api/v1/loans/{uuid4()}", headers=headers)


@pytest.mark.timeout(300)
async def test_a_line_for_each_request_and_nobodys_data(settings: Settings, tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    async with process(settings, log, "INFO") as client:
        await work(client)
    text = log.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert [(line["operation"], line["status"]) for line in requests[:2]] == [
        ("log_in", 200),
        ("create_customer", 201),
    ]
    followed = [line for line in requests if line["request_id"] == "follow-me-7"]
    assert len(followed) == 5
    assert followed[2]["problem"] == ErrorCode.INVALID_REQUEST.value
    assert all(line["ms"] >= 0 and line["method"] in {"GET", "POST"} for line in requests)
    # Probes are counted, and not logged.
    assert not [line for line in requests if line["operation"] == "ready"]
    personal = [*PERSON["name"].split(), PERSON["phone"], PERSON["phone"][2:], EMAIL, "leopoldine"]
    for word in (*personal, "Walburga", "correct horse", "Bearer"):
        assert word.lower() not in text.lower()


@pytest.mark.timeout(300)
async def test_the_level_is_a_setting(settings: Settings, tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    async with process(settings, log, "WARNING") as client:
        await work(client)
    assert [line for line in log.read_text().splitlines() if '"request"' in line] == []
