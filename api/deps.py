"""What routes ask for: a unit of work for an authorised principal, keys and preconditions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Query, Request

from api.documents.objects import Objects
from api.idempotency.service import Once
from api.identity.guards import Guards
from api.payments.asking import Asker
from api.payments.desk import PostingDesk
from api.schema import Schema
from api.security.access import authorise, operation_of
from api.security.standings import Standings
from api.security.tokens import TokenService
from api.settings import Settings
from api.webhooks.receipt_desk import ReceiptDesk
from api.work import BeginWork, Work, WorkRoom
from domain.errors import DomainError, ErrorCode


@dataclass(frozen=True, slots=True)
class Services:
    """What the process made at its start and every request may use."""

    settings: Settings
    room: WorkRoom
    tokens: TokenService
    guards: Guards
    schema: Schema
    objects: Objects
    posting: PostingDesk
    standings: Standings
    receipts: ReceiptDesk


async def services(request: Request) -> Services:
    """The services of this process."""
    found: Services = request.app.state.services
    return found


ServicesDep = Annotated[Services, Depends(services)]


async def authorised_work(request: Request, kit: ServicesDep) -> AsyncIterator[Work]:
    """A unit of work for whoever asks, if the policy lets him; committed before the answer."""
    operation = operation_of(request)
    given = kit.tokens.principal_of(request.headers.get("authorization"))
    principal = authorise(operation, given)
    async with kit.room.begin(principal, request.state.request_id) as work:
        if given is not None:
            await kit.tokens.refuse_disabled(work, given)
        yield work


WorkDep = Annotated[Work, Depends(authorised_work, scope="function")]
"""The request's unit of work: it commits when the route returns, before anything is sent."""


async def authorised_beginnings(request: Request, kit: ServicesDep) -> BeginWork:
    """For operations that wait: they hold no transaction meanwhile and begin several."""
    given = kit.tokens.principal_of(request.headers.get("authorization"))
    principal = authorise(operation_of(request), given)

    @asynccontextmanager
    async def begin() -> AsyncIterator[Work]:
        async with kit.room.begin(principal, request.state.request_id) as work:
            await kit.tokens.refuse_disabled(work, principal)
            yield work

    return begin


async def authorised_asker(request: Request) -> Asker:
    """For operations that are done together with those of others, in one transaction.

    Each dependency of a route costs a request some time: this one looks for the services itself.
    """
    kit = await services(request)
    given = kit.tokens.principal_of(request.headers.get("authorization"))
    principal = authorise(operation_of(request), given)
    await kit.standings.refuse_disabled(principal)
    return Asker(principal, request.state.request_id)


AskerDep = Annotated[Asker, Depends(authorised_asker)]
BeginDep = Annotated[BeginWork, Depends(authorised_beginnings)]


def _key(raw: str | None) -> str | None:
    if raw is not None and not (1 <= len(raw) <= 200 and raw.isascii() and raw.isprintable()):  # noqa: PLR2004 - documented length
        raise DomainError(
            ErrorCode.INVALID_REQUEST, "An Idempotency-Key is 1 to 200 printable ASCII characters."
        )
    return raw


KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Any text of your own; the same key and body again get the first answer.",
    ),
]


async def once_optional(request: Request, idempotency_key: KeyHeader = None) -> Once:
    """Idempotency where a key is welcome."""
    return Once(operation_of(request), request.url.path, _key(idempotency_key))


async def once_required(request: Request, idempotency_key: KeyHeader = None) -> Once:
    """Idempotency where money moves or messages go: without a key nothing is done."""
    if idempotency_key is None:
        raise DomainError(
            ErrorCode.IDEMPOTENCY_KEY_REQUIRED,
            "This moves money or sends messages: send an Idempotency-Key so that a repeat is safe.",
        )
    return Once(operation_of(request), request.url.path, _key(idempotency_key))


DryRun = Annotated[bool, Query(description="Say what would happen; change nothing.")]


async def once_unless_dry_run(
    request: Request, dry_run: DryRun = False, idempotency_key: KeyHeader = None
) -> Once:
    """Idempotency where money moves; a preview moves none and needs no key."""
    if dry_run:
        return Once(operation_of(request), request.url.path, None)
    return await once_required(request, idempotency_key)


OnceUnlessDryRun = Annotated[Once, Depends(once_unless_dry_run)]
OnceDep = Annotated[Once, Depends(once_optional)]
OnceRequired = Annotated[Once, Depends(once_required)]


async def expected_version(
    if_match: Annotated[
        str | None, Header(alias="If-Match", description='The ETag last seen, such as "3"')
    ] = None,
) -> int:
    """The version an edit builds on; without one nothing is changed."""
    if if_match is None:
        raise DomainError(
            ErrorCode.PRECONDITION_REQUIRED,
            "Send If-Match with the ETag you last saw, so that nobody's change is lost.",
        )
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isdigit() or len(text) > 9:  # noqa: PLR2004 - versions are small integers
        raise DomainError(ErrorCode.PRECONDITION_FAILED, "The ETag is not one given out here.")
    return int(text)


IfMatch = Annotated[int, Depends(expected_version)]


async def seen_version(
    if_match: Annotated[
        str | None, Header(alias="If-Match", description='The ETag last seen, such as "3"')
    ] = None,
) -> int | None:
    """The version a command builds on, where its sender cares; null without a header."""
    return None if if_match is None else await expected_version(if_match)


SeenVersion = Annotated[int | None, Depends(seen_version)]
