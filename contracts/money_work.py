"""What the workflows of collections and payouts tell each other and the API.

As in `contracts.work`: ids, dates, codes and amounts only in what histories keep. What a gateway
needs besides (tokens, accounts) passes between the API and an activity, never through a workflow.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from contracts.base import Amount, Wire

GatewayAction = Literal["charge", "open_page", "look_up", "close_page"]
MoneyAction = Literal["charge", "open_page", "look_up", "close_page", "pay_out", "wait", "end"]


class CollectionRun(Wire):
    """Input of the `PaymentCollection` workflow and of its activities."""

    collection_id: UUID


class PayoutRun(Wire):
    """Input of the `Payout` workflow and of its activities."""

    payout_id: UUID


class MoneyPlan(Wire):
    """What a collection or a payout does next, when, and why."""

    id: UUID
    number: str
    open: bool
    status: str
    action: MoneyAction
    title: str
    """What it is, for the history: `Charge 106.62 USD (try 1)`."""
    due: bool
    """True when its time has come: perform it now."""
    at: datetime | None
    """When to ask again if nothing happens; null for a poke only."""
    clock_id: UUID | None = None
    line: str = ""


class GatewayOrder(Wire):
    """One call to make at the gateway, claimed beforehand under `attempt_id`.

    With `repeat` an earlier call may have reached the gateway: it is looked up first.
    """

    attempt_id: UUID
    action: GatewayAction
    repeat: bool
    amount: Amount
    currency: str
    loan_number: str
    customer_id: UUID
    claimed_at: datetime
    method_id: UUID | None = None
    token: str | None = None
    gateway_customer: str | None = None
    gateway_id: str | None = None
    """The page that was opened before."""
    return_url: str | None = None


class CollectionClaim(Wire):
    """The order that is due, or none when nothing is; then `plan` says what follows."""

    plan: MoneyPlan
    order: GatewayOrder | None


class GatewayOutcome(Wire):
    """What the gateway said of one order.

    `succeeded`: the money is taken. `declined`: it is not, by `code`. `page_open`: somebody may
    pay at `url`. `page_gone`: nobody can any more. `unchanged`: nothing new.
    """

    attempt_id: UUID
    outcome: Literal["succeeded", "declined", "page_open", "page_gone", "unchanged"]
    gateway_id: str | None = None
    payment_reference: str | None = None
    """The gateway's name of the payment itself, once there is one."""
    amount: Amount | None = None
    code: str | None = None
    url: str | None = None
    page_expires_at: datetime | None = None
    token: str | None = None
    gateway_customer: str | None = None


class BankOrder(Wire):
    """One transfer to order at the bank, claimed beforehand under `attempt_id`."""

    attempt_id: UUID
    repeat: bool
    amount: Amount
    currency: str
    account: str
    holder: str
    remittance: str


class PayoutClaim(Wire):
    """The transfer that is due, or none when nothing is; then `plan` says what follows."""

    plan: MoneyPlan
    order: BankOrder | None


class BankOutcome(Wire):
    """What the bank said of one transfer: `pending` until it is settled or refused."""

    attempt_id: UUID
    outcome: Literal["settled", "pending", "refused"]
    bank_reference: str | None = None
    code: str | None = None
