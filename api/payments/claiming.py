"""The idempotency keys of a group of payments: claimed, answered and given back together."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import orjson
from fastapi import Response
from sqlalchemy import text

from api.db.bulk import as_bytea, update_rows
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


_CLAIM: Final = text(
    """
    insert into idempotency_keys (principal, route, key, fingerprint, created_at)
    select principal, route, key, fingerprint, cast(:at as timestamptz)
    from json_populate_recordset(null::idempotency_keys, cast(:rows as json))
    on conflict do nothing
    returning principal, route, key
    """
)
"""One row after the other, as they are given: two groups never wait for each other in a ring."""

_SAVED: Final = text(
    """
    select k.principal, k.route, k.key, k.fingerprint, k.status, k.body
    from idempotency_keys k
    join json_populate_recordset(null::idempotency_keys, cast(:rows as json)) r
        on (k.principal, k.route, k.key) = (r.principal, r.route, r.key)
    """
)

_GIVE_BACK: Final = text(
    """
    delete from idempotency_keys k
    using json_populate_recordset(null::idempotency_keys, cast(:rows as json)) r
    where (k.principal, k.route, k.key) = (r.principal, r.route, r.key)
    """
)


def key_of(ask: Ask) -> Key:
    """The key under which a payment is posted once."""
    return Key(ask.principal.actor, ask.once.operation, ask.once.key or "")


async def claim(work: Work, asks: Mapping[Key, Ask]) -> dict[Key, Response | DomainError]:
    """Claim all keys before anything is locked; the answers of those that were used before.

    A key whose first request is still at work is waited for.
    """
    prints = {
        key: ask.once.fingerprint(work.vault, ask.new) for key, ask in sorted(asks.items(), key=_by)
    }
    rows = [_names(key) | {"fingerprint": as_bytea(digest)} for key, digest in prints.items()]
    claimed = await work.session.execute(_CLAIM, {"at": work.now, "rows": _json(rows)})
    fresh = {Key(*row) for row in claimed}
    used = [key for key in prints if key not in fresh]
    if not used:
        return {}
    found = await work.session.execute(_SAVED, {"rows": _json(map(_names, used))})
    return {
        Key(row.principal, row.route, row.key): (
            saved_answer(row.body or b"null", row.status or CREATED, True)
            if row.fingerprint == prints[Key(row.principal, row.route, row.key)]
            else key_reused()
        )
        for row in found
    }


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


async def give_back(work: Work, keys: Iterable[Key]) -> None:
    """Free claimed keys whose payments are posted otherwise, or not at all."""
    rows = [_names(key) for key in keys]
    if rows:
        await work.session.execute(_GIVE_BACK, {"rows": _json(rows)})


def _by(item: tuple[Key, Ask]) -> Key:
    return item[0]


def _names(key: Key) -> dict[str, object]:
    return {"principal": key.principal, "route": key.route, "key": key.key}


def _json(rows: Iterable[dict[str, object]]) -> str:
    return orjson.dumps(list(rows)).decode()
