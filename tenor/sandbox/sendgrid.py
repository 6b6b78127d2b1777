"""SendGrid's mail send and Email Activity Feed, as its Web API v3 speaks them."""

import asyncio
import hmac
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

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

REFERENCE_ARGUMENT = "tenor_message_id"
"""Custom argument in which Tenor's message id comes along."""

_ADDRESS = re.compile(r"[^@\s<>,;\"\x00-\x1f]{1,64}@[^@\s<>,;\"\x00-\x1f]{1,255}\Z")
_HEADER_ID = re.compile(r"<[^<>\s]{3,250}>\Z", re.ASCII)
_REFERENCE = re.compile(r"[0-9A-Za-z._-]{1,64}\Z", re.ASCII)
_CONDITION = re.compile(
    r"\(?\s*(?:(?P<argument>unique_args\['(?P<name>[^']+)'\])|(?P<field>[a-z_]+))"
    r"\s*(?P<operator>=|LIKE)\s*(?P<quote>[\"'])(?P<value>[^\"']*)(?P=quote)\s*\)?\Z"
)
LONGEST_ANSWER = 5000
"""Characters of an answer to a mail."""

_MOST_RECIPIENTS = 1000
_MOST_LISTED = 1000
_USUALLY_LISTED = 10
_RESERVED_EVENT_KEYS = frozenset(
    {"email", "timestamp", "event", "sg_event_id", "sg_message_id", "smtp-id", "response"}
)

_Json = Mapping[str, object]


class SendGridError(Exception):
    """An answer other than success, in SendGrid's shape."""

    def __init__(self, status: int, message: str, field: str | None = None) -> None:
        """Keep what the answer will say."""
        super().__init__(str(status))
        self.status = status
        self.message = message
        self.field = field

    def answer(self, headers: Mapping[str, str] | None = None) -> Response:
        """SendGrid's JSON of the error."""
        error = {"message": self.message, "field": self.field, "help": None}
        return JSONResponse({"errors": [error]}, self.status, headers)


@dataclass(frozen=True, slots=True)
class _Envelope:
    """One recipient's copy of a mail."""

    recipient: str
    subject: str
    arguments: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Mail:
    """A checked request to send."""

    sender: str
    reply_to: str | None
    header_id: str | None
    body: str
    envelopes: list[_Envelope]


def routes(sandbox: Sandbox) -> APIRouter:
    """The routes of the stand-in."""
    router = APIRouter(prefix="/v3", include_in_schema=False)

    @router.post("/mail/send")
    async def send_mail(request: Request) -> Response:
        try:
            _authenticate(sandbox, request)
            mail = _mail(await request.body())
        except SendGridError as refused:
            return refused.answer()
        return await _send(sandbox, request, mail)

    @router.get("/messages")
    async def list_activity(request: Request) -> Response:
        try:
            _authenticate(sandbox, request)
            return await _activity(sandbox, request)
        except SendGridError as refused:
            return refused.answer()

    return router


