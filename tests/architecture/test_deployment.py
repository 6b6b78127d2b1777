"""The deployment files: every process there, every secret asked for, nothing more than needed."""

import json
import re
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest
import yaml

from api.settings import Settings
from tenor.sandbox.settings import SandboxSettings
from workers.roles import WorkerRole
from workers.settings import WorkerSettings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text()
Service = Mapping[str, object]
SERVICES: Mapping[str, Service] = yaml.safe_load(COMPOSE)["services"]
OURS = {name: one for name, one in SERVICES.items() if "build" in one}


def environment(service: Service) -> dict[str, str]:
    return {
        key: str(value) for key, value in cast("dict[str, object]", service["environment"]).items()
    }


def clients(service: Service) -> dict[str, str]:
    found: dict[str, str] = json.loads(environment(service)["TENOR_SERVICE_CLIENTS"])
    return found


def known(settings: type[Settings | WorkerSettings | SandboxSettings]) -> set[str]:
    prefix = str(settings.model_config["env_prefix"])
    return {prefix + name.upper() for name in settings.model_fields}


@pytest.mark.parametrize("role", [role.value for role in WorkerRole])
def test_each_role_is_a_service_with_its_own_client_alone(role: str) -> None:
    name = role if role == "relay" else f"worker-{role}"
    service = SERVICES[name]
    assert service["command"] == ["python", "-m", "workers", role]
    variable = "${TENOR_CLIENT_" + role.upper() + ":?}"
    assert clients(service) == {role: variable}
    assert clients(SERVICES["migrate"])[role] == variable
    assert not [key for key in environment(service) if "DATABASE" in key or "MASTER_KEY" in key]


def test_the_api_stands_twice_behind_the_proxy() -> None:
    assert cast("dict[str, object]", SERVICES["api"]["deploy"])["replicas"] == 2
    assert "ports" not in SERVICES["api"]
    published = {name for name, service in SERVICES.items() if "ports" in service}
    assert published == {"proxy", "temporal-ui", "sandbox"}
    for name in published:
        for port in cast("list[str]", SERVICES[name]["ports"]):
            assert "127.0.0.1:" in port, f"{name} is open to the world by default"


def test_the_database_is_out_of_reach_of_all_but_three() -> None:
    near = {
        name
        for name, service in SERVICES.items()
        if "data" in cast("list[str]", service["networks"])
    }
    assert near == {"postgres", "temporal", "temporal-schema", "migrate", "api"}
    assert yaml.safe_load(COMPOSE)["networks"]["data"] == {"internal": True}


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_containers_may_do_little(name: str) -> None:
    service = OURS[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "user" not in service  # the image's own, which is nobody


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_setting_is_one_that_somebody_reads(name: str) -> None:
    reads = {
        "api": known(Settings),
        "migrate": known(Settings),
        # the health check of the image reads where to ask
        "sandbox": known(SandboxSettings) | {"TENOR_HEALTH_PORT"},
    }.get(name, known(WorkerSettings))
    ours = {key for key in environment(OURS[name]) if key.startswith("TENOR_")}
    assert ours - reads == set()


def test_processes_start_after_what_they_need() -> None:
    def needs(name: str) -> dict[str, str]:
        found = cast("dict[str, dict[str, str]]", SERVICES[name]["depends_on"])
        return {other: how["condition"] for other, how in found.items()}

    done, healthy = "service_completed_successfully", "service_healthy"
    assert needs("migrate") == {"postgres": healthy}
    assert needs("api") == {"migrate": done}
    assert needs("temporal") == {"temporal-schema": done}
    assert needs("worker-loans") == needs("relay") == {"api": healthy, "temporal-namespace": done}
    assert needs("proxy") == {"api": healthy}


@pytest.mark.parametrize("extra", [[], ["--sandbox"]])
def test_one_command_makes_every_secret(tmp_path: Path, extra: list[str]) -> None:
    output = tmp_path / "env"
    command = [sys.executable, "deploy/make_env.py", "--output", str(output), *extra]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    made = dict(re.findall(r"^(\w+)='(.*)'$", output.read_text(), re.MULTILINE))
    wanted = set(re.findall(r"\$\{(\w+):\?\}", COMPOSE))
    assert wanted <= set(made)
    assert all(made[name] for name in wanted)
    named = set(re.findall(r"\$\{(\w+)", COMPOSE)) | {"COMPOSE_PROFILES"}
    assert set(made) - named == set()
    secret = [made[name] for name in wanted if not name.endswith("EMAIL")]
    assert len(set(secret)) == len(secret)
    again = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert again.returncode == 1
    assert "left as it is" in again.stderr


def test_the_image_has_no_tools_and_no_root() -> None:
    text = (ROOT / "Dockerfile").read_text()
    last = text[text.rindex("\nFROM ") :]
    assert "pip" not in last
    assert re.search(r"^USER 10001:10001$", last, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK ", last, re.MULTILINE)
    assert re.search(r'^CMD \["python", "-m", "api"', last, re.MULTILINE)
    assert "--require-hashes" in text
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE))
    files = {name for line in copied for name in line.split()}
    assert files == {line[1:] for line in ignored if line.startswith("!")}


def test_measures_stay_inside() -> None:
    text = (ROOT / "deploy/proxy/Caddyfile").read_text()
    assert re.search(r"@inside path /metrics", text)
    assert re.search(r"respond @inside 404", text)


def test_a_container_tells_its_health_by_exit_code() -> None:
    command = [sys.executable, str(ROOT / "deploy/healthcheck.py")]
    done = subprocess.run(command, env={"TENOR_HEALTH_PORT": "1"}, check=False, timeout=30)
    assert done.returncode == 1


def test_the_page_of_settings_is_what_the_models_say() -> None:
    script = ROOT / "deploy/ci/settings_table.py"
    done = subprocess.run(
        [sys.executable, str(script)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    written = (ROOT / "docs/guides/settings.md").read_text()
    assert written == done.stdout, "run deploy/ci/settings_table.py --write"
    assert "TENOR_MASTER_KEY" in written


def test_the_guide_names_measures_that_exist() -> None:
    """Every `tenor_…` series of the operator's guide is one that a process serves."""
    guide = (ROOT / "docs/guides/operate.md").read_text()
    source = "".join((ROOT / f"{part}/metrics.py").read_text() for part in ("api", "workers"))
    families = set(re.findall(r'"(tenor_[a-z_]+)"', source))
    named = set(re.findall(r"\btenor_[a-z_]+\b", guide)) - {"tenor_api", "tenor_owner"}
    plain = {re.sub(r"_(total|count|sum|bucket)$", "", name) for name in named}
    assert plain == families
