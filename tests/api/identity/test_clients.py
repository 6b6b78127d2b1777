"""Machines log in by client credentials and get the scopes of their role, no more."""

import asyncio
import base64

import pytest
from httpx2 import AsyncClient, Response
from pydantic import SecretStr
from sqlalchemy import select, update

from api.audit.tables import AuditRow
from api.identity import personal, service
from api.identity.tables import ClientRow, UserRow
from api.settings import Settings
from contracts.names import WORKER_SCOPES
from domain.errors import DomainError, ErrorCode
from tests.api.conftest import WorkFactory
from tests.api.support import Actors, ok

TOKEN = "/api/v1/auth/token"


async def ask(client: AsyncClient, **form: str) -> Response:
    return await client.post(TOKEN, data={"grant_type": "client_credentials"} | form)


async def test_every_worker_role_gets_its_scopes(client: AsyncClient) -> None:
    for role, scopes in WORKER_SCOPES.items():
        token = ok(await ask(client, client_id=role, client_secret=f"{role}-secret"))
        assert token["scope"] == " ".join(sorted(scopes))
        assert token["token_type"] == "bearer"
        assert token["expires_in"] == 900


async def test_the_basic_header_does_as_well(client: AsyncClient) -> None:
    basic = base64.b64encode(b"relay:relay-secret").decode()
    answer = await client.post(
        TOKEN,
        data={"grant_type": "client_credentials"},
        headers={"Authorization": f"Basic {basic}"},
    )
    assert ok(answer)["scope"] == "wakes:lease"


async def test_a_part_of_the_scopes_may_be_asked_for(client: AsyncClient) -> None:
    form = {"client_id": "closing", "client_secret": "closing-secret"}
    assert ok(await ask(client, **form, scope="books:close"))["scope"] == "books:close"
    answer = await ask(client, **form, scope="books:close wakes:lease")
    assert answer.status_code == 403
    assert answer.json()["code"] == "forbidden"


@pytest.mark.parametrize(
    "form",
    [
        {"client_id": "relay", "client_secret": "wrong"},
        {"client_id": "nobody", "client_secret": "relay-secret"},
        {"client_id": "relay", "client_secret": ""},
        {"client_id": "relay"},
        {},
        {"client_id": "relay\0", "client_secret": "relay-secret"},
    ],
)
async def test_bad_credentials_are_a_problem_like_any_other(
    client: AsyncClient, form: dict[str, str]
) -> None:
    answer = await ask(client, **form)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "unauthenticated"


async def test_another_grant_is_refused(client: AsyncClient) -> None:
    answer = await client.post(
        TOKEN,
        data={"grant_type": "password", "client_id": "relay", "client_secret": "relay-secret"},
    )
    assert answer.status_code == 422
    assert "relay-secret" not in answer.text


@pytest.mark.parametrize("header", ["Basic !!", "Basic /w==", "basic "])
async def test_a_broken_basic_header_is_refused(client: AsyncClient, header: str) -> None:
    answer = await client.post(
        TOKEN, data={"grant_type": "client_credentials"}, headers={"Authorization": header}
    )
    assert answer.status_code == 401


async def test_who_guesses_is_braked_and_does_not_shut_others_out(client: AsyncClient) -> None:
    statuses = [
        (await ask(client, client_id="relay", client_secret="guess")).status_code for _ in range(6)
    ]
    assert statuses == [401] * 5 + [429]
    ok(await ask(client, client_id="loans", client_secret="loans-secret"))


async def test_a_disabled_client_is_out_at_once(
    client: AsyncClient, actors: Actors, work: WorkFactory
) -> None:
    headers = await actors.service("relay")
    async with work() as unit:
        await unit.session.execute(
            update(ClientRow).where(ClientRow.id == "relay").values(disabled_at=unit.now)
        )
    try:
        answer = await client.post(
            "/api/v1/wakes/ack", json={"acked": [], "failed": []}, headers=headers
        )
        assert answer.status_code == 401
        again = await ask(client, client_id="relay", client_secret="relay-secret")
        assert again.status_code == 401
    finally:
        async with work() as unit:
            await unit.session.execute(
                update(ClientRow).where(ClientRow.id == "relay").values(disabled_at=None)
            )


