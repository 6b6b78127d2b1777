"""What collecting's tests arrange: cards, mandates, links, a gateway's word and its events."""

import hashlib
import hmac
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
from httpx2 import Response
from sqlalchemy import update

from api.clocks.tables import TestClockRow
from tests.api.conftest import WorkFactory
from tests.api.support import Actors, Headers, Scene, key, ok

SECRET = "whsec_of_the_tests"
INSTALMENT = "106.62"

Json = dict[str, Any]


@dataclass(slots=True)
class Till:
    """A scene with the worker that collects."""

    scene: Scene
    worker: Headers
    work: WorkFactory

    async def loan(self, **fields: object) -> Json:
        """A loan of a new customer, due on the first of each month."""
        return await self.scene.loan(await self.scene.customer(), **fields)

    async def card(self, customer_id: object, card: str = "pm_card_visa") -> Json:
        """Save a payment method."""
        body = {"token": card, "brand": "visa", "last4": "4242"}
        return await self.scene.post(f"/customers/{customer_id}/payment-methods", body)

    async def mandate(self, loan: Json, card: str = "pm_card_visa") -> Json:
        """Put a loan on autopay."""
        method = await self.card(loan["customer_id"], card)
        return await self.scene.post(
            f"/loans/{loan['id']}/autopay", {"payment_method_id": method["id"]}
        )

    async def link(self, loan: Json, **fields: object) -> Json:
        """Make a pay link."""
        return await self.scene.post(f"/loans/{loan['id']}/pay-links", fields)

    async def clock(self, at: datetime) -> None:
        """Put the clock at an instant, without walking it."""
        async with self.work() as unit:
            await unit.session.execute(
                update(TestClockRow)
                .where(TestClockRow.id == UUID(str(self.scene.clock_id)))
                .values(now_at=at)
            )

    async def advance(self, loan: Json) -> Json:
        """What the loan's workflow does at its decision time."""
        loans = await Actors(self.scene.api).service("loans")
        answer = await self.scene.api.client.post(
            f"/api/v1/loans/{loan['id']}/advance", headers=loans
        )
        return ok(answer)

    async def collections(self, loan: Json) -> list[Json]:
        """The collections of a loan."""
        found: Json = await self.scene.get(f"/loans/{loan['id']}/collections")
        items: list[Json] = found["items"]
        return items

    async def payments(self, loan: Json) -> list[Json]:
        """The payments of a loan."""
        found: Json = await self.scene.get(f"/loans/{loan['id']}/payments")
        items: list[Json] = found["items"]
        return items

    async def ask(self, collection_id: object, what: str, body: object = None) -> Json:
        """Ask as the worker: `plan`, `claim` or `outcomes`."""
        answer = await self.scene.api.client.post(
            f"/api/v1/collections/{collection_id}/{what}", json=body, headers=self.worker
        )
        return ok(answer)

    async def claimed(self, collection_id: object) -> Json:
        """Claim what is due, which there must be."""
        claim = await self.ask(collection_id, "claim")
        assert claim["order"] is not None, claim["plan"]
        order: Json = claim["order"]
        return order

    async def say(self, collection_id: object, order: Json, **said: object) -> Json:
        """Report an outcome of an order."""
        body = {"attempt_id": order["attempt_id"]} | said
        return await self.ask(collection_id, "outcomes", body)

    async def opened(self, link: Json) -> Json:
        """Open a link and let its page be made; answers the page's order."""
        answer = await self.scene.api.client.get(path_of(link))
        assert answer.status_code == 200, answer.text
        order = await self.claimed(link["id"])
        assert order["action"] == "open_page"
        await self.say(
            link["id"],
            order,
            outcome="page_open",
            gateway_id=f"cs_{order['attempt_id']}",
            url="https://gateway.example/page",
            page_expires_at="2999-01-01T00:00:00Z",
        )
        return order

    async def tell(self, event: Json, *, secret: str = SECRET, at: float | None = None) -> Response:
        """Post an event as Stripe does."""
        body = orjson.dumps(event)
        stamp = int(time.time() if at is None else at)
        seal = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return await self.scene.api.client.post(
            "/api/v1/webhooks/stripe",
            content=body,
            headers={"Stripe-Signature": f"t={stamp},v1={seal}"},
        )

    async def tasks(self, kind: str) -> list[Json]:
        """The open tasks of a kind."""
        found: Json = await self.scene.get("/tasks")
        return [task for task in found["items"] if task["kind"] == kind]


def path_of(link: Json) -> str:
    """The path of a link's address."""
    return str(link["url"]).removeprefix("http://api.test")


def paid_event(attempt_id: object, payment: str, units: int, **fields: object) -> Json:
    """Stripe's word that a payment succeeded."""
    return {
        "id": f"evt_{uuid4().hex}",
        "object": "event",
        "type": "payment_intent.succeeded",
        "data": {
            "object": {
                "id": payment,
                "object": "payment_intent",
                "amount_received": units,
                "currency": "usd",
                "metadata": {"tenor_attempt": str(attempt_id)},
            }
            | fields
        },
    }


def page_event(attempt_id: object, payment: str, units: int) -> Json:
    """Stripe's word that a hosted page was completed."""
    return {
        "id": f"evt_{uuid4().hex}",
        "object": "event",
        "type": "checkout.session.completed",
        "data": {
            "object": {
                "id": f"cs_{attempt_id}",
                "object": "checkout.session",
                "payment_status": "paid",
                "payment_intent": payment,
                "amount_total": units,
                "currency": "usd",
                "metadata": {"tenor_attempt": str(attempt_id)},
            }
        },
    }


__all__ = ["INSTALMENT", "SECRET", "Till", "key", "page_event", "paid_event", "path_of"]
