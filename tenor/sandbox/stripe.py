"""Stripe's customers, payment methods, payments and Checkout sessions, as its API speaks of them.

Form-encoded requests, JSON answers, idempotency keys, signed events. It offers nothing that Stripe
does not: the search is missing because Stripe's is not up to date either.
"""

import asyncio
import hmac
import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl

from fastapi import APIRouter
from fastapi import Request as HttpRequest
from fastapi.responses import JSONResponse, Response

from tenor.sandbox.cards import decline_on_charge, decline_on_save
from tenor.sandbox.faults import answer_never, garbage
from tenor.sandbox.model import FaultKind, Provider, WebhookKind
from tenor.sandbox.service import Sandbox
from tenor.sandbox.till import Answer, Drawer, Json, Request, Thing, Till, new_id, once

API_VERSION: Final = "2026-10-28"
MUTED: Final = "muted"
"""The id of the mark that no events are to be posted."""

_MOST_FIELDS: Final = 400
_SHORTEST_PAGE, _LONGEST_PAGE = 30 * 60, 24 * 3600
_SMALLEST: Final = 50
"""Stripe takes no less than 0.50 in most currencies."""
_WITHOUT_CENTS: Final = frozenset({"jpy", "krw", "clp", "vnd", "pyg", "rwf", "xaf", "xof"})
_NAME: Final = re.compile(r"[^\[\]]+")

Form = Mapping[str, str]


class StripeError(Exception):
    """An answer other than success, in Stripe's shape."""

    def __init__(  # noqa: PLR0917 - the fields of one error
        self,
        status: int,
        kind: str,
        message: str,
        *,
        code: str | None = None,
        decline_code: str | None = None,
        payment: Json | None = None,
    ) -> None:
        """Keep what the answer will say."""
        super().__init__(message)
        error: Json = {"type": kind, "message": message}
        if code is not None:
            error["code"] = code
        if decline_code is not None:
            error["decline_code"] = decline_code
        if payment is not None:
            error["payment_intent"] = payment
        self.answer = Answer(status, {"error": error})


_FAILURES: Final = {
    FaultKind.SERVER_ERROR: StripeError(500, "api_error", "An unknown error occurred.").answer,
    FaultKind.RATE_LIMITED: StripeError(
        429, "invalid_request_error", "Too many requests.", code="rate_limit"
    ).answer,
}
_MISUSED: Final = StripeError(
    400, "idempotency_error", "Keys for idempotent requests can only be used once per request."
).answer


def routes(sandbox: Sandbox, till: Till) -> APIRouter:
    """The routes of the stand-in."""
    router = APIRouter(prefix="/v1", include_in_schema=False)

    async def make(
        http: HttpRequest, work: Callable[[Drawer, Form], Json], *, may_fail: bool = False
    ) -> Response:
        body = await http.body()
        try:
            _authenticate(sandbox, http)
            form = _form(body)
        except StripeError as error:
            return _shown(error.answer)
        request = Request(
            Provider.STRIPE,
            http.headers.get("Idempotency-Key"),
            http.url.path,
            body,
            may_fail,
        )

        def made(drawer: Drawer) -> Answer:
            try:
                return Answer(200, work(drawer, form))
            except StripeError as error:
                return error.answer

        answer = await till.run(lambda drawer: once(drawer, request, made, _FAILURES, _MISUSED))
        sandbox.poster.wake()
        if answer.fault is FaultKind.TIMEOUT_AFTER_ACCEPT:
            return await answer_never(http)
        if answer.fault is FaultKind.GARBAGE:
            return garbage()
        if answer.fault is FaultKind.SLOW:
            await asyncio.sleep(sandbox.settings.slow_seconds)
        return _shown(answer)

    async def read(http: HttpRequest, work: Callable[[Drawer], Json]) -> Response:
        try:
            _authenticate(sandbox, http)
            return _shown(Answer(200, await till.run(work)))
        except StripeError as error:
            return _shown(error.answer)

    @router.post("/customers")
    async def create_customer(http: HttpRequest) -> Response:
        return await make(http, _create_customer)

    @router.post("/payment_methods/{token}/attach")
    async def attach(token: str, http: HttpRequest) -> Response:
        return await make(http, lambda drawer, form: _attach(drawer, token, form))

    @router.post("/payment_intents")
    async def create_payment(http: HttpRequest) -> Response:
        return await make(http, _charge, may_fail=True)

    @router.get("/payment_intents")
    async def list_payments(http: HttpRequest) -> Response:
        asked = dict(http.query_params)
        return await read(http, lambda drawer: _list_payments(drawer, asked))

    @router.get("/payment_intents/{key}")
    async def get_payment(key: str, http: HttpRequest) -> Response:
        return await read(http, lambda drawer: _thing(drawer, key, "payment_intent").body)

    @router.post("/checkout/sessions")
    async def create_page(http: HttpRequest) -> Response:
        base = sandbox.settings.public_url or str(http.base_url).rstrip("/")
        return await make(
            http, lambda drawer, form: _create_page(drawer, form, base), may_fail=True
        )

    @router.get("/checkout/sessions/{key}")
    async def get_page(key: str, http: HttpRequest) -> Response:
        return await read(http, lambda drawer: _fresh_page(drawer, key).body)

    @router.post("/checkout/sessions/{key}/expire")
    async def expire_page(key: str, http: HttpRequest) -> Response:
        return await make(http, lambda drawer, _: _expire(drawer, key))

    return router


