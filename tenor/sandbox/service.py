"""What the routes share: one memory, one poster, one clock, one set of settings."""

from dataclasses import dataclass, replace
from datetime import timedelta

from tenor.sandbox.model import Message, Webhook
from tenor.sandbox.settings import SandboxSettings
from tenor.sandbox.store import Store
from tenor.sandbox.webhooks import Clock, WebhookPoster

_REPLY_HEAD_START = timedelta(seconds=60)
"""Longer than a post may take: the outbox keeps off a reply that is being posted."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The parts of a running sandbox."""

    settings: SandboxSettings
    store: Store
    poster: WebhookPoster
    clock: Clock

    async def reply(self, message: Message, webhook: Webhook) -> int:
        """Keep a person's reply, report it to the API and return the API's status (0: none).

        The reply is kept before the API hears of it; what the API does not accept is tried again.
        """
        later = replace(webhook, due_at=webhook.due_at + _REPLY_HEAD_START)
        webhook_id = await self.store.keep_reply(message, later)
        return await self.poster.post_reply(webhook_id, webhook)
