"""Use cases over service clients: machines of integrators, made by an administrator.

A secret is random, shown once and kept as a digest. The workers' clients stand in the same table,
but come from the settings: here they are only listed.
"""

import secrets
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid5

from api.audit.service import record
from api.db.base import new_id
from api.identity import queries
from api.identity.tables import ClientRow
from api.pagination import PageRequest
from api.security.vault import Vault
from api.work import Work
from contracts.base import Page
from contracts.identity import (
    NewSecret,
    NewServiceClient,
    RotateSecret,
    ServiceClient,
    ServiceClientEdit,
)
from contracts.names import WORKER_SCOPES, Role, Scope
from domain.errors import DomainError, ErrorCode

SECRET_BYTES: Final = 32
_WORKERS: Final = UUID("5b0f7a52-2a4e-5d0c-9a5c-8f3f5ad0c0de")
"""Turns a worker's name into the key its audit rows go by, as `service.bootstrap` does."""


async def create(work: Work, new: NewServiceClient) -> NewSecret:
    """Make a client; the answer is the only place where its secret stands."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row = ClientRow(
        id=str(new_id()),
        secret_digest=Vault.digest(secret),
        role=Role.SERVICE.value,
        scopes=_scopes(new.scopes),
        disabled_at=None,
        created_at=work.now,
        name=new.name,
        version=1,
    )
    work.session.add(row)
    await work.session.flush()
    record(work, "client.created", "client", _key(row), {"scopes": " ".join(row.scopes)})
    return _with_secret(row, secret)


async def get(work: Work, client_id: str) -> ServiceClient:
    """A client; raises `NOT_FOUND`."""
    row = await queries.client_by_id(work, client_id)
    if row is None:
        raise _missing()
    return client_of(row)


async def again(work: Work, client_id: str) -> NewSecret:
    """The answer to a repeated request: the client as it is, without its secret."""
    row = await queries.client_by_id(work, client_id)
    if row is None:
        raise _missing()
    return _with_secret(row, None)


async def list_(work: Work, page: PageRequest) -> Page[ServiceClient]:
    """Clients in the order of their ids; `INVALID_REQUEST` for a foreign cursor."""
    found = await queries.clients_page(work, page.after_code(), page.limit + 1)
    kept, cursor = page.cut(found, [row.id for row in found])
    return Page(items=[client_of(row) for row in kept], next_cursor=cursor)


async def edit(
    work: Work, client_id: str, change: ServiceClientEdit, check: Callable[[int], None]
) -> ServiceClient:
    """Change name, scopes or standing; tokens that carry a scope it lost, or are its, end at once.

    `check` is given the present version. Raises what it raises, `NOT_FOUND`, and `CONFLICT` for a
    worker's client.
    """
    row = await _hold(work, client_id)
    check(row.version)
    if change.name is not None:
        row.name = change.name
    if change.scopes is not None:
        row.scopes = _scopes(change.scopes)
    if change.disabled is not None and change.disabled != (row.disabled_at is not None):
        row.disabled_at = work.now if change.disabled else None
    row.version += 1
    await work.session.flush()
    record(
        work,
        "client.edited",
        "client",
        _key(row),
        {
            "fields": ",".join(sorted(change.model_fields_set)),
            "scopes": " ".join(row.scopes),
            "disabled": "no" if row.disabled_at is None else "yes",
        },
    )
    return client_of(row)


async def rotate(work: Work, client_id: str, order: RotateSecret) -> NewSecret:
    """Give a client a new secret; the old one stays good for as long as asked.

    Raises `NOT_FOUND`, and `CONFLICT` for a worker's client.
    """
    row = await _hold(work, client_id)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    overlap = timedelta(minutes=order.overlap_minutes)
    row.previous_digest = row.secret_digest if overlap else None
    row.previous_until = work.now + overlap if overlap else None
    row.secret_digest = Vault.digest(secret)
    row.rotated_at = work.now
    row.version += 1
    await work.session.flush()
    record(work, "client.rotated", "client", _key(row), {"overlap_minutes": order.overlap_minutes})
    return _with_secret(row, secret)


def client_of(row: ClientRow) -> ServiceClient:
    """A client as it goes over the wire."""
    return ServiceClient.model_validate(_shown(row))


def _with_secret(row: ClientRow, secret: str | None) -> NewSecret:
    return NewSecret.model_validate(_shown(row) | {"client_secret": secret})


def _shown(row: ClientRow) -> dict[str, object]:
    return {
        "id": row.id,
        "name": row.name or row.id,
        "kind": "worker" if row.id in WORKER_SCOPES else "integrator",
        "scopes": row.scopes,
        "disabled": row.disabled_at is not None,
        "created_at": row.created_at,
        "rotated_at": row.rotated_at,
        "previous_secret_until": row.previous_until,
        "version": row.version,
    }


async def _hold(work: Work, client_id: str) -> ClientRow:
    row = await queries.lock_client(work, client_id)
    if row is None:
        raise _missing()
    if row.id in WORKER_SCOPES:
        raise DomainError(
            ErrorCode.CONFLICT, "A worker's client is changed in the settings, not here."
        )
    return row


def _scopes(wanted: Iterable[Scope]) -> list[str]:
    return sorted({scope.value for scope in wanted})


def _key(row: ClientRow) -> UUID:
    return uuid5(_WORKERS, row.id) if row.id in WORKER_SCOPES else UUID(row.id)


def _missing() -> DomainError:
    return DomainError(ErrorCode.NOT_FOUND, "There is no such service client.")
