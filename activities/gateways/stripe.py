"""Card payments through Stripe's official SDK.

Every call that makes something carries an idempotency key of ours, and every payment our attempt's
id in its metadata. Stripe keeps keys for a day at least; whatever happened longer ago is found by
listing the payments of the customer, which is always up to date (the search is not).
"""

import logging
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import aiohttp
import stripe

from activities.gateways.port import GatewayUnsureError
from contracts.money_work import GatewayOrder, GatewayOutcome
from domain.collecting.units import from_units, to_units
from domain.errors import DomainError

ATTEMPT: Final = "tenor_attempt"
"""Metadata of every payment and page: the attempt's id, echoed by Stripe's events."""
LOAN: Final = "tenor_loan"
CUSTOMER: Final = "tenor_customer"

_PAGE_LIVES: Final = timedelta(hours=23)
"""Stripe allows half an hour to a day."""
_CLOCKS_DIFFER: Final = timedelta(minutes=10)
_NOT_CHARGEABLE: Final = "amount-not-chargeable"

Made = TypeVar("Made")


class StripeGateway:
    """`Gateway` over Stripe."""

    def __init__(self, *, api_key: str, base_url: str | None = None, timeout: float = 10.0) -> None:
        """Keep the account's settings; nothing is opened before the first call.

        Args:
            api_key: Stripe's secret key (`sk_...`).
            base_url: Another address than Stripe's own; None or empty for the real one.
            timeout: Seconds one call may take.
        """
        # The SDK's log names methods and payments, call by call; it is never wanted.
        logging.getLogger("stripe").disabled = True
        self._http = stripe.AIOHTTPClient(timeout=aiohttp.ClientTimeout(total=timeout))
        self._sdk = stripe.StripeClient(
            api_key,
            base_addresses={"api": base_url.rstrip("/")} if base_url else None,
            http_client=self._http,
            # A repetition is ours to decide: it begins with a look-up.
            max_network_retries=0,
        )

    async def prepare(self, order: GatewayOrder) -> GatewayOutcome | None:
        """Make a customer at Stripe and attach the method to it, both under keys of the method."""
        if order.token is None:
            return None
        customer = await _certain(
            self._sdk.v1.customers.create_async(
                params={"metadata": {CUSTOMER: str(order.customer_id)}},
                options={"idempotency_key": f"customer-{order.method_id}"},
            )
        )
        try:
            method = await _certain(
                self._sdk.v1.payment_methods.attach_async(
                    order.token,
                    params={"customer": customer.id},
                    options={"idempotency_key": f"attach-{order.method_id}"},
                )
            )
        except _Refusal as refusal:
            return _declined(order, refusal.code)
        return GatewayOutcome(
            attempt_id=order.attempt_id,
            outcome="unchanged",
            token=method.id,
            gateway_customer=customer.id,
        )

    async def charge(self, order: GatewayOrder) -> GatewayOutcome:
        """Charge the method off-session, once per attempt."""
        if order.repeat and order.gateway_customer is not None:
            found = await self._found(order, order.gateway_customer)
            if found is not None:
                return _of_payment(order, found)
        if order.token is None or order.gateway_customer is None:
            return _declined(order, "method-removed")
        try:
            made = await _certain(
                self._sdk.v1.payment_intents.create_async(
                    params={
                        "amount": to_units(order.amount, order.currency),
                        "currency": order.currency.lower(),
                        "customer": order.gateway_customer,
                        "payment_method": order.token,
                        "allowed_payment_method_types": ["card"],
                        "off_session": True,
                        "confirm": True,
                        "description": order.loan_number,
                        "metadata": _metadata(order),
                    },
                    options={"idempotency_key": str(order.attempt_id)},
                )
            )
        except _Refusal as refusal:
            return _declined(order, refusal.code)
        except DomainError:
            return _declined(order, _NOT_CHARGEABLE)
        return _of_payment(order, made)

    async def open_page(self, order: GatewayOrder) -> GatewayOutcome:
        """Make a Checkout session; its end is reckoned from the claim, so a repeat is the same."""
        ends_at = order.claimed_at + _PAGE_LIVES
        back = order.return_url or ""
        try:
            page = await _certain(
                self._sdk.v1.checkout.sessions.create_async(
                    params={
                        "mode": "payment",
                        "allowed_payment_method_types": ["card"],
                        # Another currency than the loan's would come back as another amount.
                        "adaptive_pricing": {"enabled": False},
                        "line_items": [
                            {
                                "quantity": 1,
                                "price_data": {
                                    "currency": order.currency.lower(),
                                    "unit_amount": to_units(order.amount, order.currency),
                                    "product_data": {"name": f"Loan {order.loan_number}"},
                                },
                            }
                        ],
                        "client_reference_id": str(order.attempt_id),
                        "metadata": _metadata(order),
                        "payment_intent_data": {
                            "description": order.loan_number,
                            "metadata": _metadata(order),
                        },
                        "success_url": back,
                        "cancel_url": back,
                        "expires_at": int(ends_at.timestamp()),
                    },
                    options={"idempotency_key": str(order.attempt_id)},
                )
            )
        except _Refusal as refusal:
            return _declined(order, refusal.code)
        except DomainError:
            return _declined(order, _NOT_CHARGEABLE)
        if not page.url:
            # Made by an earlier call, and paid or gone since.
            return _of_page(order, page)
        return GatewayOutcome(
            attempt_id=order.attempt_id,
            outcome="page_open",
            gateway_id=page.id,
            url=page.url,
            page_expires_at=datetime.fromtimestamp(page.expires_at, UTC),
        )

    async def look_up(self, order: GatewayOrder) -> GatewayOutcome:
        """Retrieve a Checkout session."""
        try:
            page = await _certain(
                self._sdk.v1.checkout.sessions.retrieve_async(order.gateway_id or "")
            )
        except _Refusal:
            return GatewayOutcome(attempt_id=order.attempt_id, outcome="page_gone")
        return _of_page(order, page)

    async def close_page(self, order: GatewayOrder) -> GatewayOutcome:
        """Expire a Checkout session; one that is not open any more is looked up."""
        try:
            page = await _certain(
                self._sdk.v1.checkout.sessions.expire_async(order.gateway_id or "")
            )
        except _Refusal:
            return await self.look_up(order)
        return _of_page(order, page)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call] # the SDK's

    async def _found(self, order: GatewayOrder, customer: str) -> stripe.PaymentIntent | None:
        """The payment that an earlier call of this attempt made, if it reached Stripe."""
        since = int((order.claimed_at - _CLOCKS_DIFFER).timestamp())
        last: str | None = None
        while True:
            params: stripe.params.PaymentIntentListParams = {
                "customer": customer,
                "created": {"gte": since},
                "limit": 100,
            }
            if last is not None:
                params["starting_after"] = last
            listed = await _certain(self._sdk.v1.payment_intents.list_async(params=params))
            for each in listed.data:
                if _attempt_of(each) == str(order.attempt_id):
                    return each
            if not listed.has_more or not listed.data:
                return None
            last = listed.data[-1].id


