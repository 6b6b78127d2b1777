"""The servers that the tests themselves stand on."""

import psycopg
import pytest
from temporalio.client import Client

from tests.support.postgres import TestPostgres, create_database_from_template


def connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def test_roles_are_unprivileged(postgres_server: TestPostgres) -> None:
    with connect(postgres_server.admin_url()) as admin:
        rows = admin.execute(
            "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles "
            "WHERE rolname LIKE 'tenor_%' ORDER BY 1"
        ).fetchall()
    assert rows == [
        ("tenor_api", False, False, False, False),
        ("tenor_owner", False, False, False, False),
    ]


def test_serving_role_owns_nothing_and_makes_nothing(
    postgres_server: TestPostgres, scratch_database: str
) -> None:
    with connect(postgres_server.owner_url(scratch_database)) as owner:
        owner.execute("CREATE TABLE facts (id int)")
    with connect(postgres_server.api_url(scratch_database)) as api:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            api.execute("CREATE TABLE mine (id int)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            api.execute("SELECT * FROM facts")


def test_password_is_required(postgres_server: TestPostgres, scratch_database: str) -> None:
    user, at, rest = postgres_server.api_url(scratch_database).partition("@")
    wrong = user.rpartition(":")[0] + ":wrong" + at + rest
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(wrong)


def test_template_is_built_once_and_copied(postgres_server: TestPostgres) -> None:
    built: list[str] = []

    def build(name: str) -> None:
        built.append(name)
        with connect(postgres_server.owner_url(name)) as owner:
            owner.execute("CREATE TABLE facts AS SELECT 7 AS id")

    first = postgres_server.template("tenor_template_test", build)
    again = postgres_server.template("tenor_template_test", build)
    assert first == again
    assert built == ["tenor_template_test"]
    create_database_from_template(postgres_server, first, "tenor_copy_test")
    with connect(postgres_server.owner_url("tenor_copy_test")) as owner:
        assert owner.execute("SELECT id FROM facts").fetchall() == [(7,)]
    postgres_server.drop_database("tenor_copy_test")


async def test_temporal_knows_our_search_attributes(temporal_client: Client) -> None:
    count = await temporal_client.count_workflows(
        "TenorState = 'x' AND TenorStage = 'x' AND TenorBucket = 'x' AND TenorNextAction = 'x' "
        "AND TenorOwner = 'x' AND TenorClock = 'x' AND TenorNextAt > '2028-01-01T00:00:00Z' "
        "AND TenorPastDueSince > '2028-01-01T00:00:00Z'"
    )
    assert count.count == 0
