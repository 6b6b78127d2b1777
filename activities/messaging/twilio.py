"""Text messages through Twilio's official SDK.

Sending, and asking after a message whose answer was lost. The SDK decides the requests and reads
the answers; what it leaves to the caller is here: a transport with time-outs, without logging
(the SDK's own writes phone numbers and text to the log) and with an address that may be changed.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit, urlunsplit

import aiohttp

# The SDK ships no types, so its classes are untyped here and nowhere else.
from twilio.base.exceptions import (  # type: ignore[import-untyped]
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.http import AsyncHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]
from twilio.rest.api.v2010.account.message import MessageInstance  # type: ignore[import-untyped]

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

MESSAGE_ID_PARAMETER = "tenor_message_id"
"""Query parameter of the status callback that carries `Outbound.message_id`."""

INVALID_NUMBER_CODES = frozenset({21211, 21614})
"""Twilio errors "invalid 'To' number" and "'To' is not a mobile number"."""
OPTED_OUT_CODE = 21610
"""Twilio error "recipient replied STOP to this sender"."""

_CLOCK_SKEW = timedelta(seconds=2)
"""How far Twilio's clock may be behind ours."""
_ARRIVAL_WINDOW = timedelta(minutes=5)
"""A message created later than the time-out plus this is somebody else's."""
_MOST_LISTED = 1000
"""Messages to one number in a look-up's window; more and the answer proves nothing."""
_MOST_ANSWER_BYTES = 8 * 1024 * 1024
_CREDENTIALS_RETRY_SECONDS = 60.0
"""Wrong credentials are the operator's to mend: the queue waits, it is not thrown away."""
_CONNECT_RETRY_SECONDS = 5.0

_HTTP_CLIENT_ERROR = 400
_HTTP_UNAUTHORIZED = 401
_HTTP_FORBIDDEN = 403
_HTTP_REQUEST_TIMEOUT = 408
_HTTP_TOO_MANY_REQUESTS = 429
_HTTP_SERVER_ERROR = 500


class _Throttled(Exception):
    """Twilio answered 429; the SDK's own exception would lose the header."""

    def __init__(self, retry_after: float | None) -> None:
        super().__init__("rate limited")
        self.retry_after = retry_after


class Transport(AsyncHttpClient):  # type: ignore[misc]
    """The SDK's transport: silent, with time-outs, and to `base_url` when one is given.

    Written anew instead of extending the SDK's: that one logs every request in full, builds its
    session before a loop may run, ignores its time-out and warns at each basic authentication.
    """

    def __init__(self, base_url: str | None, timeout: float) -> None:
        super().__init__(None, True, timeout)
        self._base = None if base_url is None else urlsplit(base_url.rstrip("/"))
        self._limits = aiohttp.ClientTimeout(
            total=timeout, sock_connect=min(timeout, _CONNECT_RETRY_SECONDS)
        )
        self._session: aiohttp.ClientSession | None = None

    async def request(  # noqa: PLR0917 - the SDK's signature
        self,
        method: str,
        url: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002 - fixed at construction
        allow_redirects: bool = False,  # noqa: ARG002 - never followed
    ) -> Response:
        """Make one request; raises `_Throttled` at a 429 and aiohttp's errors."""
        sent_headers = dict(headers or {})
        form: bytes | None = None
        if data is not None:
            # Written here: aiohttp's forms take as long as the rest of a request.
            form = urlencode({key: str(value) for key, value in data.items()}).encode("ascii")
            sent_headers["Content-Type"] = "application/x-www-form-urlencoded"
        if auth is not None:
            sent_headers["Authorization"] = aiohttp.encode_basic_auth(*auth)
        async with self._open_session().request(
            method.upper(),
            self._addressed(url),
            params=None if params is None else {key: str(value) for key, value in params.items()},
            data=form,
            headers=sent_headers,
            timeout=self._limits,
            allow_redirects=False,
        ) as answer:
            if answer.status == _HTTP_TOO_MANY_REQUESTS:
                raise _Throttled(
                    retry_after_seconds(
                        answer.headers.get("Retry-After"), answer.headers.get("Date")
                    )
                )
            text = await _text(answer)
            return Response(answer.status, text, dict(answer.headers))

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open_session(self) -> aiohttp.ClientSession:
        # Made at first use: aiohttp wants the running loop.
        if self._session is None:
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(), trust_env=self._base is None
            )
        return self._session

    def _addressed(self, url: str) -> str:
        if self._base is None:
            return url
        asked = urlsplit(url)
        return urlunsplit(
            (self._base.scheme, self._base.netloc, self._base.path + asked.path, asked.query, "")
        )


async def _text(answer: aiohttp.ClientResponse) -> str:
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > _MOST_ANSWER_BYTES:
            answer.close()
            raise aiohttp.ClientPayloadError("answer too large")
    return body.decode("utf-8", errors="replace")


