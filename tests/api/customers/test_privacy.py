"""Nothing personal stands in the database but under the customer's key."""

from uuid import UUID

from httpx2 import AsyncClient
from sqlalchemy import select, text, update

from api.customers import service
from api.customers.tables import CustomerRow
from contracts.names import Role
from domain.contact.channel import Channel
from tests.api.conftest import WorkFactory
from tests.api.support import Actors, key, ok

CANARY: dict[str, object] = {
    "name": "Zephyrine Quandtmeyer",
    "country": "US",
    "email": "zephyrine.q@canary-mail.example",
    "phone": "+12125550177",
    "address": "77 Canary Wharf Lane",
    "region": "US-NY",
    "city": "Quailborough",
    "postcode": "90977-1234",
    "born_on": "1977-07-17",
    "consents": [{"medium": "sms", "granted": True}],
}
WORDS = (
    "zephyrine",
    "quandtmeyer",
    "canary-mail",
    "2125550177",
    "canary wharf",
    "1977-07-17",
    "quailborough",
    "90977-1234",
)


async def dump(work: WorkFactory) -> dict[str, str]:
    """Every row of every table as text, binary columns both as hexadecimal and as letters."""
    async with work() as unit:
        names = await unit.session.scalars(
            text("select table_name from information_schema.tables where table_schema = 'public'")
        )
        found = {}
        for name in names:
            rows = await unit.session.scalars(
                text(f"select row_to_json(t)::text from {name} t")  # noqa: S608 - names of our own
            )
            found[name] = "\n".join(rows).lower()
    return found


def seen(tables: dict[str, str], word: str) -> list[str]:
    forms = (word, word.encode().hex(), word.title().encode().hex())
    return [name for name, rows in tables.items() if any(form in rows for form in forms)]


async def test_the_search_finds_what_is_planted(
    client: AsyncClient, actors: Actors, work: WorkFactory
) -> None:
    admin = await actors.admin()
    ok(
        await client.post(
            "/api/v1/creditors",
            json={"code": "canary", "name": "Zephyrine", "country": "US", "zone": "Europe/Paris"},
            headers=admin,
        ),
        201,
    )
    assert seen(await dump(work), "zephyrine") == ["creditors"]


async def test_no_table_holds_a_word_of_a_customer(
    client: AsyncClient, actors: Actors, work: WorkFactory
) -> None:
    manager = await actors.user(Role.MANAGER)
    headers = manager | key()
    made = ok(await client.post("/api/v1/customers", json=CANARY, headers=headers), 201)
    again = await client.post("/api/v1/customers", json=CANARY, headers=headers)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert ok(again, 201) == made
    ok(
        await client.patch(
            f"/api/v1/customers/{made['id']}",
            json={"name": "Zephyrine Maria Quandtmeyer", "address": "78 Canary Wharf Lane"},
            headers=manager | {"If-Match": '"1"'},
        )
    )
    ok(
        await client.post(
            "/api/v1/customers/search", json={"phone": "+12125550177"}, headers=manager
        )
    )
    tables = await dump(work)
    assert str(made["id"]) in tables["customers"]
    assert str(made["id"]).encode().hex() in tables["idempotency_keys"]
    for word in WORDS:
        assert seen(tables, word) == [], word


async def test_the_same_person_twice_shows_no_likeness_but_the_blind_indexes(
    client: AsyncClient, actors: Actors, work: WorkFactory
) -> None:
    manager = await actors.user(Role.MANAGER)
    for _ in range(2):
        ok(await client.post("/api/v1/customers", json=CANARY, headers=manager), 201)
    async with work() as unit:
        one, two = await unit.session.scalars(select(CustomerRow).order_by(CustomerRow.number))
        assert one.phone_index == two.phone_index
        assert one.name_tokens == two.name_tokens
        for column in (
            "wrapped_key",
            "name_ct",
            "email_ct",
            "phone_ct",
            "address_ct",
            "born_on_ct",
        ):
            assert getattr(one, column) != getattr(two, column)


async def test_a_ciphertext_opens_in_its_own_column_only(
    client: AsyncClient, actors: Actors, work: WorkFactory
) -> None:
    manager = await actors.user(Role.MANAGER)
    made = ok(await client.post("/api/v1/customers", json=CANARY, headers=manager), 201)
    async with work() as unit:
        await unit.session.execute(update(CustomerRow).values(email_ct=CustomerRow.address_ct))
    answer = await client.get(f"/api/v1/customers/{made['id']}", headers=manager)
    assert answer.status_code == 500
    assert "canary" not in answer.text.lower()


async def test_without_his_key_nothing_is_left_of_him(
    client: AsyncClient, actors: Actors, work: WorkFactory
) -> None:
    manager = await actors.user(Role.MANAGER)
    made = ok(await client.post("/api/v1/customers", json=CANARY, headers=manager), 201)
    async with work() as unit:
        await unit.session.execute(
            update(CustomerRow).values(
                wrapped_key=None,
                name_ct=None,
                email_ct=None,
                phone_ct=None,
                address_ct=None,
                city_ct=None,
                postcode_ct=None,
                born_on_ct=None,
                name_tokens=[],
                phone_index=None,
                email_index=None,
            )
        )
    found = ok(await client.get(f"/api/v1/customers/{made['id']}", headers=manager))
    assert (found["name"], found["phone"], found["email"]) == ("", None, None)
    async with work() as unit:
        card = await service.contact_card(unit, UUID(str(made["id"])))
        assert card.address(Channel.SMS) is None
    change = await client.patch(
        f"/api/v1/customers/{made['id']}",
        json={"name": "Somebody"},
        headers=manager | {"If-Match": '"1"'},
    )
    assert change.status_code == 404
