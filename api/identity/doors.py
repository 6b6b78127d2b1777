"""How people and machines get a token: log-in, refresh, sign-up, client credentials.

A log-in is two short units of work with the hashing in between, so that nobody who waits for his
turn to hash holds a database connection, and a refused attempt leaves its audit row.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.audit.service import record
from api.db.base import new_id
from api.identity import personal, queries
from api.identity.guards import Guards
from api.identity.sessions import create_session, exchange
from api.identity.tables import UserRow
from api.identity.users import normal_email, user_of
from api.security.principal import SYSTEM, Principal
from api.security.tokens import TokenService, refused
from api.security.vault import Vault
from api.work import Work, WorkRoom
from contracts.identity import LogIn, Registration, Token, User
from contracts.names import Role
from domain.errors import DomainError, ErrorCode

_NO_DIGEST: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Doors:
    """What the process has to let people and machines in."""

    room: WorkRoom
    guards: Guards
    tokens: TokenService


@dataclass(frozen=True, slots=True)
class Caller:
    """From which network address, and in which request, somebody knocks."""

    address: str
    request_id: str


async def log_in(doors: Doors, given: LogIn, caller: Caller) -> Token:
    """A session for an e-mail address and its password: an access and a refresh token.

    Raises what `prove` raises.
    """
    holder = await prove(doors, given, caller)
    async with doors.room.begin(holder, caller.request_id) as work:
        return await create_session(work, doors.tokens, holder.user_id)


async def prove(doors: Doors, given: LogIn, caller: Caller) -> Principal:
    """Who has an e-mail address and its password; what he gets for it is for the caller to say.

    Raises `UNAUTHENTICATED` alike for a wrong password, an unknown and a disabled user, and
    `TOO_MANY_ATTEMPTS` and `UNAVAILABLE` before anything is hashed.
    """
    room, guards = doors.room, doors.guards
    address, request_id = caller.address, caller.request_id
    email = normal_email(given.email)
    await guards.log_ins.admit(email, address)
    async with room.begin(SYSTEM, request_id) as work:
        user = await queries.user_by_email(work, email)
    stored = None if user is None else user.password_hash
    async with guards.passwords.turn() as turn:
        # Asked again in the turn: of many guesses sent at once none has failed yet while the
        # others are waved through.
        await guards.log_ins.admit(email, address)
        verdict = await turn.verify(given.password.get_secret_value(), stored)
        good = verdict.fits and user is not None and user.disabled_at is None
        if not good:
            await guards.log_ins.failed(email, address)
    if user is None or not good:
        if user is not None:
            async with room.begin(SYSTEM, request_id) as work:
                record(work, "user.log_in_refused", "user", user.id)
        raise DomainError(
            ErrorCode.UNAUTHENTICATED, "The e-mail address or the password is not right."
        )
    await guards.log_ins.succeeded(email)
    role = Role(user.role)
    holder = Principal(str(user.id), role, user_id=user.id, customer_id=user.customer_id)
    async with room.begin(holder, request_id) as work:
        if verdict.rehashed is not None:
            await queries.replace_hash(work, user.id, user.password_hash, verdict.rehashed)
        record(work, "user.logged_in", "user", user.id)
    return holder


async def rotate(doors: Doors, refresh_token: str, caller: Caller) -> Token:
    """The next pair of tokens for a refresh token, which is used up by it.

    A token that was used before ends its session, whoever sends it: then the user logs in again.
    The end is committed before the refusal. Raises `UNAUTHENTICATED` alike for a token that is
    used, expired, unknown or of a session that is over.
    """
    async with doors.room.begin(SYSTEM, caller.request_id) as work:
        pair = await exchange(work, doors.tokens, refresh_token)
    if pair is None:
        raise refused()
    return pair


async def register(work: Work, guards: Guards, given: Registration, address: str) -> User:
    """Sign a customer up. He sees nothing until an administrator ties him to a customer.

    Raises `CONFLICT` for an address that is taken, `TOO_MANY_ATTEMPTS` and `UNAVAILABLE`.
    """
    email = normal_email(given.email)
    await guards.sign_ups.admit(email, address)
    await guards.sign_ups.failed(email, address)  # every sign-up counts: they are to be few
    made = UserRow(
        id=new_id(),
        role=Role.CUSTOMER.value,
        password_hash=await guards.passwords.hash(given.password.get_secret_value()),
        customer_id=None,
        disabled_at=None,
        created_at=work.now,
        version=1,
    )
    personal.seal(work.vault, made, email, given.name)
    if not await queries.claim_user(work, made):
        raise DomainError(ErrorCode.CONFLICT, "There is an account with this e-mail address.")
    record(work, "user.registered", "user", made.id)
    return user_of(work.vault, made)


async def issue_token(
    doors: Doors, client_id: str, secret: str, scopes: Sequence[str], caller: Caller
) -> Token:
    """A token for a machine (RFC 6749, section 4.4), with the scopes asked for or all of its own.

    Raises `UNAUTHENTICATED` alike for a wrong secret, an unknown and a disabled client,
    `FORBIDDEN` for a scope that is not the client's, and `TOO_MANY_ATTEMPTS`.
    """
    # Counted per client and address together: one who guesses must not shut a worker out.
    door, clients = f"{client_id}@{caller.address}", doors.guards.clients
    await clients.admit(door, door)
    async with doors.room.begin(SYSTEM, caller.request_id) as work:
        client = await queries.client_by_id(work, client_id)
        now = work.now
    digest = Vault.digest(secret)
    expected = _NO_DIGEST if client is None else client.secret_digest
    fits = hmac.compare_digest(digest, expected)
    if client is not None and client.previous_until is not None and client.previous_until > now:
        fits |= hmac.compare_digest(digest, client.previous_digest or _NO_DIGEST)
    if client is None or not fits or client.disabled_at is not None:
        await clients.failed(door, door)
        raise DomainError(ErrorCode.UNAUTHENTICATED, "The client or its secret is not right.")
    wanted = frozenset(scopes) or frozenset(client.scopes)
    if not wanted <= frozenset(client.scopes):
        raise DomainError(ErrorCode.FORBIDDEN, "A scope asked for is not the client's.")
    return doors.tokens.issue_service(client_id, wanted, now)
