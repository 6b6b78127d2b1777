"""Logging in: a token for a good password, one answer for everything else, and a brake."""

import asyncio

import pytest
from httpx2 import AsyncClient, Response
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import select

from api.audit.tables import AuditRow
from api.identity import queries
from contracts.names import Role
from tests.api.conftest import WorkFactory
from tests.api.support import Actors, ok

LOGIN = "/api/v1/auth/login"
ADMIN = {"email": "admin@tenor.example", "password": "correct horse battery"}


async def try_in(client: AsyncClient, email: str, password: str) -> Response:
    return await client.post(LOGIN, json={"email": email, "password": password})


async def test_the_first_administrator_logs_in(client: AsyncClient) -> None:
    token = ok(await client.post(LOGIN, json=ADMIN))
    assert token["token_type"] == "bearer"
    assert token["expires_in"] == 900
    me = ok(
        await client.get(
            "/api/v1/auth/me", headers={"Authorization": f"Bearer {token['access_token']}"}
        )
    )
    assert me["email"] == ADMIN["email"]
    assert me["role"] == "admin"


async def test_the_address_is_read_in_any_case(client: AsyncClient) -> None:
    assert (await try_in(client, "Admin@Tenor.Example", ADMIN["password"])).status_code == 200


async def test_wrong_unknown_and_disabled_are_told_apart_by_nothing(
    client: AsyncClient, actors: Actors
) -> None:
    admin = await actors.admin()
    made = await client.post(
        "/api/v1/users",
        json={
            "email": "gone@tenor.example",
            "name": "Gone",
            "role": "agent",
            "password": "long enough for this",
        },
        headers=admin,
    )
    user = ok(made, 201)
    assert (await try_in(client, "gone@tenor.example", "long enough for this")).status_code == 200
    disabled = await client.patch(
        f"/api/v1/users/{user['id']}", json={"disabled": True}, headers=admin | {"If-Match": '"1"'}
    )
    ok(disabled)
    answers = [
        await try_in(client, "admin@tenor.example", "wrong"),
        await try_in(client, "nobody@tenor.example", "wrong"),
        await try_in(client, "gone@tenor.example", "long enough for this"),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["code"] == "unauthenticated"


async def test_the_sixth_failure_on_an_account_is_not_even_looked_at(client: AsyncClient) -> None:
    for _ in range(5):
        assert (await try_in(client, "admin@tenor.example", "wrong")).status_code == 401
    refused = await try_in(client, "admin@tenor.example", ADMIN["password"])
    assert refused.status_code == 429
    assert refused.json()["code"] == "too-many-attempts"
    assert 800 < int(refused.headers["Retry-After"]) <= 900
    assert refused.headers["content-type"] == "application/problem+json"


async def test_guesses_sent_at_once_do_not_slip_through(client: AsyncClient) -> None:
    answers = await asyncio.gather(
        *(try_in(client, "admin@tenor.example", f"guess {n}") for n in range(15))
    )
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 10


async def test_good_log_ins_are_never_braked(client: AsyncClient) -> None:
    answers = await asyncio.gather(*(client.post(LOGIN, json=ADMIN) for _ in range(25)))
    assert {answer.status_code for answer in answers} == {200}


async def test_an_old_hash_is_renewed_and_still_fits(
    client: AsyncClient, work: WorkFactory
) -> None:
    old = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=16, parallelism=1),)).hash(
        ADMIN["password"]
    )
    async with work() as unit:
        user = await queries.user_by_email(unit, ADMIN["email"])
        assert user is not None
        user.password_hash = old
    ok(await client.post(LOGIN, json=ADMIN))
    async with work() as unit:
        renewed = await queries.user_by_email(unit, ADMIN["email"])
        assert renewed is not None
        assert renewed.password_hash != old
    ok(await client.post(LOGIN, json=ADMIN))