async def test_a_scope_taken_away_ends_the_token(
    client: AsyncClient, actors: Actors, work: WorkFactory, settings: Settings
) -> None:
    headers = await actors.service("relay")
    async with work() as unit:
        await unit.session.execute(
            update(ClientRow).where(ClientRow.id == "relay").values(scopes=[])
        )
    answer = await client.post("/api/v1/wakes/ack", json={}, headers=headers)
    assert answer.status_code == 401
    async with work() as unit:
        await service.bootstrap(unit, settings)
    assert ok(await ask(client, client_id="relay", client_secret="relay-secret"))["scope"]


# --- the first of them ------------------------------------------------------------------------


async def test_setting_up_again_changes_nothing(work: WorkFactory, settings: Settings) -> None:
    async def kept() -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
        async with work() as unit:
            clients = await unit.session.execute(
                select(ClientRow.id, ClientRow.secret_digest, ClientRow.scopes).order_by(
                    ClientRow.id
                )
            )
            users = await unit.session.scalars(select(UserRow))
            return [tuple(row) for row in clients], [
                (personal.email_of(unit.vault, user), user.password_hash, user.wrapped_key)
                for user in users
            ]

    before = await kept()
    assert [row[0] for row in before[0]] == sorted(WORKER_SCOPES)
    assert [row[0] for row in before[1]] == ["admin@tenor.example"]
    async with work() as unit:
        await service.bootstrap(unit, settings)
        await unit.session.flush()
        assert list(await unit.session.scalars(select(AuditRow))) == []
    assert await kept() == before


async def test_set_ups_at_once_get_along(work: WorkFactory, settings: Settings) -> None:
    changed = settings.model_copy(update={"admin_email": "second@tenor.example"})

    async def set_up() -> None:
        async with work() as unit:
            await service.bootstrap(unit, changed)

    await asyncio.gather(*(set_up() for _ in range(4)))
    async with work() as unit:
        users = list(await unit.session.scalars(select(UserRow)))
        addresses = [personal.email_of(unit.vault, user) for user in users]
        assert addresses.count("second@tenor.example") == 1


async def test_a_changed_secret_is_taken_over(
    client: AsyncClient, work: WorkFactory, settings: Settings
) -> None:
    changed = settings.model_copy(update={"service_clients": {"relay": SecretStr("new-secret")}})
    try:
        async with work() as unit:
            await service.bootstrap(unit, changed)
        assert (
            await ask(client, client_id="relay", client_secret="relay-secret")
        ).status_code == 401
        ok(await ask(client, client_id="relay", client_secret="new-secret"))
    finally:
        async with work() as unit:
            await service.bootstrap(unit, settings)


async def test_an_administrators_password_is_not_reset(
    work: WorkFactory, settings: Settings
) -> None:
    async with work() as unit:
        before = await unit.session.scalar(select(UserRow.password_hash))
        await service.bootstrap(
            unit, settings.model_copy(update={"admin_password": SecretStr("another password")})
        )
        assert await unit.session.scalar(select(UserRow.password_hash)) == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("service_clients", {"intruder": "x" * 40}),
        ("service_clients", {"relay": ""}),
        ("production", {"relay": "short"}),
    ],
)
async def test_what_no_installation_should_have_is_refused(
    work: WorkFactory, settings: Settings, field: str, value: dict[str, str]
) -> None:
    update: dict[str, object] = {
        "service_clients": {name: SecretStr(secret) for name, secret in value.items()}
    }
    if field == "production":
        update["environment"] = "production"
    with pytest.raises(DomainError) as caught:
        async with work() as unit:
            await service.bootstrap(unit, settings.model_copy(update=update))
    assert caught.value.code is ErrorCode.INVALID_REQUEST


async def test_a_weak_first_password_is_refused(work: WorkFactory, settings: Settings) -> None:
    weak = settings.model_copy(
        update={"admin_email": "new@tenor.example", "admin_password": SecretStr("short")}
    )
    with pytest.raises(DomainError):
        async with work() as unit:
            await service.bootstrap(unit, weak)
