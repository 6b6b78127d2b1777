"""Customers: made once, found by what they are, changed by who may, told apart by nothing else."""

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from httpx2 import AsyncClient
from sqlalchemy import select

from api.audit.tables import AuditRow
from contracts.names import Role
from tests.api.conftest import WorkFactory
from tests.api.support import Actors, Api, Headers, key, make_scene, ok

CUSTOMERS = "/api/v1/customers"
MARIA: dict[str, object] = {
    "name": "Maria José Keller",
    "country": "US",
    "email": "Maria.Keller@Customers.example",
    "phone": "(212) 555-0123",
    "address": "12 Harbor Street, New York",
    "born_on": "1990-05-17",
    "consents": [{"medium": "sms", "granted": True}],
}


@pytest.fixture
async def manager(actors: Actors) -> Headers:
    return await actors.user(Role.MANAGER)


async def made(client: AsyncClient, headers: Headers, **fields: object) -> dict[str, object]:
    return ok(await client.post(CUSTOMERS, json=MARIA | fields, headers=headers), 201)


async def test_a_customer_is_kept_in_one_form(client: AsyncClient, manager: Headers) -> None:
    maria = await made(client, manager)
    assert maria["email"] == "maria.keller@customers.example"
    assert maria["phone"] == "+12125550123"
    assert maria["zone"] == "America/New_York"
    assert maria["born_on"] == "1990-05-17"
    assert maria["opted_out"] == []
    assert str(maria["number"]).startswith("CU-")
    assert maria["version"] == 1
    shown = await client.get(f"{CUSTOMERS}/{maria['id']}", headers=manager)
    assert shown.headers["ETag"] == '"1"'
    assert ok(shown) == maria


async def test_numbers_count_up(client: AsyncClient, manager: Headers) -> None:
    first, second = await made(client, manager), await made(client, manager)
    assert int(str(second["number"])[3:]) == int(str(first["number"])[3:]) + 1


async def test_a_zone_that_could_be_another_stays_unknown(
    client: AsyncClient, manager: Headers
) -> None:
    assert (await made(client, manager, phone=None))["zone"] is None
    assert (await made(client, manager, phone="+18005550100"))["zone"] is None
    assert (await made(client, manager, zone="America/Denver"))["zone"] == "America/Denver"


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"name": ""}, 422, "invalid-request"),
        ({"name": "   "}, 422, "invalid-request"),
        ({"name": "x" * 10_000}, 422, "invalid-request"),
        ({"country": "USA"}, 422, "invalid-request"),
        ({"language": "english"}, 422, "invalid-request"),
        ({"zone": "Mars/Olympus"}, 422, "unknown-zone"),
        ({"zone": "../../etc/passwd"}, 422, "unknown-zone"),
        ({"zone": "\0"}, 422, "unknown-zone"),
        ({"phone": "12345"}, 422, "invalid-contact"),
        ({"phone": "no number at all"}, 422, "invalid-contact"),
        ({"email": "maria"}, 422, "invalid-request"),
        ({"born_on": "2999-01-01"}, 422, "invalid-date"),
        ({"born_on": "1850-01-01"}, 422, "invalid-date"),
        ({"born_on": "2021-02-30"}, 422, "invalid-request"),
        ({"external_ref": "a\0b"}, 422, "invalid-request"),
        ({"external_ref": "x" * 65}, 422, "invalid-request"),
        ({"consents": [{"medium": "pigeon", "granted": True}]}, 422, "invalid-request"),
        ({"consents": [{"medium": "sms", "granted": True}] * 11}, 422, "invalid-request"),
        ({"rating": "AAA"}, 422, "invalid-request"),
        ({"test_clock_id": str(UUID(int=7))}, 404, "not-found"),
    ],
)
async def test_a_customer_who_cannot_be_is_refused(  # noqa: PLR0917 - a case and its answer
    client: AsyncClient,
    manager: Headers,
    work: WorkFactory,
    fields: dict[str, object],
    status: int,
    code: str,
) -> None:
    answer = await client.post(CUSTOMERS, json=MARIA | fields, headers=manager)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "Keller" not in answer.text
    assert "no number" not in answer.text
    listed = ok(await client.get(CUSTOMERS, headers=manager))
    assert listed["items"] == []


