"""What the doctor says of settings that cannot work; one that can is examined end to end."""

import json

import pytest
from aiohttp import web
from temporalio.client import Client

from tenor.stack.ports import free_port
from workers.__main__ import main
from workers.doctor import OLDEST_SERVER, Finding, examine, version_of
from workers.roles import WorkerRole
from workers.settings import WorkerSettings

SECRET = "a-secret-that-is-not-told"


async def found(settings: WorkerSettings) -> dict[str, str | None]:
    findings = [finding async for finding in examine(settings)]
    assert all(isinstance(finding, Finding) for finding in findings)
    told = {finding.what: finding.problem for finding in findings}
    assert SECRET not in json.dumps(told)
    return told


async def test_what_does_not_answer_is_named_with_its_setting() -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    told = await found(
        WorkerSettings(
            api_url=f"http://{nowhere}",
            temporal_address=nowhere,
            service_clients={role.value: SECRET for role in WorkerRole},
        )
    )
    assert "TENOR_API_URL" in str(told[f"the API at http://{nowhere}"])
    assert "TENOR_TEMPORAL_ADDRESS" in str(told[f"Temporal at {nowhere}"])
    assert "TENOR_SERVICE_CLIENTS" in str(told["the service client of the role loans"])
    assert "TENOR_TWILIO_" in str(told["message channels served: none"])


async def test_a_missing_namespace_and_an_unready_api_are_told(
    temporal_client: Client, temporal_address: str
) -> None:
    async def unready(_: web.Request) -> web.Response:
        return web.json_response({"code": "unavailable"}, status=503)

    app = web.Application()
    app.router.add_get("/health/ready", unready)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        told = await found(
            WorkerSettings(
                api_url=f"http://127.0.0.1:{port}",
                temporal_address=temporal_address,
                temporal_namespace="nobody-made-it",
            )
        )
    finally:
        await runner.cleanup()
    assert "503" in str(told[f"the API at http://127.0.0.1:{port}"])
    assert any(what.startswith("the service client of the role loans: none here") for what in told)
    assert "namespace.sh" in str(told["the namespace nobody-made-it"])


async def test_a_server_that_fits_is_found_well(temporal_address: str) -> None:
    told = await found(WorkerSettings(temporal_address=temporal_address))
    assert told["search attributes"] is None
    assert told["the namespace default"] is None


@pytest.mark.parametrize(
    ("text", "fits"), [("1.32.0", True), ("1.32.0-rc.1", True), ("1.31.9", False), ("", False)]
)
def test_versions_are_compared_by_number(text: str, fits: bool) -> None:
    assert (version_of(text) >= OLDEST_SERVER) is fits


def test_the_doctor_comes_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["doctor", "loans"])
    assert "stands alone" in capsys.readouterr().err
