"""Other parties of a loan: each has a permit of his own, and hears of his own debts alone."""

from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy import update

from api.recovery.tables import CaseLoanRow, CaseRow
from contracts.names import Role
from tests.api.messages.arrange import Desk
from tests.api.messages.test_inbound import write
from tests.api.support import Actors, Headers, ok


async def ask_all(desk: Desk, case_id: UUID, *people: UUID) -> dict[UUID, list[str]]:
    """Queue a reminder of a case to each person; why it did not go, empty for one who gets it."""
    asked = {
        person: await desk.queue(person, case_id=case_id, validity="case_open") for person in people
    }
    await desk.dispatch(await desk.lease())
    found = {person: await desk.message(key) for person, key in asked.items()}
    return {person: [] if row.dispatched_at else list(row.reasons) for person, row in found.items()}


async def hold(
    desk: Desk, staff: Headers, case_id: UUID, customer_id: UUID, *, status: int = 201
) -> dict[str, object]:
    """Place a moratorium for a party of a case."""
    return ok(
        await desk.api.client.post(
            f"/api/v1/recovery-cases/{case_id}/holds",
            json={"kind": "moratorium", "customer_id": str(customer_id), "review_on": "2028-03-10"},
            headers=staff | {"Idempotency-Key": uuid4().hex},
        ),
        status,
    )


async def test_each_party_is_asked_by_his_own_permit_about_his_own_loans(desk: Desk) -> None:
    maria, shared, case_id = await desk.overdue()
    alone = await desk.loan(maria, due_on=date(2028, 2, 27), amount="300.00")
    async with desk.work() as work:
        work.session.add(CaseLoanRow(case_id=case_id, loan_id=alone, joined_on=date(2028, 2, 29)))
    people = [await desk.customer(name=f"Person {n}") for n in range(6)]
    jo, half, ann, called, sam, stranger = people
    await desk.join(shared, jo, "co_borrower", "full")
    await desk.join(shared, half, "co_borrower", "several", share_percent=Decimal(50))
    await desk.join(shared, ann, "guarantor", "guarantee")
    await desk.join(shared, called, "guarantor", "guarantee", called_on=date(2028, 3, 1))
    await desk.join(shared, sam, "authorised_third_party", "none")

    assert await ask_all(desk, case_id, maria, *people) == {
        maria: [],
        jo: [],
        half: [],
        ann: ["guarantor-not-called"],
        called: [],
        sam: ["not-liable"],
        stranger: ["not-liable"],
    }
    # What each is told, and what counts towards the caps, is of the loans he owes; of his share.
    amounts = {maria: "$406.62", jo: "$106.62", half: "$53.31", called: "$106.62"}
    staff = await Actors(desk.api).user(Role.AGENT)
    for person, amount in amounts.items():
        listed = ok(
            await desk.api.client.get(f"/api/v1/customers/{person}/messages", headers=staff)
        )
        assert amount in listed["items"][0]["body"]  # type: ignore[index]
    slots = {slot.customer_id: set(slot.loan_ids) for slot in await desk.slots()}
    assert slots == {
        maria: {shared, alone},
        jo: {shared},
        half: {shared},
        called: {shared},
    }
    # A call goes by the same permit.
    for person, outcome in ((jo, "allow"), (sam, "deny"), (ann, "deny")):
        permit = ok(
            await desk.api.client.get(
                f"/api/v1/recovery-cases/{case_id}/call-permit?customer_id={person}", headers=staff
            )
        )
        assert permit["outcome"] == outcome


