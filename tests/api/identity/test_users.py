"""Users are an administrator's to make and change; what a user is ends his tokens when it ends."""

import asyncio
from uuid import UUID, uuid4

import pytest
from httpx2 import AsyncClient
from sqlalchemy import select

from api.identity import queries
from api.identity.tables import UserRow
from contracts.names import Role
from tests.api.conftest import WorkFactory
from tests.api.support import Actors, Headers, key, ok

USERS = "/api/v1/users"


def new(**fields: object) -> dict[str, object]:
    return {
        "email": "agent@tenor.example",
        "name": "Ada Agent",
        "role": "agent",
        "password": "a long password",
    } | fields


async def customer(client: AsyncClient, admin: Headers) -> str:
    made = await client.post(
        "/api/v1/customers", json={"name": "Maria Keller", "country": "DE"}, headers=admin
    )
    return str(ok(made, 201)["id"])


async def test_a_user_is_made_shown_listed_and_changed(client: AsyncClient, actors: Actors) -> None:
    admin = await actors.admin()
    made = ok(await client.post(USERS, json=new(email="Agent@Tenor.example"), headers=admin), 201)
    assert made["email"] == "agent@tenor.example"
    assert made["disabled"] is False
    assert "password" not in str(made)
    shown = await client.get(f"{USERS}/{made['id']}", headers=admin)
    assert shown.headers["ETag"] == '"1"'
    assert ok(shown) == made
    listed = ok(await client.get(USERS, headers=admin))
    assert made in listed["items"]  # type: ignore[operator]
    changed = await client.patch(
        f"{USERS}/{made['id']}", json={"name": "Ada A."}, headers=admin | {"If-Match": '"1"'}
    )
    assert changed.headers["ETag"] == '"2"'
    assert ok(changed) == made | {"name": "Ada A.", "version": 2}


async def test_lists_go_on_where_the_page_ended(client: AsyncClient, actors: Actors) -> None:
    admin = await actors.admin()
    for number in range(4):
        ok(
            await client.post(USERS, json=new(email=f"a{number}@tenor.example"), headers=admin),
            201,
        )
    found: list[str] = []
    query: str | None = "?limit=2"
    while query is not None:
        page = ok(await client.get(USERS + query, headers=admin))
        found += [user["id"] for user in page["items"]]  # type: ignore[attr-defined]
        after = page["next_cursor"]
        query = None if after is None else f"?limit=2&cursor={after}"
    assert len(found) == len(set(found)) == 6
    assert found == sorted(found)


async def test_a_foreign_cursor_is_refused(client: AsyncClient, actors: Actors) -> None:
    admin = await actors.admin()
    for cursor in ("MTAwMQ", "!!", "AAAA"):
        answer = await client.get(f"{USERS}?cursor={cursor}", headers=admin)
        assert answer.status_code == 422, cursor


async def test_an_edit_builds_on_what_was_seen(client: AsyncClient, actors: Actors) -> None:
    admin = await actors.admin()
    made = ok(await client.post(USERS, json=new(), headers=admin), 201)
    path = f"{USERS}/{made['id']}"
    assert (await client.patch(path, json={"name": "X"}, headers=admin)).status_code == 428
    for tag, status in (('"1"', 200), ('"1"', 412), ('"7"', 412), ('"x"', 412), ('W/"2"', 200)):
        answer = await client.patch(path, json={"name": "X"}, headers=admin | {"If-Match": tag})
        assert answer.status_code == status, tag
    stale = await client.patch(path, json={"name": "Y"}, headers=admin | {"If-Match": '"1"'})
    assert stale.json()["facts"] == {"expected": 1, "actual": 3}


