"""Sessions: refresh tokens are good once, theft ends the family, ends are at once."""

import asyncio
from datetime import timedelta

import pytest
from httpx2 import AsyncClient, Response
from sqlalchemy import select, update

from api.audit.tables import AuditRow
from api.identity import service
from api.identity.tables import RefreshTokenRow, SessionRow
from contracts.identity import SessionKind
from contracts.names import Role
from tests.api.conftest import WorkFactory
from tests.api.support import Actors, Headers, ok

ADMIN = {"email": "admin@tenor.example", "password": "correct horse battery"}


async def log_in(client: AsyncClient) -> dict[str, str]:
    found = ok(await client.post("/api/v1/auth/login", json=ADMIN))
    return {name: str(value) for name, value in found.items()}


async def refresh(client: AsyncClient, token: str) -> Response:
    return await client.post("/api/v1/auth/refresh", json={"refresh_token": token})


def bearer(pair: dict[str, str]) -> Headers:
    return {"Authorization": f"Bearer {pair['access_token']}"}


async def me(client: AsyncClient, pair: dict[str, str]) -> int:
    return (await client.get("/api/v1/auth/me", headers=bearer(pair))).status_code


async def test_a_refresh_token_answers_the_next_pair(client: AsyncClient) -> None:
    first = await log_in(client)
    assert first["refresh_expires_in"] == str(7 * 24 * 3600)
    second = ok(await refresh(client, first["refresh_token"]))
    assert second["refresh_token"] != first["refresh_token"]
    assert second["session_id"] == first["session_id"]
    third = ok(await refresh(client, str(second["refresh_token"])))
    assert await me(client, {"access_token": str(third["access_token"])}) == 200


async def test_a_token_used_twice_ends_the_family(client: AsyncClient, work: WorkFactory) -> None:
    first = await log_in(client)
    other = await log_in(client)
    second = {k: str(v) for k, v in ok(await refresh(client, first["refresh_token"])).items()}
    stolen = await refresh(client, first["refresh_token"])
    assert stolen.status_code == 401
    # The rightful successor is gone too, and so are the access tokens, at once.
    assert (await refresh(client, second["refresh_token"])).status_code == 401
    assert await me(client, first) == 401
    assert await me(client, second) == 401
    # Another log-in of the same user is nobody's business.
    assert await me(client, other) == 200
    assert (await refresh(client, other["refresh_token"])).status_code == 200
    async with work() as unit:
        actions = (
            await unit.session.scalars(
                select(AuditRow.action).where(AuditRow.action == "session.reuse_detected")
            )
        ).all()
    assert len(actions) == 1


