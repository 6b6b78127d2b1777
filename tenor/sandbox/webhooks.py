"""Posting webhooks to the API, signed as the providers sign them, until they are accepted.

What is owed lies in the memory's outbox, so a restart forgets nothing. Twilio's webhooks are posted
one by one, in order within a message; SendGrid's events travel together. A webhook may arrive twice
(the answer was lost), as with the real providers; none is given up.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode

import aiohttp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from tenor.sandbox.model import PendingWebhook, Webhook, WebhookKind
from tenor.sandbox.settings import SandboxSettings
from tenor.sandbox.store import Store

_log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
"""The technical instant, with zone."""

TWILIO_SIGNATURE = "X-Twilio-Signature"
SENDGRID_SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
SENDGRID_TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"

STRIPE_SIGNATURE = "Stripe-Signature"

NO_ANSWER = 0
"""Stands where a status would, when the API did not answer."""

_AT_ONCE = 8
_ROUND = 200
_EVENTS_IN_A_POST = 500
_TRIES_TOGETHER = 3
"""After so many failures an event is posted alone, so that it cannot hold up the others."""
_TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=3)
_FIRST_WAIT_SECONDS = 0.25
_LONGEST_WAIT_SECONDS = 10.0
_LONGEST_WAIT_REFUSED_SECONDS = 120.0
"""An API that says the webhook is wrong is asked less and less often."""
_LONGEST_PAUSE_SECONDS = 3.0
_IDLE_SECONDS = 30.0
_WORTH_A_SOON_RETRY = frozenset({NO_ANSWER, 408, 425, 429})
_HTTP_OK_RANGE = range(200, 300)
_HTTP_SERVER_ERROR = 500


def sign_twilio(auth_token: str, url: str, fields: Mapping[str, str | int]) -> str:
    """Twilio's signature of a form: HMAC-SHA1 of the URL and the sorted names and values."""
    text = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    digest = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode("ascii")


def sign_sendgrid(key: ec.EllipticCurvePrivateKey, timestamp: str, payload: bytes) -> str:
    """SendGrid's signature of an event post: ECDSA over SHA-256 of time stamp and body."""
    signature = key.sign(timestamp.encode() + payload, ec.ECDSA(hashes.SHA256()))
    return base64.b64encode(signature).decode("ascii")


def sign_stripe(secret: str, timestamp: int, payload: bytes) -> str:
    """Stripe's signature header of an event: HMAC-SHA256 over time stamp and body."""
    signed = f"{timestamp}.".encode() + payload
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


