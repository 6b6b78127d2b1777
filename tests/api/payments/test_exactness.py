"""A payment that is taken back leaves no trace, and one key has one effect, whoever is at work."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest

from api.clock import clock_for
from api.payments import correcting, posting
from contracts.payments import NewPayment, ReversePayment
from domain.errors import DomainError, ErrorCode
from tests.api.conftest import WorkFactory
from tests.api.ledger.tying import untied
from tests.api.loan_changes.support import open_desk, set_limits
from tests.api.payments.actors import send, together
from tests.api.payments.days import live_until
from tests.api.payments.test_replay_equivalence import SPLITS, bucket_days, payments
from tests.api.support import Api, Scene, key, make_scene, ok

TODAY = date(2028, 6, 9)
START = date(2028, 2, 1)
CALLERS = 50
KEPT = (
    "schedule",
    "outstanding",
    "credit",
    "bucket",
    "lifecycle",
    "past_due_days",
    "overdue",
    "overdue_since",
)


async def standing(scene: Scene, work: WorkFactory, loan_id: str) -> dict[str, Any]:
    """All that a payment may move: balances, schedule, splits, lateness, buckets day by day."""
    loan: dict[str, Any] = await scene.get(f"/loans/{loan_id}")
    late: dict[str, Any] = await scene.get(f"/loans/{loan_id}/delinquent")
    return {
        "loan": {name: loan[name] for name in KEPT if name in loan},
        "late": {name: value for name, value in late.items() if name != "loan_id"},
        "payments": await payments(scene, loan_id),
        "buckets": await bucket_days(work, loan_id),
    }


async def lead(scene: Scene, chance: Random, loans: list[str]) -> None:
    """Bring each loan into a state of its own: very late, a little late, in time, paid ahead."""
    for number, loan_id in enumerate(loans):
        for month in range(3, 3 + number):
            amount = chance.choice([10662, 10662, chance.randrange(500, 30000)])
            value_on = date(2028, month, chance.randrange(1, 9))
            await scene.pay(loan_id, f"{amount / 100:.2f}", value_on=value_on.isoformat())


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("seed", "split"), list(enumerate(SPLITS)))
async def test_payments_taken_back_by_many_at_once_leave_no_trace(
    api: Api, work: WorkFactory, seed: int, split: str
) -> None:
    """Past and present, small and larger than the loan, each taken back while others come."""
    chance = Random(seed)  # noqa: S311 - a play, not a secret
    scene = await make_scene(
        api,
        penalty={"kind": "percent", "amount": "7.5", "grace_days": 3},
        origination_fee="25.00",
        min_principal="100.00",
        **SPLITS[split],
    )
    customer = await scene.customer()
    loans = [str((await scene.loan(customer))["id"]) for _ in range(4)]
    await live_until(scene, TODAY)
    await lead(scene, chance, loans)
    before = [await standing(scene, work, loan_id) for loan_id in loans]
    owed = await scene.trial_balance()

    async def passing(loan_id: str, amount: int, value_on: date) -> None:
        body = {
            "amount": f"{Decimal(amount) / 100:.2f}",
            "currency": "USD",
            "value_on": value_on.isoformat(),
        }
        answer = await send(scene, f"/loans/{loan_id}/payments", body)
        if answer.status_code == 409:
            # Another one has just settled the loan, and has not been taken back yet.
            assert answer.json()["code"] == "loan-not-active"
            return
        paid = ok(answer, 201)
        path = f"/loans/{loan_id}/payments/{paid['id']}/reverse"
        ok(await send(scene, path, {"reason": "posted_in_error"}), 201)

    days = (TODAY - START).days
    await together(
        *(
            passing(
                loan_id,
                chance.choice([10662, chance.randrange(1, 40000), 100_000]),
                TODAY - timedelta(days=chance.choice([0, chance.randrange(days)])),
            )
            for loan_id in loans
            for _ in range(5)
        )
    )
    for loan_id, was in zip(loans, before, strict=True):
        now = await standing(scene, work, loan_id)
        for name, value in was.items():
            assert now[name] == value, name
    assert await scene.trial_balance() == owed
    assert await untied(scene) == ()


async def test_who_waited_for_a_loan_wrote_later(api: Api, work: WorkFactory) -> None:
    """A reversal begun before the payment it takes back has the last word on the bucket."""
    scene = await make_scene(api)
    loan = await scene.loan(await scene.customer())
    await live_until(scene, date(2028, 3, 20))
    async with work() as early:
        paid: Any = await scene.pay(loan["id"], "300.00", value_on="2028-03-10")
        await correcting.reverse_payment(
            early,
            UUID(str(loan["id"])),
            UUID(paid["id"]),
            ReversePayment(reason="posted_in_error"),
        )
    days = await bucket_days(work, loan["id"])
    assert (days[date(2028, 3, 9)], days[date(2028, 3, 20)]) == ("1-29", "1-29")


@pytest.mark.parametrize("ending", ["the last payment", "a reversal"])
async def test_a_day_that_has_ended_takes_nothing_more(
    api: Api, work: WorkFactory, ending: str
) -> None:
    """Work that looked at the clock before midnight and wrote after the day was closed.

    The end of the loan would be settled with a day that is over, and never; a late fee that
    arises on the new day would be booked on the day before it.
    """
    scene = await make_scene(api)
    loan: dict[str, Any] = await scene.loan(await scene.customer())
    loan_id = UUID(loan["id"])
    await live_until(scene, date(2028, 3, 6))
    paid: Any = await scene.pay(loan_id, "106.62", value_on="2028-03-01")
    owed: dict[str, Any] = await scene.get(f"/loans/{loan_id}/outstanding")
    async with work() as early:
        await clock_for(early, UUID(str(scene.clock_id)))
        await live_until(scene, date(2028, 3, 7))
        rest = NewPayment(amount=owed["outstanding"]["total"], currency="USD")
        act = (
            correcting.reverse_payment(
                early, loan_id, UUID(paid["id"]), ReversePayment(reason="bounced")
            )
            if ending == "a reversal"
            else posting.post_payment(early, loan_id, rest)
        )
        with pytest.raises(DomainError) as refusal:
            await act
    assert refusal.value.code is ErrorCode.UNAVAILABLE
    now = await scene.get(f"/loans/{loan_id}/outstanding")
    assert now["outstanding"] == owed["outstanding"]


@pytest.mark.parametrize(
    "what", ["a payment", "a past payment", "a batch", "a reversal", "a change"]
)
async def test_fifty_callers_with_one_key_have_one_effect(
    api: Api, work: WorkFactory, what: str
) -> None:
    scene = await make_scene(api)
    await set_limits(scene)
    desk = await open_desk(scene, disbursed_on="2028-02-01")
    await live_until(scene, date(2028, 3, 20))
    loan_id = desk.loan_id
    paid = await scene.pay(loan_id, "80.00")
    money = {"amount": "30.00", "currency": "USD"}
    path, body, extra = {
        "a payment": (f"/loans/{loan_id}/payments", money, {}),
        "a past payment": (f"/loans/{loan_id}/payments", money | {"value_on": "2028-03-01"}, {}),
        "a batch": ("/payments/batch", {"items": [money | {"loan_id": loan_id}]}, {}),
        "a reversal": (
            f"/loans/{loan_id}/payments/{paid['id']}/reverse",
            {"reason": "bounced"},
            {},
        ),
        "a change": (
            f"/loans/{loan_id}/changes",
            {
                "change": {"kind": "goodwill_credit", "amount": "30.00"},
                "reason": "agreement",
                "note": "As agreed.",
            },
            {"If-Match": f'"{(await desk.loan())["version"]}"'},
        ),
    }[what]
    before: Any = await desk.outstanding()
    headers = scene.admin | key() | extra
    answers = await asyncio.gather(
        *(
            scene.api.client.post(f"/api/v1{path}", json=body, headers=headers)
            for _ in range(CALLERS)
        )
    )
    assert {answer.status_code for answer in answers} <= {200, 201}
    told = {answer.text.replace('"replayed":true', '"replayed":false') for answer in answers}
    assert len(told) == 1
    if what != "a batch":  # who came meanwhile is told so of each payment in it
        assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    after: Any = await desk.outstanding()
    moved = Decimal(after["owed"]) - Decimal(before["owed"])
    assert moved == (80 if what == "a reversal" else -30)
    await scene.trial_balance()
    assert await untied(scene) == ()
    again = await scene.api.client.post(f"/api/v1{path}", json=body, headers=headers)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.text.replace('"replayed":true', '"replayed":false') in told