def _authenticate(sandbox: Sandbox, http: HttpRequest) -> None:
    scheme, _, given = http.headers.get("Authorization", "").partition(" ")
    known = sandbox.settings.stripe_api_key.get_secret_value()
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), known.encode()):
        raise StripeError(401, "invalid_request_error", "Invalid API Key provided.")


def _form(body: bytes) -> Form:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise StripeError(400, "invalid_request_error", "The body cannot be read.") from None
    return dict(pairs)


def _shown(answer: Answer) -> Response:
    headers = {"Request-Id": new_id("req")}
    if answer.replayed:
        headers["Idempotent-Replayed"] = "true"
    return JSONResponse(answer.body, answer.status, headers)


def _within(form: Form, holder: str) -> dict[str, str]:
    """The fields `holder[name]` of a form, by name."""
    return {
        key[len(holder) + 1 : -1]: value
        for key, value in form.items()
        if key.startswith(f"{holder}[") and _NAME.fullmatch(key[len(holder) + 1 : -1])
    }


def _needed(form: Form, name: str) -> str:
    if not form.get(name):
        raise StripeError(
            400,
            "invalid_request_error",
            f"Missing required param: {name}.",
            code="parameter_missing",
        )
    return form[name]


def _amount(form: Form, name: str, currency: str) -> int:
    text = _needed(form, name)
    if not text.isdigit() or len(text) > 8:  # noqa: PLR2004 - Stripe: at most eight digits
        raise StripeError(
            400, "invalid_request_error", "Invalid integer.", code="parameter_invalid_integer"
        )
    if int(text) < (1 if currency in _WITHOUT_CENTS else _SMALLEST):
        raise StripeError(
            400,
            "invalid_request_error",
            "Amount must be at least 50 cents.",
            code="amount_too_small",
        )
    return int(text)


def _thing(drawer: Drawer, key: str, kind: str) -> Thing:
    found = drawer.get(key, kind)
    if found is None:
        raise StripeError(
            404, "invalid_request_error", f"No such {kind}: '{key}'", code="resource_missing"
        )
    return found


def _seconds(drawer: Drawer) -> int:
    return int(drawer.now.timestamp())


# -- customers and methods ---------------------------------------------------------------------


def _create_customer(drawer: Drawer, form: Form) -> Json:
    key = new_id("cus")
    body: Json = {
        "id": key,
        "object": "customer",
        "created": _seconds(drawer),
        "livemode": False,
        "metadata": _within(form, "metadata"),
    }
    drawer.put(Thing(key, "customer", key, body))
    return body