async def test_log_ins_and_refusals_are_audited(client: AsyncClient, work: WorkFactory) -> None:
    ok(await client.post(LOGIN, json=ADMIN))
    await try_in(client, "admin@tenor.example", "wrong")
    await try_in(client, "nobody@tenor.example", "wrong")
    async with work() as unit:
        rows = list(
            await unit.session.scalars(
                select(AuditRow).where(AuditRow.action.like("user.log%")).order_by(AuditRow.at)
            )
        )
        admin = await queries.user_by_email(unit, ADMIN["email"])
        assert admin is not None
    assert [(row.action, row.actor) for row in rows] == [
        ("user.logged_in", f"user:{admin.id}"),
        ("user.log_in_refused", "service:system"),
    ]
    assert "nobody" not in repr([row.facts for row in rows])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "admin@tenor.example"},
        {"email": "no address", "password": "a secret of mine"},
        {"email": "admin@tenor.example", "password": "a secret of mine", "remember": True},
        {"email": "admin@tenor.example", "password": "a secret of mine" * 100},
    ],
)
async def test_a_malformed_log_in_is_refused_without_an_echo(
    client: AsyncClient, body: dict[str, object]
) -> None:
    answer = await client.post(LOGIN, json=body)
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid-request"
    assert "secret of mine" not in answer.text
    assert "no address" not in answer.text


async def test_a_bad_token_does_not_keep_anybody_from_logging_in(client: AsyncClient) -> None:
    answer = await client.post(LOGIN, json=ADMIN, headers={"Authorization": "Bearer expired"})
    assert answer.status_code == 200


# --- signing up -------------------------------------------------------------------------------

SIGN_UP = {
    "email": "Maria@Customers.Example",
    "password": "a long password",
    "name": "Maria Keller",
}


async def test_a_customer_signs_up_and_sees_nothing(client: AsyncClient, actors: Actors) -> None:
    made = ok(await client.post("/api/v1/auth/register", json=SIGN_UP), 201)
    assert made["role"] == "customer"
    assert made["customer_id"] is None
    assert made["email"] == "maria@customers.example"
    token = ok(await try_in(client, "maria@customers.example", "a long password"))
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert ok(await client.get("/api/v1/auth/me", headers=headers))["id"] == made["id"]
    staff = await actors.user(Role.MANAGER)
    somebody = ok(
        await client.post(
            "/api/v1/customers", json={"name": "Maria Keller", "country": "DE"}, headers=staff
        ),
        201,
    )
    answer = await client.get(f"/api/v1/customers/{somebody['id']}", headers=headers)
    assert answer.status_code == 404


async def test_nobody_signs_up_as_staff(client: AsyncClient) -> None:
    answer = await client.post("/api/v1/auth/register", json=SIGN_UP | {"role": "admin"})
    assert answer.status_code == 422


async def test_a_short_password_is_refused(client: AsyncClient) -> None:
    answer = await client.post("/api/v1/auth/register", json=SIGN_UP | {"password": "elevenchars"})
    assert answer.status_code == 422
    assert "elevenchars" not in answer.text


async def test_an_address_signs_up_once(client: AsyncClient) -> None:
    ok(await client.post("/api/v1/auth/register", json=SIGN_UP), 201)
    again = await client.post(
        "/api/v1/auth/register", json=SIGN_UP | {"email": "maria@customers.example"}
    )
    assert again.status_code == 409


async def test_sign_ups_at_once_make_one_user(client: AsyncClient) -> None:
    answers = await asyncio.gather(
        *(client.post("/api/v1/auth/register", json=SIGN_UP) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_an_address_on_the_network_may_not_sign_up_a_crowd(client: AsyncClient) -> None:
    statuses = [
        (
            await client.post(
                "/api/v1/auth/register", json=SIGN_UP | {"email": f"m{n}@customers.example"}
            )
        ).status_code
        for n in range(21)
    ]
    assert statuses == [201] * 20 + [429]
