"""Use cases over who may enter: the doors, the sessions, the users, and the first of them."""

from typing import Final
from uuid import UUID, uuid5

from api.audit.service import record
from api.db.base import new_id
from api.identity import personal, queries
from api.identity.doors import Caller, Doors, issue_token, log_in, prove, register, rotate
from api.identity.guards import Guards, make_guards
from api.identity.sessions import (
    BrowserUser,
    close_browser_session,
    create_session,
    keep_browser_session,
    list_sessions,
    log_out,
    open_browser_session,
    revoke,
    revoke_own,
    user_of_session,
)
from api.identity.staff import Member, members, names
from api.identity.tables import UserRow
from api.identity.users import (
    create_user,
    edit_user,
    get_user,
    list_users,
    me,
    normal_email,
)
from api.security.passwords import Passwords
from api.security.vault import Vault
from api.settings import Settings
from api.work import Work
from contracts.names import WORKER_SCOPES, Role
from domain.errors import DomainError, ErrorCode

__all__ = [
    "BrowserUser",
    "Caller",
    "Doors",
    "Guards",
    "Member",
    "bootstrap",
    "close_browser_session",
    "create_session",
    "create_user",
    "edit_user",
    "get_user",
    "issue_token",
    "keep_browser_session",
    "list_sessions",
    "list_users",
    "log_in",
    "log_out",
    "make_guards",
    "me",
    "members",
    "names",
    "open_browser_session",
    "prove",
    "register",
    "revoke",
    "revoke_own",
    "rotate",
    "user_of_session",
]

MIN_PASSWORD: Final = 12
MIN_SECRET: Final = 32
"""Characters of a service client's secret outside development: 128 bits even in hexadecimal."""

_CLIENTS: Final = UUID("5b0f7a52-2a4e-5d0c-9a5c-8f3f5ad0c0de")
"""The namespace that turns a client's name into the key its audit rows go by."""


async def bootstrap(work: Work, settings: Settings) -> None:
    """Make the first administrator and the workers' clients that the settings name.

    Safe to repeat: an administrator who exists keeps his password, a client's changed secret or
    scopes are taken over. Raises `INVALID_REQUEST` for a client no worker role has, and for a
    password or secret that is too short.
    """
    if settings.admin_email and settings.admin_password.get_secret_value():
        await _first_admin(work, settings)
    for client_id, secret in sorted(settings.service_clients.items()):
        if client_id not in WORKER_SCOPES:
            raise DomainError(
                ErrorCode.INVALID_REQUEST,
                "TENOR_SERVICE_CLIENTS names a client that is no worker role.",
                {"client_id": client_id, "known": ", ".join(sorted(WORKER_SCOPES))},
            )
        text = secret.get_secret_value()
        if not text or (settings.environment == "production" and len(text) < MIN_SECRET):
            raise DomainError(
                ErrorCode.INVALID_REQUEST,
                f"A client's secret has at least {MIN_SECRET} characters.",
                {"client_id": client_id},
            )
        await _client(work, client_id, Vault.digest(text))


async def _first_admin(work: Work, settings: Settings) -> None:
    email = normal_email(settings.admin_email)
    if await queries.user_by_email(work, email) is not None:
        return
    password = settings.admin_password.get_secret_value()
    if len(password) < MIN_PASSWORD:
        raise DomainError(
            ErrorCode.INVALID_REQUEST,
            f"TENOR_ADMIN_PASSWORD has at least {MIN_PASSWORD} characters.",
        )
    made = UserRow(
        id=new_id(),
        role=Role.ADMIN.value,
        password_hash=await Passwords(settings.password_cost).hash(password),
        customer_id=None,
        disabled_at=None,
        created_at=work.now,
        version=1,
    )
    personal.seal(work.vault, made, email, "Administrator")
    if await queries.claim_user(work, made):
        record(work, "user.created", "user", made.id, {"role": made.role, "first": "yes"})


async def _client(work: Work, client_id: str, digest: bytes) -> None:
    scopes = sorted(scope.value for scope in WORKER_SCOPES[client_id])
    if await queries.keep_client(work, client_id, digest, scopes):
        record(
            work,
            "client.kept",
            "client",
            uuid5(_CLIENTS, client_id),
            {"client_id": client_id, "scopes": " ".join(scopes)},
        )
