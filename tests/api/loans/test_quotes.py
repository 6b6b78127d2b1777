"""A quote says what the loan then is, to the cent, and keeps nothing."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from api.loans.tables import LoanRow
from contracts.names import Role
from tests.api.conftest import WorkFactory
from tests.api.support import Actors, Api, make_scene, ok


async def test_a_quote_is_the_loan_that_is_then_made(api: Api, work: WorkFactory) -> None:
    scene = await make_scene(api)
    customer = await scene.customer()
    loan = await scene.loan(customer)
    asked = {
        "product": loan["product"],
        "principal": loan["principal"],
        "currency": "USD",
        "instalments": loan["instalment_count"],
        "disbursed_on": loan["disbursed_on"],
        "first_due_on": loan["schedule"][0]["due_on"],
    }
    agent = await Actors(api).user(Role.AGENT)
    quote = ok(await api.client.post("/api/v1/loans/quote", json=asked, headers=agent))
    kept = ("number", "from_on", "due_on", "principal", "interest", "fee")
    assert [[row[name] for name in kept] for row in quote["schedule"]] == [
        [row[name] for name in kept] for row in loan["schedule"]
    ]
    to_pay = sum(Decimal(row["total"]) for row in quote["schedule"])
    assert Decimal(quote["totals"]["to_pay"]) == to_pay
    assert Decimal(quote["totals"]["principal"]) == Decimal(loan["principal"])
    async with work() as unit:
        assert await unit.session.scalar(select(func.count()).select_from(LoanRow)) == 1


async def test_a_fee_is_part_of_the_yearly_cost(api: Api) -> None:
    plain, dear = (
        await make_scene(api),
        await make_scene(api, origination_fee="50.00", min_principal="500.00"),
    )
    agent = await Actors(api).user(Role.AGENT)

    async def cost(product: str) -> tuple[Decimal, Decimal, Decimal]:
        asked = {
            "product": product,
            "principal": "1200.00",
            "currency": "USD",
            "instalments": 12,
            "disbursed_on": "2028-02-01",
            "first_due_on": "2028-03-01",
        }
        quote = ok(await api.client.post("/api/v1/loans/quote", json=asked, headers=agent))
        yearly = quote["yearly_cost"]
        return (
            Decimal(yearly["us_actuarial_percent"]),
            Decimal(yearly["eu_aprc_percent"]),
            Decimal(quote["totals"]["fee"]),
        )

    us, eu, fee = await cost(plain.product)
    # 12 % nominal, monthly: the same by Regulation Z, 12.68 % where it compounds.
    assert (round(us, 2), round(eu, 1), fee) == (Decimal("12.00"), Decimal("12.7"), Decimal("0"))
    dearer = await cost(dear.product)
    assert dearer[0] > us + 5
    assert dearer[1] > eu + 5
    assert dearer[2] == Decimal("50.00")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"product": "nothing"}, 404, "not-found"),
        ({"currency": "EUR"}, 422, "currency-mismatch"),
        ({"principal": "-1"}, 422, None),
        ({"instalments": 0}, 422, "invalid-request"),
        ({"first_due_on": "2028-02-30"}, 422, "invalid-request"),
        ({"first_due_on": "2028-01-01"}, 422, None),
        ({"colour": "red"}, 422, "invalid-request"),
    ],
)
async def test_what_cannot_be_quoted(
    api: Api, change: dict[str, Any], status: int, code: str | None
) -> None:
    scene = await make_scene(api)
    agent = await Actors(api).user(Role.AGENT)
    asked = {
        "product": scene.product,
        "principal": "1200.00",
        "currency": "USD",
        "instalments": 12,
        "disbursed_on": "2028-02-01",
        "first_due_on": "2028-03-01",
    } | change
    answer = await api.client.post("/api/v1/loans/quote", json=asked, headers=agent)
    assert answer.status_code == status, answer.text
    if code is not None:
        assert answer.json()["code"] == code
