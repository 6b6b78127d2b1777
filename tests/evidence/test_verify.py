"""A pack holds as it was made; whatever is changed in it is found, and named."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from contracts.evidence import EvidenceKeys
from domain.evidence.pack import Section
from domain.evidence.verify import Fault, Finding, check
from tenor.cli import app
from tenor.evidence.signature import check_signature
from tenor.stack import StackError
from tests.evidence.packs import KEY, OTHER_KEY, OWNER, SENT, chain_rows, decisions, pack, sections

RUNNER = CliRunner()


def _findings(data: bytes, expected: str | None = None) -> list[Finding]:
    report = check(data)
    return [*report.findings, *check_signature(report, expected)]


def _faults(data: bytes) -> set[Fault]:
    return {each.fault for each in _findings(data)}


def test_a_pack_holds_as_it_was_made() -> None:
    report = check(pack())
    assert _findings(pack()) == []
    assert report.rows == {"case": 1, "decisions": 2, "chain": 3, "messages": 1}
    assert report.remarks == ()


def test_no_byte_of_a_pack_can_be_another() -> None:
    whole = pack()
    for at in range(len(whole)):
        for other in (whole[at] ^ 1, whole[at] ^ 0x20, 0x20 if whole[at] != 0x20 else 0x0A):
            changed = whole[:at] + bytes([other]) + whole[at + 1 :]
            assert _findings(changed), f"byte {at}: {whole[at]:#x} became {other:#x}"


def test_no_byte_can_be_added_or_left_out() -> None:
    whole = pack()
    for at in range(len(whole)):
        assert _findings(whole[:at] + whole[at + 1 :]), f"without byte {at}"
        assert _findings(whole[:at] + b" " + whole[at:]), f"a blank before byte {at}"
    assert _findings(whole + b"\n")
    assert _findings(whole + whole)
    assert _findings(b"")
    assert _findings(b"\n\n")


def test_no_line_can_be_removed_doubled_or_moved() -> None:
    lines = pack().splitlines(keepends=True)
    for at, line in enumerate(lines):
        assert _findings(b"".join(lines[:at] + lines[at + 1 :])), f"without line {at + 1}"
        assert _findings(b"".join([*lines[: at + 1], line, *lines[at + 1 :]]))
    for at in range(len(lines) - 1):
        moved = [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]]
        assert _findings(b"".join(moved)), f"lines {at + 1} and {at + 2}"


def test_a_changed_row_is_named() -> None:
    changed = pack().replace(b'"outcome":"defer"', b'"outcome":"allow"')
    found = {(each.fault, each.where) for each in _findings(changed)}
    assert (Fault.ROW_CHANGED, "decisions row 1 (line 3)") in found
    assert (Fault.DECISION_CHANGED, "decision d1") in found


def test_a_removed_row_is_named() -> None:
    lines = pack().splitlines(keepends=True)
    found = {(each.fault, each.where) for each in _findings(b"".join(lines[:3] + lines[4:]))}
    assert (Fault.ROW_MISPLACED, "decisions") in found
    assert (Fault.DECISION_CHANGED, "decision d2") in found


def test_a_pack_made_anew_around_a_changed_decision_breaks_the_chain() -> None:
    """Every digest of the file is right and it is signed: only the chain tells."""
    lied = decisions()
    lied[0] = {**lied[0], "outcome": "allow"}
    parts = sections()
    parts[1] = Section("decisions", lied)
    assert _faults(pack(parts)) == {Fault.DECISION_CHANGED}


def test_a_decision_left_out_with_its_link_breaks_the_chain() -> None:
    parts = sections()
    parts[1] = Section("decisions", decisions()[1:])
    rows = chain_rows(decisions())
    parts[2] = Section("chain", [rows[0], rows[2]])
    assert _faults(pack(parts)) == {Fault.CHAIN_BROKEN}


def test_the_end_of_a_chain_cannot_be_left_out() -> None:
    parts = sections()
    rows = chain_rows(decisions())
    parts[1] = Section("decisions", decisions()[:1])
    parts[2] = Section("chain", rows[:2])
    whole = {"owner": str(OWNER), "length": 3, "head": rows[-1]["hash"]}
    assert _faults(pack(parts, chain=whole)) == {Fault.CHAIN_BROKEN}


def test_a_pack_of_another_key_is_not_the_expected_one() -> None:
    forged = pack(key=OTHER_KEY)
    assert _findings(forged) == []
    assert [each.fault for each in _findings(forged, KEY.signer.fingerprint)] == [Fault.SIGNER]
    assert _findings(pack(), KEY.signer.fingerprint) == []


def test_a_foreign_signature_does_not_fit() -> None:
    own, foreign = pack().splitlines(keepends=True), pack(key=OTHER_KEY).splitlines(keepends=True)
    assert _faults(b"".join([*own[:-1], foreign[-1]])) == {Fault.SIGNATURE}


def test_a_message_that_went_without_a_permit_is_remarked() -> None:
    parts = sections()
    parts[3] = Section("messages", [SENT, {**SENT, "id": "m2"}])
    report = check(pack(parts))
    assert report.findings == ()
    assert report.remarks == ("message m2 went and no decision in this pack allowed it",)


def test_a_pack_of_a_customer_without_decisions_holds() -> None:
    parts = [Section("case", [{"number": "RC-1001"}]), Section("chain", [])]
    none = {"owner": str(OWNER), "length": 0, "head": None}
    assert _findings(pack(parts, chain=none)) == []


# -- the command -------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "RC-1001-evidence.jsonl"
    made.write_bytes(pack())
    return made


def test_the_command_says_that_a_pack_holds(file: Path) -> None:
    result = RUNNER.invoke(app, ["verify", str(file)])
    assert result.exit_code == 0, result.output
    assert "holds: 1 case, 2 decisions, 3 chain, 1 message" in result.output.replace("\n", "")
    assert KEY.signer.fingerprint in result.output
    assert "SIGNER NOT CHECKED" in result.stderr


def test_the_command_names_what_was_changed(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b'"contacts":7', b'"contacts":1'))
    result = RUNNER.invoke(app, ["verify", str(file)])
    assert result.exit_code == 1
    assert "decisions row 1 (line 3): it is not what its digest was taken of" in result.output
    assert "does not hold" in result.output


def test_the_command_speaks_json(file: Path) -> None:
    result = RUNNER.invoke(app, ["verify", str(file), "--json", "--signer", "0" * 64])
    assert result.exit_code == 1
    told = json.loads(result.output)
    assert told["holds"] is False
    assert [each["fault"] for each in told["findings"]] == ["signer"]
    assert told["subject"] == {"number": "RC-1001"}


@pytest.mark.parametrize(
    ("asked", "trust"),
    [
        ([], "itself"),
        (["--signer", KEY.signer.fingerprint], "named"),
        (["--keys", "KEYS"], "published"),
    ],
)
def test_the_command_tells_why_it_believes_the_signer(
    file: Path, tmp_path: Path, asked: list[str], trust: str
) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(EvidenceKeys.of(KEY.signer).model_dump_json())
    arguments = [str(keys) if each == "KEYS" else each for each in asked]
    result = RUNNER.invoke(app, ["verify", str(file), "--json", *arguments])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["trust"], told["signer_was_expected"]) == (trust, trust != "itself")


def test_keys_that_did_not_sign_will_not_do(file: Path, tmp_path: Path) -> None:
    """Not even under the name of the one that did: a key counts, not what it is called."""
    keys = tmp_path / "keys.json"
    other = EvidenceKeys.of(OTHER_KEY.signer).keys[0]
    lying = other.model_copy(update={"kid": KEY.signer.fingerprint})
    keys.write_text(EvidenceKeys(keys=[lying]).model_dump_json())
    result = RUNNER.invoke(app, ["verify", str(file), "--json", "--keys", str(keys)])
    assert result.exit_code == 1
    assert [each["fault"] for each in json.loads(result.stdout)["findings"]] == ["signer"]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("http://keys.example/evidence-keys", "over https"),
        ("nowhere.json", "cannot be read"),
        ("{}", "no set of Ed25519 keys"),
        ('{"keys": []}', "holds no key"),
    ],
)
def test_keys_that_prove_nothing_are_refused(
    file: Path, tmp_path: Path, keys: str, said: str
) -> None:
    if keys.startswith("{"):
        (tmp_path / "keys.json").write_text(keys)
        keys = str(tmp_path / "keys.json")
    result = RUNNER.invoke(app, ["verify", str(file), "--keys", keys])
    assert isinstance(result.exception, StackError)
    assert said in str(result.exception)
