"""Twilio's Messages resource, as its REST API of 2010-04-01 speaks it."""

import asyncio
import base64
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from tenor.sandbox.faults import answer_never, garbage
from tenor.sandbox.model import (
    Direction,
    FaultKind,
    Message,
    Provider,
    Webhook,
    WebhookKind,
)
from tenor.sandbox.service import Sandbox

API_VERSION = "2010-04-01"
REFERENCE_PARAMETER = "tenor_message_id"
"""Query parameter of a StatusCallback in which Tenor's message id comes along."""
LONGEST_BODY = 1600
"""Characters of a message (Twilio error 21617)."""

REFUSED_NUMBERS = {
    # The numbers Twilio's own test credentials give these meanings.
    "+15005550001": (21211, "Invalid 'To' Phone Number"),
    "+15005550009": (21614, "'To' number is not a valid mobile number"),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
}

_E164 = re.compile(r"\+[1-9]\d{6,14}\Z", re.ASCII)
_REFERENCE = re.compile(r"[0-9A-Za-z._-]{1,64}\Z", re.ASCII)
_MOST_FIELDS = 100
_MOST_ON_A_PAGE = 1000
_USUAL_PAGE = 50
_GSM_SEGMENTS = (160, 153)
_UNICODE_SEGMENTS = (70, 67)


class TwilioError(Exception):
    """An answer other than success, in Twilio's shape."""

    def __init__(self, status: int, code: int, message: str) -> None:
        """Keep what the answer will say."""
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.message = message

    def answer(self, headers: Mapping[str, str] | None = None) -> Response:
        """Twilio's JSON of the error."""
        return JSONResponse(
            {
                "code": self.code,
                "message": self.message,
                "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
                "status": self.status,
            },
            self.status,
            headers,
        )


@dataclass(frozen=True, slots=True)
class _Order:
    """A checked request to send."""

    to: str
    from_: str
    body: str
    status_callback: str | None


def routes(sandbox: Sandbox) -> APIRouter:
    """The routes of the stand-in."""
    router = APIRouter(prefix=f"/{API_VERSION}/Accounts/{{account}}", include_in_schema=False)

    @router.post("/Messages.json")
    async def create_message(account: str, request: Request) -> Response:
        try:
            _authenticate(sandbox, request, account)
            order = _order(_form(await request.body()))
        except TwilioError as refused:
            return refused.answer()
        return await _create(sandbox, request, order)

    @router.get("/Messages.json")
    async def list_messages(account: str, request: Request) -> Response:
        try:
            _authenticate(sandbox, request, account)
            return await _list(sandbox, request)
        except TwilioError as refused:
            return refused.answer()

    @router.get("/Messages/{sid}.json")
    async def fetch_message(account: str, sid: str, request: Request) -> Response:
        try:
            _authenticate(sandbox, request, account)
        except TwilioError as refused:
            return refused.answer()
        found = await sandbox.store.search(Provider.TWILIO, sid=sid, limit=1)
        if not found:
            return TwilioError(404, 20404, "The requested resource was not found").answer()
        return JSONResponse(_resource(sandbox, found[0].message))

    return router


def inbound(sandbox: Sandbox, person: str, number: str, body: str) -> tuple[Message, Webhook]:
    """A person's text message to one of our numbers, and the webhook that reports it.

    Raises:
        TwilioError: A number is not one, or the text is empty or too long.
    """
    order = _order({"To": number, "From": person, "Body": body})
    now = sandbox.clock()
    sid = _new_sid()
    message = Message(
        provider=Provider.TWILIO,
        direction=Direction.INBOUND,
        sid=sid,
        sender=order.from_,
        recipient=order.to,
        party=order.from_,
        subject=None,
        body=order.body,
        reference=None,
        created_at=now,
    )
    fields: dict[str, str | int] = {
        "AccountSid": sandbox.settings.twilio_account_sid,
        "ApiVersion": API_VERSION,
        "Body": order.body,
        "From": order.from_,
        "MessageSid": sid,
        "NumMedia": "0",
        "NumSegments": str(_segments(order.body)),
        "SmsMessageSid": sid,
        "SmsSid": sid,
        "SmsStatus": "received",
        "To": order.to,
    }
    url = f"{sandbox.settings.webhook_base_url}/webhooks/twilio/inbound"
    return message, Webhook(WebhookKind.TWILIO_INBOUND, sid, url, fields, now)


