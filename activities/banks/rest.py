"""Bank transfers over a REST interface of the kind that payment banks offer.

`POST /payments` orders a transfer under an `Idempotency-Key`; `GET /payments?end_to_end_id=…` finds
it again. The end-to-end id (ISO 20022, 35 characters at most) is the attempt's id.
"""

from http import HTTPStatus
from typing import Final, TypeVar

import aiohttp
from pydantic import BaseModel, ConfigDict, ValidationError

from activities.banks.port import BankUnsureError
from contracts.money_work import BankOrder, BankOutcome

Read = TypeVar("Read", bound=BaseModel)

_REFUSED: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})


class _Payment(BaseModel):
    """A transfer as the bank shows it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    payment_id: str
    status: str
    reason_code: str | None = None


class _Payments(BaseModel):
    """Transfers found."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    payments: list[_Payment]


class _Refused(BaseModel):
    """Why an order was not taken."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    code: str = "refused"


class RestBank:
    """`Bank` over REST."""

    def __init__(self, *, base_url: str, api_key: str, timeout: float = 10.0) -> None:
        """Keep where and as whom to call; nothing is opened before the first call.

        Args:
            base_url: The interface's root.
            api_key: Sent as a bearer token.
            timeout: Seconds one call may take.
        """
        self._payments = f"{base_url.rstrip('/')}/payments"
        self._headers = {"Authorization": f"Bearer {api_key}", "Accept": "application/json"}
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._opened: aiohttp.ClientSession | None = None

    async def pay(self, order: BankOrder) -> BankOutcome:
        """Order a transfer, once per attempt; after a claim found again it is looked up first."""
        end_to_end_id = order.attempt_id.hex
        if order.repeat:
            found = await self._found(end_to_end_id)
            if found is not None:
                return _outcome(order, found)
        status, content = await self._call(
            "POST",
            json={
                "end_to_end_id": end_to_end_id,
                "amount": format(order.amount, "f"),
                "currency": order.currency,
                "creditor": {"name": order.holder, "account": order.account},
                "remittance_information": order.remittance,
            },
            headers={"Idempotency-Key": str(order.attempt_id)},
        )
        if status in _REFUSED:
            return BankOutcome(
                attempt_id=order.attempt_id, outcome="refused", code=_refusal(content)
            )
        if status not in {HTTPStatus.CREATED, HTTPStatus.OK}:
            raise BankUnsureError(str(status))
        return _outcome(order, _read(_Payment, content))

    async def close(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            await self._opened.close()

    async def _found(self, end_to_end_id: str) -> _Payment | None:
        status, content = await self._call("GET", params={"end_to_end_id": end_to_end_id})
        if status != HTTPStatus.OK:
            raise BankUnsureError(str(status))
        payments = _read(_Payments, content).payments
        return payments[0] if payments else None

    async def _call(
        self,
        method: str,
        *,
        json: dict[str, object] | None = None,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, bytes]:
        if self._opened is None:
            self._opened = aiohttp.ClientSession(
                timeout=self._timeout,
                headers=self._headers,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        try:
            async with self._opened.request(
                method,
                self._payments,
                json=json,
                params=params,
                headers=headers,
                allow_redirects=False,
            ) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise BankUnsureError(type(error).__name__) from None


def _outcome(order: BankOrder, payment: _Payment) -> BankOutcome:
    match payment.status:
        case "settled":
            return BankOutcome(
                attempt_id=order.attempt_id, outcome="settled", bank_reference=payment.payment_id
            )
        case "rejected":
            return BankOutcome(
                attempt_id=order.attempt_id,
                outcome="refused",
                bank_reference=payment.payment_id,
                code=payment.reason_code,
            )
        case "accepted":
            return BankOutcome(
                attempt_id=order.attempt_id, outcome="pending", bank_reference=payment.payment_id
            )
        case _:
            raise BankUnsureError("unknown-status")


def _refusal(content: bytes) -> str:
    try:
        return _read(_Refused, content).code
    except BankUnsureError:
        return "refused"


def _read(model: type[Read], content: bytes) -> Read:
    try:
        return model.model_validate_json(content)
    except ValidationError:
        raise BankUnsureError("unreadable-answer") from None
