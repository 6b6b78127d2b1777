"""Documents through the automation API: handed in, followed, and what was read in them."""

from uuid import uuid4

import pytest

from api.settings import Settings
from contracts.names import INTEGRATOR_SCOPES, WORKER_SCOPES, Scope
from tests.api.automation.machines import get, machine
from tests.api.conftest import WorkFactory
from tests.api.recovery.floor import Floor, make_floor
from tests.api.support import Api, Headers, key, ok

PATH = "/api/v1/automation/extractions"
FILE = b"%PDF-1.7 whatever stands in it"
READ: dict[str, object] = {
    "format": "csv",
    "page_count": 0,
    "statement": {
        "currency": "USD",
        "opening": {"amount": "100.00", "raw": "100", "place": {"row": 1}, "confidence": 0.95},
        "closing": {"amount": "150.00", "raw": "150", "place": {"row": 4}, "confidence": 0.95},
        "lines": [
            {
                "number": 1,
                "on": "2028-02-01",
                "description": "Salary",
                "amount": "50.00",
                "balance": "150.00",
                "place": {"row": 3},
                "raw": "Salary",
                "confidence": 0.99,
            }
        ],
    },
}


@pytest.fixture
async def floor(api: Api, work: WorkFactory) -> Floor:
    return await make_floor(api, work)


async def hand_in(
    floor: Floor, who: Headers, customer_id: str, status: int = 201, **headers: str
) -> dict[str, object]:
    answer = await floor.api.client.post(
        PATH,
        files={"file": ("statement.csv", FILE, "text/csv")},
        data={"customer_id": customer_id},
        headers=who | key() | headers,
    )
    return ok(answer, status)


async def read(floor: Floor, document: object) -> None:
    """The way of the worker through a document."""
    worker = await machine(floor, WORKER_SCOPES["documents"])
    for path, body in (("scan", {"format": "csv"}), ("reading", READ), ("settle", None)):
        answer = await floor.api.client.post(
            f"/api/v1/documents/{document}/{path}", json=body, headers=worker
        )
        ok(answer)


async def test_a_program_hands_a_document_in_and_reads_what_stands_in_it(floor: Floor) -> None:
    who = await machine(floor)
    customer_id = await floor.scene.customer()
    made = await hand_in(floor, who, customer_id)
    assert (made["status"], made["duplicate"]) == ("received", False)
    again = await hand_in(floor, who, customer_id, 200)
    assert (again["id"], again["duplicate"]) == (made["id"], True)
    early = await floor.api.client.get(f"{PATH}/{made['id']}", headers=who)
    assert (early.status_code, early.json()["facts"]["status"]) == (404, "received")
    await read(floor, made["id"])
    shown = await floor.api.client.get(f"/api/v1/automation/documents/{made['id']}", headers=who)
    document = ok(shown)
    assert (document["status"], document["line_count"]) == ("accepted", 1)
    assert shown.headers["ETag"] == f'"{document["version"]}"'
    found = await floor.api.client.get(f"{PATH}/{made['id']}", headers=who)
    assert found.headers["ETag"] == shown.headers["ETag"]
    (line,) = ok(found)["lines"]  # type: ignore[misc]
    assert line["amount"] == "50.00"


async def test_one_key_is_one_document(floor: Floor) -> None:
    who = await machine(floor)
    customer_id = await floor.scene.customer()
    first = await hand_in(floor, who, customer_id, **{"Idempotency-Key": "once"})
    again = await hand_in(floor, who, customer_id, **{"Idempotency-Key": "once"})
    assert again["id"] == first["id"]


async def test_extractions_are_listed_by_state_and_page(floor: Floor) -> None:
    who = await machine(floor)
    mine, other = await floor.scene.customer(), await floor.scene.customer()
    first, second = await hand_in(floor, who, mine), await hand_in(floor, who, other)
    await read(floor, first["id"])
    done = await get(floor, who, "/extractions?status=accepted")
    assert [item["id"] for item in done["items"]] == [first["id"]]
    of_other = await get(floor, who, f"/extractions?customer_id={other}")
    assert [item["id"] for item in of_other["items"]] == [second["id"]]
    page = await get(floor, who, "/extractions?limit=1")
    assert [item["id"] for item in page["items"]] == [first["id"]]
    rest = await get(floor, who, f"/extractions?limit=1&cursor={page['next_cursor']}")
    assert [item["id"] for item in rest["items"]] == [second["id"]]


async def test_the_limit_is_that_of_documents(floor: Floor, settings: Settings) -> None:
    who = await machine(floor)
    customer_id = await floor.scene.customer()
    assert settings.max_document_bytes > settings.max_body_bytes
    headers = who | {"Content-Type": "text/csv"}
    path = f"{PATH}?customer_id={customer_id}"
    large = b"x" * (settings.max_body_bytes + 1)
    ok(await floor.api.client.post(path, content=large, headers=headers | key()), 201)
    too_large = bytes(settings.max_document_bytes + 1)
    refused = await floor.api.client.post(path, content=too_large, headers=headers | key())
    assert (refused.status_code, refused.json()["code"]) == (413, "body-too-large")


async def test_a_document_is_somebodys(floor: Floor) -> None:
    who = await machine(floor)
    nobody = await floor.api.client.post(PATH, content=FILE, headers=who | key())
    assert nobody.json()["code"] == "invalid-request"
    await hand_in(floor, who, str(uuid4()), 404)


@pytest.mark.parametrize("scope", INTEGRATOR_SCOPES)
async def test_a_scope_opens_what_it_names(floor: Floor, scope: Scope) -> None:
    who = await machine(floor, [scope])
    nothing = str(uuid4())
    reads = [
        (await floor.api.client.get(path, headers=who)).status_code
        for path in (PATH, f"{PATH}/{nothing}", f"/api/v1/automation/documents/{nothing}")
    ]
    writes = (await floor.api.client.post(PATH, content=FILE, headers=who | key())).status_code
    assert reads == ([200, 404, 404] if scope is Scope.AUTOMATION_READ else [403] * 3)
    assert writes == (422 if scope is Scope.AUTOMATION_DOCUMENTS else 403)
