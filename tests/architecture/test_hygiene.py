"""The project's own files: locks without hosts, nothing bound to one machine, valid deployment."""

import ast
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from contracts.names import Attribute
from tenor.stack.secrets import SERVICE_ROLES
from tenor.stack.temporal import SEARCH_ATTRIBUTES
from workflows import attributes

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-bootstrap.lock")
TEXT = {
    *(".py", ".md", ".toml", ".yml", ".yaml", ".json", ".html", ".css", ".js", ".sh", ".csv"),
    *(".lock", ".mako", ""),
}


def load(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


check_locks = load("deploy/ci/check_locks.py")
check_demo = load("deploy/ci/check_demo.py")


def project_files() -> list[Path]:
    """Every text file that is, or would be, committed."""
    git = shutil.which("git")
    if git is not None and (ROOT / ".git").exists():
        listed = subprocess.run(
            [git, "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        paths = [ROOT / name for name in listed.split("\0") if name]
    else:
        made = {".venv", ".tenor", ".git", "__pycache__", "build", "dist", "htmlcov"}
        paths = [p for p in ROOT.rglob("*") if not made & set(p.relative_to(ROOT).parts)]
    return [path for path in paths if path.suffix in TEXT and path.is_file()]


@pytest.mark.parametrize("name", LOCKS)
def test_locks_name_no_host_and_hash_everything(name: str) -> None:
    text = (ROOT / name).read_text()
    assert check_locks.hosts_in(text) == []
    assert check_locks.unhashed_in(text) == []
    assert "==" in text


def test_the_lock_check_finds_what_it_looks_for() -> None:
    assert check_locks.hosts_in("--index-url https://pypi.example/simple\nabc==1 --hash=sha256:0\n")
    assert check_locks.unhashed_in("abc==1 \\\n    --hash=sha256:0\ndef==2\n") == ["def==2"]


def test_the_run_time_lock_is_part_of_the_development_lock() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9-]+==[^ ;\\]+", (ROOT / name).read_text(), re.MULTILINE))

    run_time = pins("requirements.lock")
    assert len(run_time) > 50
    assert run_time <= pins("requirements-dev.lock")


def test_no_path_of_one_machine_is_written_down() -> None:
    personal = re.compile(r"(?<![\w.:/])/(?:home/\w|root/|Users/\w|work/|mnt/\w)")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in project_files()
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if personal.search(line)
    ]
    assert found == []


def test_no_private_key_or_lock_of_uv_is_committed() -> None:
    header = "-----BEGIN " + "PRIVATE KEY"
    files = project_files()
    assert not [path for path in files if header in path.read_text(errors="replace")]
    assert not [path for path in files if path.name == "uv.lock"]


def test_compose_file_is_valid_and_names_every_process() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run(
        [checker, "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    text = (ROOT / "docker-compose.yml").read_text()
    for service in ("postgres", "temporal", "temporal-ui", "migrate", "api", "proxy", "relay"):
        assert re.search(rf"^  {service}:$", text, re.MULTILINE), service
    literal = re.findall(r"(?:PASSWORD|SECRET|_KEY|_PWD|TOKEN): +(\S+)", text)
    assert literal
    assert all(value.startswith(("${", "*")) for value in literal)


def test_search_attributes_agree_everywhere() -> None:
    assert set(SEARCH_ATTRIBUTES) == set(Attribute)
    keywords = {key.name for key in attributes.KEYWORDS}
    dates = {key.name for key in attributes.DATETIMES}
    by_kind = {
        kind: {n for n, k in SEARCH_ATTRIBUTES.items() if k == kind}
        for kind in ("Keyword", "Datetime")
    }
    assert by_kind == {"Keyword": keywords, "Datetime": dates}
    script = (ROOT / "deploy/temporal/namespace.sh").read_text()
    registered = dict(re.findall(r"^register (\w+) (\w+)$", script, re.MULTILINE))
    assert registered == {name.value: kind for name, kind in SEARCH_ATTRIBUTES.items()}


def test_every_worker_role_has_a_service_client() -> None:
    from workers.roles import WorkerRole  # noqa: PLC0415 - brings the whole of the workers

    assert {role.value for role in WorkerRole} == set(SERVICE_ROLES)


def test_packages_are_named_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    found = {
        include.rstrip("*") for include in project["setuptools"]["packages"]["find"]["include"]
    }
    assert found == set(project["mypy"]["packages"])
    assert found == set(project["importlinter"]["root_packages"])
    assert found == set(project["coverage"]["run"]["source_pkgs"])
    assert all((ROOT / name / "__init__.py").exists() for name in found)


def test_every_feature_of_the_api_stands_in_its_contract() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    contract = next(c for c in project["contracts"] if c["id"] == "inside-a-feature")
    parts = {"routes.py", "service.py", "queries.py", "tables.py"}
    features = {
        f"api.{folder.name}"
        for folder in (ROOT / "api").iterdir()
        if folder.is_dir() and len(parts & {path.name for path in folder.iterdir()}) > 1
    }
    assert features - set(contract["containers"]) - {"api.db"} == set()


def imported_roots(source: str) -> set[str]:
    roots: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            roots |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            roots.add(node.module.partition(".")[0])
    return roots


def test_the_domain_needs_the_standard_library_only() -> None:
    allowed = sys.stdlib_module_names | {"domain"}
    foreign = {
        f"{path.relative_to(ROOT)} imports {root}"
        for path in (ROOT / "domain").rglob("*.py")
        for root in imported_roots(path.read_text()) - allowed
    }
    assert foreign == set()
    assert imported_roots("import re, numpy.linalg\nfrom attrs import x") == {
        *("re", "numpy", "attrs"),
    }


PEOPLE: dict[str, object] = {
    "arrangements": {"completed": 1, "broken": 1},
    "settlements": {"completed": 1},
    "complaints": {"acknowledged": 1, "resolved": 1, "late": 0},
    "casework": {"assigned": {"least_loaded": 1}, "handed_over": 1},
    "deaths": {"verified": 1, "passed_on": 1},
}


def agreeing() -> dict[str, object]:
    return {
        "journal_balanced": True,
        "messages": {"sent": {"sms": 5, "email": 2}, "at_provider": {"sms": 5, "email": 2}},
        "gateway": {
            "charges": 2,
            "postings": 2,
            "taken": {"USD": "20.00"},
            "posted": {"USD": "20.00"},
        },
        "documents": {"received": 1},
        "links": {"created": 1},
        "autopay": {"charged": 2},
        "assessments": {"made": 1},
        "days": 75,
        "holds": {"dispute": 1, "moratorium": 1},
        "promises": {"kept": 1},
        "escalations": {"acknowledged": 1, "re_escalated": 1},
        "people": PEOPLE,
        "guide": {"a dispute": {"case": "RC-1001"}},
        "evidence": {"decisions": 3, "verifies": True, "change_is_found": True},
        "workflows": {
            "loans_running": 3,
            "active_loans": 3,
            "cases_running": 2,
            "open_cases": 2,
        },
        "unsettled": 0,
    }


@pytest.mark.parametrize(
    "change",
    [
        {"journal_balanced": False},
        {"unsettled": 1},
        {"unsettled": None},
        {"messages": {"sent": {"sms": 5, "email": 2}, "at_provider": {"sms": 6, "email": 1}}},
        {"messages": {"sent": {"sms": 0}, "at_provider": {"sms": 0}}},
        {"messages": {}},
        {"gateway": {}},
        {"documents": {"received": 0}},
        {"links": {}},
        {"autopay": {}},
        {"assessments": {}},
        {"holds": {"dispute": 1}},
        {"holds": {"moratorium": 1}},
        {"days": None},
        {"promises": {}},
        {"escalations": {"acknowledged": 1}},
        {"people": PEOPLE | {"arrangements": {"completed": 1}}},
        {"people": PEOPLE | {"settlements": {}}},
        {"people": PEOPLE | {"complaints": {"acknowledged": 1, "resolved": 1, "late": 1}}},
        {"people": PEOPLE | {"casework": {"assigned": {}, "handed_over": 1}}},
        {"people": PEOPLE | {"deaths": {}}},
        {"guide": {}},
        {"evidence": {"decisions": 3, "verifies": False, "change_is_found": True}},
        {"evidence": {"decisions": 3, "verifies": True, "change_is_found": False}},
        {"evidence": {"decisions": 0, "verifies": True, "change_is_found": True}},
        {"workflows": {"loans_running": 2, "active_loans": 3}},
        {"workflows": {}},
    ],
)
def test_the_demo_check_finds_what_disagrees(change: dict[str, object]) -> None:
    assert check_demo.complaints_about(json.loads(json.dumps(agreeing()))) == []
    assert check_demo.complaints_about(agreeing() | change) != []


def test_the_demo_check_asks_for_nothing_that_the_days_do_not_reach() -> None:
    assert (
        check_demo.complaints_about(agreeing() | {"days": 60, "people": PEOPLE | {"deaths": {}}})
        == []
    )
    early = {"days": 20, "people": {}, "holds": {}, "promises": {}, "escalations": {}, "guide": {}}
    assert check_demo.complaints_about(agreeing() | early) == []