def _attach(drawer: Drawer, token: str, form: Form) -> Json:
    """Attach a method; a test token makes a new one each time, as at Stripe."""
    customer = _thing(drawer, _needed(form, "customer"), "customer").id
    known = drawer.get(token, "payment_method")
    if known is not None and known.owner != customer:
        raise StripeError(
            400, "invalid_request_error", "The payment method belongs to another customer."
        )
    if known is None and not token.startswith("pm_card_"):
        _thing(drawer, token, "payment_method")
    code = decline_on_save(token)
    if code is not None:
        raise StripeError(
            402, "card_error", "Your card was declined.", code="card_declined", decline_code=code
        )
    if known is not None:
        return known.body
    key = new_id("pm")
    body: Json = {
        "id": key,
        "object": "payment_method",
        "type": "card",
        "card": {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2040},
        "customer": customer,
        "created": _seconds(drawer),
        "livemode": False,
        "metadata": {},
    }
    drawer.put(Thing(key, "payment_method", customer, body, hidden=token))
    return body


# -- payments ----------------------------------------------------------------------------------


def _charge(drawer: Drawer, form: Form) -> Json:
    """A payment that is confirmed at once with a saved method."""
    currency = _needed(form, "currency").lower()
    amount = _amount(form, "amount", currency)
    customer = _thing(drawer, _needed(form, "customer"), "customer").id
    method = _thing(drawer, _needed(form, "payment_method"), "payment_method")
    if method.owner != customer:
        raise StripeError(
            400, "invalid_request_error", "The payment method belongs to another customer."
        )
    if form.get("confirm") != "true":
        raise StripeError(400, "invalid_request_error", "The sandbox confirms at once only.")
    number = drawer.count("payment_intent", method.id) + 1
    code = decline_on_charge(method.hidden, number)
    payment = _payment(
        drawer,
        amount,
        currency,
        customer,
        _within(form, "metadata"),
        description=form.get("description"),
        decline=code,
    )
    payment["payment_method"] = method.id if code is None else None
    key = str(payment["id"])
    drawer.put(Thing(key, "payment_intent", customer, payment, hidden=method.id))
    if code is None:
        tell(drawer, "payment_intent.succeeded", payment)
        return payment
    tell(drawer, "payment_intent.payment_failed", payment)
    needs = code == "authentication_required"
    raise StripeError(
        402,
        "card_error",
        "Your card was declined.",
        code=code if needs else "card_declined",
        decline_code=code,
        payment=payment,
    )


def _payment(  # noqa: PLR0917 - the fields of one object
    drawer: Drawer,
    amount: int,
    currency: str,
    customer: str | None,
    metadata: Mapping[str, str],
    *,
    description: str | None,
    decline: str | None,
) -> Json:
    paid = decline is None
    return {
        "id": new_id("pi"),
        "object": "payment_intent",
        "amount": amount,
        "amount_received": amount if paid else 0,
        "currency": currency,
        "customer": customer,
        "description": description,
        "created": _seconds(drawer),
        "livemode": False,
        "metadata": dict(metadata),
        "status": "succeeded" if paid else "requires_payment_method",
        "last_payment_error": None
        if paid
        else {"type": "card_error", "code": "card_declined", "decline_code": decline},
    }


def _list_payments(drawer: Drawer, asked: Form) -> Json:
    """Payments of a customer, newest first."""
    found = [each.body for each in drawer.listed("payment_intent", asked.get("customer"))]
    since = asked.get("created[gte]", "0")
    if since.isdigit():
        found = [each for each in found if _number(each, "created") >= int(since)]
    after = asked.get("starting_after")
    if after is not None:
        places = [place for place, each in enumerate(found) if each["id"] == after]
        found = found[places[0] + 1 :] if places else []
    limit = int(asked["limit"]) if asked.get("limit", "").isdigit() else 10
    return {
        "object": "list",
        "url": "/v1/payment_intents",
        "data": found[:limit],
        "has_more": len(found) > limit,
    }


def _number(body: Json, name: str) -> int:
    value = body.get(name)
    return value if isinstance(value, int) else 0


# -- hosted pages ------------------------------------------------------------------------------


