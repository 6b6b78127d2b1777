"""The bank's REST interface against the stand-in on the wire."""

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from activities.banks.port import BankUnsureError
from activities.banks.rest import RestBank
from contracts.money_work import BankOrder
from tenor.sandbox.keys import generate_event_webhook_keys
from tests.sandbox.running import RunningSandbox, make_settings, run_sandbox


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[RunningSandbox]:
    keys = generate_event_webhook_keys()
    with run_sandbox(make_settings(tmp_path, "http://127.0.0.1:9", keys), keys) as running:
        yield running


@pytest.fixture
async def bank(sandbox: RunningSandbox) -> AsyncIterator[RestBank]:
    made = RestBank(base_url=f"{sandbox.url}/bank/v1", api_key="bank-sandbox", timeout=2.0)
    yield made
    await made.close()


def order(account: str = "US12345678") -> BankOrder:
    return BankOrder(
        attempt_id=uuid4(),
        repeat=False,
        amount=Decimal("1200.00"),
        currency="USD",
        account=account,
        holder="Maria Keller",
        remittance="LN-1042",
    )


def again(wanted: BankOrder) -> BankOrder:
    return wanted.model_copy(update={"repeat": True})


def transfers(sandbox: RunningSandbox) -> int:
    count: int = sandbox.client.get("/sandbox/api/money").json()["transfers"]
    return count


async def test_a_transfer_is_sent_once(bank: RestBank, sandbox: RunningSandbox) -> None:
    wanted = order()
    said = [await bank.pay(wanted), await bank.pay(wanted), await bank.pay(again(wanted))]
    assert {each.outcome for each in said} == {"settled"}
    assert len({each.bank_reference for each in said}) == 1
    assert transfers(sandbox) == 1


async def test_a_closed_account_is_refused(bank: RestBank) -> None:
    said = await bank.pay(order("US0004"))
    assert (said.outcome, said.code) == ("refused", "AC04")


async def test_a_slow_transfer_is_pending_until_it_is_asked_for(bank: RestBank) -> None:
    wanted = order("US0009")
    assert (await bank.pay(wanted)).outcome == "pending"
    assert (await bank.pay(again(wanted))).outcome == "settled"


@pytest.mark.parametrize(
    "trouble", ["timeout-after-accept", "server-error", "rate-limited", "garbage"]
)
async def test_no_answer_is_no_answer_and_a_repeat_sends_once(
    bank: RestBank, sandbox: RunningSandbox, trouble: str
) -> None:
    wanted = order()
    sandbox.fault("bank", trouble)
    with pytest.raises(BankUnsureError):
        await bank.pay(wanted)
    assert (await bank.pay(again(wanted))).outcome == "settled"
    assert transfers(sandbox) == 1


async def test_a_wrong_key_is_no_answer(sandbox: RunningSandbox) -> None:
    made = RestBank(base_url=f"{sandbox.url}/bank/v1", api_key="wrong")
    with pytest.raises(BankUnsureError):
        await made.pay(order())
    await made.close()
