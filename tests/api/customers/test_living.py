"""Where a customer lives and when he asked to be contacted."""

import pytest
from httpx2 import AsyncClient
from sqlalchemy import select

from api.customers import service as customers
from api.customers.tables import CustomerRow
from contracts.names import Role
from domain.contact.places import Place
from tests.api.conftest import WorkFactory
from tests.api.support import Actors, Headers, ok

CUSTOMERS = "/api/v1/customers"
EVENING = {"days": ["mon", "fri"], "opens": "18:00:00", "closes": "20:00:00"}
BROOKLYN: dict[str, object] = {
    "name": "Maria José Keller",
    "country": "US",
    "zone": "America/New_York",
    "region": "US-NY",
    "city": "Brooklyn",
    "postcode": "11201",
    "contact_hours": [EVENING],
}


@pytest.fixture
async def manager(actors: Actors) -> Headers:
    """Who may make customers."""
    return await actors.user(Role.MANAGER)


async def test_the_place_is_kept_and_what_is_personal_is_encrypted(
    client: AsyncClient, manager: Headers, work: WorkFactory
) -> None:
    made = ok(await client.post(CUSTOMERS, json=BROOKLYN, headers=manager), 201)
    assert {name: made[name] for name in BROOKLYN} == BROOKLYN
    async with work() as unit:
        (row,) = await unit.session.scalars(select(CustomerRow))
        card = await customers.contact_card(unit, row.id)
    assert b"Brooklyn" not in (row.city_ct or b"Brooklyn")
    assert b"11201" not in (row.postcode_ct or b"11201")
    assert card.place == Place("US", "US-NY", "Brooklyn", "11201", ("America/New_York",))
    assert card.wishes is not None
    assert [window.opens.hour for window in card.wishes.windows] == [18]


async def test_the_place_changes_and_is_cleared(client: AsyncClient, manager: Headers) -> None:
    made = ok(await client.post(CUSTOMERS, json=BROOKLYN, headers=manager), 201)
    path, seen = f"{CUSTOMERS}/{made['id']}", {"If-Match": '"1"'}
    moved = ok(
        await client.patch(
            path,
            json={"region": "US-MA", "city": None, "postcode": "02139", "contact_hours": []},
            headers=manager | seen,
        )
    )
    assert (moved["region"], moved["city"], moved["postcode"]) == ("US-MA", None, "02139")
    assert moved["contact_hours"] == []
    assert moved["zone"] == "America/New_York"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"region": "CA-ON"}, "invalid-contact"),
        ({"region": "Ontario"}, "invalid-request"),
        ({"postcode": "'; drop table"}, "invalid-request"),
        ({"city": "A\nB"}, "invalid-request"),
        ({"contact_hours": [EVENING | {"closes": "18:00:00"}]}, "invalid-contact"),
        ({"contact_hours": [EVENING | {"opens": "18:00:00Z"}]}, "invalid-contact"),
        ({"contact_hours": [EVENING | {"days": ["funday"]}]}, "invalid-request"),
        ({"contact_hours": [EVENING | {"days": []}]}, "invalid-request"),
    ],
)
async def test_what_cannot_be_is_refused(
    client: AsyncClient, manager: Headers, wrong: dict[str, object], code: str
) -> None:
    made = await client.post(CUSTOMERS, json=BROOKLYN | wrong, headers=manager)
    assert ok(made, 422)["code"] == code


async def test_a_wish_about_one_purpose_leaves_the_others(
    client: AsyncClient, manager: Headers, work: WorkFactory
) -> None:
    wishes = [
        {"medium": "call", "granted": True},
        {"medium": "call", "purpose": "servicing", "granted": False},
    ]
    fields = BROOKLYN | {"phone": "(212) 555-0123", "consents": wishes}
    made = ok(await client.post(CUSTOMERS, json=fields, headers=manager), 201)
    assert made["opted_out"] == []
    later = ok(
        await client.patch(
            f"{CUSTOMERS}/{made['id']}",
            json={"consents": [{"medium": "call", "granted": False}]},
            headers=manager | {"If-Match": '"1"'},
        )
    )
    assert later["opted_out"] == ["call"]
