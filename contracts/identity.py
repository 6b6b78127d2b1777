"""Log-in, tokens, users."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import EmailStr, Field, SecretStr

from contracts.base import ShortText, Wire
from contracts.names import Role, Scope

IntegratorScope = Literal[
    Scope.AUTOMATION_TASKS,
    Scope.AUTOMATION_READ,
    Scope.AUTOMATION_REMIND,
    Scope.AUTOMATION_NOTIFY,
    Scope.AUTOMATION_DOCUMENTS,
]
"""What an integrator's client may be given: the names of `INTEGRATOR_SCOPES`."""


class LogIn(Wire):
    """E-mail address and password of a user."""

    email: EmailStr
    password: SecretStr = Field(min_length=1, max_length=200)


class Registration(Wire):
    """A customer signs up for himself; staff are made by an administrator."""

    email: EmailStr
    password: SecretStr = Field(min_length=12, max_length=200)
    name: ShortText


class Token(Wire):
    """A bearer token; times in seconds.

    A person also gets a refresh token, which is good once: using it answers the next one. A
    machine gets none and logs in again.
    """

    access_token: str
    token_type: str = "bearer"  # noqa: S105 - RFC 6750, section 6.1.1
    expires_in: int
    scope: str = ""
    refresh_token: str | None = None
    refresh_expires_in: int | None = None
    session_id: UUID | None = None


class Refresh(Wire):
    """A refresh token, to be exchanged for the next pair."""

    refresh_token: SecretStr = Field(min_length=1, max_length=200)


class LogOut(Wire):
    """Whose session ends: the refresh token's, or without one the access token's."""

    refresh_token: SecretStr | None = Field(default=None, min_length=1, max_length=200)


class SessionKind(StrEnum):
    """Through which door somebody logged in."""

    API = "api"
    CONSOLE = "console"
    PORTAL = "portal"


class Session(Wire):
    """A log-in that is still good, on one device of one user."""

    id: UUID
    user_id: UUID
    kind: SessionKind
    created_at: datetime
    last_used_at: datetime
    """When it was opened or last refreshed; for a browser, when somebody did something in it."""
    expires_at: datetime
    """When it ends unless it is refreshed, or used, before."""
    current: bool
    """Whether it is the one that asks."""


class NewUser(Wire):
    """A user to be made by an administrator."""

    email: EmailStr
    name: ShortText
    role: Role
    password: SecretStr = Field(min_length=12, max_length=200)
    customer_id: UUID | None = None


class User(Wire):
    """A person who logs in."""

    id: UUID
    email: str
    name: str
    role: Role
    customer_id: UUID | None
    disabled: bool
    created_at: datetime
    version: int


class UserEdit(Wire):
    """What may be changed of a user; a field left out, or null, stays.

    Only a user of role customer is tied to one; any other role loses the tie.
    """

    name: ShortText | None = None
    role: Role | None = None
    disabled: bool | None = None
    customer_id: UUID | None = None
    password: SecretStr | None = Field(default=None, min_length=12, max_length=200)


class Me(Wire):
    """Who the token stands for."""

    id: UUID
    email: str
    name: str
    role: Role
    customer_id: UUID | None


class NewServiceClient(Wire):
    """A machine of an integrator that is to log in by client credentials."""

    name: ShortText
    """What people know it by; not a secret, and nothing personal."""
    scopes: Annotated[list[IntegratorScope], Field(min_length=1, max_length=10)]


class ServiceClient(Wire):
    """A machine that logs in; its secret is known to nobody but itself."""

    id: str
    name: str
    kind: Literal["integrator", "worker"]
    """A worker's client is made from the settings, and changed there."""
    scopes: list[str]
    disabled: bool
    created_at: datetime
    rotated_at: datetime | None
    previous_secret_until: datetime | None
    """Until when the secret before the last is good as well."""
    version: int


class NewSecret(ServiceClient):
    """A client with its new secret, which is shown this once."""

    client_secret: str | None
    """Null when the request is a repeat: nobody can read a secret again; rotate it instead."""


class ServiceClientEdit(Wire):
    """What may be changed of an integrator's client; a field left out, or null, stays."""

    name: ShortText | None = None
    scopes: Annotated[list[IntegratorScope], Field(min_length=1, max_length=10)] | None = None
    disabled: bool | None = None


class RotateSecret(Wire):
    """How long the old secret stays good, so that a client can be changed over without a gap."""

    overlap_minutes: Annotated[int, Field(ge=0, le=10_080)] = 0