class WebhookPoster:
    """Posts what the outbox holds: `run` for ever, or one reply at once."""

    def __init__(self, store: Store, settings: SandboxSettings, clock: Clock) -> None:
        """Nothing is opened before the first post."""
        self._store = store
        self._clock = clock
        self._auth_token = settings.twilio_auth_token.get_secret_value()
        self._key = settings.event_key()
        self._events_url = f"{settings.webhook_base_url}/webhooks/sendgrid/events"
        self._stripe_url = f"{settings.webhook_base_url}/webhooks/stripe"
        self._stripe_secret = settings.stripe_webhook_secret.get_secret_value()
        self._more = asyncio.Event()
        self._held = False
        self._session: aiohttp.ClientSession | None = None
        self._unreachable = 0

    def wake(self) -> None:
        """Say that something was added to the outbox."""
        self._more.set()

    def hold(self, *, held: bool) -> None:
        """Keep what is owed in the outbox from now on, or post it again; replies go at once."""
        self._held = held
        self.wake()

    async def run(self) -> None:
        """Post until cancelled."""
        while True:
            try:
                await self._turn()
            except sqlite3.Error as problem:
                # A full disk may be mended while we run; the outbox is as it was.
                _log.error("outbox not usable: %s", type(problem).__name__)
                await asyncio.sleep(_LONGEST_PAUSE_SECONDS)

    async def post_reply(self, webhook_id: int, webhook: Webhook) -> int:
        """Post a reply's webhook now; returns the API's status, `NO_ANSWER` if none came.

        What is not accepted stays in the outbox and is tried again.
        """
        status = await self._post_one(webhook)
        if status in _HTTP_OK_RANGE:
            await self._store.webhooks_accepted([webhook_id])
        else:
            await self._failed([PendingWebhook(webhook_id, webhook, 0, None)], status)
            self.wake()
        return status

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _turn(self) -> None:
        self._more.clear()
        if self._held:
            await self._more.wait()
            return
        due = await self._store.due_webhooks(self._clock(), _ROUND)
        if due:
            await self._round(due)
        else:
            await self._wait(await self._idle_seconds())
        if self._unreachable:
            pause = min(_FIRST_WAIT_SECONDS * 2**self._unreachable, _LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(pause)

    async def _round(self, due: Sequence[PendingWebhook]) -> None:
        events = [item for item in due if item.webhook.kind is WebhookKind.SENDGRID_EVENT]
        forms = [item for item in due if item.webhook.kind is not WebhookKind.SENDGRID_EVENT]
        places = asyncio.Semaphore(_AT_ONCE)

        async def form(item: PendingWebhook) -> tuple[list[PendingWebhook], int]:
            async with places:
                return [item], await self._post_one(item.webhook)

        async def together(items: list[PendingWebhook]) -> tuple[list[PendingWebhook], int]:
            async with places:
                return items, await self._post_events([item.webhook.fields for item in items])

        outcomes = await asyncio.gather(
            *(form(item) for item in forms), *(together(items) for items in _grouped(events))
        )
        accepted = [
            item.id for items, status in outcomes if status in _HTTP_OK_RANGE for item in items
        ]
        if accepted:
            await self._store.webhooks_accepted(accepted)
        refused = [outcome for outcome in outcomes if outcome[1] not in _HTTP_OK_RANGE]
        if refused and not accepted and all(status == NO_ANSWER for _, status in refused):
            # The API is away: the pause is the poster's, no webhook is the worse for it.
            self._unreachable = min(self._unreachable + 1, 10)
            return
        self._unreachable = 0
        for items, status in refused:
            await self._failed(items, status)

    async def _failed(self, items: Sequence[PendingWebhook], status: int) -> None:
        soon = status >= _HTTP_SERVER_ERROR or status in _WORTH_A_SOON_RETRY
        longest = _LONGEST_WAIT_SECONDS if soon else _LONGEST_WAIT_REFUSED_SECONDS
        tries = min(max(item.attempts for item in items), 16)
        wait = min(_FIRST_WAIT_SECONDS * 2**tries, longest)
        await self._store.webhooks_failed(
            [item.id for item in items], status, self._clock() + timedelta(seconds=wait)
        )

    async def _idle_seconds(self) -> float:
        due = await self._store.next_webhook_due()
        if due is None:
            return _IDLE_SECONDS
        # A webhook behind another of its stream may be overdue: look again soon, not at once.
        return min(max((due - self._clock()).total_seconds(), 0.05), _IDLE_SECONDS)

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._more.wait(), seconds)
        except TimeoutError:
            return

    async def _post_one(self, webhook: Webhook) -> int:
        if webhook.kind is WebhookKind.SENDGRID_INBOUND:
            return await self._post_mail(webhook)
        if webhook.kind is WebhookKind.STRIPE_EVENT:
            return await self._post_stripe(webhook)
        return await self._post_form(webhook)

    async def _post_mail(self, webhook: Webhook) -> int:
        """Inbound Parse posts a form with parts, and proves itself by its address alone."""
        form = aiohttp.MultipartWriter("form-data")
        for name, value in webhook.fields.items():
            form.append(str(value)).set_content_disposition("form-data", name=name)
        return await self._post(webhook.url, form, {"User-Agent": "Sendlib/1.0"})

    async def _post_form(self, webhook: Webhook) -> int:
        signature = sign_twilio(self._auth_token, webhook.url, webhook.fields)
        return await self._post(
            webhook.url,
            urlencode(webhook.fields).encode("ascii"),
            {
                "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
                "User-Agent": "TwilioProxy/1.1",
                TWILIO_SIGNATURE: signature,
            },
        )

    async def _post_stripe(self, webhook: Webhook) -> int:
        payload = str(webhook.fields["payload"]).encode()
        return await self._post(
            self._stripe_url,
            payload,
            {
                "Content-Type": "application/json; charset=utf-8",
                "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
                STRIPE_SIGNATURE: sign_stripe(
                    self._stripe_secret, int(self._clock().timestamp()), payload
                ),
            },
        )

    async def _post_events(self, events: Sequence[Mapping[str, str | int]]) -> int:
        payload = json.dumps(events, separators=(",", ":")).encode()
        timestamp = str(int(self._clock().timestamp()))
        return await self._post(
            self._events_url,
            payload,
            {
                "Content-Type": "application/json",
                "User-Agent": "SendGrid Event API",
                SENDGRID_TIMESTAMP: timestamp,
                SENDGRID_SIGNATURE: sign_sendgrid(self._key, timestamp, payload),
            },
        )

    async def _post(
        self, url: str, body: bytes | aiohttp.MultipartWriter, headers: Mapping[str, str]
    ) -> int:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()
            )
        try:
            async with self._session.post(
                url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return NO_ANSWER


def _grouped(events: Sequence[PendingWebhook]) -> list[list[PendingWebhook]]:
    fresh = [item for item in events if item.attempts < _TRIES_TOGETHER]
    alone = [[item] for item in events if item.attempts >= _TRIES_TOGETHER]
    posts = range(0, len(fresh), _EVENTS_IN_A_POST)
    return [fresh[start : start + _EVENTS_IN_A_POST] for start in posts] + alone
