"""One payment that is asked for, with whoever asks, and its posting in a transaction of its own."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import Response

from api.idempotency.service import Once
from api.payments.receiving import receive
from api.security.principal import Principal
from api.security.tokens import TokenService
from api.work import WorkRoom
from contracts.payments import NewPayment


@dataclass(frozen=True, slots=True)
class Asker:
    """Whoever may do what a request asks; he is in good standing."""

    principal: Principal
    request_id: str


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """A payment that somebody wants posted; his role was found to allow it."""

    principal: Principal
    request_id: str
    loan_id: UUID
    new: NewPayment
    once: Once


async def post_alone(room: WorkRoom, tokens: TokenService, ask: Ask) -> Response:
    """Post one payment, or give the answer that its key got before.

    Raises `UNAUTHENTICATED` for a token that was taken back, what `Once.run` raises and what
    `receiving.receive` raises; then nothing was changed.
    """
    async with room.begin(ask.principal, ask.request_id) as work:
        await tokens.refuse_disabled(work, ask.principal)
        return await ask.once.run(work, ask.new, lambda: receive(work, ask.loan_id, ask.new))