async def _create(sandbox: Sandbox, request: Request, order: _Order) -> Response:
    now = sandbox.clock()
    message = Message(
        provider=Provider.TWILIO,
        direction=Direction.OUTBOUND,
        sid=_new_sid(),
        sender=order.from_,
        recipient=order.to,
        party=order.to,
        subject=None,
        body=order.body,
        reference=_reference(order.status_callback),
        created_at=now,
    )
    webhooks = _status_webhooks(sandbox, message, order.status_callback)
    match await sandbox.store.accept(Provider.TWILIO, [message], webhooks):
        case FaultKind.SERVER_ERROR:
            return TwilioError(500, 20500, "Internal Server Error").answer()
        case FaultKind.RATE_LIMITED:
            return TwilioError(429, 20429, "Too Many Requests").answer({"Retry-After": "1"})
        case FaultKind.TIMEOUT_AFTER_ACCEPT:
            sandbox.poster.wake()
            return await answer_never(request)
        case FaultKind.GARBAGE:
            sandbox.poster.wake()
            return garbage()
        case FaultKind.SLOW | None as fault:
            if fault is FaultKind.SLOW:
                await asyncio.sleep(sandbox.settings.slow_seconds)
            if webhooks:
                sandbox.poster.wake()
            return JSONResponse(_resource(sandbox, message, created=True), 201)


async def _list(sandbox: Sandbox, request: Request) -> Response:
    asked = request.query_params
    size = _number(asked.get("PageSize"), _USUAL_PAGE, _MOST_ON_A_PAGE)
    page = _number(asked.get("Page"), 0, 1_000_000)
    token = asked.get("PageToken")
    on, since, through = (_day(asked.get(name)) for name in ("DateSent", "DateSent>", "DateSent<"))
    found = await sandbox.store.search(
        Provider.TWILIO,
        sender=asked.get("From"),
        recipient=asked.get("To"),
        since=on or since,
        before=None if (last := on or through) is None else last + timedelta(days=1),
        before_id=None if token is None else _number(token.removeprefix("PA"), 0, 2**62),
        limit=size + 1,
    )
    shown, more = found[:size], len(found) > size
    kept = [
        (name, value) for name, value in asked.multi_items() if name not in {"Page", "PageToken"}
    ]
    path = request.url.path
    following = [*kept, ("Page", str(page + 1)), ("PageToken", f"PA{shown[-1].id}")] if more else []
    return JSONResponse(
        {
            "end": max(page * size + len(shown) - 1, 0),
            "first_page_uri": f"{path}?{urlencode([*kept, ('Page', '0')])}",
            "messages": [_resource(sandbox, item.message) for item in shown],
            "next_page_uri": f"{path}?{urlencode(following)}" if more else None,
            "page": page,
            "page_size": size,
            "previous_page_uri": None,
            "start": page * size,
            "uri": f"{path}?{urlencode(asked.multi_items())}",
        }
    )


def _resource(sandbox: Sandbox, message: Message, *, created: bool = False) -> dict[str, object]:
    account = sandbox.settings.twilio_account_sid
    written = format_datetime(message.created_at.astimezone(UTC))
    outbound = message.direction is Direction.OUTBOUND
    uri = f"/{API_VERSION}/Accounts/{account}/Messages/{message.sid}"
    return {
        "account_sid": account,
        "api_version": API_VERSION,
        "body": message.body,
        "date_created": written,
        "date_sent": None if created else written,
        "date_updated": written,
        "direction": "outbound-api" if outbound else "inbound",
        "error_code": None,
        "error_message": None,
        "from": message.sender,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": str(_segments(message.body)),
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": "queued" if created else "delivered" if outbound else "received",
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.recipient,
        "uri": f"{uri}.json",
    }


