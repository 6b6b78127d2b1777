"""HTTP of webhooks: no token, a signature instead. What is answered with 200 is committed."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import OperationalError

from api.collecting import service as collecting
from api.deps import Services, ServicesDep
from api.messages.inbound import Inbound, mail_refused, receive
from api.messages.mail import MailRefused
from api.security.principal import SYSTEM
from api.webhooks import gateway_events, posted_mail, receipts, signatures
from api.webhooks.posted_mail import PostedMail
from api.work import Work, technical_now
from domain.contact.channel import Channel
from domain.errors import DomainError, ErrorCode

router = APIRouter(prefix="/webhooks", tags=["Webhooks"])

EMPTY_TWIML: Final = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'

MESSAGE_ID: Final = "tenor_message_id"
"""Under this name our id of a message travels to providers and back."""

MAX_EVENTS: Final = 5000
"""Events in one batch; SendGrid sends far fewer (768 KB at most)."""

_LONGEST_WORD: Final = 200

_ATTEMPTS: Final = 3

_STRIPE_SOURCE: Final = "stripe_event"
_SENDGRID_SOURCE: Final = "sendgrid_event"


class Twiml(Response):
    """An answer in Twilio's markup."""

    media_type = "application/xml"


@router.post("/twilio/inbound", summary="A text message came in", response_class=Twiml)
async def receive_twilio_message(request: Request, kit: ServicesDep) -> Twiml:
    """Twilio's webhook for incoming messages, form-encoded and signed."""
    form = await _twilio_form(request, kit)
    sms = Inbound(Channel.SMS, _sid(form), sender=form.one("From"), text=form.one("Body"))
    await _settled(request, kit, lambda work: receive(work, sms))
    return _twiml()


@router.post("/twilio/status", summary="A message moved on", response_class=Twiml)
async def receive_twilio_status(request: Request, kit: ServicesDep) -> Twiml:
    """Twilio's status callback, form-encoded and signed."""
    form = await _twilio_form(request, kit)
    report = receipts.twilio_report(
        form.one("MessageStatus") or form.one("SmsStatus"),
        form.one("ErrorCode"),
        _uuid(request.query_params.get(MESSAGE_ID)),
        _sid(form),
    )
    if report is not None:
        own = replace(report, request_id=request.state.request_id)
        await kit.receipts.take_in(Channel.SMS, own)
    return _twiml()


@router.post("/sendgrid/events", summary="E-mails moved on", status_code=204)
async def receive_sendgrid_events(request: Request, kit: ServicesDep) -> None:
    """SendGrid's signed event webhook: a batch of events, each taken in once."""
    body = await request.body()
    signatures.check_sendgrid(
        body,
        request.headers.get(signatures.SENDGRID_SIGNATURE),
        request.headers.get(signatures.SENDGRID_TIMESTAMP),
        kit.settings.sendgrid_webhook_public_key,
        technical_now(),
    )
    events = _events(body)
    await _settled(request, kit, lambda work: _take_in_events(work, events))


@router.post(
    "/sendgrid/inbound/{token}",
    summary="An e-mail came in",
    status_code=204,
    description="SendGrid's Inbound Parse webhook, with the raw mail or its parts; the last part "
    "of the address is the secret of the settings. A mail that cannot be read safely is refused "
    "with its reason, and a person is told.",
)
async def receive_sendgrid_mail(request: Request, kit: ServicesDep, token: str) -> None:
    """Take in an e-mail, once."""
    posted_mail.check(token, request.headers.get("authorization"), kit.settings)
    try:
        mail = await posted_mail.posted(request)
    except MailRefused as refused:
        await _settled(request, kit, mail_refused)
        raise DomainError(
            ErrorCode.UNREADABLE_MAIL,
            "The e-mail is not one that can be read safely; `reason` says why.",
            {"reason": refused.reason.value},
        ) from None
    await _settled(request, kit, lambda work: _take_in_mail(work, mail))


