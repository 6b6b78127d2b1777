"""Changes to a loan: what each kind moves, previews, reasons, undoing."""

from decimal import Decimal
from typing import Any

import pytest

from tests.api.loan_changes.support import Desk, open_desk, set_limits
from tests.api.support import Scene, key, make_scene


@pytest.fixture
async def scene(api: Any) -> Scene:
    scene = await make_scene(api)
    await set_limits(scene)
    return scene


@pytest.fixture
async def desk(scene: Scene) -> Desk:
    return await open_desk(scene)


async def books(desk: Desk) -> dict[str, Decimal]:
    """The loan's accounts, those of the whole book's accrual included."""
    found = await desk.scene.trial_balance()
    return {account: Decimal(balance) for (_, account), balance in found.items()}


async def tie_out(desk: Desk) -> None:
    """Receivables are what is owed, and with the contra account the book balance."""
    accounts = await books(desk)
    owed = await desk.outstanding()
    loan = await desk.loan()
    open_ones = owed["outstanding"]
    for component in ("principal", "fee", "penalty"):
        assert accounts.get(f"{component}_receivable", Decimal(0)) == Decimal(open_ones[component])
    assert Decimal(owed["book"]) == (
        Decimal(owed["owed"]) - Decimal(owed["paid_ahead"]) - Decimal(owed["written_off"])
    )
    assert -accounts.get("written_off", Decimal(0)) == Decimal(owed["written_off"])
    assert -accounts.get("customer_credit", Decimal(0)) == Decimal(loan["credit"])


async def test_late_penalties_are_waived_and_income_is_taken_back(desk: Desk) -> None:
    before = await desk.loan()
    assert before["outstanding"]["penalty"] == "20.00"
    made = await desk.change("waiver", parts=[{"component": "penalty", "amount": "15.00"}])
    assert (made["status"], made["amount"], made["note"]) == ("applied", "15.00", "As agreed.")
    assert made["moved"]["before"]["outstanding"]["penalty"] == "20.00"
    assert made["moved"]["after"]["outstanding"]["penalty"] == "5.00"
    assert made["moved"]["entries"] == [
        "waiver: debit penalties waived 15.00, credit penalty receivable 15.00"
    ]
    shown = await desk.loan()
    assert [row["penalty"] for row in shown["schedule"][:2]] == ["10.00", "10.00"]
    assert [row["outstanding"] for row in shown["schedule"][:2]] == ["106.62", "111.62"]
    await tie_out(desk)


async def test_a_preview_shows_the_same_and_changes_nothing(desk: Desk) -> None:
    before, accounts = await desk.loan(), await books(desk)
    preview = await desk.preview("waiver", parts=[{"component": "penalty"}])
    assert (preview["status"], preview["id"], preview["needs_approval"]) == ("preview", None, False)
    assert await desk.loan() == before
    assert await books(desk) == accounts
    assert (await desk.scene.get(f"/loans/{desk.loan_id}/changes"))["items"] == []
    made = await desk.change("waiver", parts=[{"component": "penalty"}])
    assert made["moved"] == preview["moved"]
    listed = await desk.scene.get(f"/loans/{desk.loan_id}/changes")
    assert listed["items"] == [made]


async def test_no_more_is_waived_than_may_be_asked_for(desk: Desk) -> None:
    """Three periods are over: interest of the fourth is not owed yet."""
    answer = await desk.ask("waiver", parts=[{"component": "interest", "amount": "1000.00"}])
    assert (answer.status_code, answer.json()["code"]) == (422, "change-exceeds-owed")
    most = answer.json()["facts"]["most"]
    await desk.change("waiver", parts=[{"component": "interest", "amount": most}])
    again = await desk.ask("waiver", parts=[{"component": "interest"}])
    assert again.json()["code"] == "change-exceeds-owed"
    assert (await desk.outstanding())["payoff"]["interest"] == "0.00"
    principal = await desk.ask("waiver", parts=[{"component": "principal"}])
    assert principal.status_code == 422


async def test_a_charge_off_moves_the_book_alone_and_payments_are_recoveries(desk: Desk) -> None:
    before = await desk.outstanding()
    made = await desk.change("charge_off")
    assert made["amount"] == before["owed"]
    after = await desk.outstanding()
    assert after["outstanding"] == before["outstanding"]
    assert (after["book"], after["written_off"]) == ("0.00", before["owed"])
    assert after["charged_off_on"] == "2028-02-01"
    shown = await desk.loan()
    assert (shown["lifecycle"], shown["bucket"]) == ("active", "60-89")
    await tie_out(desk)
    paid = await desk.scene.pay(desk.loan_id, "100.00")
    assert (await books(desk))["recovery_income"] == Decimal("-100.00")
    await tie_out(desk)
    await desk.scene.post(
        f"/loans/{desk.loan_id}/payments/{paid['id']}/reverse", {"reason": "bounced"}
    )
    assert "recovery_income" not in await books(desk)
    await tie_out(desk)
    await desk.scene.pay(desk.loan_id, (await desk.outstanding())["owed"], payoff=True)
    assert (await desk.loan())["closed_reason"] == "repaid"
    assert (await books(desk))["recovery_income"] == -Decimal(before["owed"])
    assert "written_off" not in await books(desk)


