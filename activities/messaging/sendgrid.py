"""E-mail through SendGrid's official SDK.

The SDK is synchronous and knows no time-out of its own: it runs in a small pool of threads with
one, under a deadline for the whole call. Each mail carries Tenor's message id as a custom
argument, which comes back in event webhooks and can be asked for in the Email Activity Feed.
"""

import asyncio
import http.client
import json
import logging
import re
import socket
import ssl
import traceback
import urllib.error
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.message import Message as HTTPMessage
from email.utils import formatdate, parseaddr

from python_http_client.client import Response
from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from activities.messaging import letterhead
from activities.messaging.answers import retry_after_seconds
from activities.messaging.port import (
    Accepted,
    CannotTell,
    Channel,
    Found,
    LookedUp,
    NotFound,
    Outbound,
    Refused,
    SendOutcome,
    Unanswered,
    Unknown,
)

MESSAGE_ID_ARGUMENT = "tenor_message_id"
"""Custom argument of every mail: `Outbound.message_id`, echoed by SendGrid's events."""

DEFAULT_BASE_URL = "https://api.sendgrid.com"

_DEADLINE_FACTOR = 2.0
"""The socket time-out restarts with every byte; the whole call may take this many of it."""
_CREDENTIALS_RETRY_SECONDS = 60.0
"""Wrong credentials are the operator's to mend: the queue waits, it is not thrown away."""
_CONNECT_RETRY_SECONDS = 5.0
_INTERNAL_SUFFIX = re.compile(r"\.(?:filter|recv).*\Z", re.DOTALL)
"""What SendGrid's servers append to the X-Message-Id to name one recipient's copy."""

_HTTP_OK = 200
_HTTP_ACCEPTED = 202
_HTTP_CLIENT_ERROR = 400
_HTTP_UNAUTHORIZED = 401
_HTTP_FORBIDDEN = 403
_HTTP_REQUEST_TIMEOUT = 408
_HTTP_TOO_MANY_REQUESTS = 429
_HTTP_SERVER_ERROR = 500

_UNIX_TIME_DIGITS = 12
_RECIPIENT_FIELD = re.compile(r"personalizations\.\d+\.to\.\d+\.email\Z")

_Json = dict[str, object]


class SendGridEmail:
    """`Sender` of e-mail.

    202 with a message id is accepted; 4xx is a definite refusal; 5xx, a broken or missing answer
    is `Unknown`. Without the paid Email Activity Feed a look-up is always `CannotTell`.
    """

    def __init__(
        self,
        *,
        api_key: str,
        from_: str,
        reply_to: str = "",
        base_url: str | None = None,
        timeout: float = 10.0,
        activity_feed: bool = False,
        settle_seconds: float = 120.0,
        threads: int = 8,
    ) -> None:
        """Keep the account's settings; nothing is opened before the first message.

        Args:
            api_key: SendGrid API key ("SG.…").
            from_: The verified sending address.
            reply_to: The address answers go to, tagged with the message's id; empty: to `from_`.
            base_url: Another address than SendGrid's own; None or empty for the real one.
            timeout: Seconds one step of the connection may take; the call in all takes at most
                twice as long.
            activity_feed: Whether the account has bought the Email Activity Feed.
            settle_seconds: How long a mail may take to appear in the feed.
            threads: Calls under way at once.
        """
        # The SDK's debug log holds bodies and addresses, and the key; it is never wanted.
        logging.getLogger("python_http_client.client").disabled = True
        self._sdk = SendGridAPIClient(api_key, host=(base_url or DEFAULT_BASE_URL).rstrip("/"))
        self._sdk.client.timeout = timeout
        self._from = from_
        self._reply_to = reply_to
        self._deadline = timeout * _DEADLINE_FACTOR
        self._activity_feed = activity_feed
        self._settle_seconds = settle_seconds
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="sendgrid")
        self._places = asyncio.Semaphore(threads)

    @property
    def channel(self) -> Channel:
        """E-mail."""
        return Channel.EMAIL

    @property
    def can_look_up(self) -> bool:
        """Only accounts with the Email Activity Feed can be asked."""
        return self._activity_feed

    @property
    def settle_seconds(self) -> float:
        """Seconds after which a `NotFound` may be believed."""
        return self._settle_seconds

    async def send(self, message: Outbound) -> SendOutcome:
        """Hand the mail to SendGrid, once."""
        if not message.subject:
            return Refused("subject-missing", False, False)
        mail = _mail(self._from, self._reply_to, message, message.subject)
        try:
            answer = await self._call(lambda: self._sdk.send(mail))
        except HTTPError as problem:
            return _refusal(problem)
        except TimeoutError:
            return Unknown("timeout")
        except urllib.error.URLError as problem:
            return _unconnected(problem)
        except (OSError, ValueError, http.client.HTTPException):
            return Unknown("connection-lost")
        if answer.status_code != _HTTP_ACCEPTED:
            return Unknown("unreadable-answer")
        provider_id = answer.headers.get("X-Message-Id")
        return Accepted(provider_id) if provider_id else Unknown("unreadable-answer")

    async def look_up(self, message: Outbound) -> LookedUp:
        """Find the mail in the Email Activity Feed by Tenor's message id."""
        if not self._activity_feed:
            return CannotTell()
        # The feed calls custom arguments by their older name, unique arguments.
        query = f"(unique_args['{MESSAGE_ID_ARGUMENT}']=\"{message.message_id}\")"
        try:
            answer = await self._call(
                lambda: self._sdk.client.messages.get(query_params={"query": query, "limit": 10})
            )
            found = _feed_ids(answer)
        except HTTPError as problem:
            return CannotTell() if _is_definite(int(problem.status_code)) else Unanswered()
        except (OSError, ValueError, http.client.HTTPException):
            return Unanswered()
        return Found(found[0]) if found else NotFound()

    async def close(self) -> None:
        """Let the threads go; a call still under way ends at its own time-out."""
        self._threads.shutdown(wait=False)

    async def _call(self, request: Callable[[], Response]) -> Response:
        # A place is given back when its thread is free, not when the caller stops waiting, so
        # the deadline never counts time spent waiting for a thread.
        await self._places.acquire()
        try:
            running = asyncio.get_running_loop().run_in_executor(self._threads, _tidied, request)
        except RuntimeError:
            self._places.release()
            raise
        running.add_done_callback(self._finished)
        return await asyncio.wait_for(asyncio.shield(running), self._deadline)

    def _finished(self, running: asyncio.Future[Response]) -> None:
        self._places.release()
        if not running.cancelled():
            # Looked at, or a call nobody waits for any more would log its exception in full.
            running.exception()


