"""Activities of collections and payouts: claim, call, record.

A claim is committed before the call and its id is the provider's idempotency key. When a call has
no certain answer the activity fails and is tried again: the claim is then found again, and the
provider is asked what became of it before anything else.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar, assert_never

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.banks.port import Bank, BankUnsureError
from activities.errors import unavailable
from activities.gateways.port import Gateway, GatewayUnsureError
from activities.heartbeat import heartbeats
from activities.system_of_record import SystemOfRecord
from contracts.money_work import (
    BankOutcome,
    CollectionRun,
    GatewayOrder,
    GatewayOutcome,
    MoneyPlan,
    PayoutRun,
)
from contracts.names import ActivityName

_PATIENCE_SECONDS: Final = 30.0
"""How long an answer of a provider is held on to while the API is away."""
_LONGEST_PAUSE: Final = 2.0

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class MoneyProviders:
    """The gateway and the bank of a process; None without an account."""

    gateway: Gateway | None = None
    bank: Bank | None = None


class MoneyActivities:
    """What collections and payouts do outside of Tenor."""

    def __init__(self, system: SystemOfRecord, gateway: Gateway | None, bank: Bank | None) -> None:
        """Keep the collaborators; a provider without an account is None."""
        self._system = system
        self._gateway = gateway
        self._bank = bank

    @activity.defn(name=ActivityName.PLAN_COLLECTION.value)
    async def plan_collection(self, run: CollectionRun) -> MoneyPlan:
        """Decide what a collection does next, when, and why."""
        return await self._system.plan_collection(run.collection_id)

    @activity.defn(name=ActivityName.PERFORM_COLLECTION.value)
    async def perform_collection(self, run: CollectionRun) -> MoneyPlan:
        """Make the gateway call that is due, once, and record what came of it."""
        if self._gateway is None:
            raise unavailable("no gateway is configured", retry_after=60)
        async with heartbeats(lambda: ""):
            claim = await self._system.claim_collection(run.collection_id)
            if claim.order is None:
                return claim.plan
            try:
                order = await self._prepared(self._gateway, run, claim.order)
                said = await _called(self._gateway, order)
            except GatewayUnsureError as error:
                raise unavailable(f"the gateway's answer is not certain ({error})") from None
            return await _until_answered(
                lambda: self._system.report_collection(run.collection_id, said)
            )

    async def _prepared(
        self, gateway: Gateway, run: CollectionRun, order: GatewayOrder
    ) -> GatewayOrder:
        """The order with the names of its method at the gateway, recorded before they are used."""
        if order.action != "charge" or order.gateway_customer is not None:
            return order
        names = await gateway.prepare(order)
        if names is None:
            return order
        await self._system.report_collection(run.collection_id, names)
        return order.model_copy(
            update={"token": names.token, "gateway_customer": names.gateway_customer}
        )

    @activity.defn(name=ActivityName.PLAN_PAYOUT.value)
    async def plan_payout(self, run: PayoutRun) -> MoneyPlan:
        """Decide what a payout does next, when, and why."""
        return await self._system.plan_payout(run.payout_id)

    @activity.defn(name=ActivityName.PERFORM_PAYOUT.value)
    async def perform_payout(self, run: PayoutRun) -> MoneyPlan:
        """Make the bank transfer that is due, once, and record what came of it."""
        if self._bank is None:
            raise unavailable("no bank is configured", retry_after=60)
        async with heartbeats(lambda: ""):
            claim = await self._system.claim_payout(run.payout_id)
            if claim.order is None:
                return claim.plan
            try:
                said: BankOutcome = await self._bank.pay(claim.order)
            except BankUnsureError as error:
                raise unavailable(f"the bank's answer is not certain ({error})") from None
            return await _until_answered(lambda: self._system.report_payout(run.payout_id, said))


async def _called(gateway: Gateway, order: GatewayOrder) -> GatewayOutcome:
    match order.action:
        case "charge":
            return await gateway.charge(order)
        case "open_page":
            return await gateway.open_page(order)
        case "look_up":
            return await gateway.look_up(order)
        case "close_page":
            return await gateway.close_page(order)
        case _:
            assert_never(order.action)


async def _until_answered(call: Callable[[], Awaitable[Result]]) -> Result:
    """Repeat a call of the API that may be repeated, while it is away.

    What the provider answered is known only here; losing it costs a look-up.
    """
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + _PATIENCE_SECONDS
    pause = 0.1
    while True:
        try:
            return await call()
        except ApplicationError as error:
            if error.non_retryable or loop.time() >= give_up_at:
                raise
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
