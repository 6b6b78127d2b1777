"""The Postgres server of the tests: roles as in production, durability off, cheap databases."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from filelock import FileLock
from psycopg import sql

from tests.support.shared import shared_folder, shared_server

OWNER_ROLE = "tenor_owner"
API_ROLE = "tenor_api"


@dataclass(frozen=True, slots=True)
class TestPostgres:
    """One server, shared by all processes of the session.

    URLs are SQLAlchemy's, for psycopg 3.
    """

    __test__ = False  # a helper, not a test class

    admin: str
    owner: str
    api: str
    lock_folder: Path

    def admin_url(self, database: str = "postgres") -> str:
        """URL of the superuser."""
        return self.admin.replace("{database}", database)

    def owner_url(self, database: str) -> str:
        """URL of the role that migrates."""
        return self.owner.replace("{database}", database)

    def api_url(self, database: str) -> str:
        """URL of the role that serves."""
        return self.api.replace("{database}", database)

    def create_database(self, name: str, template: str = "template0") -> None:
        """Create a database owned by `tenor_owner`; it must not exist."""
        statements = (
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(OWNER_ROLE), sql.Identifier(template)
            ),
            sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)),
            sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(
                sql.Identifier(name), sql.Identifier(API_ROLE)
            ),
        )
        # Copies of one template wait for one another in the server; waiting here is kinder.
        with FileLock(self.lock_folder / "create-database.lock"), self._connect() as connection:
            for statement in statements:
                connection.execute(statement)

    def drop_database(self, name: str) -> None:
        """Drop a database, cutting off whoever still uses it; one that is gone is fine."""
        with self._connect() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def template(self, name: str, build: Callable[[str], None]) -> str:
        """Return a template database, built once per session.

        Args:
            name: say what is in it, such as `tenor_<migration head>`.
            build: is given the name of the new, empty database and fills it; all its
                connections must be closed when it returns.
        """
        with FileLock(self.lock_folder / f"template-{name}.lock"):
            with self._connect() as connection:
                known = connection.execute(
                    "SELECT datistemplate FROM pg_database WHERE datname = %s", [name]
                ).fetchone()
            if known == (True,):
                return name
            if known is not None:  # an earlier build was cut short
                self.drop_database(name)
            self.create_database(name)
            build(name)
            with self._connect() as connection:
                connection.execute(
                    sql.SQL("ALTER DATABASE {} IS_TEMPLATE true ALLOW_CONNECTIONS false").format(
                        sql.Identifier(name)
                    )
                )
        return name

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        url = self.admin_url().replace("postgresql+psycopg://", "postgresql://")
        return psycopg.connect(url, autocommit=True)


def start_test_server(factory: pytest.TempPathFactory) -> TestPostgres:
    """Start the server, or find the one another process of the session has started."""
    told = shared_server(factory, "postgres")
    return TestPostgres(
        admin=str(told["admin_url"]),
        owner=str(told["owner_url"]),
        api=str(told["api_url"]),
        lock_folder=shared_folder(factory),
    )


def create_database_from_template(server: TestPostgres, template: str, name: str) -> None:
    """Create a database as a copy of a template made by `TestPostgres.template`."""
    server.create_database(name, template)
