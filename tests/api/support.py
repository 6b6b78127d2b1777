"""What API tests arrange again and again: people, creditors, products, loans, payments."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from fastapi import FastAPI
from httpx2 import AsyncClient, Response

from api.deps import Services
from api.identity import personal
from api.identity.tables import UserRow
from api.security.principal import SYSTEM
from contracts.names import WORKER_SCOPES, Role
from domain.calendar import add_months

Headers = dict[str, str]

START = datetime(2028, 2, 1, 12, tzinfo=UTC)
"""Where test clocks start unless a test says otherwise."""


CORRESPONDENCE = {
    "address": ["1 Harbor Street", "New York, NY 10004"],
    "phone": "+12125550100",
    "email": "letters@harbor.example",
}
"""Where the creditor of a scene is written to."""


@dataclass(frozen=True, slots=True)
class Api:
    """The application under test and a client of it."""

    app: FastAPI
    client: AsyncClient

    @property
    def services(self) -> Services:
        """What the process made at its start."""
        found: Services = self.app.state.services
        return found


@dataclass(frozen=True, slots=True)
class Actors:
    """Tokens of users, who exist in the database, and of service clients."""

    api: Api

    async def user(self, role: Role, customer_id: UUID | None = None) -> Headers:
        """The headers of a new user."""
        user_id = uuid4()
        kit = self.api.services
        async with kit.room.begin(SYSTEM, "test") as work:
            made = UserRow(
                id=user_id,
                role=role.value,
                password_hash="none",
                customer_id=customer_id,
                created_at=work.now,
            )
            personal.seal(work.vault, made, f"{user_id}@tenor.example", "Somebody")
            work.session.add(made)
            now = work.now
        token = kit.tokens.issue_user(user_id, role, customer_id, now)
        return {"Authorization": f"Bearer {token.access_token}"}

    async def admin(self) -> Headers:
        """The headers of a new administrator."""
        return await self.user(Role.ADMIN)

    async def service(self, role: str) -> Headers:
        """The headers of a worker of a role, with just its scopes."""
        kit = self.api.services
        async with kit.room.begin(SYSTEM, "test") as work:
            now = work.now
        token = kit.tokens.issue_service(role, WORKER_SCOPES[role], now)
        return {"Authorization": f"Bearer {token.access_token}"}


def key() -> Headers:
    """A fresh Idempotency-Key."""
    return {"Idempotency-Key": uuid4().hex}


def ok(answer: Response, status: int = 200) -> dict[str, object]:
    """The body of an answer that must have a status."""
    assert answer.status_code == status, answer.text
    body: dict[str, object] = answer.json()
    return body


@dataclass(slots=True)
class Scene:
    """A creditor with a product, on a test clock, and an administrator who acts."""

    api: Api
    admin: Headers
    clock_id: str | None
    creditor_id: str
    product: str
    currency: str

    async def post(self, path: str, body: object, status: int = 201) -> dict[str, object]:
        """POST as the administrator with a fresh key."""
        answer = await self.api.client.post(f"/api/v1{path}", json=body, headers=self.admin | key())
        return ok(answer, status)

    async def get(self, path: str) -> dict[str, object]:
        """GET as the administrator."""
        return ok(await self.api.client.get(f"/api/v1{path}", headers=self.admin))

    async def with_product(self, **product: object) -> "Scene":
        """The same scene with another product of its creditor."""
        terms = {
            "code": f"personal-{uuid4().hex[:8]}",
            "name": "Personal loan",
            "creditor_id": self.creditor_id,
            "currency": "USD",
            "annual_rate_percent": "12",
            "penalty": {"kind": "flat", "amount": "10.00", "grace_days": 5},
        } | product
        made = await self.post("/products", terms)
        return replace(self, product=str(made["code"]), currency=str(made["currency"]))

    async def customer(self, **fields: object) -> str:
        """Make a customer; answers the key."""
        body = {
            "name": "Maria Keller",
            "country": "US",
            "zone": "America/New_York",
            "phone": "+12125550123",
            "email": "maria@customers.example",
            "test_clock_id": self.clock_id,
            "consents": [
                {"medium": "sms", "granted": True},
                {"medium": "email", "granted": True},
            ],
        } | fields
        made = await self.post("/customers", body)
        return str(made["id"])

    async def loan(self, customer_id: str, **fields: object) -> dict[str, object]:
        """Make an active loan of 12 monthly instalments, first due a month after disbursement."""
        disbursed = date.fromisoformat(str(fields.get("disbursed_on", "2028-02-01")))
        body = {
            "customer_id": customer_id,
            "product": self.product,
            "principal": "1200.00",
            "currency": self.currency,
            "instalments": 12,
            "disbursed_on": disbursed.isoformat(),
            "first_due_on": add_months(disbursed, 1).isoformat(),
        } | fields
        return await self.post("/loans", body)

    async def pay(self, loan_id: object, amount: str, **fields: object) -> dict[str, object]:
        """Post a payment."""
        body = {"amount": amount, "currency": self.currency} | fields
        return await self.post(f"/loans/{loan_id}/payments", body)

    async def trial_balance(self) -> dict[tuple[str, str], str]:
        """Accounts with a balance; fails unless all of them sum to zero."""
        found = await self.get("/ledger/trial-balance")
        assert found["balanced"] is True
        return {
            (row["currency"], row["account"]): row["balance"]
            for row in found["rows"]  # type: ignore[attr-defined]
            if Decimal(row["balance"]) != 0
        }


async def make_scene(
    api: Api, *, on_clock: bool = True, starts_at: datetime = START, **product: object
) -> Scene:
    """Set a scene: an administrator, a clock, a creditor in New York, a product in dollars."""
    admin = await Actors(api).admin()
    scene = Scene(api, admin, None, "", "", "USD")
    if on_clock:
        clock = await scene.post(
            "/test-clocks", {"name": "test", "starts_at": starts_at.isoformat()}
        )
        scene.clock_id = str(clock["id"])
    creditor = await scene.post(
        "/creditors",
        {
            "code": f"lender-{uuid4().hex[:8]}",
            "name": "Harbor Credit",
            "country": "US",
            "zone": "America/New_York",
            "correspondence": CORRESPONDENCE,
        },
    )
    scene.creditor_id = str(creditor["id"])
    return await scene.with_product(**product)
