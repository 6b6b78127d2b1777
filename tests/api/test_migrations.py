"""Migrations that change what is stored, on a database that has something in it."""

import asyncio
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from alembic import command
from sqlalchemy import Engine, NullPool, create_engine, text

from api.db.session import make_engine, make_sessions
from api.main import migrate, owner_url
from api.messages.chain import Damage, damages
from api.schema import alembic_config
from api.security.principal import SYSTEM
from api.security.vault import Vault
from api.settings import Settings
from api.signals import Signals
from api.work import WorkRoom
from tests.api.conftest import settings_for
from tests.support.postgres import TestPostgres

PERSON = UUID(int=7)
ADDRESS = "canary.person@tenor.example"


@pytest.fixture
def old(postgres_server: TestPostgres) -> Iterator[Settings]:
    """A database before users had keys of their own, with a user in it."""
    name = f"migrating_{uuid4().hex}"
    postgres_server.create_database(name)
    settings = settings_for(postgres_server, name)
    command.upgrade(alembic_config(owner_url(settings)), "0008")
    with _owner(settings).begin() as connection:
        connection.execute(
            text(
                "insert into users (id, email, name, role, password_hash, created_at, version) "
                "values (:id, :email, 'Canary Person', 'agent', 'hash', now(), 1)"
            ),
            {"id": PERSON, "email": ADDRESS},
        )
    yield settings
    postgres_server.drop_database(name)


def test_users_keep_their_names_and_nobody_reads_them_in_the_table(old: Settings) -> None:
    migrate(old)
    vault = Vault(old.master_key, old.index_key)
    with _owner(old).connect() as connection:
        row = connection.execute(text("select * from users where id = :id"), {"id": PERSON}).one()
        kept = str(dict(row._mapping))
    assert "anary" not in kept
    assert row.email_index == vault.blind_index("user-email", ADDRESS)
    assert vault.cipher(row.wrapped_key).decrypt(row.name_ct, "users.name") == "Canary Person"

    command.downgrade(alembic_config(owner_url(old), vault), "0008")
    with _owner(old).connect() as connection:
        back = connection.execute(
            text("select email, name from users where id = :id"), {"id": PERSON}
        ).one()
    assert tuple(back) == (ADDRESS, "Canary Person")


def test_a_migration_that_encrypts_refuses_to_run_without_keys(old: Settings) -> None:
    with pytest.raises(RuntimeError, match="python -m api migrate"):
        command.upgrade(alembic_config(owner_url(old)), "head")
    with _owner(old).connect() as connection:
        assert connection.scalar(text("select email from users")) == ADDRESS


def test_old_decisions_become_chains_in_the_order_they_were_made(
    postgres_server: TestPostgres,
) -> None:
    name = f"migrating_{uuid4().hex}"
    postgres_server.create_database(name)
    settings = settings_for(postgres_server, name)
    config = alembic_config(owner_url(settings), Vault(settings.master_key, settings.index_key))
    command.upgrade(config, "0021")
    customers = [UUID(int=1), UUID(int=2)]
    with create_engine(postgres_server.admin_url(name), poolclass=NullPool).begin() as connection:
        # Messages and people do not matter here: their keys are not checked.
        connection.execute(text("set local session_replication_role = replica"))
        for number, customer_id in enumerate((*customers, *customers, customers[0])):
            connection.execute(
                text(
                    "insert into contact_decisions (id, message_id, customer_id, outcome, reasons, "
                    "packs, inputs, decided_at) values (:id, :id, :customer, 'allow', "
                    "'{us.hours: inside-hours}', '{us@1}', :inputs, '2028-03-01T12:00:00Z')"
                ),
                {
                    "id": UUID(int=100 + number),
                    "customer": customer_id,
                    "inputs": '{"contacts": 2, "zones": "Europe/Berlin", "country": null}',
                },
            )
    migrate(settings)
    found = asyncio.run(_damaged(settings))
    with _owner(settings).connect() as connection:
        places = connection.execute(
            text("select customer_id, place from contact_decisions order by id")
        ).all()
        guarded = connection.scalar(
            text(
                "select tgenabled from pg_trigger where tgname = 'append_only' "
                "and tgrelid = 'contact_decisions'::regclass"
            )
        )
    assert found == []
    assert [(each.customer_id.int, each.place) for each in places] == [
        (1, 1), (2, 1), (1, 2), (2, 2), (1, 3),
    ]  # fmt: skip
    assert guarded == "O"
    command.downgrade(config, "0021")
    postgres_server.drop_database(name)


async def _damaged(settings: Settings) -> list[Damage]:
    engine = make_engine(settings.database_url.get_secret_value(), 1)
    vault = Vault(settings.master_key, settings.index_key)
    room = WorkRoom(make_sessions(engine), vault, Signals())
    try:
        async with room.begin(SYSTEM, "test") as work:
            return [each async for each in damages(work)]
    finally:
        await engine.dispose()


def _owner(settings: Settings) -> Engine:
    return create_engine(owner_url(settings), poolclass=NullPool)
