"""Use cases over users, all of them an administrator's."""

from collections.abc import Callable
from uuid import UUID

from api.audit.service import record
from api.customers import service as customers
from api.db.base import new_id
from api.identity import personal, queries
from api.identity.guards import Guards
from api.identity.sessions import end_all
from api.identity.tables import UserRow
from api.pagination import PageRequest
from api.security.vault import Vault
from api.work import Work
from contracts.base import Page
from contracts.identity import Me, NewUser, User, UserEdit
from contracts.names import Role
from domain.errors import DomainError, ErrorCode, Fact


def normal_email(email: str) -> str:
    """An e-mail address as it is kept and compared: in lower case."""
    return email.strip().lower()


async def create_user(work: Work, guards: Guards, new: NewUser) -> User:
    """Make a user; one of role customer may be tied to a customer.

    Raises `INVALID_REQUEST` for a role no person has or a tie no role but customer has,
    `NOT_FOUND` for a customer who does not exist, `CONFLICT` for an address that is taken.
    """
    _check_role(new.role)
    if new.customer_id is not None:
        _check_tie(new.role)
        await customers.by_id(work, new.customer_id)
    made = UserRow(
        id=new_id(),
        role=new.role.value,
        password_hash=await guards.passwords.hash(new.password.get_secret_value()),
        customer_id=new.customer_id,
        disabled_at=None,
        created_at=work.now,
        version=1,
    )
    personal.seal(work.vault, made, normal_email(new.email), new.name)
    if not await queries.claim_user(work, made):
        raise DomainError(ErrorCode.CONFLICT, "There is a user with this e-mail address.")
    record(work, "user.created", "user", made.id, _facts(made))
    return user_of(work.vault, made)


async def me(work: Work) -> Me:
    """The user whose token it is; raises `NOT_FOUND` for one that is nobody's."""
    found = None
    if work.principal.user_id is not None:
        found = await queries.user_by_id(work, work.principal.user_id)
    if found is None:
        raise _missing()
    return Me(
        id=found.id,
        email=personal.email_of(work.vault, found),
        name=personal.name_of(work.vault, found),
        role=Role(found.role),
        customer_id=found.customer_id,
    )


async def get_user(work: Work, user_id: UUID) -> User:
    """A user; raises `NOT_FOUND`."""
    found = await queries.user_by_id(work, user_id)
    if found is None:
        raise _missing()
    return user_of(work.vault, found)


async def list_users(work: Work, page: PageRequest) -> Page[User]:
    """Users in the order they were made; `INVALID_REQUEST` for a foreign cursor."""
    found = await queries.users_page(work, page.after_id(), page.limit + 1)
    kept, cursor = page.cut(found, [user.id for user in found])
    return Page(items=[user_of(work.vault, user) for user in kept], next_cursor=cursor)


async def edit_user(
    work: Work, guards: Guards, user_id: UUID, change: UserEdit, check: Callable[[int], None]
) -> User:
    """Change a user; his tokens end with a change of role or customer.

    When he is disabled or his password changes, his sessions end.

    `check` is given the present version. Raises what it raises, what `create_user` raises, and
    `CONFLICT` when no administrator would be left.
    """
    if change.role is not None:
        _check_role(change.role)
    hashed = (
        None
        if change.password is None
        else await guards.passwords.hash(change.password.get_secret_value())
    )
    admins = await queries.lock_admins(work)
    found = await queries.lock_user(work, user_id)
    if found is None:
        raise _missing()
    check(found.version)
    role = change.role or Role(found.role)
    disabled = found.disabled_at is not None if change.disabled is None else change.disabled
    if admins == {user_id} and (disabled or role is not Role.ADMIN):
        raise DomainError(
            ErrorCode.CONFLICT, "This is the last administrator; make another one first."
        )
    if change.customer_id is not None:
        _check_tie(role)
        await customers.by_id(work, change.customer_id)
        found.customer_id = change.customer_id
    if role is not Role.CUSTOMER:
        found.customer_id = None
    if change.name is not None:
        personal.rename(work.vault, found, change.name)
    if hashed is not None:
        found.password_hash = hashed
    found.role = role.value
    if disabled != (found.disabled_at is not None):
        found.disabled_at = work.now if disabled else None
    found.version += 1
    await work.session.flush()
    if disabled or hashed is not None:
        await end_all(work, found.id, "disabled" if disabled else "password")
    record(
        work,
        "user.edited",
        "user",
        found.id,
        _facts(found) | {"fields": ",".join(sorted(change.model_fields_set))},
    )
    return user_of(work.vault, found)


def user_of(vault: Vault, found: UserRow) -> User:
    """A user as he goes over the wire."""
    return User(
        id=found.id,
        email=personal.email_of(vault, found),
        name=personal.name_of(vault, found),
        role=Role(found.role),
        customer_id=found.customer_id,
        disabled=found.disabled_at is not None,
        created_at=found.created_at,
        version=found.version,
    )


def _facts(user: UserRow) -> dict[str, Fact]:
    return {
        "role": user.role,
        "customer_id": None if user.customer_id is None else str(user.customer_id),
        "disabled": "no" if user.disabled_at is None else "yes",
        "version": user.version,
    }


def _check_role(role: Role) -> None:
    if role is Role.SERVICE:
        raise DomainError(
            ErrorCode.INVALID_REQUEST,
            "Machines log in by client credentials, they are no users.",
            {"field": "role"},
        )


def _check_tie(role: Role) -> None:
    if role is not Role.CUSTOMER:
        raise DomainError(
            ErrorCode.INVALID_REQUEST,
            "Only a user of role customer is tied to a customer.",
            {"field": "customer_id"},
        )


def _missing() -> DomainError:
    return DomainError(ErrorCode.NOT_FOUND, "There is no such user.")
