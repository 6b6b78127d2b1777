"""The sandbox's memory: what the providers received, the webhooks they owe, the faults to play."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from tenor.sandbox.memory import Memory
from tenor.sandbox.model import (
    Direction,
    Fault,
    FaultKind,
    KeptMessage,
    Message,
    Party,
    PendingWebhook,
    Provider,
    ProviderCounts,
    Webhook,
    WebhookKind,
)

SCHEMA_VERSION = 2

_SCHEMA = """
CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    provider TEXT NOT NULL,
    direction TEXT NOT NULL,
    sid TEXT NOT NULL UNIQUE,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    party TEXT NOT NULL,
    subject TEXT,
    body TEXT NOT NULL,
    reference TEXT,
    created_at INTEGER NOT NULL,
    reply_to TEXT,
    header_id TEXT
) STRICT;
CREATE INDEX messages_party ON messages (provider, party, id);
CREATE INDEX messages_recipient ON messages (recipient, id);
CREATE INDEX messages_reference ON messages (reference) WHERE reference IS NOT NULL;
CREATE TABLE webhooks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    stream TEXT NOT NULL,
    url TEXT NOT NULL,
    fields TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_status INTEGER
) STRICT;
CREATE INDEX webhooks_due ON webhooks (due_at);
CREATE INDEX webhooks_stream ON webhooks (stream, id);
CREATE TABLE faults (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    provider TEXT NOT NULL,
    kind TEXT NOT NULL,
    remaining INTEGER NOT NULL,
    share INTEGER NOT NULL DEFAULT 100,
    seen INTEGER NOT NULL DEFAULT 0
) STRICT;
"""

_FROM_VERSION_1 = """
ALTER TABLE messages ADD COLUMN reply_to TEXT;
ALTER TABLE messages ADD COLUMN header_id TEXT;
ALTER TABLE faults ADD COLUMN share INTEGER NOT NULL DEFAULT 100;
ALTER TABLE faults ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
"""

_MESSAGE_COLUMNS = (
    "id, provider, direction, sid, sender, recipient, party, subject, body, reference, created_at,"
    " reply_to, header_id"
)
_WEBHOOK_COLUMNS = "id, kind, stream, url, fields, due_at, attempts, last_status"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_MessageRow = tuple[
    int,
    str,
    str,
    str,
    str,
    str,
    str,
    str | None,
    str,
    str | None,
    int,
    str | None,
    str | None,
]

_T = TypeVar("_T")


class Store:
    """Everything the sandbox received and owes. Ended by `close`."""

    def __init__(self, path: Path) -> None:
        """Open the file, making it if missing; raises `UnreadableMemory`."""
        self._memory = Memory(path, SCHEMA_VERSION, {0: _SCHEMA, 1: _FROM_VERSION_1})

    async def accept(
        self, provider: Provider, messages: Sequence[Message], webhooks: Sequence[Webhook]
    ) -> FaultKind | None:
        """Keep a send and the webhooks it causes, unless a fault that is set says otherwise.

        Returns:
            The fault that was used up, if one was set; its `keeps` says whether the send was kept
            nevertheless.
        """

        def work(connection: sqlite3.Connection) -> FaultKind | None:
            fault = use_fault(connection, provider)
            if fault is None or fault.keeps:
                _insert_messages(connection, messages)
                insert_webhooks(connection, webhooks)
            return fault

        return await self._memory.write(work)

    async def keep_reply(self, message: Message, webhook: Webhook) -> int:
        """Keep a person's reply and the webhook that reports it; returns the webhook's id."""

        def work(connection: sqlite3.Connection) -> int:
            _insert_messages(connection, [message])
            return insert_webhooks(connection, [webhook])

        return await self._memory.write(work)

    async def messages(
        self,
        *,
        provider: Provider | None = None,
        recipient: str | None = None,
        party: str | None = None,
        direction: Direction | None = None,
        after_id: int = 0,
        limit: int = 100,
    ) -> list[KeptMessage]:
        """Messages after an id in order of arrival, all filters together."""
        filters = {
            "provider": provider,
            "recipient": recipient,
            "party": party,
            "direction": direction,
        }
        given = {name: value for name, value in filters.items() if value is not None}
        conditions = " AND ".join(["id > :after_id", *(f"{name} = :{name}" for name in given)])
        return await self._messages(
            f"WHERE {conditions} ORDER BY id LIMIT :limit",
            {**given, "after_id": after_id, "limit": limit},
        )

    async def latest(self, provider: Provider, party: str, limit: int) -> list[KeptMessage]:
        """The last messages of one phone or mailbox, oldest first."""
        found = await self._messages(
            "WHERE provider = :provider AND party = :party ORDER BY id DESC LIMIT :limit",
            {"provider": provider, "party": party, "limit": limit},
        )
        return found[::-1]

    async def search(
        self,
        provider: Provider,
        *,
        sid: str | None = None,
        sid_prefix: str | None = None,
        reference: str | None = None,
        sender: str | None = None,
        recipient: str | None = None,
        direction: Direction | None = None,
        since: datetime | None = None,
        before: datetime | None = None,
        before_id: int | None = None,
        limit: int = 50,
    ) -> list[KeptMessage]:
        """A provider's own list, newest first: created from `since` and before `before`."""
        values: dict[str, str | int] = {"provider": provider, "limit": limit}
        conditions = ["provider = :provider"]
        for name, value in (
            ("sid", sid),
            ("reference", reference),
            ("sender", sender),
            ("recipient", recipient),
            ("direction", direction),
        ):
            if value is not None:
                conditions.append(f"{name} = :{name}")
                values[name] = value
        if sid_prefix is not None:
            conditions.append("substr(sid, 1, length(:sid_prefix)) = :sid_prefix")
            values["sid_prefix"] = sid_prefix
        if before_id is not None:
            conditions.append("id < :before_id")
            values["before_id"] = before_id
        if since is not None:
            conditions.append("created_at >= :since")
            values["since"] = _micros(since)
        if before is not None:
            conditions.append("created_at < :before")
            values["before"] = _micros(before)
        return await self._messages(
            f"WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT :limit", values
        )

    async def message(self, provider: Provider, key: int) -> KeptMessage | None:
        """One message by its place, if it is that provider's."""
        found = await self._messages(
            "WHERE id = :id AND provider = :provider", {"id": key, "provider": provider}
        )
        return found[0] if found else None

    async def parties(self, provider: Provider, limit: int, offset: int = 0) -> list[Party]:
        """Phones or mailboxes, the one with the latest message first."""

        def work(connection: sqlite3.Connection) -> list[Party]:
            rows: list[tuple[int, str, int, int, int]] = connection.execute(
                "SELECT min(id), party, sum(direction = 'outbound'), sum(direction = 'inbound'),"
                " max(created_at) FROM messages WHERE provider = ?"
                " GROUP BY party ORDER BY max(id) DESC LIMIT ? OFFSET ?",
                (provider, limit, offset),
            ).fetchall()
            return [
                Party(key, provider, address, received, replied, _instant(last))
                for key, address, received, replied, last in rows
            ]

        return await self._memory.read(work)

    async def party(self, provider: Provider, key: int) -> str | None:
        """The address of a phone or mailbox by its key, or None."""

        def work(connection: sqlite3.Connection) -> str | None:
            row: tuple[str] | None = connection.execute(
                "SELECT party FROM messages WHERE id = ? AND provider = ?", (key, provider)
            ).fetchone()
            return None if row is None else row[0]

        return await self._memory.read(work)

    async def counts(self) -> dict[Provider, ProviderCounts]:
        """What each provider was handed, nothing left out."""

        def work(connection: sqlite3.Connection) -> dict[Provider, ProviderCounts]:
            rows: list[tuple[str, int, int, int]] = connection.execute(
                "SELECT provider, sum(direction = 'outbound'), sum(direction = 'inbound'),"
                " count(DISTINCT party) FROM messages GROUP BY provider"
            ).fetchall()
            found = {Provider(name): ProviderCounts(*numbers) for name, *numbers in rows}
            return {name: found.get(name, ProviderCounts(0, 0, 0)) for name in Provider}

        return await self._memory.read(work)

    async def due_webhooks(self, now: datetime, limit: int) -> list[PendingWebhook]:
        """Due webhooks that are first in their stream, the longest due first."""
        return await self._pending(
            "WHERE due_at <= :now AND NOT EXISTS (SELECT 1 FROM webhooks AS earlier"
            " WHERE earlier.stream = webhooks.stream AND earlier.id < webhooks.id)"
            " ORDER BY due_at, id LIMIT :limit",
            {"now": _micros(now), "limit": limit},
        )

    async def pending_webhooks(self, limit: int) -> tuple[int, list[PendingWebhook]]:
        """How many webhooks are not accepted yet, and the first of them."""

        def work(connection: sqlite3.Connection) -> int:
            row: tuple[int] = connection.execute("SELECT count(*) FROM webhooks").fetchone()
            return row[0]

        return await self._memory.read(work), await self._pending(
            "ORDER BY id LIMIT :n", {"n": limit}
        )

    async def next_webhook_due(self) -> datetime | None:
        """When the next webhook falls due, or None if none is waiting."""

        def work(connection: sqlite3.Connection) -> int | None:
            row: tuple[int | None] = connection.execute(
                "SELECT min(due_at) FROM webhooks"
            ).fetchone()
            return row[0]

        due = await self._memory.read(work)
        return None if due is None else _instant(due)

    async def webhooks_accepted(self, ids: Sequence[int]) -> None:
        """Strike webhooks off: the API has them."""

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany("DELETE FROM webhooks WHERE id = ?", [(key,) for key in ids])

        await self._memory.write(work)

    async def webhooks_failed(self, ids: Sequence[int], status: int, due_at: datetime) -> None:
        """Count an attempt that was not accepted and set the next."""

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "UPDATE webhooks SET attempts = attempts + 1, last_status = ?, due_at = ?"
                " WHERE id = ?",
                [(status, _micros(due_at), key) for key in ids],
            )

        await self._memory.write(work)

    def ensure(self, schema: str) -> None:
        """Make tables that a part of the sandbox keeps beside these; before anything is written."""
        self._memory.ensure(schema)

    async def transact(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do something of a part's own, told of only after its commit."""
        return await self._memory.write(work)

    async def set_fault(self, fault: Fault) -> None:
        """Add a fault after those already set; with `remaining` 0 all of its kind are lifted."""

        def work(connection: sqlite3.Connection) -> None:
            if fault.remaining > 0:
                connection.execute(
                    "INSERT INTO faults (provider, kind, remaining, share) VALUES (?, ?, ?, ?)",
                    (fault.provider, fault.kind, fault.remaining, fault.share),
                )
            else:
                connection.execute(
                    "DELETE FROM faults WHERE provider = ? AND kind = ?",
                    (fault.provider, fault.kind),
                )

        await self._memory.write(work)

    async def faults(self) -> list[Fault]:
        """The faults that are set, in the order they will be used."""

        def work(connection: sqlite3.Connection) -> list[Fault]:
            rows: list[tuple[str, str, int, int]] = connection.execute(
                "SELECT provider, kind, remaining, share FROM faults ORDER BY id"
            ).fetchall()
            return [
                Fault(Provider(name), FaultKind(kind), left, share)
                for name, kind, left, share in rows
            ]

        return await self._memory.read(work)

    async def close(self) -> None:
        """Finish the writes that wait and close the file."""
        await self._memory.close()

    async def _messages(self, clause: str, values: dict[str, str | int]) -> list[KeptMessage]:
        def work(connection: sqlite3.Connection) -> list[KeptMessage]:
            rows: list[_MessageRow] = connection.execute(
                f"SELECT {_MESSAGE_COLUMNS} FROM messages {clause}",  # noqa: S608 - own text
                values,
            ).fetchall()
            return [_kept(row) for row in rows]

        return await self._memory.read(work)

    async def _pending(self, clause: str, values: dict[str, str | int]) -> list[PendingWebhook]:
        def work(connection: sqlite3.Connection) -> list[PendingWebhook]:
            rows: list[tuple[int, str, str, str, str, int, int, int | None]] = connection.execute(
                f"SELECT {_WEBHOOK_COLUMNS} FROM webhooks {clause}",  # noqa: S608 - own text
                values,
            ).fetchall()
            return [
                PendingWebhook(
                    key,
                    Webhook(WebhookKind(kind), stream, url, json.loads(fields), _instant(due)),
                    attempts,
                    status,
                )
                for key, kind, stream, url, fields, due, attempts, status in rows
            ]

        return await self._memory.read(work)


def open_store(state_dir: Path) -> Store:
    """Open the memory kept in a state folder; raises `UnreadableMemory`."""
    return Store(state_dir / "sandbox.sqlite3")


def use_fault(connection: sqlite3.Connection, provider: Provider) -> FaultKind | None:
    """Use up the oldest fault that is set for a provider."""
    row: tuple[int, str, int, int, int] | None = connection.execute(
        "SELECT id, kind, remaining, share, seen FROM faults WHERE provider = ?"
        " ORDER BY id LIMIT 1",
        (provider,),
    ).fetchone()
    if row is None:
        return None
    key, kind, remaining, share, seen = row
    connection.execute("UPDATE faults SET seen = seen + 1 WHERE id = ?", (key,))
    if (seen + 1) * share // 100 == seen * share // 100:
        return None  # one of those that go well
    if remaining > 1:
        connection.execute("UPDATE faults SET remaining = remaining - 1 WHERE id = ?", (key,))
    else:
        connection.execute("DELETE FROM faults WHERE id = ?", (key,))
    return FaultKind(kind)


def _insert_messages(connection: sqlite3.Connection, messages: Sequence[Message]) -> None:
    connection.executemany(
        "INSERT INTO messages (provider, direction, sid, sender, recipient, party, subject, body,"
        " reference, created_at, reply_to, header_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                message.provider,
                message.direction,
                message.sid,
                message.sender,
                message.recipient,
                message.party,
                message.subject,
                message.body,
                message.reference,
                _micros(message.created_at),
                message.reply_to,
                message.header_id,
            )
            for message in messages
        ],
    )


