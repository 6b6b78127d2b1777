"""Proof that a webhook comes from the provider it names; the vendors' validators live here only.

Nothing of a request is believed, stored or logged before its signature was found good.
"""

import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

import stripe
from sendgrid.helpers.eventwebhook import EventWebhook, EventWebhookHeader
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from domain.errors import DomainError, ErrorCode

TWILIO_SIGNATURE = "X-Twilio-Signature"

MAX_AGE = timedelta(minutes=10)
"""How far a signed timestamp may lie from our own clock, either way."""

_MAX_FIELDS = 200
_SECONDS = re.compile(r"\d{1,12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TwilioForm:
    """The fields of a form that Twilio signed.

    Attributes:
        fields: Each name with all its values, in the order they came.
    """

    fields: Mapping[str, Sequence[str]]

    def one(self, name: str) -> str:
        """The first value of a field; empty when it is not there."""
        return next(iter(self.fields.get(name, ())), "")


def twilio_form(
    body: bytes, url: str, signature: str | None, auth_tokens: Sequence[str]
) -> TwilioForm:
    """The form in a request body, if Twilio signed it for this address.

    Args:
        body: The request's body, form-encoded.
        url: The address Twilio called, as Twilio knows it: the public one with its query.
        signature: Header `X-Twilio-Signature`.
        auth_tokens: Those of our accounts; an empty one proves nothing, without any nothing is
            believed.

    Raises:
        DomainError: `BAD_SIGNATURE`.
    """
    if not signature or not signature.isascii():
        raise _bad()
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise _bad() from None
    form = _Form(pairs)
    known = (RequestValidator(token) for token in auth_tokens if token)
    if not any(validator.validate(url, form, signature) for validator in known):
        raise _bad()
    return TwilioForm({name: form.getlist(name) for name in form})


def check_sendgrid(
    body: bytes, signature: str | None, timestamp: str | None, public_key: str, now: datetime
) -> None:
    """Believe a batch of events only if SendGrid signed it, lately.

    Args:
        body: The request's body, as it came.
        signature: Header `X-Twilio-Email-Event-Webhook-Signature`.
        timestamp: Header `X-Twilio-Email-Event-Webhook-Timestamp`, seconds since the epoch; it
            is part of what is signed.
        public_key: SendGrid's verification key (base64 DER); without one nothing is believed.
        now: Technical time.

    Raises:
        DomainError: `BAD_SIGNATURE`.
    """
    if not public_key or not signature or not timestamp:
        raise _bad()
    webhook = EventWebhook()
    key = webhook.convert_public_key_to_ecdsa(public_key)
    try:
        genuine = webhook.verify_signature(body.decode(), signature, timestamp, key)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        genuine = False
    if not genuine or not _SECONDS.fullmatch(timestamp):
        raise _bad()
    if abs(now.timestamp() - int(timestamp)) > MAX_AGE.total_seconds():
        raise _bad()


def check_stripe(body: bytes, signature: str | None, secret: str, now: datetime) -> None:
    """Believe an event only if Stripe signed it, lately.

    Args:
        body: The request's body, as it came.
        signature: Header `Stripe-Signature`; the time in it is part of what is signed.
        secret: The endpoint's signing secret (`whsec_...`); without one nothing is believed.
        now: Technical time.

    Raises:
        DomainError: `BAD_SIGNATURE`.
    """
    if not secret or not signature or not signature.isascii():
        raise _bad()
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret)
    except (stripe.SignatureVerificationError, UnicodeDecodeError, ValueError):
        raise _bad() from None
    signed_at = next((part[2:] for part in signature.split(",") if part.startswith("t=")), "")
    if not _SECONDS.fullmatch(signed_at):
        raise _bad()
    if abs(now.timestamp() - int(signed_at)) > MAX_AGE.total_seconds():
        raise _bad()


STRIPE_SIGNATURE = "Stripe-Signature"
SENDGRID_SIGNATURE: str = EventWebhookHeader.SIGNATURE
SENDGRID_TIMESTAMP: str = EventWebhookHeader.TIMESTAMP


class _Form(dict[str, list[str]]):
    """Form fields in the shape the validator reads repeated ones from."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        for name, value in pairs:
            self.setdefault(name, []).append(value)

    def getlist(self, name: str) -> list[str]:
        """All values of a field."""
        return self[name]


def _bad() -> DomainError:
    return DomainError(
        ErrorCode.BAD_SIGNATURE, "The request does not carry the provider's signature for it."
    )
