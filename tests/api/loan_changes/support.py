"""Asking for changes to a loan."""

from dataclasses import dataclass
from typing import Any

from httpx2 import Response

from contracts.names import Role
from tests.api.support import Actors, Headers, Scene, key, ok

ALONE = 1_000_000
"""A limit that no test reaches."""
KINDS = (
    "waiver",
    "forgiveness",
    "settlement",
    "charge_off",
    "write_off",
    "goodwill_credit",
    "charge",
    "refund",
    "re_amortise",
    "reschedule",
    "payment_holiday",
    "re_age",
    "interest_pause",
    "refinance",
    "undo",
)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where changes to one loan are asked for."""

    scene: Scene
    loan_id: str

    async def ask(
        self, kind: str, *, dry_run: bool = False, by: Headers | None = None, **terms: object
    ) -> Response:
        """Ask for a change; answers whatever comes."""
        loan = await self.loan()
        return await self.scene.api.client.post(
            f"/api/v1/loans/{self.loan_id}/changes",
            params={"dry_run": "true"} if dry_run else {},
            json={"change": {"kind": kind} | terms, "reason": "agreement", "note": "As agreed."},
            headers=(by or self.scene.admin) | key() | {"If-Match": f'"{loan["version"]}"'},
        )

    async def change(self, kind: str, **terms: object) -> dict[str, Any]:
        """Ask for a change that must succeed."""
        return ok(await self.ask(kind, **terms), 201)

    async def preview(self, kind: str, **terms: object) -> dict[str, Any]:
        """Preview a change that must be possible."""
        return ok(await self.ask(kind, dry_run=True, **terms))

    async def loan(self) -> dict[str, Any]:
        """The loan."""
        return await self.scene.get(f"/loans/{self.loan_id}")

    async def outstanding(self) -> dict[str, Any]:
        """What is owed."""
        return await self.scene.get(f"/loans/{self.loan_id}/outstanding")

    async def decide(
        self, change_id: object, verdict: str, by: Headers, **body: object
    ) -> Response:
        """Approve or reject a change."""
        return await self.scene.api.client.post(
            f"/api/v1/loans/{self.loan_id}/changes/{change_id}/{verdict}",
            json=body or None,
            headers=by | key(),
        )

    async def manager(self) -> Headers:
        """Another person who may decide."""
        return await Actors(self.scene.api).user(Role.MANAGER)


async def set_limits(scene: Scene, amount: object = ALONE, *kinds: str) -> None:
    """Let one person make changes alone, up to an amount."""
    creditor = await scene.get(f"/creditors/{scene.creditor_id}")
    answer = await scene.api.client.put(
        f"/api/v1/creditors/{scene.creditor_id}/change-limits",
        json={
            "limits": [
                {"kind": kind, "currency": scene.currency, "amount": str(amount)}
                for kind in kinds or KINDS
            ]
        },
        headers=scene.admin | {"If-Match": f'"{creditor["version"]}"'},
    )
    ok(answer)


async def open_desk(scene: Scene, **loan: object) -> Desk:
    """A desk at a new loan, three months old on 1 February unless told otherwise."""
    made = await scene.loan(await scene.customer(), **({"disbursed_on": "2027-11-01"} | loan))
    return Desk(scene, str(made["id"]))
