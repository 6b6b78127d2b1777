"""Which database schema this code is written for, and whether a stored one can be served."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alembic.config import Config
from alembic.script import ScriptDirectory

from api.security.vault import Vault

MIGRATIONS: Final = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Schema:
    """The migrations this code knows, oldest first; the last is the one it is written for."""

    known: Sequence[str]

    def fits(self, stored: str | None) -> str | None:
        """Why a database at this revision cannot be served, or None when it can.

        A revision nobody here knows is a newer one: migrations only expand before they contract,
        so that old code serves on while it is being replaced.
        """
        if stored is None:
            return "the schema is missing: run `python -m api migrate`"
        if stored in self.known and stored != self.known[-1]:
            return f"the schema is at {stored}, not {self.known[-1]}: run `python -m api migrate`"
        return None


def read_schema() -> Schema:
    """List the migrations that came with this code."""
    scripts = ScriptDirectory.from_config(alembic_config(""))
    return Schema([script.revision for script in scripts.walk_revisions()][::-1])


def alembic_config(url: str, vault: Vault | None = None) -> Config:
    """Alembic, told where the scripts and the database are.

    `vault` is for migrations that encrypt what is there; the others do without.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    config.attributes["vault"] = vault
    return config