@pytest.mark.parametrize(
    "name", ["Null", "\u202eairaM", "Ma\u200bria", "李小龙", "O'Brien; drop table", "😀", "=1+1"]
)
async def test_strange_names_are_names(client: AsyncClient, manager: Headers, name: str) -> None:
    maria = await made(client, manager, name=name)
    assert maria["name"] == name
    found = await client.post(f"{CUSTOMERS}/search", json={"name": name}, headers=manager)
    assert [item["id"] for item in ok(found)["items"]] == [maria["id"]]  # type: ignore[attr-defined]


async def test_a_reference_is_somebodys_once(client: AsyncClient, manager: Headers) -> None:
    first = await made(client, manager, external_ref="crm-7")
    again = await client.post(CUSTOMERS, json=MARIA | {"external_ref": "crm-7"}, headers=manager)
    assert again.status_code == 409
    assert again.json()["facts"] == {"customer_id": first["id"]}
    listed = ok(await client.get(f"{CUSTOMERS}?external_ref=crm-7", headers=manager))
    assert [item["id"] for item in listed["items"]] == [first["id"]]  # type: ignore[attr-defined]


async def test_references_at_once_make_one_customer(client: AsyncClient, manager: Headers) -> None:
    answers = await asyncio.gather(
        *(
            client.post(CUSTOMERS, json=MARIA | {"external_ref": "crm-8"}, headers=manager)
            for _ in range(4)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


# --- finding ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sought",
    [
        {"name": "maria"},
        {"name": "KELLER"},
        {"name": "jose keller"},
        {"name": "Keller Maria"},
        {"email": "maria.keller@CUSTOMERS.example"},
        {"phone": "+1 212 555 0123"},
        {"phone": "212-555-0123", "country": "US"},
        {"name": "Maria", "phone": "+12125550123", "email": "maria.keller@customers.example"},
    ],
)
async def test_a_customer_is_found_by_words_and_addresses(
    client: AsyncClient, manager: Headers, sought: dict[str, str]
) -> None:
    maria = await made(client, manager)
    await made(
        client, manager, name="Marianne Kell", phone="+13105550199", email="other@customers.example"
    )
    found = ok(await client.post(f"{CUSTOMERS}/search", json=sought, headers=manager))
    assert found["items"] == [maria]


@pytest.mark.parametrize(
    "sought",
    [
        {"name": "mari"},
        {"name": "Maria Schmidt"},
        {"email": "keller@customers.example"},
        {"phone": "+12125550124"},
        {"name": "Maria", "phone": "+12125550124"},
        {"number": "CU-1"},
    ],
)
async def test_parts_and_others_do_not_fit(
    client: AsyncClient, manager: Headers, sought: dict[str, str]
) -> None:
    await made(client, manager)
    found = ok(await client.post(f"{CUSTOMERS}/search", json=sought, headers=manager))
    assert found["items"] == []


async def test_a_search_that_makes_no_sense_is_refused(
    client: AsyncClient, manager: Headers
) -> None:
    for sought in ({"phone": "212 555 0123"}, {"number": "LN-1"}, {"city": "New York"}):
        answer = await client.post(f"{CUSTOMERS}/search", json=sought, headers=manager)
        assert answer.status_code == 422
    assert (await client.get(f"{CUSTOMERS}?number=one", headers=manager)).status_code == 422
    assert (await client.get(f"{CUSTOMERS}?external_ref=%00", headers=manager)).status_code == 422


async def test_a_number_is_found_as_it_is_shown(client: AsyncClient, manager: Headers) -> None:
    maria = await made(client, manager)
    await made(client, manager)
    for number in (maria["number"], str(maria["number"])[3:], str(maria["number"]).lower()):
        listed = ok(await client.get(f"{CUSTOMERS}?number={number}", headers=manager))
        assert listed["items"] == [maria]


async def test_lists_go_on_where_the_page_ended(client: AsyncClient, manager: Headers) -> None:
    everybody = [(await made(client, manager))["number"] for _ in range(5)]
    found: list[object] = []
    query: str | None = "?limit=2"
    while query is not None:
        page = ok(await client.get(CUSTOMERS + query, headers=manager))
        found += [item["number"] for item in page["items"]]  # type: ignore[attr-defined]
        after = page["next_cursor"]
        query = None if after is None else f"?limit=2&cursor={after}"
    assert found == everybody
    answer = await client.get(f"{CUSTOMERS}?cursor=!!", headers=manager)
    assert answer.status_code == 422


# --- changing ---------------------------------------------------------------------------------


async def test_what_is_left_out_stays_and_null_clears(
    client: AsyncClient, manager: Headers
) -> None:
    maria = await made(client, manager)
    path = f"{CUSTOMERS}/{maria['id']}"
    changed = await client.patch(
        path,
        json={"name": "Maria Lang", "email": None, "phone": "+1 310 555 0199"},
        headers=manager | {"If-Match": '"1"'},
    )
    assert changed.headers["ETag"] == '"2"'
    expected = maria | {
        "name": "Maria Lang",
        "email": None,
        "phone": "+13105550199",
        "version": 2,
    }
    assert ok(changed) == expected
    assert ok(await client.get(path, headers=manager)) == expected
    for sought, count in (
        ({"name": "Keller"}, 0),
        ({"name": "Lang"}, 1),
        ({"email": "maria.keller@customers.example"}, 0),
        ({"phone": "+12125550123"}, 0),
        ({"phone": "+13105550199"}, 1),
    ):
        found = ok(await client.post(f"{CUSTOMERS}/search", json=sought, headers=manager))
        assert len(found["items"]) == count, sought  # type: ignore[arg-type]


async def test_a_first_phone_number_may_tell_the_zone(
    client: AsyncClient, manager: Headers
) -> None:
    maria = await made(client, manager, phone=None)
    assert maria["zone"] is None
    changed = await client.patch(
        f"{CUSTOMERS}/{maria['id']}",
        json={"phone": "+13105550199"},
        headers=manager | {"If-Match": '"1"'},
    )
    assert ok(changed)["zone"] == "America/Los_Angeles"


@pytest.mark.parametrize(
    ("change", "tag", "status"),
    [
        ({"name": "X"}, None, 428),
        ({"name": "X"}, '"2"', 412),
        ({"name": "X"}, "one", 412),
        ({"name": None}, '"1"', 422),
        ({"language": None}, '"1"', 422),
        ({"zone": "Nowhere"}, '"1"', 422),
        ({"phone": "1"}, '"1"', 422),
        ({"phone": "no number"}, '"1"', 422),
        ({"test_clock_id": None}, '"1"', 422),
        ({"country": "DE"}, '"1"', 422),
    ],
)
async def test_an_edit_that_may_not_be_changes_nothing(
    client: AsyncClient,
    manager: Headers,
    change: dict[str, object],
    tag: str | None,
    status: int,
) -> None:
    maria = await made(client, manager)
    path = f"{CUSTOMERS}/{maria['id']}"
    match = {} if tag is None else {"If-Match": tag}
    answer = await client.patch(path, json=change, headers=manager | match)
    assert answer.status_code == status
    assert ok(await client.get(path, headers=manager)) == maria


async def test_edits_at_once_are_not_lost(client: AsyncClient, manager: Headers) -> None:
    maria = await made(client, manager)
    answers = await asyncio.gather(
        *(
            client.patch(
                f"{CUSTOMERS}/{maria['id']}",
                json={"name": f"Maria {number}"},
                headers=manager | {"If-Match": '"1"'},
            )
            for number in range(5)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]


async def test_changes_are_audited_by_field_names_only(
    client: AsyncClient, manager: Headers, work: WorkFactory
) -> None:
    maria = await made(client, manager)
    ok(
        await client.patch(
            f"{CUSTOMERS}/{maria['id']}",
            json={"name": "Maria Lang", "phone": "+13105550199"},
            headers=manager | {"If-Match": '"1"'},
        )
    )
    async with work() as unit:
        rows = list(
            await unit.session.scalars(
                select(AuditRow)
                .where(AuditRow.subject_id == UUID(str(maria["id"])))
                .order_by(AuditRow.at)
            )
        )
    assert [row.action for row in rows] == ["customer.created", "customer.edited"]
    assert rows[1].facts == {"fields": "name,phone", "consents": 0, "version": 2}
    assert all(row.actor.startswith("user:") for row in rows)


# --- repeating --------------------------------------------------------------------------------


async def test_a_repeat_makes_no_second_customer(client: AsyncClient, manager: Headers) -> None:
    headers = manager | key()
    answers = await asyncio.gather(
        *(client.post(CUSTOMERS, json=MARIA, headers=headers) for _ in range(6))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    replays = [answer.headers.get("Idempotent-Replayed") for answer in answers]
    assert replays.count("true") == 5
    listed = ok(await client.get(CUSTOMERS, headers=manager))
    assert len(listed["items"]) == 1  # type: ignore[arg-type]


async def test_a_key_stands_for_one_body_of_one_person(
    client: AsyncClient, actors: Actors, manager: Headers
) -> None:
    used = key()
    maria = ok(await client.post(CUSTOMERS, json=MARIA, headers=manager | used), 201)
    other = await client.post(CUSTOMERS, json=MARIA | {"name": "Eve"}, headers=manager | used)
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency-key-reused"
    colleague = await actors.user(Role.MANAGER)
    second = ok(await client.post(CUSTOMERS, json=MARIA, headers=colleague | used), 201)
    assert second["id"] != maria["id"]


# --- who sees whom ----------------------------------------------------------------------------


async def test_a_customer_sees_and_changes_himself_and_nobody_else(
    client: AsyncClient, actors: Actors, manager: Headers
) -> None:
    maria, eve = await made(client, manager), await made(client, manager, name="Eve")
    mine = await actors.user(Role.CUSTOMER, UUID(str(maria["id"])))
    own = f"{CUSTOMERS}/{maria['id']}"
    assert ok(await client.get(own, headers=mine)) == maria
    changed = await client.patch(
        own, json={"address": "1 New Road"}, headers=mine | {"If-Match": '"1"'}
    )
    assert ok(changed)["address"] == "1 New Road"
    foreign = [f"{CUSTOMERS}/{eve['id']}", f"{CUSTOMERS}/{uuid4()}"]
    reads = [await client.get(path, headers=mine) for path in foreign]
    edits = [
        await client.patch(path, json={"name": "Z"}, headers=mine | {"If-Match": '"1"'})
        for path in foreign
    ]
    for answers in (reads, edits):
        assert {answer.status_code for answer in answers} == {404}
        assert answers[0].content == answers[1].content
    assert ok(await client.get(foreign[0], headers=manager)) == eve


async def test_a_log_in_tied_to_nobody_sees_nobody(
    client: AsyncClient, actors: Actors, manager: Headers
) -> None:
    maria = await made(client, manager)
    nobody = await actors.user(Role.CUSTOMER)
    answer = await client.get(f"{CUSTOMERS}/{maria['id']}", headers=nobody)
    assert answer.status_code == 404


async def test_a_clock_is_for_the_sandbox(api: Api, client: AsyncClient) -> None:
    scene = await make_scene(api)
    headers = scene.admin
    on_clock = await made(client, headers, test_clock_id=scene.clock_id)
    assert on_clock["test_clock_id"] == scene.clock_id
    assert str(on_clock["created_at"]).startswith("2028-02-01T12:00:00")
    listed = ok(await client.get(f"{CUSTOMERS}?test_clock_id={scene.clock_id}", headers=headers))
    assert listed["items"] == [on_clock]
    kit = api.services
    live = kit.settings.model_copy(update={"sandbox": False})
    api.app.state.services = replace(kit, settings=live)
    try:
        answer = await client.post(
            CUSTOMERS, json=MARIA | {"test_clock_id": scene.clock_id}, headers=headers
        )
    finally:
        api.app.state.services = kit
    assert (answer.status_code, answer.json()["code"]) == (403, "sandbox-only")
