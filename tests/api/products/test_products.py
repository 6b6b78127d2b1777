"""Creditors, and products whose versions are kept: what is made next never changes what was."""

import asyncio
from uuid import uuid4

import pytest
from httpx2 import AsyncClient
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from api.products import service
from domain.errors import DomainError, ErrorCode
from tests.api.conftest import WorkFactory
from tests.api.support import Actors, Headers, key, ok

CREDITORS, PRODUCTS = "/api/v1/creditors", "/api/v1/products"
HARBOR = {"code": "harbor", "name": "Harbor Credit", "country": "US", "zone": "America/New_York"}


@pytest.fixture
async def admin(actors: Actors) -> Headers:
    return await actors.admin()


@pytest.fixture
async def creditor_id(client: AsyncClient, admin: Headers) -> str:
    return str(ok(await client.post(CREDITORS, json=HARBOR, headers=admin), 201)["id"])


def terms(harbor: str, **fields: object) -> dict[str, object]:
    return {
        "code": "personal",
        "name": "Personal loan",
        "creditor_id": harbor,
        "currency": "USD",
        "annual_rate_percent": "12.5",
        "penalty": {"kind": "flat", "amount": "10.00", "grace_days": 5},
    } | fields


async def made(
    client: AsyncClient, admin: Headers, creditor_id: str, **fields: object
) -> dict[str, object]:
    return ok(await client.post(PRODUCTS, json=terms(creditor_id, **fields), headers=admin), 201)


# --- creditors --------------------------------------------------------------------------------


