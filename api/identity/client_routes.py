"""Service clients over HTTP, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.deps import IfMatch, OnceDep, WorkDep
from api.identity import clients
from api.pagination import PageQuery
from api.versions import check_version
from contracts.base import Page
from contracts.identity import (
    NewSecret,
    NewServiceClient,
    RotateSecret,
    ServiceClient,
    ServiceClientEdit,
)

router = APIRouter(tags=["identity"])

ClientId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]


@router.post(
    "/service-clients",
    status_code=201,
    response_model=NewSecret,
    summary="Make a service client",
)
async def create_service_client(body: NewServiceClient, work: WorkDep, once: OnceDep) -> Response:
    """A machine of an integrator; `client_secret` is shown in this answer and never again.

    It gets tokens at `POST /auth/token`, with the scopes it was given and no others.
    """
    return await once.run(
        work,
        body,
        lambda: clients.create(work, body),
        reread=lambda client_id: clients.again(work, str(client_id)),
    )


@router.get("/service-clients", summary="List service clients")
async def list_service_clients(work: WorkDep, page: PageQuery) -> Page[ServiceClient]:
    """Every machine that may log in, the workers too; no secrets."""
    return await clients.list_(work, page)


@router.get("/service-clients/{client_id}", summary="Read a service client")
async def get_service_client(
    client_id: ClientId, work: WorkDep, response: Response
) -> ServiceClient:
    """A machine that may log in."""
    found = await clients.get(work, client_id)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.patch("/service-clients/{client_id}", summary="Change or disable a service client")
async def edit_service_client(
    *,
    client_id: ClientId,
    body: ServiceClientEdit,
    work: WorkDep,
    version: IfMatch,
    response: Response,
) -> ServiceClient:
    """Its tokens end within two seconds when it is disabled, or loses a scope. Needs If-Match."""
    changed = await clients.edit(
        work, client_id, body, lambda actual: check_version(version, actual)
    )
    response.headers["ETag"] = f'"{changed.version}"'
    return changed


@router.post(
    "/service-clients/{client_id}/rotate",
    response_model=NewSecret,
    summary="Give a service client a new secret",
)
async def rotate_service_client(
    client_id: ClientId, body: RotateSecret, work: WorkDep, once: OnceDep
) -> Response:
    """The old secret stays good for `overlap_minutes`; tokens given before end by themselves."""
    return await once.run(
        work,
        body,
        lambda: clients.rotate(work, client_id, body),
        status=200,
        reread=lambda again: clients.again(work, str(again)),
    )
