"""Writes docs/guides/settings.md from the settings models, so that it cannot rot.

.venv/bin/python deploy/ci/settings_table.py            prints the page
.venv/bin/python deploy/ci/settings_table.py --write    puts it in its place
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from api.settings import Settings
from tenor.sandbox.settings import SandboxSettings
from workers.settings import WorkerSettings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "settings.md"

HEAD = """\
# Settings

Every process reads its settings from the environment, once, when it starts. What is missing or
makes no sense is said by name, never by value, and the process ends with exit code 78.
*Required* is what has no default. Objects and lists are JSON. This page is written by
`deploy/ci/settings_table.py`.
"""

PARTS = (
    ("The API", "`python -m api serve` and `migrate`", Settings),
    ("The workers and the relay", "`python -m workers ROLE`", WorkerSettings),
    ("The stand-ins of the providers", "`python -m tenor.sandbox`", SandboxSettings),
)


def default_of(field: FieldInfo) -> str:
    """The default as one would write it; secrets have none worth showing."""
    if field.is_required():
        return "*required*"
    if field.default_factory is not None:
        return "none"
    value = field.default
    if value is None or value is PydanticUndefined or "Secret" in type(value).__name__:
        return "none"
    if value == "":
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return "`[" + ", ".join(f'"{item}"' for item in value) + "]`"
    return f"`{value}`"


def rows(model: type[BaseSettings]) -> Iterable[str]:
    """A line of the table for each setting."""
    prefix = str(model.model_config.get("env_prefix", ""))
    for name, field in model.model_fields.items():
        meaning = " ".join((field.description or "").split()).replace("|", "\\|")
        yield f"| `{prefix}{name.upper()}` | {default_of(field)} | {meaning} |"


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for title, who, model in PARTS:
        table = ["| name | default | what |", "|---|---|---|", *rows(model)]
        parts.append(f"## {title}\n\nRead by {who}.\n\n" + "\n".join(table) + "\n")
    return "\n".join(parts)


def main(arguments: list[str]) -> int:
    """Print or write the page."""
    if arguments == ["--write"]:
        PAGE.write_text(page())
    else:
        sys.stdout.write(page())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