async def test_a_creditor_is_made_shown_and_listed(client: AsyncClient, admin: Headers) -> None:
    harbor = ok(await client.post(CREDITORS, json=HARBOR, headers=admin), 201)
    assert harbor == HARBOR | {
        "id": harbor["id"],
        "licence_kind": "creditor",
        "business_hours": None,
        "correspondence": None,
        "legal_order": None,
        "version": 1,
    }
    shown = await client.get(f"{CREDITORS}/{harbor['id']}", headers=admin)
    assert shown.headers["ETag"] == '"1"'
    assert ok(shown) == harbor
    other = ok(await client.post(CREDITORS, json=HARBOR | {"code": "other"}, headers=admin), 201)
    first = ok(await client.get(f"{CREDITORS}?limit=1", headers=admin))
    assert first["items"] == [harbor]
    rest = await client.get(f"{CREDITORS}?limit=1&cursor={first['next_cursor']}", headers=admin)
    assert ok(rest) == {"items": [other], "next_cursor": None}
    named = ok(await client.get(f"{CREDITORS}?code=harbor", headers=admin))
    assert named["items"] == [harbor]


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"zone": "America/Gotham"}, 422, "unknown-zone"),
        ({"code": "Har bor"}, 422, "invalid-request"),
        ({"country": "us"}, 422, "invalid-request"),
        ({"licence_kind": "pirate"}, 422, "invalid-request"),
    ],
)
async def test_a_creditor_that_cannot_be_is_refused(
    client: AsyncClient, admin: Headers, fields: dict[str, object], status: int, code: str
) -> None:
    answer = await client.post(CREDITORS, json=HARBOR | fields, headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_codes_at_once_make_one_creditor(client: AsyncClient, admin: Headers) -> None:
    answers = await asyncio.gather(
        *(client.post(CREDITORS, json=HARBOR, headers=admin) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_a_creditor_who_does_not_exist_is_not_found(
    client: AsyncClient, admin: Headers
) -> None:
    assert (await client.get(f"{CREDITORS}/{uuid4()}", headers=admin)).status_code == 404


OWN_WATERFALL = {
    "past_due": ["interest", "principal", "fee", "penalty"],
    "due": ["interest", "fee", "principal", "penalty"],
    "in_advance": ["principal", "interest", "fee", "penalty"],
    "processing": "vertical",
    "future": "last_instalment",
}

# --- products ---------------------------------------------------------------------------------


async def test_a_product_is_shown_as_it_was_made(
    client: AsyncClient, admin: Headers, creditor_id: str
) -> None:
    product = await made(client, admin, creditor_id)
    assert product["version"] == 1
    assert product["annual_rate_percent"] == "12.5"
    assert product["min_principal"] == "1.00"
    assert product["penalty"] == {
        "kind": "flat",
        "amount": "10.00",
        "grace_days": 5,
        "cap_per_instalment": None,
        "cap_per_loan": None,
    }
    assert product["provisioning"] is None
    for name in ("personal", "personal@1"):
        shown = await client.get(f"{PRODUCTS}/{name}", headers=admin)
        assert shown.headers["ETag"] == '"1"'
        assert ok(shown) == product


async def test_making_it_again_makes_the_next_version(
    client: AsyncClient, admin: Headers, creditor_id: str
) -> None:
    first = await made(client, admin, creditor_id)
    second = await made(client, admin, creditor_id, annual_rate_percent="10")
    assert (second["version"], second["annual_rate_percent"]) == (2, "10")
    assert ok(await client.get(f"{PRODUCTS}/personal", headers=admin)) == second
    assert ok(await client.get(f"{PRODUCTS}/personal@1", headers=admin)) == first
    other = await made(client, admin, creditor_id, code="micro")
    listed = ok(await client.get(PRODUCTS, headers=admin))
    assert listed == {"items": [other, second], "next_cursor": None}


@pytest.mark.parametrize("order", ["principal_first", OWN_WATERFALL])
async def test_the_law_of_the_creditor_goes_with_every_version_made_for_it(
    client: AsyncClient, admin: Headers, order: object
) -> None:
    lawful = HARBOR | {"code": "lawful", "legal_order": order}
    creditor = ok(await client.post(CREDITORS, json=lawful, headers=admin), 201)
    assert creditor["legal_order"] == order
    product = await made(client, admin, str(creditor["id"]), waterfall="interest_first")
    assert (product["waterfall"], product["legal_order"]) == ("interest_first", order)
    broken = lawful | {"code": "broken", "legal_order": "as_you_like"}
    answer = await client.post(CREDITORS, json=broken, headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


async def test_versions_made_at_once_count_up(
    client: AsyncClient, admin: Headers, creditor_id: str
) -> None:
    found = await asyncio.gather(*(made(client, admin, creditor_id) for _ in range(6)))
    assert sorted(int(str(product["version"])) for product in found) == [1, 2, 3, 4, 5, 6]


async def test_a_repeat_makes_no_second_version(
    client: AsyncClient, admin: Headers, creditor_id: str
) -> None:
    headers = admin | key()
    first = ok(await client.post(PRODUCTS, json=terms(creditor_id), headers=headers), 201)
    again = await client.post(PRODUCTS, json=terms(creditor_id), headers=headers)
    assert ok(again, 201) == first
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_lists_go_on_where_the_page_ended(
    client: AsyncClient, admin: Headers, creditor_id: str
) -> None:
    for code in ("c", "a", "b"):
        for _ in range(2):
            await made(client, admin, creditor_id, code=code)
    page = ok(await client.get(f"{PRODUCTS}?limit=2", headers=admin))
    rest = ok(await client.get(f"{PRODUCTS}?limit=2&cursor={page['next_cursor']}", headers=admin))
    shown = [*page["items"], *rest["items"]]  # type: ignore[misc]
    assert [(item["code"], item["version"]) for item in shown] == [("a", 2), ("b", 2), ("c", 2)]
    assert rest["next_cursor"] is None
    for cursor in ("AA", "w7w", "!!"):
        answer = await client.get(f"{PRODUCTS}?cursor={cursor}", headers=admin)
        assert answer.status_code == 422, cursor


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"currency": "XXX"}, "unknown-currency"),
        ({"currency": "usd"}, "invalid-request"),
        ({"annual_rate_percent": "-1"}, "invalid-terms"),
        ({"annual_rate_percent": "1001"}, "invalid-terms"),
        ({"annual_rate_percent": "1.1234567"}, "invalid-terms"),
        ({"annual_rate_percent": 12.5}, "invalid-request"),
        ({"annual_rate_percent": "NaN"}, "invalid-request"),
        ({"annual_rate_percent": "1e3"}, "invalid-request"),
        ({"min_principal": "0"}, "amount-not-positive"),
        ({"min_principal": "0.001"}, "amount-precision"),
        ({"min_principal": "10.00", "max_principal": "9.99"}, "invalid-terms"),
        ({"min_instalments": 12, "max_instalments": 6}, "invalid-terms"),
        ({"max_instalments": 601}, "invalid-request"),
        ({"origination_fee": "1.00", "min_principal": "1.00"}, "invalid-terms"),
        ({"origination_fee": "-1.00"}, "amount-not-positive"),
        ({"penalty": {"kind": "flat", "amount": "0"}}, "invalid-terms"),
        ({"penalty": {"kind": "flat", "amount": "10.001"}}, "amount-precision"),
        ({"penalty": {"kind": "percent", "amount": "101"}}, "invalid-terms"),
        ({"penalty": {"kind": "annual_rate", "amount": "1001"}}, "invalid-terms"),
        ({"penalty": {"kind": "flat_per_day", "amount": "0.001"}}, "amount-precision"),
        (
            {"penalty": {"kind": "flat", "amount": "1", "cap_per_loan": "0"}},
            "invalid-terms",
        ),
        (
            {"penalty": {"kind": "flat", "amount": "1", "cap_per_instalment": "0.001"}},
            "amount-precision",
        ),
        ({"penalty": {"kind": "flat", "amount": "10", "grace_days": 91}}, "invalid-request"),
        ({"frequency": "daily"}, "invalid-request"),
        ({"arrears_tolerance": "-0.01"}, "invalid-terms"),
        ({"arrears_tolerance": "0.001"}, "amount-precision"),
        ({"arrears_tolerance": "5.00", "min_principal": "5.00"}, "invalid-terms"),
        ({"arrears_ladder": "other"}, "invalid-request"),
        ({"arrears_ladder": []}, "invalid-request"),
        ({"arrears_ladder": [{"name": "late", "from_days": 0}]}, "invalid-request"),
        (
            {"arrears_ladder": [{"name": name, "from_days": 9} for name in ("late", "later")]},
            "invalid-terms",
        ),
        ({"arrears_ladder": [{"name": "current", "from_days": 9}]}, "invalid-terms"),
        ({"waterfall": "bucketed"}, "invalid-request"),
        ({"day_count": "actual/366"}, "invalid-request"),
        ({"frequency": {"unit": "days", "every": 0}}, "invalid-request"),
        ({"schedule": {"balloon_percent": "100"}}, "invalid-terms"),
        ({"schedule": {"principal_grace": 1}, "min_instalments": 1}, "invalid-terms"),
        ({"schedule": {"principal_grace": 600}}, "invalid-request"),
        ({"schedule": {"instalment_multiple": "0"}}, "invalid-terms"),
        ({"schedule": {"instalment_multiple": "0.001"}}, "amount-precision"),
        ({"schedule": {"weekend": list(range(7))}}, "invalid-request"),
        ({"schedule": {"balloon": "1"}}, "invalid-request"),
        (
            {"interest_method": "flat", "schedule": {"amortisation": "equal_principal"}},
            "invalid-terms",
        ),
        (
            {"waterfall": OWN_WATERFALL | {"due": ["fee", "fee", "interest", "penalty"]}},
            "invalid-request",
        ),
        ({"waterfall": OWN_WATERFALL | {"processing": "diagonal"}}, "invalid-request"),
        ({"strategy": "no-such-strategy"}, "not-found"),
        ({"creditor_id": str(uuid4())}, "not-found"),
        ({"code": "Personal"}, "invalid-request"),
        ({"code": "personal@2"}, "invalid-request"),
        ({"version": 7}, "invalid-request"),
    ],
)
async def test_a_product_that_cannot_be_is_refused(
    client: AsyncClient, admin: Headers, creditor_id: str, fields: dict[str, object], code: str
) -> None:
    answer = await client.post(PRODUCTS, json=terms(creditor_id, **fields), headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (
        404 if code == "not-found" else 422,
        code,
    )
    assert ok(await client.get(PRODUCTS, headers=admin))["items"] == []


async def test_a_product_may_spell_out_its_waterfall_and_its_buckets(
    client: AsyncClient, admin: Headers, creditor_id: str
) -> None:
    own = {
        "waterfall": OWN_WATERFALL,
        "arrears_ladder": [{"name": "early", "from_days": 1}, {"name": "late", "from_days": 15}],
    }
    product = await made(client, admin, creditor_id, **own)
    assert {name: product[name] for name in own} == own
    assert ok(await client.get(f"{PRODUCTS}/personal@1", headers=admin)) == product


@pytest.mark.parametrize(
    ("currency", "amount"), [("JPY", "100"), ("KWD", "0.125"), ("USD", "12.34")]
)
async def test_money_keeps_the_decimals_of_its_currency(
    client: AsyncClient, admin: Headers, creditor_id: str, currency: str, amount: str
) -> None:
    penalty = {
        "kind": "flat_per_day",
        "amount": amount,
        "grace_days": 0,
        "cap_per_instalment": amount,
        "cap_per_loan": None,
    }
    await made(client, admin, creditor_id, currency=currency, penalty=penalty)
    shown = ok(await client.get(f"{PRODUCTS}/personal", headers=admin))
    assert shown["penalty"] == penalty


async def test_a_product_keeps_its_yearly_penalty_and_its_provisions(
    client: AsyncClient, admin: Headers, creditor_id: str
) -> None:
    terms = {
        "penalty": {
            "kind": "annual_rate",
            "amount": "18.25",
            "grace_days": 3,
            "cap_per_instalment": None,
            "cap_per_loan": "50.00",
        },
        "provisioning": {
            "rates": [{"bucket": "current", "percent": "0.5"}],
            "non_accrual_from": "90+",
            "accrues_again": "below",
        },
    }
    await made(client, admin, creditor_id, **terms)
    shown = ok(await client.get(f"{PRODUCTS}/personal", headers=admin))
    assert {name: shown[name] for name in terms} == terms


async def test_a_code_keeps_its_creditor_and_currency(
    client: AsyncClient, admin: Headers, creditor_id: str
) -> None:
    await made(client, admin, creditor_id)
    other = ok(await client.post(CREDITORS, json=HARBOR | {"code": "other"}, headers=admin), 201)
    for fields in ({"currency": "EUR"}, {"creditor_id": other["id"]}):
        answer = await client.post(PRODUCTS, json=terms(creditor_id, **fields), headers=admin)
        assert answer.status_code == 409


@pytest.mark.parametrize("name", ["nothing", "personal@2", "personal@0", "personal@000000001"])
async def test_a_product_that_is_not_there(
    client: AsyncClient, admin: Headers, creditor_id: str, name: str
) -> None:
    await made(client, admin, creditor_id)
    status = 200 if name.endswith("1") else 404
    assert (await client.get(f"{PRODUCTS}/{name}", headers=admin)).status_code == status


@pytest.mark.parametrize("name", ["%00", "Personal", "personal@", "personal@x", "a@1@2", "x" * 99])
async def test_a_name_no_product_has_is_refused(
    client: AsyncClient, admin: Headers, name: str
) -> None:
    assert (await client.get(f"{PRODUCTS}/{name}", headers=admin)).status_code == 422


async def test_versions_cannot_be_changed_by_the_serving_role(
    client: AsyncClient, admin: Headers, creditor_id: str, work: WorkFactory
) -> None:
    await made(client, admin, creditor_id)
    for statement in ("update products set name = 'x'", "delete from products"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with work() as unit:
                await unit.session.execute(text(statement))


async def test_a_new_loan_keeps_the_newest_version_in_its_currency(
    client: AsyncClient, admin: Headers, creditor_id: str, work: WorkFactory
) -> None:
    await made(client, admin, creditor_id)
    second = await made(client, admin, creditor_id)
    async with work() as unit:
        found = await service.product_for_new_loan(unit, "personal", "USD")
        assert str(found.id) == second["id"]
        assert await service.by_id(unit, found.id) is found
        for code, currency, error in (
            ("personal", "EUR", ErrorCode.CURRENCY_MISMATCH),
            ("other", "USD", ErrorCode.NOT_FOUND),
        ):
            with pytest.raises(DomainError) as caught:
                await service.product_for_new_loan(unit, code, currency)
            assert caught.value.code is error
        with pytest.raises(DomainError):
            await service.by_id(unit, uuid4())