async def test_a_hold_on_one_party_stops_contact_to_that_party_alone(desk: Desk) -> None:
    maria, loan_id, case_id = await desk.overdue()
    jo, sam = await desk.customer(name="Jo Keller"), await desk.customer(name="Sam Stranger")
    await desk.join(loan_id, jo, "co_borrower", "full")
    staff = await Actors(desk.api).user(Role.MANAGER)

    refused = await hold(desk, staff, case_id, sam, status=422)
    assert refused["code"] == "invalid-party"
    placed = await hold(desk, staff, case_id, jo)
    assert await ask_all(desk, case_id, maria, jo) == {maria: [], jo: ["hold.moratorium"]}
    shown = ok(await desk.api.client.get(f"/api/v1/recovery-cases/{case_id}", headers=staff))
    assert [each["customer_id"] for each in shown["holds"]] == [str(jo)]  # type: ignore[attr-defined]
    assert shown["suspended_by"] is None
    assert any("on another party (moratorium)" in line["text"] for line in shown["timeline"])  # type: ignore[attr-defined]
    ok(
        await desk.api.client.post(
            f"/api/v1/recovery-cases/{case_id}/holds/{placed['id']}/end",
            json={"reason": "over"},
            headers=staff,
        )
    )
    assert (await ask_all(desk, case_id, jo)) == {jo: []}

    # Nor does what protects the primary alone protect a joint debtor.
    await desk.hold(maria, case_id, "moratorium")
    async with desk.work() as work:
        await work.session.execute(
            update(CaseRow).where(CaseRow.id == case_id).values(suspended_by="moratorium")
        )
    kim = await desk.customer(name="Kim Keller")
    await desk.join(loan_id, kim, "co_borrower", "full")
    assert await ask_all(desk, case_id, maria, kim) == {
        maria: ["case-suspended-moratorium"],
        kim: [],
    }


async def test_a_dispute_of_any_party_is_about_the_debt(desk: Desk) -> None:
    maria, loan_id, case_id = await desk.overdue()
    jo = await desk.customer(name="Jo Keller")
    await desk.join(loan_id, jo, "co_borrower", "full")
    await write(desk, await desk.phone(jo), "I dispute this debt, it is not mine to pay")
    assert await ask_all(desk, case_id, maria, jo) == {
        maria: ["hold.dispute"],
        jo: ["hold.dispute"],
    }


async def test_a_shared_number_stops_for_all_and_else_speaks_for_nobody(desk: Desk) -> None:
    phone = "+12125550777"
    maria, loan_id, case_id = await desk.overdue(phone=phone)
    jo = await desk.customer(name="Jo Keller", phone=phone)
    ann = await desk.customer(name="Ann Apart")
    for person in (jo, ann):
        await desk.join(loan_id, person, "co_borrower", "full")
    await write(desk, phone, "I have lost my job and cannot pay")
    assert not await desk.messages(template="hardship_noted")
    (task,) = [task for task in await desk.tasks() if task.kind == "reply"]
    assert task.customer_id is None
    await write(desk, phone, "STOP", "SM0002")
    assert await ask_all(desk, case_id, maria, jo, ann) == {
        maria: ["opted-out"],
        jo: ["opted-out"],
        ann: [],
    }


async def test_a_customer_is_told_nothing_of_what_passes_with_another_party(desk: Desk) -> None:
    maria, loan_id, case_id = await desk.overdue()
    jo = await desk.customer(name="Jo Keller", consents=[])
    await desk.join(loan_id, jo, "co_borrower", "full")
    await write(desk, await desk.phone(jo), "STOP")
    assert await ask_all(desk, case_id, maria, jo) == {maria: [], jo: ["opted-out"]}
    path = f"/api/v1/recovery-cases/{case_id}/explanation"
    for who, withheld in (
        (await Actors(desk.api).user(Role.AGENT), 1),
        (await Actors(desk.api).user(Role.CUSTOMER, maria), 0),
    ):
        told = ok(await desk.api.client.get(path, headers=who))
        assert len(told["withheld"]) == withheld  # type: ignore[arg-type]
    his = await Actors(desk.api).user(Role.CUSTOMER, jo)
    assert (await desk.api.client.get(path, headers=his)).status_code == 404