def _status_webhooks(
    sandbox: Sandbox, message: Message, status_callback: str | None
) -> list[Webhook]:
    if status_callback is None:
        return []
    return [
        Webhook(
            WebhookKind.TWILIO_STATUS,
            message.sid,
            status_callback,
            {
                "AccountSid": sandbox.settings.twilio_account_sid,
                "ApiVersion": API_VERSION,
                "From": message.sender,
                "MessageSid": message.sid,
                "MessageStatus": status,
                "SmsSid": message.sid,
                "SmsStatus": status,
                "To": message.recipient,
            },
            message.created_at,
        )
        for status in sandbox.settings.twilio_status_callbacks
    ]


def _authenticate(sandbox: Sandbox, request: Request, account: str) -> None:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    try:
        given = base64.b64decode(credentials, validate=True) if scheme.lower() == "basic" else b""
    except ValueError:
        # Not base64, or not even ASCII.
        given = b""
    settings = sandbox.settings
    known = f"{settings.twilio_account_sid}:{settings.twilio_auth_token.get_secret_value()}"
    if not hmac.compare_digest(given, known.encode()):
        raise TwilioError(401, 20003, "Authenticate")
    if account != settings.twilio_account_sid:
        raise TwilioError(404, 20404, "The requested resource was not found")


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as problem:
        raise TwilioError(400, 20001, "The request body cannot be read") from problem
    return dict(pairs)


def _order(form: Mapping[str, str]) -> _Order:
    to, from_, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
    if not to:
        raise TwilioError(400, 21604, "A 'To' phone number is required.")
    if not from_:
        raise TwilioError(400, 21603, "A 'From' phone number is required.")
    if not body:
        raise TwilioError(400, 21602, "Message body is required.")
    if len(body) > LONGEST_BODY:
        raise TwilioError(400, 21617, "The concatenated message body exceeds the 1600 limit.")
    if to in REFUSED_NUMBERS:
        raise TwilioError(400, *REFUSED_NUMBERS[to])
    if not _E164.match(to):
        raise TwilioError(400, 21211, "Invalid 'To' Phone Number")
    if not _E164.match(from_):
        raise TwilioError(400, 21212, "Invalid 'From' Phone Number")
    callback = form.get("StatusCallback") or None
    if callback is not None and not callback.startswith(("http://", "https://")):
        raise TwilioError(400, 21609, "Invalid 'StatusCallback' URL")
    return _Order(to, from_, body, callback)


def _reference(status_callback: str | None) -> str | None:
    if status_callback is None:
        return None
    try:
        values = parse_qs(urlsplit(status_callback).query).get(REFERENCE_PARAMETER, [""])
    except ValueError:
        return None
    return values[0] if _REFERENCE.match(values[0]) else None


def _segments(body: str) -> int:
    # Close enough to GSM 03.38: what is not ASCII counts as UCS-2.
    alone, joined = _GSM_SEGMENTS if body.isascii() else _UNICODE_SEGMENTS
    units = len(body.encode("utf-16-le", errors="replace")) // 2
    return 1 if units <= alone else -(-units // joined)


def _day(text: str | None) -> datetime | None:
    """Midnight (UTC) of a date filter, which may carry a time nobody looks at."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text[:10])
    except ValueError as problem:
        raise TwilioError(400, 20001, "Invalid DateSent") from problem
    if not day < date.max:
        raise TwilioError(400, 20001, "Invalid DateSent")
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _number(text: str | None, usual: int, most: int) -> int:
    if text is None:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) < len(str(2**62))):
        raise TwilioError(400, 20001, "Invalid paging parameter")
    return min(int(text), most)


def _new_sid() -> str:
    return f"SM{secrets.token_hex(16)}"