async def _take_in_mail(work: Work, mail: PostedMail) -> None:
    report = mail.report()
    if report is not None:
        await receipts.take_in(work, Channel.EMAIL, [report])
    await receive(work, mail.inbound(work.vault))


@router.post("/stripe", summary="A payment moved on", status_code=204)
async def receive_stripe_event(request: Request, kit: ServicesDep) -> None:
    """Stripe's signed event webhook, each event taken in once.

    Events of payments that Tenor did not ask for are passed over.
    """
    body = await request.body()
    signatures.check_stripe(
        body,
        request.headers.get(signatures.STRIPE_SIGNATURE),
        kit.settings.stripe_webhook_secret.get_secret_value(),
        technical_now(),
    )
    event = gateway_events.stripe_event(body)
    await _settled(request, kit, lambda work: _take_in_gateway_event(work, event))


async def _take_in_gateway_event(work: Work, event: gateway_events.GatewayEvent) -> None:
    if not await receipts.fresh_events(work, _STRIPE_SOURCE, [event.id]):
        return
    if event.said is not None:
        await collecting.take_in(work, event.said, event.currency)


async def _take_in_events(work: Work, events: Mapping[str, Mapping[str, object]]) -> None:
    fresh = await receipts.fresh_events(work, _SENDGRID_SOURCE, events.keys())
    reports = [
        receipts.sendgrid_report(
            _text(event, "event"), _text(event, "type"), _uuid(_text(event, MESSAGE_ID))
        )
        for key, event in events.items()
        if key in fresh
    ]
    await receipts.take_in(
        work, Channel.EMAIL, [report for report in reports if report is not None]
    )


async def _settled(
    request: Request, kit: Services, effect: Callable[[Work], Awaitable[None]]
) -> None:
    """Run an effect to its commit; once more when the database broke it off.

    Twilio does not call again by itself: a STOP must not be lost to a deadlock. Every effect here
    happens once however often it is run.
    """
    for left in reversed(range(_ATTEMPTS)):
        try:
            async with kit.room.begin(SYSTEM, request.state.request_id) as work:
                await effect(work)
        except OperationalError:
            if not left:
                raise
        else:
            return


async def _twilio_form(request: Request, kit: Services) -> signatures.TwilioForm:
    return signatures.twilio_form(
        await request.body(),
        _public_url(request, kit),
        request.headers.get(signatures.TWILIO_SIGNATURE),
        (
            kit.settings.twilio_auth_token.get_secret_value(),
            kit.settings.twilio_backup_auth_token.get_secret_value(),
        ),
    )


def _sid(form: signatures.TwilioForm) -> str:
    """Twilio's id of a message."""
    sid = form.one("MessageSid") or form.one("SmsSid")
    if not _is_word(sid):
        raise DomainError(ErrorCode.INVALID_REQUEST, "MessageSid is missing.")
    return sid


def _is_word(text: str) -> bool:
    """Whether a text is an id or a word of a protocol, not something that breaks a column."""
    return 0 < len(text) <= _LONGEST_WORD and text.isascii() and text.isprintable()


def _public_url(request: Request, kit: Services) -> str:
    """The address the provider called, made from our settings: headers could be anybody's."""
    query = request.scope["query_string"].decode("latin-1")
    url = kit.settings.public_url.rstrip("/") + request.url.path
    return f"{url}?{query}" if query else url


def _events(body: bytes) -> dict[str, Mapping[str, object]]:
    """The events of a batch by their ids; those without one cannot be told apart and are left."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        data = None
    if not isinstance(data, list) or len(data) > MAX_EVENTS:
        raise DomainError(ErrorCode.INVALID_REQUEST, "The body is not a list of events.")
    return {
        key: event
        for event in data
        if isinstance(event, dict) and (key := _text(event, "sg_event_id"))
    }


def _text(event: Mapping[str, object], name: str) -> str:
    value = event.get(name)
    return value if isinstance(value, str) and _is_word(value) else ""


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _twiml() -> Twiml:
    """Nothing to say: what has to be answered goes the way of all messages."""
    return Twiml(EMPTY_TWIML)
