"""What Stripe's events say of our attempts, in our words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import orjson

from contracts.money_work import GatewayOutcome
from domain.collecting.units import from_units
from domain.errors import DomainError, ErrorCode
from domain.money import EXPONENTS

ATTEMPT: Final = "tenor_attempt"
"""Under this name our id of an attempt travels to the gateway and back."""

_PAID_PAGES: Final = frozenset(
    {"checkout.session.completed", "checkout.session.async_payment_succeeded"}
)
_LONGEST_WORD: Final = 200


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """An event, and what it says of an attempt of ours if it says anything."""

    id: str
    said: GatewayOutcome | None
    currency: str | None = None


def stripe_event(body: bytes) -> GatewayEvent:
    """Read an event whose signature was found good; raises `INVALID_REQUEST` for anything else."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        data = None
    event = data if isinstance(data, dict) else {}
    key, kind = _word(event, "id"), _word(event, "type")
    about = _object(_object(event, "data"), "object")
    if not key or not kind:
        raise DomainError(ErrorCode.INVALID_REQUEST, "The body is not an event.")
    attempt_id = _uuid(_word(_object(about, "metadata"), ATTEMPT))
    currency = _word(about, "currency").upper()
    if attempt_id is None or currency not in EXPONENTS:
        return GatewayEvent(key, None)
    return GatewayEvent(key, _said(kind, about, attempt_id, currency), currency)


def _said(
    kind: str, about: Mapping[str, object], attempt_id: UUID, currency: str
) -> GatewayOutcome | None:
    if kind == "payment_intent.succeeded":
        return _paid(attempt_id, _word(about, "id"), None, about.get("amount_received"), currency)
    if kind in _PAID_PAGES and about.get("payment_status") == "paid":
        return _paid(
            attempt_id,
            _word(about, "payment_intent"),
            _word(about, "id"),
            about.get("amount_total"),
            currency,
        )
    if kind == "checkout.session.expired":
        return GatewayOutcome(attempt_id=attempt_id, outcome="page_gone")
    return None


def _paid(
    attempt_id: UUID, reference: str, page: str | None, units: object, currency: str
) -> GatewayOutcome | None:
    if not reference or not isinstance(units, int) or units <= 0:
        return None
    return GatewayOutcome(
        attempt_id=attempt_id,
        outcome="succeeded",
        gateway_id=page,
        payment_reference=reference,
        amount=from_units(units, currency),
    )


def _object(holder: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def _word(holder: Mapping[str, object], name: str) -> str:
    value = holder.get(name)
    is_word = isinstance(value, str) and value.isascii() and value.isprintable()
    return str(value) if is_word and len(str(value)) <= _LONGEST_WORD else ""


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