def _tidied(request: Callable[[], Response]) -> Response:
    try:
        return request()
    except Exception as problem:
        # The frames hold the answer half read: let go, its connection closes now and in order.
        traceback.clear_frames(problem.__traceback__)
        raise


def _mail(sender: str, reply_to: str, message: Outbound, subject: str) -> _Json:
    mail: _Json = {
        "personalizations": [{"to": [{"email": message.to}]}],
        "from": _party(sender),
        "subject": subject,
        "content": [{"type": "text/plain", "value": message.body}],
        "headers": dict(letterhead.headers(message, sender)),
        "custom_args": {MESSAGE_ID_ARGUMENT: str(message.message_id)},
        # Links in a reminder lead to a payment: they are not rewritten, nor is reading watched.
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
        },
    }
    if reply_to:
        mail["reply_to"] = _party(letterhead.reply_address(message.message_id, reply_to))
    return mail


def _party(written: str) -> _Json:
    name, address = parseaddr(written)
    return {"email": address, "name": name} if name else {"email": address}


def _is_definite(status: int) -> bool:
    """Whether SendGrid understood a question and turned it down, as without the feed."""
    return _HTTP_CLIENT_ERROR <= status < _HTTP_SERVER_ERROR and status not in {
        _HTTP_REQUEST_TIMEOUT,
        _HTTP_TOO_MANY_REQUESTS,
    }


def _refusal(problem: HTTPError) -> SendOutcome:
    status = int(problem.status_code)
    if status == _HTTP_TOO_MANY_REQUESTS:
        wait = _retry_after(problem.headers)
        return Refused(str(status), True, False, wait, provider_fault=True)
    if status >= _HTTP_SERVER_ERROR or status == _HTTP_REQUEST_TIMEOUT:
        return Unknown(str(status))
    if status < _HTTP_CLIENT_ERROR:
        return Unknown("unreadable-answer")
    if status in {_HTTP_UNAUTHORIZED, _HTTP_FORBIDDEN}:
        return Refused(str(status), True, False, _CREDENTIALS_RETRY_SECONDS, provider_fault=True)
    return Refused(str(status), False, _names_recipient(problem.body))


def _unconnected(problem: urllib.error.URLError) -> SendOutcome:
    # urllib wraps what happens while connecting and while sending alike; only these are surely
    # the former.
    if isinstance(
        problem.reason, ConnectionRefusedError | socket.gaierror | ssl.SSLCertVerificationError
    ):
        return Refused("connect-failed", True, False, _CONNECT_RETRY_SECONDS, provider_fault=True)
    if isinstance(problem.reason, TimeoutError):
        return Unknown("timeout")
    return Unknown("connection-lost")


def _retry_after(headers: HTTPMessage) -> float | None:
    """SendGrid says when the window resets (Unix time); a proxy in between says Retry-After."""
    asked = retry_after_seconds(headers.get("Retry-After"), headers.get("Date"))
    if asked is not None:
        return asked
    reset = headers.get("X-RateLimit-Reset", "")
    if not (reset.isascii() and reset.isdigit() and len(reset) <= _UNIX_TIME_DIGITS):
        return None
    return retry_after_seconds(formatdate(int(reset), usegmt=True), headers.get("Date"))


def _names_recipient(body: bytes) -> bool:
    """Whether SendGrid's refusal is of the recipient's address."""
    try:
        errors = json.loads(body)["errors"]
        fields = [error.get("field") for error in errors]
    except (ValueError, TypeError, KeyError, AttributeError):
        return False
    return any(isinstance(field, str) and _RECIPIENT_FIELD.match(field) for field in fields)


def _feed_ids(answer: Response) -> list[str]:
    """Read the ids of the mails in the feed's answer; ValueError if it is not the feed's."""
    if answer.status_code != _HTTP_OK:
        raise ValueError("not an answer of the feed")
    try:
        found = [entry["msg_id"] for entry in json.loads(answer.body)["messages"]]
    except (TypeError, KeyError) as problem:
        raise ValueError("not an answer of the feed") from problem
    return [_INTERNAL_SUFFIX.sub("", msg_id) for msg_id in found if isinstance(msg_id, str)]
