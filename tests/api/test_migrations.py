"""Migrations that change what is stored, on a database that has something in it."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from alembic import command
from sqlalchemy import Engine, NullPool, create_engine, text

from api.main import migrate, owner_url
from api.schema import alembic_config
from api.security.vault import Vault
from api.settings import Settings
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


def _owner(settings: Settings) -> Engine:
    return create_engine(owner_url(settings), poolclass=NullPool)
