"""The API on a real Postgres, served in process, as the serving role."""

import base64
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from api.app import create_app
from api.db.tables import metadata
from api.main import alembic_config, migrate
from api.security.principal import SYSTEM, Principal
from api.settings import Settings
from api.work import Work
from contracts.names import WORKER_SCOPES
from tests.api.support import Actors, Api
from tests.support.postgres import TestPostgres, create_database_from_template

KEPT = {"strategies", "clients", "users"}
"""Tables filled by migrating; everything else is emptied between tests."""


def settings_for(server: TestPostgres, database: str) -> Settings:
    """Settings for a database of a server, migrated or not."""
    return Settings(
        environment="development",
        sandbox=True,
        database_url=server.api_url(database),
        migration_database_url=server.owner_url(database),
        master_key=base64.b64encode(b"m" * 32).decode(),
        index_key=base64.b64encode(b"i" * 32).decode(),
        token_key=base64.b64encode(b"t" * 32).decode(),
        public_url="http://api.test",
        twilio_auth_token="twilio-test-token",
        twilio_backup_auth_token="twilio-backup-test-token",
        email_inbound_token="inbound-test-token",
        stripe_webhook_secret="whsec_of_the_tests",
        admin_email="admin@tenor.example",
        admin_password="correct horse battery",
        service_clients={role: f"{role}-secret" for role in WORKER_SCOPES},
        password_cost="test",
        database_pool=8,
        max_body_bytes=262_144,
        max_document_bytes=1_000_000,
        documents_dir=str(Path(tempfile.gettempdir()) / f"tenor-documents-{os.getpid()}"),
    )


@pytest.fixture(scope="session")
def settings(postgres_server: TestPostgres) -> Iterator[Settings]:
    """Settings for a database of this test process."""
    found = fresh_settings(postgres_server, "api")
    yield found
    shutil.rmtree(found.documents_dir, ignore_errors=True)


def fresh_settings(postgres_server: TestPostgres, prefix: str) -> Settings:
    """Settings for a new database of this test process, copied from a migrated template."""
    head = ScriptDirectory.from_config(alembic_config("")).get_current_head()
    template = postgres_server.template(
        f"tenor_{head}", lambda name: migrate(settings_for(postgres_server, name))
    )
    database = f"{prefix}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    create_database_from_template(postgres_server, template, database)
    return settings_for(postgres_server, database)


@pytest.fixture(scope="session")
async def served(settings: Settings) -> AsyncIterator[Api]:
    """One application for all tests of this process."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = ASGITransport(app=app, raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://api.test") as client:
            yield Api(app, client)


@pytest.fixture(scope="session")
async def superuser(
    postgres_server: TestPostgres, settings: Settings
) -> AsyncIterator[AsyncEngine]:
    """The tests' database as the superuser, who may empty append-only tables."""
    database = make_url(settings.database_url.get_secret_value()).database
    engine = create_async_engine(postgres_server.admin_url(str(database)), pool_size=1)
    yield engine
    await engine.dispose()


@pytest.fixture
async def api(served: Api, superuser: AsyncEngine) -> AsyncIterator[Api]:
    """The application on an empty database."""
    yield served
    await _empty(superuser)


async def _empty(superuser: AsyncEngine) -> None:
    """Delete all rows in one round trip, with the guards of append-only tables asleep."""
    async with superuser.begin() as connection:
        await connection.exec_driver_sql(_emptying())


@cache
def _emptying() -> str:
    wanted = [table for table in metadata.sorted_tables if table.name not in KEPT]
    script = [
        "set session_replication_role = replica",
        # Those that tests wrote, before the table that says so is emptied.
        "delete from strategies where id in (select strategy_id from strategy_lives)",
        *(str(table.delete()) for table in wanted),
        "delete from users where id <> (select id from users order by created_at limit 1)",
        "delete from clients where name <> ''",  # those of integrators; workers have no name
    ]
    return ";".join(script)


@pytest.fixture
def client(api: Api) -> AsyncClient:
    """HTTP, without credentials."""
    return api.client


@pytest.fixture
def actors(api: Api) -> Actors:
    """Headers of people and machines."""
    return Actors(api)


WorkFactory = Callable[..., AbstractAsyncContextManager[Work]]


@pytest.fixture
def work(api: Api) -> WorkFactory:
    """Units of work of the API itself, for arranging and looking: `async with work() as w`."""

    @asynccontextmanager
    async def begin(principal: Principal = SYSTEM) -> AsyncIterator[Work]:
        async with api.services.room.begin(principal, "test") as unit:
            yield unit

    return begin


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the API are about a database: they may take longer on a busy machine."""
    here = Path(__file__).parent
    for item in items:
        if here in Path(item.path).parents:
            item.add_marker(pytest.mark.timeout(180))
