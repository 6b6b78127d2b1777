"""Alembic's environment: the metadata of all features, the owner's connection."""

from alembic import context
from sqlalchemy import NullPool, create_engine

from api.db.tables import metadata


def run() -> None:
    """Run the migrations in one transaction each, one migrator at a time."""
    engine = create_engine(context.config.attributes["url"], poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("set lock_timeout = '30s'")
        # One migrator at a time; the lock goes with the connection.
        connection.exec_driver_sql("select pg_advisory_lock(7361001)")
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=metadata,
            compare_type=True,
            compare_server_default=False,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
