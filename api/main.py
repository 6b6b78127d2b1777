"""The entry of the API process: serve, migrate, check schema and records, write a migration."""

import argparse
import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
import uvicorn
from alembic import command
from pydantic import ValidationError

from api.db.session import make_engine, make_sessions
from api.evidence import checking
from api.logs import configure_logs
from api.schema import alembic_config
from api.security.principal import SYSTEM
from api.security.vault import Vault
from api.settings import Settings
from api.setup import set_up
from api.signals import Signals
from api.work import WorkRoom

EXIT_CONFIGURATION = 78
"""EX_CONFIG of sysexits.h: starting again will not help before the settings are mended."""

log = structlog.get_logger(__name__)


def main(arguments: list[str] | None = None) -> None:
    """Run the command named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m api", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve_ = commands.add_parser("serve", help="serve the API")
    serve_.add_argument("--host", default="127.0.0.1")
    serve_.add_argument("--port", type=int, default=8080)
    commands.add_parser("migrate", help="bring the schema and the first data up to date")
    commands.add_parser("check", help="say whether tables and migrations agree")
    commands.add_parser("verify", help="say whether decisions about contact are what was recorded")
    revision = commands.add_parser("revision", help="write a migration for what the tables changed")
    revision.add_argument("message", help="what it is for")
    chosen = parser.parse_args(arguments)
    settings = _settings()
    configure_logs(settings.log_level)
    if chosen.command == "serve":
        serve(settings, chosen.host, chosen.port)
    elif chosen.command == "migrate":
        migrate(settings)
    elif chosen.command == "verify":
        sys.exit(asyncio.run(_verify(settings)))
    elif chosen.command == "check":
        command.check(alembic_config(owner_url(settings)))
    else:
        config = alembic_config(owner_url(settings))
        command.revision(config, message=chosen.message, autogenerate=True)


def _settings() -> Settings:
    """The settings; what is wrong with them is said by name, never by value."""
    try:
        return Settings()
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False, include_context=False):
            name = "_".join(["TENOR", *(str(part).upper() for part in problem["loc"])])
            sys.stderr.write(f"setting {name if problem['loc'] else 'TENOR_…'}: {problem['msg']}\n")
        sys.exit(EXIT_CONFIGURATION)


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until told to stop."""
    # Here, because the other commands need none of its routes, which take seconds to make.
    from api.app import create_app  # noqa: PLC0415

    app = create_app(settings)
    # Most of what lives now lives as long as the process: collecting it over and over costs a
    # fifth of a request.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=3,  # long polls wait for longer, and lose nothing
        timeout_keep_alive=65,
    )


def owner_url(settings: Settings) -> str:
    """The database as its owner; migrating needs it, serving never does."""
    if settings.migration_database_url is None:
        sys.exit("TENOR_MIGRATION_DATABASE_URL is not set: migrating needs the owner's role.")
    return settings.migration_database_url.get_secret_value()


def migrate(settings: Settings) -> None:
    """Upgrade the schema as its owner, then set up the first data as the serving role."""
    vault = Vault(settings.master_key, settings.index_key)
    command.upgrade(alembic_config(owner_url(settings), vault), "head")
    asyncio.run(_set_up(settings))


async def _set_up(settings: Settings) -> None:
    async with _room(settings) as room, room.begin(SYSTEM, "migrate") as work:
        await set_up(work, settings)
    log.info("migrated")


async def _verify(settings: Settings) -> int:
    """Check what was recorded about contact; the exit code: 1 when something was changed."""
    found = 0
    async with _room(settings) as room, room.begin(SYSTEM, "verify") as work:
        async for damage in checking.damages(work):
            found += 1
            sys.stdout.write(f"{damage}\n")
    sys.stdout.write(f"{found or 'no'} damage in what was recorded about contact\n")
    return 1 if found else 0


@asynccontextmanager
async def _room(settings: Settings) -> AsyncIterator[WorkRoom]:
    """What a command works with, as the serving role."""
    engine = make_engine(settings.database_url.get_secret_value(), 2)
    try:
        yield WorkRoom(
            make_sessions(engine), Vault(settings.master_key, settings.index_key), Signals()
        )
    finally:
        await engine.dispose()
