"""Provisions and suspended interest: the books hold at each day's end what the rule asks for."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from api.arrears import history
from api.ledger import period_queries
from api.ledger.period_queries import BookKey
from api.loans import queries as loans
from api.loans.balances import scheduled
from api.products.terms import ladder_of, provisioning_of
from api.security.principal import SYSTEM
from contracts.names import Role
from domain.books.tie_out import differences
from domain.lending.payoff import accrued_interest
from domain.lending.provisioning import Earned, Provided, Standing, provide
from domain.money import ZERO
from tests.api.arrears.test_closing import close_until
from tests.api.loan_changes.support import Desk, set_limits
from tests.api.support import Actors, Api, Scene, key, make_scene, ok

TERMS = {
    "rates": [
        {"bucket": "current", "percent": "1"},
        {"bucket": "1-29", "percent": "5"},
        {"bucket": "30-59", "percent": "25.5"},
        {"bucket": "90+", "percent": "100"},
    ],
    "non_accrual_from": "30-59",
}


@pytest.fixture
async def scene(api: Api) -> Scene:
    return await make_scene(api, provisioning=TERMS)


async def to(scene: Scene, day: str) -> None:
    """Close all days before one."""
    await close_until(scene, datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC))


async def provisions(scene: Scene, query: str = "") -> list[dict[str, Any]]:
    path = f"/ledger/provisions?creditor_id={scene.creditor_id}&test_clock_id={scene.clock_id}"
    found: Any = (await scene.get(path + query))["items"]
    return list(found)


async def expected(scene: Scene, loan_id: object, day: date) -> Provided:
    """What the rule says of a loan at the end of a day; nothing was paid or charged since."""
    async with scene.api.services.room.begin(SYSTEM, "test") as work:
        book = await loans.book_of(work, UUID(str(loan_id)))
        loan, product = book.loan, book.product
        rows = await loans.instalments(work, loan.id)
        terms, ladder = provisioning_of(product), ladder_of(product)
        assert terms is not None
        spells = await history.of_loan(work, loan.id)
        buckets = ["current", *(spell.after for spell in spells)]
        if loan.lifecycle != "active":
            return Provided(ZERO, ZERO, ZERO)
        return provide(
            Standing(
                loan.principal_outstanding,
                loan.fee_outstanding + loan.penalty_outstanding,
                tuple(
                    Earned(
                        accrued_interest(scheduled(row), day, loan.currency) - row.interest_rebated,
                        row.interest_paid + row.interest_relieved,
                        row.due_on <= day,
                    )
                    for row in rows
                ),
                loan.written_off - loan.recovered,
            ),
            terms.percents.get(loan.bucket, ZERO),
            loan.currency,
            non_accrual=terms.is_non_accrual(ladder, buckets),
        )


async def check(scene: Scene, day: str, *made: Any) -> list[Provided]:
    """The books, the loans and the list agree with the rule, loan by loan."""
    rule = [await expected(scene, loan["id"], date.fromisoformat(day)) for loan in made]
    allowance = sum((each.allowance for each in rule), ZERO)
    suspended = sum((each.suspended for each in rule), ZERO)
    balances = await scene.trial_balance()
    assert Decimal(balances.get(("USD", "loss_allowance"), "0")) == -allowance
    assert Decimal(balances.get(("USD", "provision_expense"), "0")) == allowance
    assert Decimal(balances.get(("USD", "suspended_interest"), "0")) == -suspended
    listed = await provisions(scene)
    assert sum(Decimal(row["allowance"]) for row in listed) == allowance
    assert sum(Decimal(row["suspended_interest"]) for row in listed) == suspended
    assert sum(Decimal(row["book_balance"]) for row in listed) == sum(each.book for each in rule)
    key = BookKey(UUID(str(scene.creditor_id)), UUID(str(scene.clock_id)))
    async with scene.api.services.room.begin(SYSTEM, "test") as work:
        assert differences(await period_queries.set_aside(work, key, date.max)) == ()
    return rule


async def test_the_allowance_follows_the_bucket(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    await to(scene, "2028-02-20")
    # 1 % of 1,200.00: interest that is not due is not provided for.
    assert (await check(scene, "2028-02-19", loan))[0].allowance == Decimal("12.00")
    await to(scene, "2028-03-05")
    # 5 % of 1,212.00.
    assert (await check(scene, "2028-03-04", loan))[0].allowance == Decimal("60.60")
    listed = await provisions(scene)
    assert [(row["bucket"], row["loans"], row["book_balance"]) for row in listed] == [
        ("1-29", 1, "1212.00")
    ]
    assert (await provisions(scene, "&as_of=2028-02-19"))[0]["bucket"] == "current"
    await to(scene, "2028-05-20")
    # No percentage for 60-89.
    assert (await check(scene, "2028-05-19", loan))[0].allowance == ZERO
    await to(scene, "2028-06-20")
    assert (await check(scene, "2028-06-19", loan))[0].book > Decimal(1200)


async def test_interest_is_no_income_until_the_loan_is_cured(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    await to(scene, "2028-03-30")
    before = await scene.trial_balance()
    assert ("USD", "suspended_interest") not in before
    await to(scene, "2028-04-10")
    rule = (await check(scene, "2028-04-09", loan))[0]
    balances = await scene.trial_balance()
    earned = Decimal(balances["USD", "interest_receivable"]) + Decimal(
        balances["USD", "accrued_interest"]
    )
    # All that was earned since the beginning and not paid is out of income.
    assert rule.suspended == earned
    assert ("USD", "interest_income") not in balances
    # What is paid of it is income; younger arrears leave the rest in suspense.
    await scene.pay(loan["id"], "120.00")
    await to(scene, "2028-04-12")
    bucket = (await scene.get(f"/loans/{loan['id']}"))["bucket"]
    assert bucket == "1-29"
    assert (await check(scene, "2028-04-11", loan))[0].suspended > 0
    balances = await scene.trial_balance()
    assert balances["USD", "interest_income"] == "-12.00"
    owed: Any = await scene.get(f"/loans/{loan['id']}/delinquent")
    await scene.pay(loan["id"], str(Decimal(owed["overdue"]) + 50))
    await to(scene, "2028-04-14")
    assert (await check(scene, "2028-04-13", loan))[0].suspended == ZERO


async def test_interest_that_is_put_off_is_suspended_as_it_is_earned(api: Api) -> None:
    scene = await make_scene(
        api, provisioning=TERMS, schedule={"interest_grace": 2}, min_instalments=6
    )
    loan = await scene.loan(await scene.customer())
    await to(scene, "2028-04-10")
    # The first instalment asks for principal alone; its interest and more is earned meanwhile.
    assert (await check(scene, "2028-04-09", loan))[0].suspended > Decimal("12.00")


async def test_interest_by_the_day_is_suspended_as_far_as_it_is_unpaid(api: Api) -> None:
    scene = await make_scene(
        api,
        provisioning=TERMS,
        schedule={"interest": "daily"},
        waterfall="interest_first",
        penalty={"kind": "none", "amount": "0"},
    )
    loan = await scene.loan(await scene.customer())
    for day in ("2028-04-10", "2028-05-09"):
        # A part of what is late: the instalment it pays asks for more interest, another for less.
        await to(scene, day)
        quote: Any = await scene.get(f"/loans/{loan['id']}/outstanding")
        listed = await provisions(scene)
        day_before = date.fromisoformat(day) - timedelta(days=1)
        then: Any = await scene.get(f"/loans/{loan['id']}/outstanding?as_of={day_before}")
        earned = Decimal(then["owed"]) - Decimal(quote["payoff"]["principal"])
        assert Decimal(listed[0]["suspended_interest"]) == earned > 0
        await scene.pay(loan["id"], "60.00")


async def test_interest_is_income_again_below_the_bucket_where_terms_say_so(api: Api) -> None:
    scene = await make_scene(api, provisioning=TERMS | {"accrues_again": "below"})
    loan = await scene.loan(await scene.customer())
    await to(scene, "2028-04-10")
    assert (await check(scene, "2028-04-09", loan))[0].suspended > 0
    await scene.pay(loan["id"], "120.00")
    await to(scene, "2028-04-12")
    assert (await check(scene, "2028-04-11", loan))[0].suspended == ZERO


async def test_a_past_that_was_another_is_right_the_next_day(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    other = await scene.loan(await scene.customer(phone="+12125550124", email="b@c.example"))
    await to(scene, "2028-04-10")
    await check(scene, "2028-04-09", loan, other)
    # It never was in the bucket in which interest stops, and so it does not wait to be cured.
    await scene.pay(loan["id"], "116.62", value_on="2028-03-20")
    await to(scene, "2028-04-11")
    rule = await check(scene, "2028-04-10", loan, other)
    assert rule[0].suspended == ZERO < rule[1].suspended
    listed = {row["bucket"]: row for row in await provisions(scene)}
    assert (listed["1-29"]["non_accrual_loans"], listed["30-59"]["non_accrual_loans"]) == (0, 1)


async def test_what_was_charged_off_or_paid_is_provided_for_no_more(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    gone = await scene.loan(await scene.customer(phone="+12125550124", email="b@c.example"))
    await set_limits(scene)
    await to(scene, "2028-04-10")
    await Desk(scene, str(gone["id"])).change("charge_off")
    owed: Any = await scene.get(f"/loans/{loan['id']}/outstanding")
    await scene.pay(loan["id"], owed["payoff"]["total"], payoff=True)
    await to(scene, "2028-04-11")
    rule = await check(scene, "2028-04-10", loan, gone)
    assert [each.allowance for each in rule] == [ZERO, ZERO]
    assert rule[0].suspended == ZERO
    # Interest that is earned after a charge-off is in suspense, as it is in the books again.
    await to(scene, "2028-04-30")
    rule = await check(scene, "2028-04-29", loan, gone)
    assert ZERO < rule[1].suspended < Decimal("12.00")


async def test_a_month_closes_with_what_was_set_aside(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    await to(scene, "2028-03-20")
    await scene.pay(loan["id"], "116.62")
    # Closed beyond the month's end: what was booked since is rolled back on both sides.
    await to(scene, "2028-05-04")
    body = {"creditor_id": scene.creditor_id, "test_clock_id": scene.clock_id}
    for period in ("2028-02", "2028-03", "2028-04"):
        taken: Any = await scene.post(f"/ledger/periods/{period}/close", body)
        assert taken["differing"] == []
        if period == "2028-04":
            tied = {row["account"]: -Decimal(row["sub_ledger"]) for row in taken["tie_out"]}
            (listed,) = await provisions(scene, "&as_of=2028-04-30")
            assert tied["loss_allowance"] == Decimal(listed["allowance"]) > 0
            assert tied["suspended_interest"] == Decimal(listed["suspended_interest"]) > 0
            return
        await _sign(scene, period, taken["snapshot_id"])


async def _sign(scene: Scene, period: str, snapshot: object) -> None:
    manager = await Actors(scene.api).user(Role.MANAGER)
    answer = await scene.api.client.post(
        f"/api/v1/ledger/periods/{period}/sign-off",
        json={
            "creditor_id": scene.creditor_id,
            "test_clock_id": scene.clock_id,
            "snapshot_id": snapshot,
        },
        headers=manager | key(),
    )
    ok(answer, 201)


async def test_provisions_are_listed_by_page_and_never_of_days_to_come(scene: Scene) -> None:
    late = await scene.loan(await scene.customer())
    paid = await scene.loan(await scene.customer(phone="+12125550124", email="b@c.example"))
    await to(scene, "2028-03-01")
    await scene.pay(paid["id"], "106.62")
    await to(scene, "2028-03-10")
    path = f"/ledger/provisions?creditor_id={scene.creditor_id}&test_clock_id={scene.clock_id}"
    first: Any = await scene.get(path + "&limit=1")
    rest: Any = await scene.get(path + f"&limit=1&cursor={first['next_cursor']}")
    assert [first["items"][0]["bucket"], rest["items"][0]["bucket"]] == ["1-29", "current"]
    assert rest["next_cursor"] is None
    assert late["product"] == first["items"][0]["product"]
    answer = await scene.api.client.get("/api/v1" + path + "&as_of=2028-03-10", headers=scene.admin)
    assert (answer.status_code, answer.json()["facts"]["closed_through"]) == (422, "2028-03-09")


async def test_products_that_ask_for_nothing_set_nothing_aside(api: Api) -> None:
    scene = await make_scene(api)
    await scene.loan(await scene.customer())
    await to(scene, "2028-06-20")
    assert await provisions(scene) == []
    assert not {"loss_allowance", "suspended_interest"} & {
        account for _, account in await scene.trial_balance()
    }


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"rates": [{"bucket": "SMA-0", "percent": "1"}]}, "provisioning.rates"),
        ({"rates": [{"bucket": "1-29", "percent": "101"}]}, "provisioning.rates"),
        ({"rates": [{"bucket": "1-29", "percent": "1"}] * 2}, "provisioning.rates"),
        ({"non_accrual_from": "current"}, "provisioning.non_accrual_from"),
    ],
)
async def test_terms_that_cannot_be_are_refused_by_field(
    scene: Scene, terms: dict[str, object], field: str
) -> None:
    answer = await scene.api.client.post(
        "/api/v1/products",
        json={
            "code": "other",
            "name": "Other",
            "creditor_id": scene.creditor_id,
            "currency": "USD",
            "annual_rate_percent": "12",
            "provisioning": terms,
        },
        headers=scene.admin | key(),
    )
    assert (answer.status_code, answer.json()["facts"]["field"]) == (422, field)
