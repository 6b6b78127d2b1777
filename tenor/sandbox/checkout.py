"""The page on which a person pays, and the sandbox's own look at the money providers."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field

from tenor.sandbox import stripe
from tenor.sandbox.cards import PAGE_CARDS
from tenor.sandbox.model import WebhookKind
from tenor.sandbox.service import Sandbox
from tenor.sandbox.till import Drawer, Thing, Till

_WITHOUT_DECIMALS = frozenset({"jpy", "krw", "clp", "vnd", "pyg", "rwf", "xaf", "xof"})
_WITH_THREE = frozenset({"bhd", "iqd", "jod", "kwd", "lyd", "omr", "tnd"})


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MoneyCounts(_Wire):
    """What the money providers did: payments taken by currency (in minor units), and sent."""

    payments: int
    declined: int
    taken: dict[str, int]
    pages_open: int
    pages_paid: int
    transfers: int


class EventOut(_Wire):
    """An event the Stripe stand-in has told, or would have."""

    id: str
    type: str


class EventPage(_Wire):
    """Events, newest first."""

    events: list[EventOut]


class Resend(_Wire):
    """How often an event is posted again."""

    times: Annotated[int, Field(ge=1, le=200)] = 1


class Mute(_Wire):
    """Whether events are kept back."""

    muted: bool


def routes(sandbox: Sandbox, till: Till) -> APIRouter:
    """The hosted page, and the interface for tests, the demo and scripts."""
    router = APIRouter(prefix="/sandbox")
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def page(found: Thing | None, status: int = 200, problem: str | None = None) -> HTMLResponse:
        if found is None:
            raise HTTPException(404, "There is no such page here.")
        body = found.body
        return HTMLResponse(
            templates.get_template("checkout.html").render(
                key=found.id,
                status=body["status"],
                what=found.hidden,
                amount=_written(body["amount_total"], str(body["currency"])),
                cards=PAGE_CARDS,
                back=body["success_url"],
                problem=problem,
            ),
            status,
        )

    @router.get("/checkout/{key}", include_in_schema=False)
    async def show(key: str) -> HTMLResponse:
        return page(await till.run(lambda drawer: stripe.page_of(drawer, key)))

    @router.post("/checkout/{key}", include_in_schema=False)
    async def pay(key: str, card: Annotated[str, Form()] = "visa") -> HTMLResponse:
        chosen = next((each for each in PAGE_CARDS if each.token == card), None)
        if chosen is None:
            raise HTTPException(422, "There is no such card.")
        found = await till.run(lambda drawer: stripe.pay_page(drawer, key, chosen.decline))
        sandbox.poster.wake()
        if chosen.decline is not None and found is not None and found.body["status"] == "open":
            return page(found, 402, "The card was declined. Choose another one.")
        return page(found)

    @router.get("/api/money")
    async def money() -> MoneyCounts:
        """Count what the money providers did."""
        return await till.run(_counted)

    @router.get("/api/stripe/events")
    async def events() -> EventPage:
        """List the events, newest first."""
        found = await till.run(lambda drawer: drawer.listed("event"))
        return EventPage(events=[EventOut(id=each.id, type=each.owner) for each in found])

    @router.post("/api/stripe/events/{key}/resend", status_code=202)
    async def resend(key: str, order: Resend) -> EventOut:
        """Post an event again, as often as asked, all copies at once."""

        def again(drawer: Drawer) -> Thing | None:
            found = drawer.get(key, "event")
            for number in range(order.times if found is not None else 0):
                if found is not None:
                    drawer.post(WebhookKind.STRIPE_EVENT, f"{key}:{number}", found.body)
            return found

        found = await till.run(again)
        if found is None:
            raise HTTPException(404, "There is no such event here.")
        sandbox.poster.wake()
        return EventOut(id=found.id, type=found.owner)

    @router.post("/api/stripe/mute")
    async def mute(order: Mute) -> Mute:
        """Keep events back, or post them again from now on."""
        await till.run(lambda drawer: drawer.mute(stripe.MUTED, order.muted))
        return order

    return router


def _counted(drawer: Drawer) -> MoneyCounts:
    payments = [each.body for each in drawer.listed("payment_intent")]
    pages = [each.body["status"] for each in drawer.listed("checkout.session")]
    taken: dict[str, int] = {}
    for each in payments:
        received = each["amount_received"]
        if each["status"] == "succeeded" and isinstance(received, int):
            currency = str(each["currency"]).upper()
            taken[currency] = taken.get(currency, 0) + received
    return MoneyCounts(
        payments=sum(1 for each in payments if each["status"] == "succeeded"),
        declined=sum(1 for each in payments if each["status"] != "succeeded"),
        taken=taken,
        pages_open=pages.count("open"),
        pages_paid=pages.count("complete"),
        transfers=sum(
            1 for each in drawer.listed("bank_payment") if each.body["status"] == "settled"
        ),
    )


def _written(units: object, currency: str) -> str:
    """An amount as people read it."""
    if not isinstance(units, int):
        raise TypeError("an amount is a number of minor units")
    decimals = 0 if currency in _WITHOUT_DECIMALS else 3 if currency in _WITH_THREE else 2
    whole, rest = divmod(units, 10**decimals)
    text = f"{whole:,}" if not decimals else f"{whole:,}.{rest:0{decimals}d}"
    return f"{text} {currency.upper()}"
