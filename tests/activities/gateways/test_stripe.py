"""The official SDK against the stand-in on the wire: charges, pages, refusals, doubts."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from activities.gateways.port import GatewayUnsureError
from activities.gateways.stripe import StripeGateway
from contracts.money_work import GatewayAction, GatewayOrder, GatewayOutcome
from tenor.sandbox.keys import generate_event_webhook_keys
from tests.sandbox.running import RunningSandbox, make_settings, run_sandbox

SECRET = "sk_test_sandbox"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[RunningSandbox]:
    keys = generate_event_webhook_keys()
    with run_sandbox(make_settings(tmp_path, "http://127.0.0.1:9", keys), keys) as running:
        yield running


@pytest.fixture
async def gateway(sandbox: RunningSandbox) -> AsyncIterator[StripeGateway]:
    made = StripeGateway(api_key=SECRET, base_url=sandbox.url, timeout=2.0)
    yield made
    await made.close()


def order(action: GatewayAction, **fields: object) -> GatewayOrder:
    told: dict[str, object] = {
        "attempt_id": uuid4(),
        "action": action,
        "repeat": False,
        "amount": Decimal("106.62"),
        "currency": "USD",
        "loan_number": "LN-1042",
        "customer_id": uuid4(),
        "claimed_at": datetime.now(UTC),
        "return_url": "http://127.0.0.1:8080/pay/x/done",
    }
    return GatewayOrder.model_validate(told | fields)


async def ready(
    gateway: StripeGateway, card: str = "pm_card_visa", **fields: object
) -> GatewayOrder:
    """A charge whose method was made ready."""
    wanted = order("charge", method_id=uuid4(), token=card, **fields)
    names = await gateway.prepare(wanted)
    assert names is not None
    return wanted.model_copy(
        update={"token": names.token, "gateway_customer": names.gateway_customer}
    )


def money(sandbox: RunningSandbox) -> dict[str, object]:
    counts: dict[str, object] = sandbox.client.get("/sandbox/api/money").json()
    return counts


async def test_a_charge_is_taken_and_named(gateway: StripeGateway, sandbox: RunningSandbox) -> None:
    said = await gateway.charge(await ready(gateway))
    assert (said.outcome, said.amount) == ("succeeded", Decimal("106.62"))
    assert said.payment_reference is not None
    assert said.payment_reference.startswith("pi_")
    assert money(sandbox)["taken"] == {"USD": 10662}


async def test_the_same_attempt_is_one_charge(
    gateway: StripeGateway, sandbox: RunningSandbox
) -> None:
    wanted = await ready(gateway)
    said = [await gateway.charge(wanted) for _ in range(3)]
    said.append(await gateway.charge(wanted.model_copy(update={"repeat": True})))
    assert len({each.payment_reference for each in said}) == 1
    assert money(sandbox)["payments"] == 1


async def test_making_a_method_ready_twice_makes_it_once(gateway: StripeGateway) -> None:
    wanted = order("charge", method_id=uuid4(), token="pm_card_visa")
    assert await gateway.prepare(wanted) == await gateway.prepare(wanted)


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("pm_card_declines_1", "insufficient_funds"),
        ("pm_card_chargeCustomerFail", "generic_decline"),
        ("pm_card_authenticationRequired", "authentication_required"),
    ],
)
async def test_a_decline_comes_with_the_banks_reason(
    gateway: StripeGateway, card: str, code: str
) -> None:
    wanted = await ready(gateway, card)
    for repeat in (False, True):
        said = await gateway.charge(wanted.model_copy(update={"repeat": repeat}))
        assert (said.outcome, said.code) == ("declined", code)


async def test_a_card_that_cannot_be_saved_is_declined(gateway: StripeGateway) -> None:
    wanted = order("charge", method_id=uuid4(), token="pm_card_chargeDeclinedExpiredCard")
    said = await gateway.prepare(wanted)
    assert said is not None
    assert (said.outcome, said.code) == ("declined", "expired_card")


async def test_amounts_the_gateway_does_not_take_are_refused(
    gateway: StripeGateway, sandbox: RunningSandbox
) -> None:
    small = await gateway.charge(await ready(gateway, amount=Decimal("0.10")))
    assert (small.outcome, small.code) == ("declined", "amount_too_small")
    odd = await gateway.charge(await ready(gateway, amount=Decimal("1.234"), currency="KWD"))
    assert (odd.outcome, odd.code) == ("declined", "amount-not-chargeable")
    whole = await gateway.charge(await ready(gateway, amount=Decimal("5000"), currency="JPY"))
    assert whole.amount == Decimal("5000")
    assert money(sandbox)["taken"] == {"JPY": 5000}


async def test_a_time_out_is_no_answer_and_the_look_up_finds_the_charge(
    gateway: StripeGateway, sandbox: RunningSandbox
) -> None:
    wanted = await ready(gateway)
    sandbox.fault("stripe", "timeout-after-accept")
    with pytest.raises(GatewayUnsureError):
        await gateway.charge(wanted)
    assert money(sandbox)["payments"] == 1
    said = await gateway.charge(wanted.model_copy(update={"repeat": True}))
    assert said.outcome == "succeeded"
    assert money(sandbox)["payments"] == 1


async def test_an_error_is_no_answer_and_nothing_is_found(
    gateway: StripeGateway, sandbox: RunningSandbox
) -> None:
    wanted = await ready(gateway)
    sandbox.fault("stripe", "server-error")
    with pytest.raises(GatewayUnsureError):
        await gateway.charge(wanted)
    said = await gateway.charge(wanted.model_copy(update={"repeat": True}))
    assert said.outcome == "succeeded"
    assert money(sandbox)["payments"] == 1


async def test_a_wrong_key_and_a_gateway_that_is_away_are_no_answers(
    sandbox: RunningSandbox,
) -> None:
    for made in (
        StripeGateway(api_key="sk_test_wrong", base_url=sandbox.url),
        StripeGateway(api_key=SECRET, base_url="http://127.0.0.1:9"),
    ):
        with pytest.raises(GatewayUnsureError):
            await made.open_page(order("open_page"))
        await made.close()


async def opened(gateway: StripeGateway, wanted: GatewayOrder) -> GatewayOutcome:
    said = await gateway.open_page(wanted)
    assert said.outcome == "page_open"
    assert said.url is not None
    return said


async def test_a_page_is_made_once_and_paid_on(
    gateway: StripeGateway, sandbox: RunningSandbox
) -> None:
    wanted = order("open_page")
    page = await opened(gateway, wanted)
    assert (await opened(gateway, wanted)).gateway_id == page.gateway_id
    about = wanted.model_copy(update={"action": "look_up", "gateway_id": page.gateway_id})
    assert (await gateway.look_up(about)).outcome == "unchanged"
    shown = sandbox.client.get(str(page.url))
    assert "106.62 USD" in shown.text
    assert sandbox.client.post(str(page.url), data={"card": "lost"}).status_code == 402
    assert sandbox.client.post(str(page.url), data={"card": "visa"}).status_code == 200
    assert sandbox.client.post(str(page.url), data={"card": "visa"}).status_code == 200
    found = await gateway.look_up(about)
    assert (found.outcome, found.amount) == ("succeeded", Decimal("106.62"))
    assert (await gateway.close_page(about)) == found
    assert money(sandbox)["payments"] == 1


async def test_a_closed_page_takes_no_money(
    gateway: StripeGateway, sandbox: RunningSandbox
) -> None:
    page = await opened(gateway, wanted := order("open_page"))
    about = wanted.model_copy(update={"action": "close_page", "gateway_id": page.gateway_id})
    for _ in range(2):
        assert (await gateway.close_page(about)).outcome == "page_gone"
    assert "no longer open" in sandbox.client.post(str(page.url), data={"card": "visa"}).text
    assert money(sandbox)["payments"] == 0


async def test_a_page_nobody_knows_is_gone(gateway: StripeGateway) -> None:
    about = order("look_up", gateway_id="cs_test_nothing", attempt_id=UUID(int=1))
    assert (await gateway.look_up(about)).outcome == "page_gone"