class TwilioSms:
    """`Sender` of text messages.

    An HTTP answer of 4xx is a definite refusal; 5xx, a broken or missing answer is `Unknown`.
    Look-ups list the messages to the number around the dispatch and compare the text.
    """

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        from_: str,
        base_url: str | None = None,
        status_callback: str | None = None,
        timeout: float = 10.0,
        settle_seconds: float = 15.0,
    ) -> None:
        """Keep the account's settings; nothing is opened before the first message.

        Args:
            account_sid: Twilio account ("AC…").
            auth_token: Its secret.
            from_: The sending number, E.164.
            base_url: Another address than Twilio's own; None or empty for the real one.
            status_callback: URL Twilio reports delivery to; each message adds its id as
                `tenor_message_id`.
            timeout: Seconds a request may take in all.
            settle_seconds: How long a message may take to appear in Twilio's list.
        """
        self._transport = Transport(base_url or None, timeout)
        self._client = Client(account_sid, auth_token, http_client=self._transport)
        self._from = from_
        self._status_callback = status_callback or None
        self._timeout = timeout
        self._settle_seconds = settle_seconds

    @property
    def channel(self) -> Channel:
        """Text messages."""
        return Channel.SMS

    @property
    def can_look_up(self) -> bool:
        """Twilio lists its messages."""
        return True

    @property
    def settle_seconds(self) -> float:
        """Seconds after which a `NotFound` may be believed."""
        return self._settle_seconds

    async def send(self, message: Outbound) -> SendOutcome:
        """Create the message at Twilio, once."""
        options: dict[str, str] = {}
        if self._status_callback is not None:
            options["status_callback"] = _with_message_id(self._status_callback, message)
        try:
            created = await self._client.messages.create_async(
                to=message.to, from_=self._from, body=message.body, **options
            )
            provider_id = created.sid
        except _Throttled as limited:
            return Refused("429", True, False, limited.retry_after, provider_fault=True)
        except (TwilioRestException, TwilioServiceException) as problem:
            return _refusal(int(problem.status), problem.code)
        except aiohttp.ClientConnectorError:
            return _unreached("connect-failed")
        except aiohttp.ConnectionTimeoutError:
            return _unreached("connect-timeout")
        except TimeoutError:
            return Unknown("timeout")
        except (aiohttp.ClientError, OSError):
            return Unknown("connection-lost")
        except (TwilioException, ValueError, TypeError, KeyError, AttributeError):
            # An answer that says "created" but is not Twilio's: the message may be on its way.
            return Unknown("unreadable-answer")
        if not isinstance(provider_id, str) or not provider_id:
            return Unknown("unreadable-answer")
        return Accepted(provider_id)

    async def look_up(self, message: Outbound) -> LookedUp:
        """Find the message by number, day, text and time of creation."""
        since = message.dispatched_at.astimezone(UTC) - _CLOCK_SKEW
        until = since + timedelta(seconds=self._timeout) + _ARRIVAL_WINDOW
        try:
            # The filter knows days only; the list is narrowed to the window below.
            listed = await self._client.messages.list_async(
                to=message.to,
                from_=self._from,
                date_sent_after=since.date().isoformat(),
                date_sent_before=until.date().isoformat(),
                limit=_MOST_LISTED,
                page_size=100,
            )
            # By id: a list read page by page repeats messages when new ones push it on.
            same = {
                sid
                for created, sid, body in map(_listed, listed)
                if body == message.body and since.replace(microsecond=0) <= created <= until
            }
        except (
            # The SDK says why a list failed in words only; wrong credentials may be mended.
            _Throttled,
            TwilioException,
            aiohttp.ClientError,
            OSError,
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
        ):
            return Unanswered()
        if len(same) > 1 or (not same and len(listed) == _MOST_LISTED):
            return CannotTell()
        return Found(same.pop()) if same else NotFound()

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()


def _listed(instance: MessageInstance) -> tuple[datetime, str, str]:
    created, sid, body = instance.date_created, instance.sid, instance.body
    if not (isinstance(created, datetime) and isinstance(sid, str) and isinstance(body, str)):
        raise ValueError("not a message of Twilio's list")
    return (created if created.tzinfo else created.replace(tzinfo=UTC)), sid, body


def _with_message_id(callback: str, message: Outbound) -> str:
    parts = urlsplit(callback)
    added = urlencode({MESSAGE_ID_PARAMETER: str(message.message_id)})
    query = f"{parts.query}&{added}" if parts.query else added
    return urlunsplit(parts._replace(query=query))


def _unreached(code: str) -> Refused:
    return Refused(code, True, False, _CONNECT_RETRY_SECONDS, provider_fault=True)


def _refusal(status: int, code: int | None) -> SendOutcome:
    if status >= _HTTP_SERVER_ERROR or status == _HTTP_REQUEST_TIMEOUT:
        return Unknown(str(status))
    if status < _HTTP_CLIENT_ERROR:
        # A redirect or another answer Twilio does not give: nothing is known.
        return Unknown("unreadable-answer")
    if status in {_HTTP_UNAUTHORIZED, _HTTP_FORBIDDEN}:
        return Refused(
            str(code or status), True, False, _CREDENTIALS_RETRY_SECONDS, provider_fault=True
        )
    retire = code in INVALID_NUMBER_CODES or code == OPTED_OUT_CODE
    return Refused(str(code or status), False, retire)
