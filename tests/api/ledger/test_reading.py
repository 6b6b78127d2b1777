"""The journal is read as it was booked, and every currency sums to zero."""

from decimal import Decimal
from uuid import uuid4

from httpx2 import AsyncClient

from tests.api.support import Api, make_scene, ok


async def test_a_loans_journal_balances_entry_by_entry(api: Api, client: AsyncClient) -> None:
    scene = await make_scene(api)
    loan = await scene.loan(await scene.customer())
    await scene.pay(loan["id"], "100.00")
    path = f"/loans/{loan['id']}/journal"
    entries = (await scene.get(path))["items"]
    assert isinstance(entries, list)
    assert len(entries) >= 2
    for entry in entries:
        assert entry["currency"] == "USD"
        assert sum(Decimal(line["amount"]) for line in entry["lines"]) == 0
        assert all(Decimal(line["amount"]).as_tuple().exponent == -2 for line in entry["lines"])
    assert [entry["booked_on"] for entry in entries] == sorted(
        entry["booked_on"] for entry in entries
    )
    assert entries[0]["value_on"] == "2028-02-01"
    first = await scene.get(f"{path}?limit=1")
    rest = await scene.get(f"{path}?limit=200&cursor={first['next_cursor']}")
    assert [*first["items"], *rest["items"]] == entries  # type: ignore[misc]


async def test_another_loans_entries_are_not_shown(api: Api, client: AsyncClient) -> None:
    scene = await make_scene(api)
    customer = await scene.customer()
    one, two = await scene.loan(customer), await scene.loan(customer)
    shown = [
        {entry["id"] for entry in (await scene.get(f"/loans/{loan['id']}/journal"))["items"]}  # type: ignore[attr-defined]
        for loan in (one, two)
    ]
    assert shown[0]
    assert shown[0].isdisjoint(shown[1])


async def test_a_loan_that_does_not_exist_has_no_journal(api: Api, client: AsyncClient) -> None:
    scene = await make_scene(api)
    answer = await client.get(f"/api/v1/loans/{uuid4()}/journal", headers=scene.admin)
    assert answer.status_code == 404
    loan = await scene.loan(await scene.customer())
    answer = await client.get(
        f"/api/v1/loans/{loan['id']}/journal?cursor=MTAwMQ", headers=scene.admin
    )
    assert answer.status_code == 422


async def test_the_trial_balance_is_per_book_clock_and_currency(
    api: Api, client: AsyncClient
) -> None:
    dollars = await make_scene(api)
    euros = await make_scene(api, currency="EUR")
    await dollars.loan(await dollars.customer(), principal="1200.00")
    await euros.loan(await euros.customer(), principal="500.00")
    everything = await dollars.get("/ledger/trial-balance")
    assert everything["balanced"] is True
    sums: dict[str, Decimal] = {}
    for row in everything["rows"]:  # type: ignore[attr-defined]
        sums[row["currency"]] = sums.get(row["currency"], Decimal(0)) + Decimal(row["balance"])
    assert sums == {"USD": 0, "EUR": 0}
    for scene, currency in ((dollars, "USD"), (euros, "EUR")):
        for query in (f"creditor_id={scene.creditor_id}", f"test_clock_id={scene.clock_id}"):
            found = await scene.get(f"/ledger/trial-balance?{query}")
            assert {row["currency"] for row in found["rows"]} == {currency}  # type: ignore[attr-defined]
            assert found["balanced"] is True
    crossed = await dollars.get(
        f"/ledger/trial-balance?creditor_id={dollars.creditor_id}&test_clock_id={euros.clock_id}"
    )
    assert crossed == {"rows": [], "balanced": True}


async def test_a_creditor_who_does_not_exist_has_no_books(api: Api, client: AsyncClient) -> None:
    scene = await make_scene(api)
    answer = await client.get(
        f"/api/v1/ledger/trial-balance?creditor_id={uuid4()}", headers=scene.admin
    )
    assert answer.status_code == 404
    empty = ok(await client.get("/api/v1/ledger/trial-balance", headers=scene.admin))
    assert empty == {"rows": [], "balanced": True}