def _create_page(drawer: Drawer, form: Form, base: str) -> Json:
    if form.get("mode") != "payment":
        raise StripeError(400, "invalid_request_error", "The sandbox knows the mode payment only.")
    price = "line_items[0][price_data]"
    currency = _needed(form, f"{price}[currency]").lower()
    amount = _amount(form, f"{price}[unit_amount]", currency)
    now = _seconds(drawer)
    ends = form.get("expires_at", "")
    ends_at = int(ends) if ends.isdigit() else now + _LONGEST_PAGE
    if not now + _SHORTEST_PAGE <= ends_at <= now + _LONGEST_PAGE:
        raise StripeError(
            400, "invalid_request_error", "`expires_at` lies 30 minutes to 24 hours ahead."
        )
    key = new_id("cs_test")
    body: Json = {
        "id": key,
        "object": "checkout.session",
        "mode": "payment",
        "status": "open",
        "payment_status": "unpaid",
        "payment_intent": None,
        "amount_total": amount,
        "currency": currency,
        "client_reference_id": form.get("client_reference_id"),
        "metadata": _within(form, "metadata"),
        "success_url": form.get("success_url"),
        "cancel_url": form.get("cancel_url"),
        "created": now,
        "expires_at": ends_at,
        "livemode": False,
        "url": f"{base}/sandbox/checkout/{key}",
    }
    named = form.get(f"{price}[product_data][name]", "")
    drawer.put(Thing(key, "checkout.session", "", body, hidden=named))
    return body


def _fresh_page(drawer: Drawer, key: str) -> Thing:
    """A page as it stands now: past its end it is expired, and its event is told."""
    found = _thing(drawer, key, "checkout.session")
    if found.body["status"] == "open" and _number(found.body, "expires_at") <= _seconds(drawer):
        _ended(drawer, found)
    return found


def _expire(drawer: Drawer, key: str) -> Json:
    found = _fresh_page(drawer, key)
    if found.body["status"] != "open":
        raise StripeError(
            400, "invalid_request_error", "Only Checkout Sessions with a status in ['open'] expire."
        )
    _ended(drawer, found)
    return found.body


def _ended(drawer: Drawer, page: Thing) -> None:
    page.body["status"] = "expired"
    page.body["url"] = None
    drawer.put(page)
    tell(drawer, "checkout.session.expired", page.body)


def page_of(drawer: Drawer, key: str) -> Thing | None:
    """A hosted page as it stands now, if there is one."""
    return None if drawer.get(key, "checkout.session") is None else _fresh_page(drawer, key)


def pay_page(drawer: Drawer, key: str, decline: str | None) -> Thing | None:
    """Pay on a hosted page, once; declined, it stays open. None when there is no such page."""
    page = page_of(drawer, key)
    if page is None or page.body["status"] != "open":
        return page
    metadata = page.body["metadata"]
    payment = _payment(
        drawer,
        _number(page.body, "amount_total"),
        str(page.body["currency"]),
        None,
        {str(name): str(value) for name, value in metadata.items()}
        if isinstance(metadata, dict)
        else {},
        description=page.hidden,
        decline=decline,
    )
    if decline is not None:
        tell(drawer, "payment_intent.payment_failed", payment)
        return page
    drawer.put(Thing(str(payment["id"]), "payment_intent", "", payment, hidden=key))
    page.body["status"] = "complete"
    page.body["payment_status"] = "paid"
    page.body["payment_intent"] = payment["id"]
    page.body["url"] = None
    drawer.put(page)
    tell(drawer, "payment_intent.succeeded", payment)
    tell(drawer, "checkout.session.completed", page.body)
    return page


# -- events ------------------------------------------------------------------------------------


def tell(drawer: Drawer, kind: str, about: Json) -> None:
    """Keep an event, and post it unless events are muted."""
    key = new_id("evt")
    event: Json = {
        "id": key,
        "object": "event",
        "api_version": API_VERSION,
        "created": _seconds(drawer),
        "type": kind,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "data": {"object": dict(about)},
    }
    drawer.put(Thing(key, "event", kind, event))
    if drawer.get(MUTED, MUTED) is None:
        drawer.post(WebhookKind.STRIPE_EVENT, key, event)
