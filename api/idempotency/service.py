"""Runs a command once per Idempotency-Key, in the transaction of its effect.

The key is inserted before anything is locked; a second caller with the same key waits on that
row for the first, five seconds as for any lock, and gets the saved answer. An answer that holds
personal data is not saved: its id is, and it is read again.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import orjson
from fastapi import Response
from pydantic import BaseModel
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from api.idempotency.tables import IdempotencyRow
from api.security.vault import Vault
from api.work import Work
from domain.errors import DomainError, ErrorCode

_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Once:
    """One request that may be repeated; without a key it simply runs."""

    operation: str
    path: str
    key: str | None

    async def run(
        self,
        work: Work,
        body: BaseModel | None,
        effect: Callable[[], Awaitable[BaseModel]],
        *,
        status: int = 201,
        reread: Callable[[UUID], Awaitable[BaseModel]] | None = None,
    ) -> Response:
        """Run `effect`, or answer what it answered before.

        With `reread` only the id of the answer is kept (it must have a field `id`), for answers
        that hold personal data. Raises `IDEMPOTENCY_KEY_REUSED` for another body and
        `IDEMPOTENCY_IN_PROGRESS` when the first caller takes too long.
        """
        if self.key is None:
            return answer(await effect(), status)
        fingerprint = self.fingerprint(work.vault, body)
        saved = await self._claim(work, fingerprint)
        if saved is not None:
            if saved.fingerprint != fingerprint:
                raise key_reused()
            content = saved.body or b"null"
            if reread is not None:
                return answer(
                    await reread(UUID(orjson.loads(content)["id"])), saved.status or status, True
                )
            return saved_answer(content, saved.status or status, True)
        result = await effect()
        kept = dump(result) if reread is None else orjson.dumps({"id": str(_id_of(result))})
        await work.session.flush()
        await work.session.execute(
            update(IdempotencyRow)
            .where(
                IdempotencyRow.principal == work.principal.actor,
                IdempotencyRow.route == self.operation,
                IdempotencyRow.key == self.key,
            )
            .values(status=status, body=kept)
        )
        return answer(result, status)

    async def answered(self, work: Work, body: BaseModel) -> Response | None:
        """The answer kept for a request that is done in several transactions, if it was finished.

        Raises `IDEMPOTENCY_KEY_REUSED` for another body.
        """
        row = await work.session.get(
            IdempotencyRow,
            {"principal": work.principal.actor, "route": self.operation, "key": self.key},
        )
        if row is None:
            return None
        if row.fingerprint != self.fingerprint(work.vault, body):
            raise key_reused()
        return saved_answer(row.body or b"null", row.status or _OK, True)

    async def keep(self, work: Work, body: BaseModel, content: bytes) -> None:
        """Keep the answer of such a request; who was first with the key stays so."""
        await work.session.execute(
            insert(IdempotencyRow)
            .values(
                principal=work.principal.actor,
                route=self.operation,
                key=self.key,
                fingerprint=self.fingerprint(work.vault, body),
                status=_OK,
                body=content,
                created_at=work.now,
            )
            .on_conflict_do_nothing()
        )

    def fingerprint(self, vault: Vault, body: BaseModel | None) -> bytes:
        """A keyed digest of path and canonical body: bodies hold personal data."""
        canonical = b"" if body is None else dump(body)
        return vault.fingerprint(self.path.encode() + b"\0" + canonical)

    async def _claim(self, work: Work, fingerprint: bytes) -> IdempotencyRow | None:
        """Insert the key; null when it is ours, else the row of who was first."""
        session = work.session
        try:
            fresh = await session.scalar(
                insert(IdempotencyRow)
                .values(
                    principal=work.principal.actor,
                    route=self.operation,
                    key=self.key,
                    fingerprint=fingerprint,
                    created_at=work.now,
                )
                .on_conflict_do_nothing()
                .returning(IdempotencyRow.key)
            )
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) == "55P03":  # lock_not_available
                raise DomainError(
                    ErrorCode.IDEMPOTENCY_IN_PROGRESS,
                    "The first request with this key has not finished; ask again in a second.",
                ) from None
            raise
        if fresh is not None:
            return None
        return await session.get(
            IdempotencyRow,
            {"principal": work.principal.actor, "route": self.operation, "key": self.key},
        )


def key_reused() -> DomainError:
    """The refusal of a key that came with another request before."""
    return DomainError(
        ErrorCode.IDEMPOTENCY_KEY_REUSED,
        "This key was used with another request; use a new key for a new request.",
    )


def _id_of(result: BaseModel) -> UUID:
    found: UUID = result.id  # type: ignore[attr-defined] # `run` asks for it in its docstring
    return found


def dump(model: BaseModel) -> bytes:
    """An answer or a request as canonical JSON."""
    return orjson.dumps(model.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)


def answer(model: BaseModel, status: int, replayed: bool = False) -> Response:
    """An answer that was made just now."""
    return saved_answer(dump(model), status, replayed)


def saved_answer(content: bytes, status: int, replayed: bool) -> Response:
    """An answer from its JSON; `replayed` says so when it was made before."""
    headers = {"Idempotent-Replayed": "true"} if replayed else None
    return Response(content, status_code=status, media_type="application/json", headers=headers)