async def test_a_charge_off_is_undone_with_its_recoveries(desk: Desk) -> None:
    accounts = await books(desk)
    made = await desk.change("charge_off")
    await desk.scene.pay(desk.loan_id, "100.00")
    await desk.change("undo", change_id=made["id"])
    found = await books(desk)
    assert not {"written_off", "recovery_income", "write_off_expense"} & set(found)
    assert found["cash"] == accounts["cash"] + 100
    assert (await desk.outstanding())["charged_off_on"] is None
    again = await desk.ask("undo", change_id=made["id"])
    assert (again.status_code, again.json()["code"]) == (409, "already-reversed")


async def test_a_part_is_written_off_and_no_more_than_the_book_holds(desk: Desk) -> None:
    owed = Decimal((await desk.outstanding())["owed"])
    await desk.change("write_off", amount="200.00")
    assert Decimal((await desk.outstanding())["book"]) == owed - 200
    answer = await desk.ask("write_off", amount=str(owed - Decimal("199.99")))
    assert answer.json()["code"] == "change-exceeds-owed"
    await desk.change("charge_off")
    assert (await desk.outstanding())["book"] == "0.00"
    assert (await desk.ask("charge_off")).json()["code"] == "change-exceeds-owed"


async def test_what_was_written_off_is_no_loss_again_when_forgiven(desk: Desk) -> None:
    await desk.change("charge_off")
    expense = (await books(desk))["write_off_expense"]
    made = await desk.change("forgiveness")
    accounts = await books(desk)
    assert accounts["write_off_expense"] == expense
    assert not {"forgiveness_expense", "written_off"} & set(accounts)
    assert (await desk.loan())["closed_reason"] == "forgiven"
    await desk.change("undo", change_id=made["id"])
    assert (await desk.loan())["lifecycle"] == "active"
    await tie_out(desk)


async def test_forgiveness_in_full_closes_the_loan_and_undoing_reopens_it(desk: Desk) -> None:
    before = await desk.loan()
    made = await desk.change("forgiveness")
    shown = await desk.loan()
    assert (shown["lifecycle"], shown["closed_reason"]) == ("closed", "forgiven")
    assert shown["outstanding"]["total"] == "0.00"
    await desk.change("undo", change_id=made["id"])
    restored = await desk.loan()
    for field in ("lifecycle", "closed_reason", "outstanding", "schedule", "bucket", "overdue"):
        assert restored[field] == before[field], field
    await tie_out(desk)


async def test_a_settlement_forgives_the_rest(desk: Desk) -> None:
    await desk.scene.pay(desk.loan_id, "500.00")
    left = (await desk.outstanding())["owed"]
    made = await desk.change("settlement")
    assert made["amount"] == left
    assert (await desk.loan())["closed_reason"] == "settled"
    assert (await books(desk))["forgiveness_expense"] == Decimal(left)


async def test_principal_is_forgiven_in_part(desk: Desk) -> None:
    before = (await desk.outstanding())["outstanding"]
    await desk.change("forgiveness", parts=[{"component": "principal", "amount": "150.00"}])
    after = (await desk.outstanding())["outstanding"]
    assert Decimal(after["principal"]) == Decimal(before["principal"]) - 150
    assert (after["interest"], after["penalty"]) == (before["interest"], before["penalty"])
    await tie_out(desk)


async def test_a_goodwill_credit_is_allocated_like_a_payment(desk: Desk) -> None:
    made = await desk.change("goodwill_credit", amount="116.62")
    assert (await desk.loan())["schedule"][0]["met_on"] == "2028-02-01"
    assert (await books(desk))["goodwill_expense"] == Decimal("116.62")
    await desk.change("undo", change_id=made["id"])
    assert (await desk.loan())["schedule"][0]["met_on"] is None
    assert "goodwill_expense" not in await books(desk)


async def test_credit_is_refunded_once(desk: Desk) -> None:
    total = Decimal((await desk.loan())["outstanding"]["total"])
    await desk.scene.pay(desk.loan_id, str(total + 5))
    assert (await desk.loan())["credit"] == "5.00"
    too_much = await desk.ask("refund", amount="5.01")
    assert too_much.json()["code"] == "credit-too-small"
    made = await desk.change("refund", reference="OUT-1")
    assert (await desk.loan())["credit"] == "0.00"
    tasks: dict[str, Any] = await desk.scene.get("/tasks")
    assert [task["status"] for task in tasks["items"] if task["kind"] == "refund"] == ["done"]
    assert (await desk.ask("refund")).json()["code"] == "credit-too-small"
    await desk.change("undo", change_id=made["id"])
    assert (await desk.loan())["credit"] == "5.00"


