"""The way out in one click (RFC 8058): a link in each e-mail that ends e-mails to its address."""

import hmac
from typing import Final
from uuid import UUID

from api.audit.service import record
from api.customers import service as customers
from api.customers.service import SuppressionReason
from api.messages import queries
from api.messages.tables import MessageRow
from api.recovery.service import customer_stopped
from api.security.vault import Vault
from api.work import Work
from domain.contact.channel import Channel
from domain.errors import DomainError, ErrorCode

_PURPOSE: Final = "unsubscribe"

_PAGE: Final = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    "<title>E-mails from us</title></head><body><main><h1>{}</h1>{}</main></body></html>"
)

QUESTION: Final = _PAGE.format(
    "Shall we send no more e-mails to this address?",
    '<form method="post"><button type="submit">No more e-mails</button></form>',
)
"""Asks; a link alone must not decide, for programs follow links."""

DONE: Final = _PAGE.format(
    "You will get no more e-mails at this address.",
    "<p>If that was a mistake, reply to any of our e-mails with the word START.</p>",
)


def way_out(vault: Vault, message: MessageRow, public_url: str) -> str:
    """The link of a message; empty where there is none to give."""
    if message.channel != Channel.EMAIL.value or not public_url:
        return ""
    proof = vault.proof(_PURPOSE, str(message.id))
    return f"{public_url.rstrip('/')}/api/v1/unsubscribe/{message.id}/{proof}"


async def unsubscribe(work: Work, message_id: UUID, proof: str) -> None:
    """Let nobody be written to at the address that a message went to. May be repeated.

    Raises:
        DomainError: `NOT_FOUND` for a link that is not ours, or a message without an address.
    """
    expected = work.vault.proof(_PURPOSE, str(message_id))
    if not hmac.compare_digest(proof.encode(), expected.encode()):
        raise _missing()
    holders = await queries.holders_of(work, [message_id])
    people = set(holders) | set(await queries.customers_of(work, [message_id]))
    await queries.lock_customers(work, people)
    rows = await queries.locked(work, [message_id])
    if not rows or rows[0].address_index is None or rows[0].channel != Channel.EMAIL.value:
        raise _missing()
    index = rows[0].address_index
    if not await customers.suppress(work, Channel.EMAIL, index, SuppressionReason.STOP):
        return
    record(work, "message.unsubscribed", "message", message_id)
    for customer_id in sorted(holders):
        await customer_stopped(work, customer_id)


def _missing() -> DomainError:
    return DomainError(ErrorCode.NOT_FOUND, "There is no such link.")