async def test_edits_at_once_are_not_lost(client: AsyncClient, actors: Actors) -> None:
    admin = await actors.admin()
    made = ok(await client.post(USERS, json=new(), headers=admin), 201)
    answers = await asyncio.gather(
        *(
            client.patch(
                f"{USERS}/{made['id']}",
                json={"name": f"N{number}"},
                headers=admin | {"If-Match": '"1"'},
            )
            for number in range(5)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]


async def test_a_repeat_with_the_same_key_makes_one_user(
    client: AsyncClient, actors: Actors, work: WorkFactory
) -> None:
    headers = await actors.admin() | key()
    first = ok(await client.post(USERS, json=new(), headers=headers), 201)
    again = await client.post(USERS, json=new(), headers=headers)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert ok(again, 201) == first
    taken = await client.post(USERS, json=new(), headers=headers | key())
    assert taken.status_code == 409


@pytest.mark.parametrize(
    "fields",
    [
        {"role": "service"},
        {"role": "root"},
        {"password": "too short"},
        {"email": "nobody"},
        {"name": ""},
        {"name": "x" * 201},
        {"admin": True},
        {"role": "agent", "customer_id": str(uuid4())},
    ],
)
async def test_a_user_who_makes_no_sense_is_refused(
    client: AsyncClient, actors: Actors, fields: dict[str, object]
) -> None:
    answer = await client.post(USERS, json=new(**fields), headers=await actors.admin())
    assert answer.status_code == 422
    assert "too short" not in answer.text


async def test_a_customer_is_tied_by_an_administrator(client: AsyncClient, actors: Actors) -> None:
    admin = await actors.admin()
    customer_id = await customer(client, admin)
    registered = ok(
        await client.post(
            "/api/v1/auth/register",
            json={"email": "m@x.example", "password": "a long password", "name": "Maria"},
        ),
        201,
    )
    log_in = {"email": "m@x.example", "password": "a long password"}
    token = ok(await client.post("/api/v1/auth/login", json=log_in))["access_token"]
    before = {"Authorization": f"Bearer {token}"}
    tied = await client.patch(
        f"{USERS}/{registered['id']}",
        json={"customer_id": customer_id},
        headers=admin | {"If-Match": '"1"'},
    )
    assert ok(tied)["customer_id"] == customer_id
    # The token of before does not know whose it is: it ends.
    assert (await client.get("/api/v1/auth/me", headers=before)).status_code == 401
    token = ok(await client.post("/api/v1/auth/login", json=log_in))["access_token"]
    now = {"Authorization": f"Bearer {token}"}
    assert (await client.get(f"/api/v1/customers/{customer_id}", headers=now)).status_code == 200


async def test_a_tie_to_nobody_is_refused(client: AsyncClient, actors: Actors) -> None:
    answer = await client.post(
        USERS, json=new(role="customer", customer_id=str(uuid4())), headers=await actors.admin()
    )
    assert answer.status_code == 404


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": "agent"}])
async def test_who_is_disabled_or_changed_is_out_at_once(
    client: AsyncClient, actors: Actors, change: dict[str, object]
) -> None:
    admin, manager = await actors.admin(), await actors.user(Role.MANAGER)
    me = ok(await client.get("/api/v1/auth/me", headers=manager))
    ok(await client.patch(f"{USERS}/{me['id']}", json=change, headers=admin | {"If-Match": '"1"'}))
    for path in ("/api/v1/auth/me", "/api/v1/customers"):
        answer = await client.get(path, headers=manager)
        assert answer.status_code == 401
        assert answer.json()["code"] == "unauthenticated"


async def test_whoever_becomes_staff_is_nobodys_customer(
    client: AsyncClient, actors: Actors
) -> None:
    admin = await actors.admin()
    customer_id = await customer(client, admin)
    made = ok(
        await client.post(USERS, json=new(role="customer", customer_id=customer_id), headers=admin),
        201,
    )
    changed = await client.patch(
        f"{USERS}/{made['id']}", json={"role": "agent"}, headers=admin | {"If-Match": '"1"'}
    )
    assert ok(changed)["customer_id"] is None


async def test_a_password_can_be_set_anew(client: AsyncClient, actors: Actors) -> None:
    admin = await actors.admin()
    made = ok(await client.post(USERS, json=new(), headers=admin), 201)
    ok(
        await client.patch(
            f"{USERS}/{made['id']}",
            json={"password": "another password"},
            headers=admin | {"If-Match": '"1"'},
        )
    )
    for password, status in (("a long password", 401), ("another password", 200)):
        answer = await client.post(
            "/api/v1/auth/login", json={"email": "agent@tenor.example", "password": password}
        )
        assert answer.status_code == status


async def test_the_last_administrator_stays(
    client: AsyncClient, actors: Actors, work: WorkFactory
) -> None:
    token = ok(
        await client.post(
            "/api/v1/auth/login",
            json={"email": "admin@tenor.example", "password": "correct horse battery"},
        )
    )["access_token"]
    admin = {"Authorization": f"Bearer {token}"}
    me = ok(await client.get("/api/v1/auth/me", headers=admin))
    version = ok(await client.get(f"{USERS}/{me['id']}", headers=admin))["version"]
    for change in ({"disabled": True}, {"role": "manager"}):
        answer = await client.patch(
            f"{USERS}/{me['id']}", json=change, headers=admin | {"If-Match": f'"{version}"'}
        )
        assert answer.status_code == 409
    assert (await client.get("/api/v1/auth/me", headers=admin)).status_code == 200


async def test_two_administrators_cannot_put_each_other_out(
    client: AsyncClient, actors: Actors, work: WorkFactory
) -> None:
    first, second = await actors.admin(), await actors.admin()
    ids = [ok(await client.get("/api/v1/auth/me", headers=who))["id"] for who in (first, second)]
    async with work() as unit:
        builtin = await queries.user_by_email(unit, "admin@tenor.example")
        assert builtin is not None
        builtin.disabled_at = unit.now
    try:
        answers = await asyncio.gather(
            client.patch(
                f"{USERS}/{ids[1]}", json={"disabled": True}, headers=first | {"If-Match": '"1"'}
            ),
            client.patch(
                f"{USERS}/{ids[0]}", json={"disabled": True}, headers=second | {"If-Match": '"1"'}
            ),
        )
        # One of them wins; the other is disabled, or finds himself alone.
        assert sum(answer.status_code == 200 for answer in answers) == 1
        async with work() as unit:
            left = list(
                await unit.session.scalars(
                    select(UserRow.id).where(UserRow.role == "admin", UserRow.disabled_at.is_(None))
                )
            )
        assert len(left) == 1
    finally:
        async with work() as unit:
            builtin = await queries.user_by_email(unit, "admin@tenor.example")
            assert builtin is not None
            builtin.disabled_at = None


async def test_a_user_who_does_not_exist_is_not_found(client: AsyncClient, actors: Actors) -> None:
    admin = await actors.admin()
    path = f"{USERS}/{UUID(int=1)}"
    assert (await client.get(path, headers=admin)).status_code == 404
    answer = await client.patch(path, json={}, headers=admin | {"If-Match": '"1"'})
    assert answer.status_code == 404