async def test_of_many_at_once_at_most_one_is_served_and_the_family_ends(
    client: AsyncClient,
) -> None:
    first = await log_in(client)
    answers = await asyncio.gather(*(refresh(client, first["refresh_token"]) for _ in range(8)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] + [401] * 7
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    assert (await refresh(client, won["refresh_token"])).status_code == 401


async def test_what_is_no_token_of_ours_is_refused_alike(
    client: AsyncClient, work: WorkFactory
) -> None:
    pair = await log_in(client)
    async with work() as unit:
        await unit.session.execute(
            update(RefreshTokenRow).values(expires_at=unit.now - timedelta(seconds=1))
        )
        await unit.session.execute(
            update(SessionRow).values(expires_at=unit.now - timedelta(seconds=1))
        )
    expired = await refresh(client, pair["refresh_token"])
    unknown = await refresh(client, "no such token")
    assert expired.status_code == unknown.status_code == 401
    assert expired.content == unknown.content
    async with work() as unit:
        # Coming late is no theft.
        assert await unit.session.scalar(select(SessionRow.revoked_at)) is None


async def test_a_session_ends_after_thirty_days_however_often_refreshed(
    client: AsyncClient, work: WorkFactory
) -> None:
    pair = await log_in(client)
    async with work() as unit:
        ends_at = unit.now + timedelta(hours=1)
        await unit.session.execute(update(SessionRow).values(ends_at=ends_at))
    ok(await refresh(client, pair["refresh_token"]))
    async with work() as unit:
        assert await unit.session.scalar(select(SessionRow.expires_at)) == ends_at


@pytest.mark.parametrize("by", ["bearer", "refresh"])
async def test_log_out_ends_the_session_at_once(client: AsyncClient, by: str) -> None:
    pair = await log_in(client)
    if by == "bearer":
        done = await client.post("/api/v1/auth/logout", headers=bearer(pair))
    else:
        done = await client.post(
            "/api/v1/auth/logout", json={"refresh_token": pair["refresh_token"]}
        )
    assert done.status_code == 204
    assert await me(client, pair) == 401
    assert (await refresh(client, pair["refresh_token"])).status_code == 401


async def test_logging_out_of_nothing_is_no_error(client: AsyncClient) -> None:
    assert (await client.post("/api/v1/auth/logout")).status_code == 204


async def test_sessions_are_listed_and_ended_one_by_one(client: AsyncClient) -> None:
    here, there = await log_in(client), await log_in(client)
    listed = ok(await client.get("/api/v1/auth/sessions", headers=bearer(here)))["items"]
    assert isinstance(listed, list)
    found = {one["id"]: one["current"] for one in listed}
    assert found == {here["session_id"]: True, there["session_id"]: False}
    path = f"/api/v1/auth/sessions/{there['session_id']}"
    assert (await client.delete(path, headers=bearer(here))).status_code == 204
    assert (await client.delete(path, headers=bearer(here))).status_code == 404
    assert await me(client, there) == 401
    assert await me(client, here) == 200
    assert (await client.delete("/api/v1/auth/sessions", headers=bearer(here))).status_code == 204
    assert await me(client, here) == 401


async def test_sessions_are_paged(client: AsyncClient) -> None:
    pairs = [await log_in(client) for _ in range(3)]
    seen: list[str] = []
    cursor = ""
    while True:
        query = f"?limit=2{cursor}"
        page = ok(await client.get(f"/api/v1/auth/sessions{query}", headers=bearer(pairs[0])))
        seen += [one["id"] for one in page["items"]]  # type: ignore[attr-defined]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [pair["session_id"] for pair in pairs]


async def test_nobody_ends_anothers_session_but_an_administrator(
    client: AsyncClient, actors: Actors
) -> None:
    pair = await log_in(client)
    path = f"/api/v1/auth/sessions/{pair['session_id']}"
    foreign = await client.delete(path, headers=await actors.user(Role.MANAGER))
    assert foreign.status_code == 404
    assert await me(client, pair) == 200
    assert (await client.delete(path, headers=await actors.admin())).status_code == 204
    assert await me(client, pair) == 401


@pytest.mark.parametrize("change", [{"disabled": True}, {"password": "another long password"}])
async def test_a_disabled_user_and_a_new_password_end_all_sessions(
    client: AsyncClient, actors: Actors, change: dict[str, object]
) -> None:
    admin = await actors.admin()
    made = ok(
        await client.post(
            "/api/v1/users",
            json={
                "email": "agent@tenor.example",
                "name": "Agent",
                "role": "agent",
                "password": "long enough for this",
            },
            headers=admin,
        ),
        201,
    )
    entered = await client.post(
        "/api/v1/auth/login",
        json={"email": "agent@tenor.example", "password": "long enough for this"},
    )
    pair = {name: str(value) for name, value in ok(entered).items()}
    ok(
        await client.patch(
            f"/api/v1/users/{made['id']}", json=change, headers=admin | {"If-Match": '"1"'}
        )
    )
    assert await me(client, pair) == 401
    assert (await refresh(client, pair["refresh_token"])).status_code == 401


async def test_a_browsers_session_has_no_token_and_ends_with_the_others(
    client: AsyncClient, work: WorkFactory
) -> None:
    pair = await log_in(client)
    async with work() as unit:
        user_id = await unit.session.scalar(select(SessionRow.user_id))
        assert user_id is not None
        opened = await service.open_browser_session(
            unit,
            user_id,
            SessionKind.CONSOLE,
            idle=timedelta(minutes=30),
            lifetime=timedelta(hours=12),
        )
    async with work() as unit:
        found = await service.user_of_session(unit, opened)
        assert found is not None
        assert (found.principal.user_id, found.principal.session_id) == (user_id, opened)
        tokens = await unit.session.scalars(
            select(RefreshTokenRow).where(RefreshTokenRow.session_id == opened)
        )
        assert tokens.all() == []
    listed = ok(await client.get("/api/v1/auth/sessions", headers=bearer(pair)))["items"]
    assert isinstance(listed, list)
    assert [one["kind"] for one in listed] == ["api", "console"]
    await client.delete("/api/v1/auth/sessions", headers=bearer(pair))
    async with work() as unit:
        assert await service.user_of_session(unit, opened) is None


async def test_a_browsers_session_is_kept_but_not_beyond_its_lifetime(
    client: AsyncClient, work: WorkFactory
) -> None:
    await log_in(client)
    idle = timedelta(minutes=30)
    async with work() as unit:
        user_id = await unit.session.scalar(select(SessionRow.user_id))
        assert user_id is not None
        opened = await service.open_browser_session(
            unit, user_id, SessionKind.CONSOLE, idle=idle, lifetime=timedelta(hours=12)
        )
        ends_at = unit.now + timedelta(minutes=5)
        await unit.session.execute(
            update(SessionRow).where(SessionRow.id == opened).values(ends_at=ends_at)
        )
        await service.keep_browser_session(unit, opened, idle)
        row = await unit.session.get_one(SessionRow, opened, populate_existing=True)
        assert row.expires_at == ends_at
        await unit.session.execute(
            update(SessionRow).where(SessionRow.id == opened).values(expires_at=unit.now)
        )
        assert await service.user_of_session(unit, opened) is None


async def test_tokens_are_not_in_the_database(client: AsyncClient, work: WorkFactory) -> None:
    pair = await log_in(client)
    async with work() as unit:
        digest = await unit.session.scalar(select(RefreshTokenRow.digest))
        facts = (await unit.session.scalars(select(AuditRow.facts))).all()
    assert digest is not None
    assert len(digest) == 32
    assert pair["refresh_token"].encode() not in digest
    assert pair["refresh_token"] not in repr(facts)
