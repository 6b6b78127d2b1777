"""Whether a process of the API says truly that it lives and can serve."""

from dataclasses import replace

import pytest
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from api.schema import Schema, read_schema
from api.settings import Settings
from tests.api.support import Api, ok


async def test_a_process_with_its_database_is_ready(client: AsyncClient) -> None:
    assert ok(await client.get("/health/live"))["status"] == "live"
    answer = await client.get("/health/ready")
    head = read_schema().known[-1]
    assert ok(answer) == {"status": "ready", "checks": {"database": "answers", "schema": head}}
    assert answer.headers["Cache-Control"] == "no-store"


async def test_without_a_database_it_lives_and_is_not_ready(settings: Settings) -> None:
    secret = "a-password-that-is-not-told"
    nowhere = settings.model_copy(
        update={
            "database_url": type(settings.database_url)(
                f"postgresql+psycopg://tenor_api:{secret}@127.0.0.1:1/none"
            )
        }
    )
    transport = ASGITransport(app=create_app(nowhere), raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://api.test") as client:
        assert (await client.get("/health/live")).status_code == 200
        answer = await client.get("/health/ready")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert answer.json()["facts"] == {"database": "it does not answer"}
        assert secret not in answer.text
        measures = await client.get("/metrics")
        assert measures.status_code == 200
        assert "tenor_database_answers 0.0" in measures.text
        assert "tenor_wakes_unsettled{" not in measures.text
        refused = await client.get("/api/v1/auth/me", headers={"Authorization": "Bearer x"})
        assert refused.status_code == 401


@pytest.mark.parametrize(
    ("stored", "fits"),
    [(None, False), ("0001", False), ("0002", False), ("0003", True), ("0004", True)],
)
def test_an_older_schema_is_refused_and_a_newer_one_served(stored: str | None, fits: bool) -> None:
    """`0004` is unknown here: the process is older than the data, in the middle of a release."""
    assert (Schema(["0001", "0002", "0003"]).fits(stored) is None) is fits


async def test_a_database_that_was_not_migrated_is_told(api: Api) -> None:
    kit = api.services
    api.app.state.services = replace(kit, schema=Schema([*kit.schema.known, "ffff"]))
    try:
        answer = await api.client.get("/health/ready")
    finally:
        api.app.state.services = kit
    assert answer.status_code == 503
    assert "python -m api migrate" in answer.json()["facts"]["schema"]


async def test_the_serving_role_may_read_the_revision(superuser: AsyncEngine) -> None:
    async with superuser.connect() as connection:
        may = await connection.scalar(
            text("select has_table_privilege('tenor_api', 'alembic_version', 'select')")
        )
    assert may is True
