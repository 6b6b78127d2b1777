"""A bank that sends transfers over a plain REST interface."""

import asyncio
import hmac
import json
from typing import Final

from fastapi import APIRouter
from fastapi import Request as HttpRequest
from fastapi.responses import JSONResponse, Response

from tenor.sandbox.faults import answer_never, garbage
from tenor.sandbox.model import FaultKind, Provider
from tenor.sandbox.service import Sandbox
from tenor.sandbox.till import Answer, Drawer, Json, Request, Thing, Till, new_id, once

CLOSED_ACCOUNT: Final = "0004"
"""Accounts that end so are closed: transfers to them are rejected (ISO 20022 reason AC04)."""
SLOW_ACCOUNT: Final = "0009"
"""Transfers to accounts that end so are accepted first and settled when they are asked for."""

_FAILURES: Final = {
    FaultKind.SERVER_ERROR: Answer(500, {"code": "internal", "message": "Try again."}),
    FaultKind.RATE_LIMITED: Answer(429, {"code": "rate-limited", "message": "Slow down."}),
}
_MISUSED: Final = Answer(409, {"code": "idempotency-key-reused", "message": "Another order."})
_UNREADABLE: Final = Answer(400, {"code": "unreadable", "message": "The order cannot be read."})


def routes(sandbox: Sandbox, till: Till) -> APIRouter:
    """The routes of the stand-in."""
    router = APIRouter(prefix="/bank/v1", include_in_schema=False)

    @router.post("/payments")
    async def order(http: HttpRequest) -> Response:
        body = await http.body()
        if not _known(sandbox, http):
            return JSONResponse({"code": "unauthorised", "message": "Who are you?"}, 401)
        key = http.headers.get("Idempotency-Key")
        request = Request(Provider.BANK, key, http.url.path, body, may_fail=True)
        answer = await till.run(
            lambda drawer: once(
                drawer, request, lambda inside: _order(inside, body), _FAILURES, _MISUSED
            )
        )
        if answer.fault is FaultKind.TIMEOUT_AFTER_ACCEPT:
            return await answer_never(http)
        if answer.fault is FaultKind.GARBAGE:
            return garbage()
        if answer.fault is FaultKind.SLOW:
            await asyncio.sleep(sandbox.settings.slow_seconds)
        return JSONResponse(answer.body, answer.status)

    @router.get("/payments")
    async def find(http: HttpRequest, end_to_end_id: str) -> Response:
        if not _known(sandbox, http):
            return JSONResponse({"code": "unauthorised", "message": "Who are you?"}, 401)
        return JSONResponse(await till.run(lambda drawer: _find(drawer, end_to_end_id)))

    return router


def _known(sandbox: Sandbox, http: HttpRequest) -> bool:
    scheme, _, given = http.headers.get("Authorization", "").partition(" ")
    known = sandbox.settings.bank_api_key.get_secret_value()
    return scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), known.encode())


def _order(drawer: Drawer, body: bytes) -> Answer:
    try:
        order = json.loads(body)
        reference = order["end_to_end_id"]
        account = order["creditor"]["account"]
        shown: Json = {
            "payment_id": new_id("bp"),
            "end_to_end_id": reference,
            "amount": order["amount"],
            "currency": order["currency"],
        }
    except (ValueError, KeyError, TypeError):
        return _UNREADABLE
    if not (isinstance(reference, str) and isinstance(account, str)):
        return _UNREADABLE
    if account.endswith(CLOSED_ACCOUNT):
        shown |= {"status": "rejected", "reason_code": "AC04"}
    else:
        shown["status"] = "accepted" if account.endswith(SLOW_ACCOUNT) else "settled"
    drawer.put(Thing(str(shown["payment_id"]), "bank_payment", reference, shown))
    return Answer(201, shown)


def _find(drawer: Drawer, reference: str) -> Json:
    found = drawer.listed("bank_payment", reference)
    for each in found:
        if each.body["status"] == "accepted":
            each.body["status"] = "settled"
            drawer.put(each)
    return {"payments": [each.body for each in found]}
