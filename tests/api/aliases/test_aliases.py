"""Each literal path of the specification leads to a canonical one that exists."""

from uuid import UUID, uuid4

import pytest
from fastapi.routing import APIRoute
from httpx2 import AsyncClient
from starlette.routing import Match

from api.aliases.routes import ALIASES, CANONICAL, Alias
from tests.api.support import Actors, Api, make_scene, ok

SOME = UUID(int=7)


def fill(path: str) -> str:
    return path.replace("{id}", str(SOME))


@pytest.mark.parametrize("alias", ALIASES, ids=lambda alias: f"{alias.method} {alias.path}")
async def test_a_literal_path_leads_to_its_canonical_one(
    api: Api, client: AsyncClient, alias: Alias
) -> None:
    answer = await client.request(alias.method, fill(alias.path) + "?limit=3&cursor=a%26b")
    assert answer.status_code == 308
    assert answer.headers["location"] == CANONICAL + fill(alias.target) + "?limit=3&cursor=a%26b"
    bare = await client.request(alias.method, fill(alias.path))
    assert bare.headers["location"] == CANONICAL + fill(alias.target)


@pytest.mark.parametrize("alias", ALIASES, ids=lambda alias: f"{alias.method} {alias.path}")
async def test_the_canonical_path_exists(api: Api, alias: Alias) -> None:
    scope = {
        "type": "http",
        "method": alias.method,
        "path": CANONICAL + fill(alias.target),
        "headers": [],
        "root_path": "",
    }
    full = [route for route in api.app.routes if route.matches(scope)[0] is Match.FULL]
    assert full, "nothing answers there"
    assert isinstance(full[0], APIRoute) or type(full[0]).__name__ != "Route"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/customers/not-a-key"),
        ("GET", "/loans/../../etc"),
        ("GET", "//evil.example/loans"),
        ("GET", "/loans/user/evil.example"),
        ("POST", "/payments/overdue"),
        ("DELETE", f"/loans/{SOME}"),
        ("GET", "/api/collections"),
    ],
)
async def test_what_has_no_row_leads_nowhere(client: AsyncClient, method: str, path: str) -> None:
    answer = await client.request(method, path)
    assert answer.status_code in {404, 405}
    assert "location" not in answer.headers


async def test_whoever_follows_needs_to_know_nothing_else(
    api: Api, client: AsyncClient, actors: Actors
) -> None:
    token = await client.post(
        "/auth/login",
        json={"email": "admin@tenor.example", "password": "correct horse battery"},
        follow_redirects=True,
    )
    assert ok(token)["token_type"] == "bearer"
    scene = await make_scene(api)
    customer_id = await scene.customer()
    loan = await scene.loan(customer_id)
    paid = await client.post(
        f"/payments/{loan['id']}",
        json={"amount": "50.00", "currency": "USD"},
        headers=scene.admin | {"Idempotency-Key": uuid4().hex},
        follow_redirects=True,
    )
    assert ok(paid, 201)["amount"] == "50.00"
    for path, count in ((f"/loans/user/{customer_id}", 1), (f"/payments/user/{customer_id}", 1)):
        found = await client.get(path, headers=scene.admin, follow_redirects=True)
        assert len(ok(found)["items"]) == count  # type: ignore[arg-type]