def insert_webhooks(connection: sqlite3.Connection, webhooks: Sequence[Webhook]) -> int:
    """Add webhooks to the outbox, in the transaction of what they tell; returns the last id."""
    last = 0
    for webhook in webhooks:
        row: tuple[int] = connection.execute(
            "INSERT INTO webhooks (kind, stream, url, fields, due_at) VALUES (?, ?, ?, ?, ?)"
            " RETURNING id",
            (
                webhook.kind,
                webhook.stream,
                webhook.url,
                json.dumps(webhook.fields),
                _micros(webhook.due_at),
            ),
        ).fetchone()
        last = row[0]
    return last


def _kept(row: _MessageRow) -> KeptMessage:
    key, provider, direction, sid, sender, recipient, party, subject, body, reference, made = row[
        :11
    ]
    reply_to, header_id = row[11:]
    return KeptMessage(
        key,
        Message(
            provider=Provider(provider),
            direction=Direction(direction),
            sid=sid,
            sender=sender,
            recipient=recipient,
            party=party,
            subject=subject,
            body=body,
            reference=reference,
            created_at=_instant(made),
            reply_to=reply_to,
            header_id=header_id,
        ),
    )


def _micros(instant: datetime) -> int:
    """Microseconds since 1970: exact and comparable in SQLite."""
    return (instant.astimezone(UTC) - _EPOCH) // _MICROSECOND


def _instant(micros: int) -> datetime:
    return _EPOCH + micros * _MICROSECOND
