"""The idempotency keys of a group of payments: claimed, answered and given back together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from fastapi import Response

from api.db.bulk import as_bytea, as_json, update_rows
from api.db.pipeline import Answer, Pipeline, pipeline
from api.idempotency.service import key_reused, saved_answer
from api.idempotency.tables import IdempotencyRow
from api.payments.asking import Ask
from api.work import Work
from domain.errors import DomainError

CREATED: Final = 201


class Key(NamedTuple):
    """What names a key: keys are compared, and so claimed, in this order."""

    principal: str
    route: str
    key: str


class _Saved(NamedTuple):
    """A key that was used before, with what it was answered."""

    key: Key
    fingerprint: bytes
    status: int | None
    body: bytes | None

    @classmethod
    def of(  # noqa: PLR0917 - the columns of the statement
        cls,
        principal: str,
        route: str,
        key: str,
        fingerprint: bytes,
        status: int | None,
        body: bytes | None,
    ) -> Self:
        return cls(Key(principal, route, key), fingerprint, status, body)


_CLAIM: Final = """
    insert into idempotency_keys (principal, route, key, fingerprint, created_at)
    select principal, route, key, fingerprint, cast(%(at)s as timestamptz)
    from json_populate_recordset(null::idempotency_keys, cast(%(rows)s as json))
    on conflict do nothing
    returning principal, route, key
    """
"""One row after the other, as they are given: two groups never wait for each other in a ring."""

_SAVED: Final = """
    select k.principal, k.route, k.key, k.fingerprint, k.status, k.body
    from idempotency_keys k
    join json_populate_recordset(null::idempotency_keys, cast(%(rows)s as json)) r
        on (k.principal, k.route, k.key) = (r.principal, r.route, r.key)
    """

_GIVE_BACK: Final = """
    delete from idempotency_keys k
    using json_populate_recordset(null::idempotency_keys, cast(%(rows)s as json)) r
    where (k.principal, k.route, k.key) = (r.principal, r.route, r.key)
    """


def key_of(ask: Ask) -> Key:
    """The key under which a payment is posted once."""
    return Key(ask.principal.actor, ask.once.operation, ask.once.key or "")


@dataclass(frozen=True, slots=True)
class Claims:
    """Keys that are being claimed; which of them were free is known when the pipeline is closed."""

    prints: Mapping[Key, bytes]
    answer: Answer

    async def used(self, work: Work) -> dict[Key, Response | DomainError]:
        """The answers of those that were used before."""
        fresh = set(await self.answer.rows(Key))
        used = [key for key in self.prints if key not in fresh]
        if not used:
            return {}
        async with pipeline(work.session) as pipe:
            saved = await pipe.send(_SAVED, {"rows": as_json(map(_names, used))})
        return {
            row.key: (
                saved_answer(row.body or b"null", row.status or CREATED, True)
                if row.fingerprint == self.prints[row.key]
                else key_reused()
            )
            for row in await saved.rows(_Saved.of)
        }


async def claim(work: Work, pipe: Pipeline, asks: Mapping[Key, Ask]) -> Claims:
    """Claim all keys, before anything is locked.

    A key whose first request is still at work is waited for.
    """
    prints = {
        key: ask.once.fingerprint(work.vault, ask.new) for key, ask in sorted(asks.items(), key=_by)
    }
    rows = [_names(key) | {"fingerprint": as_bytea(digest)} for key, digest in prints.items()]
    return Claims(prints, await pipe.send(_CLAIM, {"at": work.now, "rows": as_json(rows)}))


async def save(work: Work, answers: Mapping[Key, bytes]) -> None:
    """Keep what claimed keys were answered."""
    await update_rows(
        work.session,
        IdempotencyRow,
        ("principal", "route", "key"),
        [
            _names(key) | {"status": CREATED, "body": as_bytea(body)}
            for key, body in answers.items()
        ],
    )


async def give_back(pipe: Pipeline, keys: Iterable[Key]) -> None:
    """Free claimed keys whose payments are posted otherwise, or not at all."""
    rows = [_names(key) for key in keys]
    if rows:
        await pipe.send(_GIVE_BACK, {"rows": as_json(rows)})


def _by(item: tuple[Key, Ask]) -> Key:
    return item[0]


def _names(key: Key) -> dict[str, object]:
    return {"principal": key.principal, "route": key.route, "key": key.key}
