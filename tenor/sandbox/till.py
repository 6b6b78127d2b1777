"""What the money providers of the sandbox keep: their objects, and answers by idempotency key.

It lies in the same file as messages and webhooks, so that a payment and the event that tells of
it are kept by one commit or not at all.
"""

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar, cast

from tenor.sandbox.model import FaultKind, Provider, Webhook, WebhookKind
from tenor.sandbox.store import Store, insert_webhooks, use_fault

Json = dict[str, object]
"""An object as a provider shows it."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS money_objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    owner TEXT NOT NULL,
    hidden TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS money_objects_owner ON money_objects (kind, owner, seq);
CREATE TABLE IF NOT EXISTS money_answers (
    provider TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (provider, key)
) STRICT;
"""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Thing:
    """An object with what the provider does not show of it."""

    id: str
    kind: str
    owner: str
    """By what it is listed: a customer's id, a reference."""
    body: Json
    hidden: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider answers, and how."""

    status: int
    body: Json
    replayed: bool = False
    fault: FaultKind | None = None


class Drawer:
    """The objects inside one transaction."""

    def __init__(self, connection: sqlite3.Connection, now: datetime) -> None:
        """Keep the connection of the transaction and its instant."""
        self._connection = connection
        self.now = now

    def put(self, thing: Thing) -> None:
        """Keep an object, new or changed."""
        self._connection.execute(
            "INSERT INTO money_objects (id, kind, owner, hidden, body) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET hidden = excluded.hidden, body = excluded.body,"
            " owner = excluded.owner",
            (thing.id, thing.kind, thing.owner, thing.hidden, json.dumps(thing.body)),
        )

    def get(self, key: str, kind: str) -> Thing | None:
        """An object of a kind by its id."""
        row: tuple[str, str, str] | None = self._connection.execute(
            "SELECT owner, hidden, body FROM money_objects WHERE id = ? AND kind = ?", (key, kind)
        ).fetchone()
        if row is None:
            return None
        return Thing(key, kind, row[0], cast("Json", json.loads(row[2])), row[1])

    def listed(self, kind: str, owner: str | None = None) -> list[Thing]:
        """The objects of a kind, newest first; of one owner if asked."""
        condition = "" if owner is None else " AND owner = :owner"
        rows: list[tuple[str, str, str, str]] = self._connection.execute(
            "SELECT id, owner, hidden, body FROM money_objects"  # noqa: S608 - two constants
            f" WHERE kind = :kind{condition} ORDER BY seq DESC",
            {"kind": kind, "owner": owner},
        ).fetchall()
        return [
            Thing(key, kind, whose, cast("Json", json.loads(body)), hidden)
            for key, whose, hidden, body in rows
        ]

    def count(self, kind: str, hidden: str) -> int:
        """How many objects of a kind carry a hidden mark."""
        row: tuple[int] = self._connection.execute(
            "SELECT count(*) FROM money_objects WHERE kind = ? AND hidden = ?", (kind, hidden)
        ).fetchone()
        return row[0]

    def post(self, kind: WebhookKind, stream: str, payload: Json) -> None:
        """Owe the API a webhook."""
        webhook = Webhook(kind, stream, "", {"payload": json.dumps(payload)}, self.now)
        insert_webhooks(self._connection, [webhook])

    def answered(self, provider: Provider, key: str) -> tuple[str, Answer] | None:
        """What was answered under an idempotency key, with its request's fingerprint."""
        row: tuple[str, int, str] | None = self._connection.execute(
            "SELECT fingerprint, status, body FROM money_answers WHERE provider = ? AND key = ?",
            (provider, key),
        ).fetchone()
        if row is None:
            return None
        return row[0], Answer(row[1], cast("Json", json.loads(row[2])), replayed=True)

    def keep_answer(self, provider: Provider, key: str, fingerprint: str, answer: Answer) -> None:
        """Keep an answer under an idempotency key."""
        self._connection.execute(
            "INSERT INTO money_answers (provider, key, fingerprint, status, body)"
            " VALUES (?, ?, ?, ?, ?)",
            (provider, key, fingerprint, answer.status, json.dumps(answer.body)),
        )

    def mute(self, key: str, muted: bool) -> None:
        """Set or lift a mark."""
        self._connection.execute("DELETE FROM money_objects WHERE id = ?", (key,))
        if muted:
            self.put(Thing(key, key, "", {}))

    def use_fault(self, provider: Provider) -> FaultKind | None:
        """Use up a fault that is set for a provider, if one is."""
        return use_fault(self._connection, provider)


class Till:
    """The money providers' part of the memory."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        """Keep the memory, making the tables if they are missing."""
        self._store = store
        self._clock = clock
        store.ensure(SCHEMA)

    async def run(self, work: Callable[[Drawer], _T]) -> _T:
        """Do something in one transaction, committed when this returns; what it raises undoes it.

        The memory's writer knows refusals of SQLite only: others are carried past it.
        """
        now = self._clock()
        raised: list[Exception] = []

        def guarded(connection: sqlite3.Connection) -> _T:
            try:
                return work(Drawer(connection, now))
            except Exception as problem:
                raised.append(problem)
                raise sqlite3.IntegrityError("undone") from None

        try:
            return await self._store.transact(guarded)
        except sqlite3.IntegrityError:
            if raised:
                raise raised[0] from None
            raise


@dataclass(frozen=True, slots=True)
class Request:
    """A request that makes something: whose, under which key, and what tells it from others."""

    provider: Provider
    key: str | None
    path: str
    body: bytes
    may_fail: bool = False
    """Whether the faults that are set concern it."""

    @property
    def fingerprint(self) -> str:
        """Equal for equal requests."""
        return hashlib.sha256(self.path.encode() + b"\0" + self.body).hexdigest()


def once(
    drawer: Drawer,
    request: Request,
    make: Callable[[Drawer], Answer],
    failures: Mapping[FaultKind, Answer],
    misused: Answer,
) -> Answer:
    """Answer a request once per idempotency key, as the providers do; set faults come first.

    Args:
        drawer: The transaction.
        request: What is asked.
        make: Makes the object and its answer.
        failures: The provider's answers for faults after which nothing was kept.
        misused: Its answer for a key that was used with another request.
    """
    if request.key is not None:
        before = drawer.answered(request.provider, request.key)
        if before is not None:
            fingerprint, answer = before
            return answer if fingerprint == request.fingerprint else misused
    fault = drawer.use_fault(request.provider) if request.may_fail else None
    if fault is not None and fault in failures:
        return failures[fault]
    made = make(drawer)
    if request.key is not None:
        drawer.keep_answer(request.provider, request.key, request.fingerprint, made)
    return Answer(made.status, made.body, fault=fault)


def new_id(prefix: str) -> str:
    """An id in the manner of the providers: `pi_` and 24 characters."""
    return f"{prefix}_{secrets.token_hex(12)}"