def _attempt_of(payment: stripe.PaymentIntent) -> str | None:
    try:
        return str(payment.metadata[ATTEMPT])
    except (KeyError, TypeError):
        return None


class _Refusal(Exception):
    """A definite "no" of Stripe, with its code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


async def _certain(call: Awaitable[Made]) -> Made:
    """What Stripe answered; `_Refusal` for its "no", `GatewayUnsureError` for anything else."""
    try:
        return await call
    except stripe.CardError as error:
        raise _Refusal(_decline_code(error)) from None
    except stripe.InvalidRequestError as error:
        raise _Refusal(error.code or "invalid-request") from None
    except stripe.StripeError as error:
        raise GatewayUnsureError(
            f"{type(error).__name__} {error.http_status or ''}".strip()
        ) from None
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise GatewayUnsureError(type(error).__name__) from None


def _decline_code(error: stripe.CardError) -> str:
    """The bank's reason where Stripe tells it, else Stripe's own."""
    told = error.error
    reason = None if told is None else told.decline_code
    return str(reason or error.code or "card_declined")


def _metadata(order: GatewayOrder) -> dict[str, str]:
    return {ATTEMPT: str(order.attempt_id), LOAN: order.loan_number}


def _declined(order: GatewayOrder, code: str) -> GatewayOutcome:
    return GatewayOutcome(attempt_id=order.attempt_id, outcome="declined", code=code)


def _of_payment(order: GatewayOrder, payment: stripe.PaymentIntent) -> GatewayOutcome:
    """What a payment's state says; one that is still at work is nothing certain."""
    match payment.status:
        case "succeeded":
            return GatewayOutcome(
                attempt_id=order.attempt_id,
                outcome="succeeded",
                payment_reference=payment.id,
                amount=from_units(payment.amount_received, order.currency),
            )
        case "requires_payment_method" | "canceled":
            problem = payment.last_payment_error
            code = None if problem is None else problem.decline_code or problem.code
            return _declined(order, code or payment.status)
        case "requires_action" | "requires_confirmation":
            return _declined(order, "authentication_required")
        case _:
            raise GatewayUnsureError(payment.status)


def _of_page(order: GatewayOrder, page: stripe.checkout.Session) -> GatewayOutcome:
    reference = _id_of(page.payment_intent)
    if page.payment_status == "paid" and reference is not None:
        return GatewayOutcome(
            attempt_id=order.attempt_id,
            outcome="succeeded",
            gateway_id=page.id,
            payment_reference=reference,
            amount=from_units(page.amount_total or 0, order.currency),
        )
    if page.status == "expired":
        return GatewayOutcome(attempt_id=order.attempt_id, outcome="page_gone", gateway_id=page.id)
    return GatewayOutcome(attempt_id=order.attempt_id, outcome="unchanged", gateway_id=page.id)


def _id_of(reference: str | stripe.PaymentIntent | None) -> str | None:
    return reference.id if isinstance(reference, stripe.PaymentIntent) else reference
