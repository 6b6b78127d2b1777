"""All SQL over users and service clients; sessions have their own (`session_queries`)."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from api.db.base import among
from api.identity import personal
from api.identity.tables import ClientRow, SessionRow, UserRow
from api.work import Work
from contracts.names import Role


class UserStanding(NamedTuple):
    """What of a user must still be as his token says."""

    role: str
    customer_id: UUID | None
    disabled: bool


class ClientStanding(NamedTuple):
    """What of a service client must still be as its token says."""

    scopes: frozenset[str]
    disabled: bool


async def user_standing(
    work: Work, user_id: UUID, session_id: UUID | None = None
) -> UserStanding | None:
    """A user's role, customer and whether he is disabled; null too if a session named is over."""
    query = select(UserRow.role, UserRow.customer_id, UserRow.disabled_at).where(
        UserRow.id == user_id
    )
    if session_id is not None:
        query = query.join(SessionRow, SessionRow.user_id == UserRow.id).where(
            SessionRow.id == session_id, SessionRow.revoked_at.is_(None)
        )
    found = (await work.session.execute(query)).one_or_none()
    return None if found is None else UserStanding(found[0], found[1], found[2] is not None)


async def client_standing(work: Work, client_id: str) -> ClientStanding | None:
    """A client's scopes and whether it is disabled."""
    found = (
        await work.session.execute(
            select(ClientRow.scopes, ClientRow.disabled_at).where(ClientRow.id == client_id)
        )
    ).one_or_none()
    return None if found is None else ClientStanding(frozenset(found[0]), found[1] is not None)


async def user_by_email(work: Work, email: str) -> UserRow | None:
    """A user by his address in lower case."""
    index = personal.email_index(work.vault, email)
    return (
        await work.session.scalars(select(UserRow).where(UserRow.email_index == index))
    ).one_or_none()


async def user_by_id(work: Work, user_id: UUID) -> UserRow | None:
    """A user by key."""
    return await work.session.get(UserRow, user_id)


async def lock_user(work: Work, user_id: UUID) -> UserRow | None:
    """A user as he stands now, held until the transaction ends."""
    return await work.session.get(UserRow, user_id, with_for_update=True, populate_existing=True)


async def claim_user(work: Work, row: UserRow) -> bool:
    """Insert a user unless the address is taken; false when it is."""
    columns = {
        "id": row.id,
        "wrapped_key": row.wrapped_key,
        "email_index": row.email_index,
        "email_ct": row.email_ct,
        "name_ct": row.name_ct,
        "role": row.role,
        "password_hash": row.password_hash,
        "customer_id": row.customer_id,
        "disabled_at": None,
        "created_at": row.created_at,
        "version": row.version,
    }
    made = await work.session.scalar(
        insert(UserRow)
        .values(columns)
        .on_conflict_do_nothing(index_elements=[UserRow.email_index])
        .returning(UserRow.id)
    )
    return made is not None


async def users_page(work: Work, after: UUID | None, count: int) -> Sequence[UserRow]:
    """Users in the order they were made, after a key."""
    query = select(UserRow).order_by(UserRow.id).limit(count)
    if after is not None:
        query = query.where(UserRow.id > after)
    return (await work.session.scalars(query)).all()


async def lock_admins(work: Work) -> set[UUID]:
    """The administrators who may log in, held until the end.

    Two of them who disable each other at once would otherwise leave none.
    """
    found = await work.session.scalars(
        select(UserRow.id)
        .where(UserRow.role == "admin", UserRow.disabled_at.is_(None))
        .order_by(UserRow.id)
        .with_for_update()
    )
    return set(found)


async def replace_hash(work: Work, user_id: UUID, old: str, new: str) -> None:
    """Keep a new hash of the same password, unless the password was changed meanwhile."""
    await work.session.execute(
        update(UserRow)
        .where(UserRow.id == user_id, UserRow.password_hash == old)
        .values(password_hash=new)
    )


async def client_by_id(work: Work, client_id: str) -> ClientRow | None:
    """A service client by its id."""
    return await work.session.get(ClientRow, client_id)


async def keep_client(work: Work, client_id: str, digest: bytes, scopes: list[str]) -> bool:
    """Make a client, or take over its secret and scopes; false when nothing changed."""
    row = insert(ClientRow).values(
        id=client_id,
        secret_digest=digest,
        role=Role.SERVICE.value,
        scopes=scopes,
        created_at=work.now,
    )
    changed = await work.session.scalar(
        row.on_conflict_do_update(
            index_elements=[ClientRow.id],
            set_={"secret_digest": row.excluded.secret_digest, "scopes": row.excluded.scopes},
            where=(ClientRow.secret_digest != row.excluded.secret_digest)
            | (ClientRow.scopes != row.excluded.scopes),
        ).returning(ClientRow.id)
    )
    return changed is not None


async def lock_client(work: Work, client_id: str) -> ClientRow | None:
    """A service client as it stands now, held until the transaction ends."""
    return await work.session.get(
        ClientRow, client_id, with_for_update=True, populate_existing=True
    )


async def clients_page(work: Work, after: str, count: int) -> Sequence[ClientRow]:
    """Service clients in the order of their ids, after one of them."""
    query = select(ClientRow).where(ClientRow.id > after).order_by(ClientRow.id).limit(count)
    return (await work.session.scalars(query)).all()


async def staff(work: Work) -> Sequence[UserRow]:
    """The members of staff who may log in, in the order they were made."""
    return (
        await work.session.scalars(
            select(UserRow)
            .where(
                UserRow.role.not_in([Role.CUSTOMER.value, Role.SERVICE.value]),
                UserRow.disabled_at.is_(None),
            )
            .order_by(UserRow.id)
        )
    ).all()


async def names(work: Work, user_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """The name of each of the users."""
    found = await work.session.scalars(select(UserRow).where(among(UserRow.id, user_ids)))
    return {user.id: personal.name_of(work.vault, user) for user in found}
