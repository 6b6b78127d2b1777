"""What a product says about its schedules is what its loans get, and what is quoted."""

from typing import Any

import pytest

from tests.api.support import Api, Scene, make_scene, ok


async def quoted(scene: Scene, **asked: object) -> dict[str, Any]:
    body = {
        "product": scene.product,
        "principal": "1200.00",
        "currency": "USD",
        "instalments": 6,
        "disbursed_on": "2028-02-01",
        "first_due_on": "2028-03-01",
    } | asked
    answer = await scene.api.client.post("/api/v1/loans/quote", json=body, headers=scene.admin)
    return ok(answer)  # type: ignore[return-value]


@pytest.mark.parametrize(
    "options",
    [
        {"amortisation": "equal_principal"},
        {"principal_grace": 5},
        {"interest_grace": 2},
        {"balloon_percent": "40"},
        {"down_payment_percent": "25", "instalment_multiple": "1"},
        {"business_days": "modified_following", "holidays": ["2028-05-01"]},
        {"instalment_smoothing": True, "rounding": "half-up"},
    ],
    ids=lambda options: next(iter(options)),
)
async def test_a_loan_has_the_schedule_that_was_quoted(api: Api, options: dict[str, Any]) -> None:
    scene = await make_scene(api, schedule=options, min_instalments=6)
    loan: dict[str, Any] = await scene.loan(
        await scene.customer(),
        principal="1200.00",
        instalments=6,
        disbursed_on="2028-02-01",
        first_due_on="2028-03-01",
    )
    told = (await quoted(scene))["schedule"]
    rows = [(row["due_on"], row["principal"], row["interest"]) for row in loan["schedule"]]
    assert rows == [(row["due_on"], row["principal"], row["interest"]) for row in told]
    if "balloon_percent" in options:
        assert float(rows[-1][1]) > 480
    if "principal_grace" in options:
        assert [row[1] for row in rows] == ["0.00"] * 5 + ["1200.00"]
    if "down_payment_percent" in options:
        assert rows[0] == ("2028-02-01", "300.00", "0.00")
    if "business_days" in options:
        # 1 April is a Saturday whose Monday is the 3rd; 1 May is a Monday and a holiday.
        assert [row[0] for row in rows[1:3]] == ["2028-04-03", "2028-05-02"]
    paid = await scene.pay(loan["id"], loan["outstanding"]["total"])
    assert paid["loan_closed"] is True


@pytest.mark.parametrize(
    ("frequency", "first", "second"),
    [
        ("quarterly", "2028-05-01", "2028-08-01"),
        ("semimonthly", "2028-02-16", "2028-03-01"),
        ({"unit": "days", "every": 10}, "2028-02-11", "2028-02-21"),
    ],
)
async def test_instalments_fall_due_as_often_as_the_product_says(
    api: Api, frequency: object, first: str, second: str
) -> None:
    scene = await make_scene(api, frequency=frequency, day_count="actual/actual")
    told = await quoted(scene, first_due_on=first)
    assert [row["due_on"] for row in told["schedule"][:2]] == [first, second]
    shown: dict[str, Any] = await scene.get(f"/products/{scene.product}")
    assert (shown["frequency"], shown["day_count"]) == (frequency, "actual/actual")
    made: dict[str, Any] = await scene.loan(
        await scene.customer(),
        principal="1200.00",
        instalments=6,
        disbursed_on="2028-02-01",
        first_due_on=first,
    )
    assert [row["due_on"] for row in made["schedule"][:2]] == [first, second]