async def _send(sandbox: Sandbox, request: Request, mail: _Mail) -> Response:
    now = sandbox.clock()
    message_id = secrets.token_urlsafe(16)
    messages, webhooks = [], []
    for place, envelope in enumerate(mail.envelopes):
        reference = envelope.arguments.get(REFERENCE_ARGUMENT, "")
        message = Message(
            provider=Provider.SENDGRID,
            direction=Direction.OUTBOUND,
            sid=f"{message_id}.filterdrecv-sandbox-{place}",
            sender=mail.sender,
            recipient=envelope.recipient,
            party=envelope.recipient.lower(),
            subject=envelope.subject,
            body=mail.body,
            reference=reference if _REFERENCE.match(reference) else None,
            created_at=now,
            reply_to=mail.reply_to,
            header_id=mail.header_id,
        )
        messages.append(message)
        webhooks += _events(sandbox, message, envelope.arguments, now)
    match await sandbox.store.accept(Provider.SENDGRID, messages, webhooks):
        case FaultKind.SERVER_ERROR:
            return SendGridError(500, "internal server error").answer()
        case FaultKind.RATE_LIMITED:
            reset = str(int(now.timestamp()) + 1)
            return SendGridError(429, "too many requests").answer(
                {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
            )
        case FaultKind.TIMEOUT_AFTER_ACCEPT:
            sandbox.poster.wake()
            return await answer_never(request)
        case FaultKind.GARBAGE:
            sandbox.poster.wake()
            return garbage()
        case FaultKind.SLOW | None as fault:
            if fault is FaultKind.SLOW:
                await asyncio.sleep(sandbox.settings.slow_seconds)
            sandbox.poster.wake()
            return Response(status_code=202, headers={"X-Message-Id": message_id})


def answer(sandbox: Sandbox, kept: Message, text: str) -> tuple[Message, Webhook]:
    """A person's answer to a mail, and the post of Inbound Parse that reports it.

    Raises:
        SendGridError: The text is empty or too long, or nobody is there to be told.
    """
    token = sandbox.settings.email_inbound_token.get_secret_value()
    if not token:
        raise SendGridError(422, "No address for incoming mail is set up.")
    if not text.strip() or len(text) > LONGEST_ANSWER:
        raise SendGridError(422, f"An answer has 1 to {LONGEST_ANSWER} characters.")
    now = sandbox.clock()
    to = kept.reply_to or kept.sender
    subject = kept.subject or ""
    mail = EmailMessage(SMTP)
    mail["From"] = kept.recipient
    mail["To"] = to
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{secrets.token_urlsafe(16)}@sandbox.invalid>"
    mail["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    if kept.header_id is not None:
        mail["In-Reply-To"] = mail["References"] = kept.header_id
    quoted = "\n".join(f"> {line}" for line in kept.body.splitlines())
    when = kept.created_at.strftime("%a, %b %-d, %Y at %H:%M")
    mail.set_content(f"{text.strip()}\n\nOn {when} {kept.sender} wrote:\n{quoted}\n")
    domain = kept.recipient.rpartition("@")[2]
    fields: dict[str, str | int] = {
        "email": mail.as_string(),
        "envelope": json.dumps({"to": [to], "from": kept.recipient}),
        "from": kept.recipient,
        "to": to,
        "subject": str(mail["Subject"]),
        "SPF": "pass",
        "dkim": f"{{@{domain} : pass}}",
        "sender_ip": "127.0.0.1",
    }
    sid = f"{secrets.token_urlsafe(16)}.inbound"
    message = Message(
        provider=Provider.SENDGRID,
        direction=Direction.INBOUND,
        sid=sid,
        sender=kept.recipient,
        recipient=to,
        party=kept.party,
        subject=str(mail["Subject"]),
        body=text.strip(),
        reference=None,
        created_at=now,
    )
    url = f"{sandbox.settings.webhook_base_url}/webhooks/sendgrid/inbound/{token}"
    return message, Webhook(WebhookKind.SENDGRID_INBOUND, sid, url, fields, now)


async def _activity(sandbox: Sandbox, request: Request) -> Response:
    if not sandbox.settings.sendgrid_activity_feed:
        raise SendGridError(403, "access forbidden")
    limit = request.query_params.get("limit", str(_USUALLY_LISTED))
    if not (limit.isascii() and limit.isdigit() and 0 < int(limit[:9]) <= _MOST_LISTED):
        raise SendGridError(400, "invalid limit", "limit")
    wanted = _conditions(request.query_params.get("query", ""))
    found = await sandbox.store.search(
        Provider.SENDGRID,
        sid=wanted.get("msg_id"),
        sid_prefix=wanted.get("msg_id_prefix"),
        reference=wanted.get("reference"),
        recipient=wanted.get("to_email"),
        direction=Direction.OUTBOUND,
        sender=wanted.get("from_email"),
        limit=int(limit),
    )
    return JSONResponse(
        {
            "messages": [
                {
                    "from_email": item.message.sender,
                    "msg_id": item.message.sid,
                    "subject": item.message.subject,
                    "to_email": item.message.recipient,
                    "status": "delivered",
                    "opens_count": 0,
                    "clicks_count": 0,
                    "last_event_time": item.message.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                }
                for item in found
            ]
        }
    )


def _conditions(query: str) -> dict[str, str]:
    """The feed's query language as far as it is spoken here: conditions joined by AND."""
    wanted: dict[str, str] = {}
    if not query.strip():
        return wanted
    for part in re.split(r"\s+AND\s+", query.strip(), flags=re.IGNORECASE):
        match = _CONDITION.match(part)
        if match is None:
            raise SendGridError(400, "invalid query", "query")
        value = match["value"]
        key = match["field"]
        if match["argument"]:
            key = "reference" if match["name"] == REFERENCE_ARGUMENT else ""
        elif key == "msg_id" and match["operator"] == "LIKE" and value.endswith("%"):
            key, value = "msg_id_prefix", value[:-1]
        if key not in {"reference", "msg_id", "msg_id_prefix", "to_email", "from_email"} or (
            match["operator"] == "LIKE" and key != "msg_id_prefix"
        ):
            raise SendGridError(400, "this query is not spoken by the sandbox", "query")
        wanted[key] = value
    return wanted


def _events(
    sandbox: Sandbox, message: Message, arguments: Mapping[str, str], now: datetime
) -> list[Webhook]:
    due_at = now + timedelta(seconds=sandbox.settings.sendgrid_event_delay_seconds)
    events = []
    for name in ("processed", "delivered"):
        event_id = secrets.token_urlsafe(16)
        fields: dict[str, str | int] = {
            # Custom arguments stand beside the event's own fields and cannot replace them.
            **{key: value for key, value in arguments.items() if key not in _RESERVED_EVENT_KEYS},
            "email": message.recipient,
            "event": name,
            "sg_event_id": event_id,
            "sg_message_id": message.sid,
            "smtp-id": f"<{message.sid.partition('.')[0]}@sandbox.invalid>",
            "timestamp": int(now.astimezone(UTC).timestamp()),
        }
        if name == "delivered":
            fields["response"] = "250 OK"
        events.append(Webhook(WebhookKind.SENDGRID_EVENT, event_id, "", fields, due_at))
    return events


def _authenticate(sandbox: Sandbox, request: Request) -> None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    known = sandbox.settings.sendgrid_api_key.get_secret_value()
    if scheme.lower() != "bearer" or not hmac.compare_digest(
        key.encode("utf-8", errors="replace"), known.encode()
    ):
        raise SendGridError(401, "The provided authorization grant is invalid, expired, or revoked")


def _mail(body: bytes) -> _Mail:
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        raise SendGridError(400, "Bad Request") from None
    if not isinstance(request, dict):
        raise SendGridError(400, "Bad Request")
    personalizations = _objects(request.get("personalizations"), "personalizations")
    envelopes = [
        envelope
        for place, personalization in enumerate(personalizations)
        for envelope in _envelopes(request, personalization, f"personalizations.{place}")
    ]
    if len(envelopes) > _MOST_RECIPIENTS:
        raise SendGridError(400, "There are too many recipients.", "personalizations")
    sender = _address(request.get("from"), "from")
    contents = _objects(request.get("content"), "content")
    values = [content.get("value") for content in contents if content.get("type") == "text/plain"]
    value = (values or [contents[0].get("value")])[0]
    if not isinstance(value, str) or not value:
        raise SendGridError(
            400,
            "The content value must be a string at least one character long.",
            "content.0.value",
        )
    reply_to = (
        None if request.get("reply_to") is None else _address(request["reply_to"], "reply_to")
    )
    return _Mail(sender, reply_to, _header_id(request.get("headers")), _plain(value), envelopes)


def _header_id(headers: object) -> str | None:
    """The Message-ID that a mail is given; SendGrid makes one where there is none."""
    value = headers.get("Message-ID") if isinstance(headers, dict) else None
    return _plain(value) if isinstance(value, str) and _HEADER_ID.match(value) else None


def _envelopes(mail: _Json, personalization: _Json, field: str) -> list[_Envelope]:
    subject = personalization.get("subject", mail.get("subject"))
    if not isinstance(subject, str) or not subject:
        raise SendGridError(400, "The subject is required.", "subject")
    arguments = {
        **_arguments(mail.get("custom_args"), "custom_args"),
        **_arguments(personalization.get("custom_args"), f"{field}.custom_args"),
    }
    return [
        _Envelope(_address(to, f"{field}.to.{place}"), _plain(subject), arguments)
        for place, to in enumerate(_objects(personalization.get("to"), f"{field}.to"))
    ]


def _objects(value: object, field: str) -> Sequence[_Json]:
    if (
        not isinstance(value, list)
        or not value
        or not all(isinstance(entry, dict) for entry in value)
    ):
        raise SendGridError(400, "This field is required and must be a list of objects.", field)
    return value


def _address(value: object, field: str) -> str:
    address = value.get("email") if isinstance(value, dict) else None
    if not isinstance(address, str) or not _ADDRESS.match(address):
        raise SendGridError(400, "Does not contain a valid address.", f"{field}.email")
    return _plain(address)


def _arguments(value: object, field: str) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(entry, str) for entry in value.values()):
        raise SendGridError(400, "Custom arguments must be strings.", field)
    return {_plain(key): _plain(entry) for key, entry in value.items()}


def _plain(text: str) -> str:
    """The text without lone surrogates, which JSON may hold and no storage can."""
    return text.encode("utf-8", errors="replace").decode("utf-8")
