"""`tenor extract` prints what stands in a file, and says in its exit code whether it was read."""

import json
from pathlib import Path

from typer.testing import CliRunner

from tenor.cli import app
from tests.activities.documents import files


def extract(path: Path) -> tuple[int, dict[str, object]]:
    done = CliRunner().invoke(app, ["extract", str(path)])
    found: dict[str, object] = json.loads(done.stdout)
    return done.exit_code, found


def test_a_statement_is_printed(tmp_path: Path) -> None:
    told = files.statement(purchases=5)
    path = tmp_path / "statement.csv"
    path.write_bytes(files.comma(told))
    code, found = extract(path)
    assert code == 0
    assert found["reasons"] == []
    lines = found["statement"]["lines"]  # type: ignore[index]
    assert [line["amount"] for line in lines] == [files.cents(m.amount) for m in told.movements]


def test_a_refusal_has_its_words(tmp_path: Path) -> None:
    path = tmp_path / "picture.pdf"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    code, found = extract(path)
    assert (code, found["rejection"]) == (1, "wrong-type")
    assert "not a PDF" in str(found["message"])
