"""Months of a book: tied out, signed by a second person, and never changed afterwards."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from httpx2 import AsyncClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from contracts.names import Role
from tests.api.arrears.test_closing import close_until
from tests.api.conftest import WorkFactory
from tests.api.support import Actors, Api, Scene, key, make_scene, ok


@pytest.fixture
async def scene(api: Api) -> Scene:
    return await make_scene(api, origination_fee="15.00", min_principal="100.00")


async def to(scene: Scene, month: int, day: int) -> None:
    await close_until(scene, datetime(2028, month, day, 12, tzinfo=UTC))


def book(scene: Scene) -> dict[str, object]:
    return {"creditor_id": scene.creditor_id, "test_clock_id": scene.clock_id}


async def close(scene: Scene, period: str, status: int = 201) -> dict[str, Any]:
    return await scene.post(f"/ledger/periods/{period}/close", book(scene), status)


async def sign(
    scene: Scene, period: str, snapshot: object, status: int = 201, **more: object
) -> dict[str, Any]:
    manager = await Actors(scene.api).user(Role.MANAGER)
    answer = await scene.api.client.post(
        f"/api/v1/ledger/periods/{period}/sign-off",
        json=book(scene) | {"snapshot_id": snapshot} | more,
        headers=manager | key(),
    )
    return ok(answer, status)


async def shown(scene: Scene, period: str) -> dict[str, Any]:
    return await scene.get(
        f"/ledger/periods/{period}?creditor_id={scene.creditor_id}&test_clock_id={scene.clock_id}"
    )


async def trial_balance(scene: Scene, query: str) -> dict[str, str]:
    found: Any = await scene.get(f"/ledger/trial-balance?test_clock_id={scene.clock_id}&{query}")
    assert found["balanced"] is True
    return {row["account"]: row["balance"] for row in found["rows"]}


async def test_a_month_is_tied_out_and_signed_by_somebody_else(
    scene: Scene, client: AsyncClient
) -> None:
    loan = await scene.loan(await scene.customer())
    await to(scene, 2, 20)
    assert (await close(scene, "2028-02", 409))["code"] == "period-not-ready"
    await to(scene, 3, 20)
    await scene.pay(loan["id"], "50.00", value_on="2028-03-15")
    assert (await close(scene, "2028-03", 409))["code"] == "period-not-ready"
    taken = await close(scene, "2028-02")
    assert (taken["state"], taken["differences"], taken["differing"]) == (
        "awaiting_sign_off",
        0,
        [],
    )
    tied = {row["account"]: row for row in taken["tie_out"]}
    # The payment of March is rolled back: February ends as it stood.
    assert tied["principal_receivable"]["sub_ledger"] == "1200.00"
    assert tied["fee_receivable"]["general_ledger"] == "15.00"
    assert all(row["difference"] == "0.00" for row in taken["tie_out"])
    february = {row["account"]: row for row in taken["trial_balance"]}
    assert february["cash"]["closing"] == "-1200.00"
    assert february["accrued_interest"]["closing"] == "11.59"
    assert sum(Decimal(row["closing"]) for row in taken["trial_balance"]) == 0
    own = await client.post(
        "/api/v1/ledger/periods/2028-02/sign-off",
        json=book(scene) | {"snapshot_id": taken["snapshot_id"]},
        headers=scene.admin | key(),
    )
    assert (own.status_code, own.json()["code"]) == (403, "second-person-needed")
    signed = await sign(scene, "2028-02", taken["snapshot_id"])
    assert signed["state"] == "closed"
    assert signed["signed_by"] != signed["taken_by"]
    again = await sign(scene, "2028-02", taken["snapshot_id"], 409)
    assert again["code"] == "period-closed"
    assert (await close(scene, "2028-02", 409))["code"] == "period-closed"
    listed: Any = await scene.get(
        f"/ledger/periods?creditor_id={scene.creditor_id}&test_clock_id={scene.clock_id}"
    )
    assert [(row["period"], row["state"]) for row in listed["items"]] == [("2028-02", "closed")]


async def test_what_comes_late_changes_no_closed_month(scene: Scene) -> None:
    """Backdated payments, reversals and a loan entered late book in the open month."""
    first = await scene.loan(await scene.customer())
    await to(scene, 2, 10)
    early = await scene.pay(first["id"], "30.00")
    await to(scene, 3, 3)
    taken = await close(scene, "2028-02")
    signed = await sign(scene, "2028-02", taken["snapshot_id"])
    books = await trial_balance(scene, "known_on=2028-02-29")
    await scene.pay(first["id"], "20.00", value_on="2028-02-15")
    await scene.post(
        f"/loans/{first['id']}/payments/{early['id']}/reverse", {"reason": "chargeback"}
    )
    await scene.loan(
        await scene.customer(phone="+12125550124", email="b@c.example"), disbursed_on="2028-02-01"
    )
    await to(scene, 4, 5)
    assert await shown(scene, "2028-02") == signed
    assert await trial_balance(scene, "known_on=2028-02-29") == books
    valued = await trial_balance(scene, "as_of=2028-02-29")
    owed = ("principal_receivable", "interest_receivable", "fee_receivable")
    # The later payment stands at its value date, with what the earlier one no longer pays.
    assert sum(Decimal(valued[account]) for account in owed) == Decimal("2410.00")
    march = await close(scene, "2028-03")
    assert march["differing"] == []
    opening = {row["account"]: row["opening"] for row in march["trial_balance"]}
    closing = {row["account"]: row["closing"] for row in signed["trial_balance"]}
    assert {name: opening[name] for name in closing} == closing


async def test_the_database_books_nothing_into_a_closed_month(
    scene: Scene, work: WorkFactory
) -> None:
    await scene.loan(await scene.customer())
    await to(scene, 3, 3)
    taken = await close(scene, "2028-02")
    await sign(scene, "2028-02", taken["snapshot_id"])
    copied = text(
        "insert into journal_entries (id, creditor_id, test_clock_id, kind, currency, value_on, "
        "booked_on, booked_at) select uuid_v7(), creditor_id, test_clock_id, kind, currency, "
        "value_on, booked_on, booked_at from journal_entries limit 1 returning booked_on"
    )
    async with work() as unit:
        assert str(await unit.session.scalar(copied)) == "2028-03-01"
        await unit.session.rollback()
    with pytest.raises(DBAPIError, match="permission denied"):
        async with work() as unit:
            await unit.session.execute(text("update period_accounts set closing = 0"))


async def test_a_signature_needs_the_totals_as_they_are(scene: Scene, work: WorkFactory) -> None:
    await scene.loan(await scene.customer())
    await to(scene, 3, 3)
    taken = await close(scene, "2028-02")
    async with work() as unit:
        await unit.session.execute(
            text(
                "with entry as (insert into journal_entries (id, creditor_id, test_clock_id, "
                "kind, currency, value_on, booked_on, booked_at) select uuid_v7(), creditor_id, "
                "test_clock_id, 'disbursement', 'USD', value_on, booked_on, booked_at "
                "from journal_entries limit 1 returning id) insert into journal_lines "
                "select id, side.line, side.account, 'USD', side.amount from entry, (values "
                "(1, 'principal_receivable', 5), (2, 'cash', -5)) as side(line, account, amount)"
            )
        )
    stale = await sign(scene, "2028-02", taken["snapshot_id"], 409)
    assert stale["code"] == "snapshot-stale"
    differing = await close(scene, "2028-02")
    assert [(row["kind"], row["account"]) for row in differing["differing"]] == [
        ("unassigned", "principal_receivable")
    ]
    refused = await sign(scene, "2028-02", differing["snapshot_id"], 409)
    assert refused["code"] == "books-differ"
    signed = await sign(scene, "2028-02", differing["snapshot_id"], note="Migrated by hand")
    assert signed["note"] == "Migrated by hand"


async def test_a_closed_loan_and_its_credit_tie_out(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    other = await scene.loan(await scene.customer(phone="+12125550124", email="b@c.example"))
    await to(scene, 2, 20)
    owed: Any = await scene.get(f"/loans/{loan['id']}/outstanding")
    await scene.pay(loan["id"], owed["payoff"]["total"], payoff=True)
    await scene.pay(other["id"], "5000.00")
    await to(scene, 3, 5)
    taken = await close(scene, "2028-02")
    assert taken["differing"] == []
    tied = {row["account"]: row["sub_ledger"] for row in taken["tie_out"]}
    assert Decimal(tied["customer_credit"]) < 0
    assert tied["principal_receivable"] == "0.00"


@pytest.mark.parametrize("period", ["2028-13", "february", "0000-01"])
async def test_a_period_is_a_month(scene: Scene, period: str) -> None:
    assert (await close(scene, period, 422))["code"] in {"invalid-date", "invalid-request"}
