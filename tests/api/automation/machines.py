"""Programs of integrators, as the tests of the automation API need them."""

from collections.abc import Iterable
from typing import Any, cast
from uuid import uuid4

from httpx2 import Response

from api.identity.tables import ClientRow
from contracts.names import INTEGRATOR_SCOPES, Scope
from tests.api.recovery.floor import Floor
from tests.api.support import Headers, key, ok

Json = dict[str, Any]


async def machine(floor: Floor, scopes: Iterable[Scope] = INTEGRATOR_SCOPES) -> Headers:
    """A service client with scopes, and a token of it."""
    client_id, wanted = str(uuid4()), sorted(scope.value for scope in scopes)
    async with floor.work() as work:
        work.session.add(
            ClientRow(
                id=client_id,
                secret_digest=b"x",
                role="service",
                scopes=wanted,
                created_at=work.now,
                name="test",
            )
        )
        now = work.now
    token = floor.api.services.tokens.issue_service(client_id, wanted, now)
    return {"Authorization": f"Bearer {token.access_token}"}


async def post(floor: Floor, who: Headers, path: str, body: object) -> Response:
    return await floor.api.client.post(f"/api/v1/automation{path}", json=body, headers=who | key())


async def get(floor: Floor, who: Headers, path: str) -> Json:
    return cast(Json, ok(await floor.api.client.get(f"/api/v1/automation{path}", headers=who)))
