"""Machines of integrators: made by an administrator, their secrets shown once."""

from uuid import UUID, uuid4

import pytest
from httpx2 import AsyncClient, Response
from sqlalchemy import select, text

from api.audit.tables import AuditRow
from api.identity.tables import ClientRow
from contracts.names import INTEGRATOR_SCOPES, WORKER_SCOPES, Role
from tests.api.conftest import WorkFactory
from tests.api.support import Actors, Headers, key, ok

PATH = "/api/v1/service-clients"
ALL = [scope.value for scope in INTEGRATOR_SCOPES]


async def make(client: AsyncClient, admin: Headers, **fields: object) -> dict[str, object]:
    body = {"name": "Ledger sync", "scopes": ALL} | fields
    return ok(await client.post(PATH, json=body, headers=admin | key()), 201)


async def token(client: AsyncClient, client_id: object, secret: object, **form: str) -> Response:
    return await client.post(
        "/api/v1/auth/token",
        data={
            "grant_type": "client_credentials",
            "client_id": str(client_id),
            "client_secret": str(secret),
        }
        | form,
    )


def bearer(answer: Response) -> Headers:
    return {"Authorization": f"Bearer {ok(answer)['access_token']}"}


async def test_a_client_gets_tokens_with_its_scopes_and_does_what_they_name(
    client: AsyncClient, actors: Actors
) -> None:
    made = await make(client, await actors.admin(), scopes=["automation:read"])
    got = await token(client, made["id"], made["client_secret"])
    assert ok(got)["scope"] == "automation:read"
    ok(await client.get("/api/v1/automation/tasks", headers=bearer(got)))
    refused = await client.post(
        "/api/v1/automation/tasks/schedule", json={}, headers=bearer(got) | key()
    )
    assert refused.json()["facts"]["scope"] == "automation:tasks"
    more = await token(client, made["id"], made["client_secret"], scope="automation:tasks")
    assert more.status_code == 403


async def test_the_secret_is_shown_once_and_kept_nowhere(
    client: AsyncClient, actors: Actors, work: WorkFactory
) -> None:
    admin, once = await actors.admin(), key()
    body = {"name": "Ledger sync", "scopes": ALL}
    first = await client.post(PATH, json=body, headers=admin | once)
    secret = first.json()["client_secret"]
    assert len(secret) >= 43
    again = await client.post(PATH, json=body, headers=admin | once)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (again.json()["id"], again.json()["client_secret"]) == (first.json()["id"], None)
    shown = await client.get(f"{PATH}/{first.json()['id']}", headers=admin)
    assert "client_secret" not in shown.json()
    assert secret not in (await client.get(PATH, headers=admin)).text
    async with work() as unit:
        for query in ("select body::text from idempotency_keys", "select facts::text from audit"):
            assert not any(secret in str(each) for each in await unit.session.scalars(text(query)))
        row = await unit.session.get_one(ClientRow, first.json()["id"])
        assert secret.encode() not in row.secret_digest


async def test_a_rotated_secret_is_good_for_its_overlap(
    client: AsyncClient, actors: Actors, work: WorkFactory
) -> None:
    admin = await actors.admin()
    made = await make(client, admin)
    path = f"{PATH}/{made['id']}/rotate"
    new = ok(await client.post(path, json={"overlap_minutes": 60}, headers=admin | key()))
    assert new["previous_secret_until"] is not None
    for secret in (made["client_secret"], new["client_secret"]):
        assert (await token(client, made["id"], secret)).status_code == 200
    async with work() as unit:
        row = await unit.session.get_one(ClientRow, str(made["id"]))
        row.previous_until = unit.now
    assert (await token(client, made["id"], made["client_secret"])).status_code == 401
    newest = ok(await client.post(path, json={}, headers=admin | key()))
    assert newest["previous_secret_until"] is None
    assert (await token(client, made["id"], new["client_secret"])).status_code == 401
    assert (await token(client, made["id"], newest["client_secret"])).status_code == 200


async def test_a_client_that_loses_a_scope_or_is_disabled_is_out(
    client: AsyncClient, actors: Actors
) -> None:
    admin = await actors.admin()
    made = await make(client, admin)
    path = f"{PATH}/{made['id']}"
    headers = bearer(await token(client, made["id"], made["client_secret"]))
    without = await client.patch(path, json={"disabled": True}, headers=admin)
    assert without.status_code == 428
    fewer = await client.patch(
        path, json={"scopes": ["automation:read"]}, headers=admin | {"If-Match": '"1"'}
    )
    assert (ok(fewer)["scopes"], fewer.headers["ETag"]) == (["automation:read"], '"2"')
    out = await client.get("/api/v1/automation/tasks", headers=headers)
    assert out.status_code == 401
    stale = await client.patch(path, json={"name": "x"}, headers=admin | {"If-Match": '"1"'})
    assert stale.status_code == 412
    ok(await client.patch(path, json={"disabled": True}, headers=admin | {"If-Match": '"2"'}))
    assert (await token(client, made["id"], made["client_secret"])).status_code == 401


async def test_workers_are_listed_and_left_alone(client: AsyncClient, actors: Actors) -> None:
    admin = await actors.admin()
    made = await make(client, admin)
    first = ok(await client.get(f"{PATH}?limit=3", headers=admin))
    found = list(first["items"])  # type: ignore[call-overload]
    while first["next_cursor"] is not None:
        first = ok(await client.get(f"{PATH}?limit=3&cursor={first['next_cursor']}", headers=admin))
        found += first["items"]  # type: ignore[operator]
    assert {each["id"]: each["kind"] for each in found} == {
        str(made["id"]): "integrator",
        **dict.fromkeys(WORKER_SCOPES, "worker"),
    }
    rotated = await client.post(f"{PATH}/relay/rotate", json={}, headers=admin | key())
    assert rotated.json()["code"] == "conflict"
    edited = await client.patch(
        f"{PATH}/relay", json={"disabled": True}, headers=admin | {"If-Match": '"1"'}
    )
    assert edited.json()["code"] == "conflict"


async def test_only_an_administrator_makes_them(client: AsyncClient, actors: Actors) -> None:
    for role in (Role.MANAGER, Role.AGENT, Role.ADVISOR, Role.CUSTOMER):
        who = await actors.user(role)
        answer = await client.post(PATH, json={"name": "x", "scopes": ALL}, headers=who | key())
        assert answer.status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["wakes:lease"]},
        {"name": "", "scopes": ALL},
        {"scopes": ALL},
    ],
)
async def test_no_client_is_made_with_a_workers_scope_or_none(
    client: AsyncClient, actors: Actors, body: dict[str, object]
) -> None:
    answer = await client.post(PATH, json=body, headers=await actors.admin() | key())
    assert answer.status_code == 422


async def test_an_unknown_client_is_not_found_and_changes_are_on_record(
    client: AsyncClient, actors: Actors, work: WorkFactory
) -> None:
    admin = await actors.admin()
    assert (await client.get(f"{PATH}/{uuid4()}", headers=admin)).status_code == 404
    made = await make(client, admin)
    await client.post(f"{PATH}/{made['id']}/rotate", json={}, headers=admin | key())
    async with work() as unit:
        rows = await unit.session.execute(
            select(AuditRow.subject_id, AuditRow.action)
            .where(AuditRow.subject_kind == "client")
            .order_by(AuditRow.id)
        )
        acts: dict[UUID, list[str]] = {}
        for subject_id, action in rows:
            acts.setdefault(subject_id, []).append(action)
        assert ["client.created", "client.rotated"] in acts.values()