async def test_a_fee_is_charged_with_the_running_instalment(desk: Desk) -> None:
    made = await desk.change("charge", component="fee", amount="7.50")
    rows = (await desk.loan())["schedule"]
    assert [row["fee"] for row in rows[:5]] == ["0.00", "0.00", "7.50", "0.00", "0.00"]
    assert rows[2]["due_on"] == "2028-02-01"
    await tie_out(desk)
    await desk.change("undo", change_id=made["id"])
    assert (await desk.outstanding())["outstanding"]["fee"] == "0.00"
    await tie_out(desk)


async def test_a_charge_after_the_last_instalment_gets_one_of_its_own(scene: Scene) -> None:
    desk = await open_desk(scene, instalments=2)
    made = await desk.change("charge", component="fee", amount="7.50")
    rows = (await desk.loan())["schedule"]
    assert (rows[2]["number"], rows[2]["due_on"], rows[2]["fee"]) == (3, "2028-02-01", "7.50")
    assert len(made["moved"]["schedule_before"]) == 2
    assert len(made["moved"]["schedule_after"]) == 3
    assert (await desk.loan())["past_due_days"] == 62
    await tie_out(desk)


async def test_a_paid_charge_is_not_undone(desk: Desk) -> None:
    made = await desk.change("charge", component="fee", amount="7.50")
    await desk.scene.pay(desk.loan_id, "400.00")
    answer = await desk.ask("undo", change_id=made["id"])
    assert (answer.status_code, answer.json()["code"]) == (409, "not-reversible")


async def test_a_payoff_quote_closes_the_loan_at_zero(desk: Desk) -> None:
    quote = await desk.scene.get(f"/loans/{desk.loan_id}/payoff?on=2028-02-11")
    today = await desk.scene.get(f"/loans/{desk.loan_id}/payoff")
    assert quote["valid_until"] == "2028-02-11"
    assert Decimal(quote["payoff"]["total"]) > Decimal(today["payoff"]["total"])
    await desk.scene.pay(desk.loan_id, today["payoff"]["total"], payoff=True)
    assert (await desk.loan())["outstanding"]["total"] == "0.00"
    closed = await desk.scene.api.client.get(
        f"/api/v1/loans/{desk.loan_id}/payoff", headers=desk.scene.admin
    )
    assert (closed.status_code, closed.json()["code"]) == (409, "loan-not-active")


async def test_a_stale_or_blind_change_is_refused(desk: Desk) -> None:
    body = {"change": {"kind": "charge_off"}, "reason": "uncollectable"}
    path = f"/api/v1/loans/{desk.loan_id}/changes"
    client, headers = desk.scene.api.client, desk.scene.admin
    blind = await client.post(path, json=body, headers=headers | key())
    assert (blind.status_code, blind.json()["code"]) == (428, "precondition-required")
    stale = await client.post(path, json=body, headers=headers | key() | {"If-Match": '"77"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition-failed")
    keyless = await client.post(path, json=body, headers=headers | {"If-Match": '"1"'})
    assert (keyless.status_code, keyless.json()["code"]) == (400, "idempotency-key-required")


async def test_a_repeated_request_changes_once(desk: Desk) -> None:
    loan = await desk.loan()
    headers = desk.scene.admin | key() | {"If-Match": f'"{loan["version"]}"'}
    body = {"change": {"kind": "write_off", "amount": "10.00"}, "reason": "uncollectable"}
    answers = [
        await desk.scene.api.client.post(
            f"/api/v1/loans/{desk.loan_id}/changes", json=body, headers=headers
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert (await desk.outstanding())["written_off"] == "10.00"


async def test_a_charge_that_was_written_off_is_not_undone(desk: Desk) -> None:
    made = await desk.change("charge", component="fee", amount="7.50")
    off = await desk.change("charge_off")
    answer = await desk.ask("undo", change_id=made["id"])
    assert (answer.status_code, answer.json()["code"]) == (409, "not-reversible")
    await desk.change("undo", change_id=off["id"])
    await desk.change("undo", change_id=made["id"])
    await tie_out(desk)


async def test_a_settled_loan_takes_its_payment_back_only_after_the_settlement(desk: Desk) -> None:
    paid = await desk.scene.pay(desk.loan_id, "500.00")
    made = await desk.change("settlement")
    path = f"/loans/{desk.loan_id}/payments/{paid['id']}/reverse"
    bounced = await desk.scene.api.client.post(
        f"/api/v1{path}", json={"reason": "bounced"}, headers=desk.scene.admin | key()
    )
    assert (bounced.status_code, bounced.json()["code"]) == (409, "not-reversible")
    await desk.change("undo", change_id=made["id"])
    await desk.scene.post(path, {"reason": "bounced"})
    assert (await desk.loan())["lifecycle"] == "active"
    await tie_out(desk)
