"""Cases and contacts that followed from a date which turned out to be wrong."""

from uuid import UUID

from sqlalchemy import select

from api.arrears import history
from api.audit.tables import AuditRow
from api.messages.tables import MessageRow
from tests.api.recovery.floor import INSTALMENT, Floor, Json, at


async def deliver(floor: Floor, case_id: str) -> list[str]:
    """Everything a case has queued goes out now; the keys of it."""
    async with floor.work() as work:
        rows = (
            await work.session.scalars(
                select(MessageRow)
                .where(MessageRow.case_id == UUID(case_id), MessageRow.status == "queued")
                .order_by(MessageRow.sequence)
            )
        ).all()
        for row in rows:
            row.status, row.sent_at = "sent", row.due_at
        return [str(row.id) for row in rows]


async def late_case(floor: Floor) -> tuple[Json, str, list[str]]:
    """A loan late since 1 March, with a reminder sent on the 4th and one on the 6th."""
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    case_id = await floor.case_id(loan)
    await floor.live(case_id, at(3, 2, 16), at(3, 10))
    return loan, case_id, await deliver(floor, case_id)


async def test_contacts_that_should_not_have_happened_are_listed(floor: Floor) -> None:
    loan, case_id, sent = await late_case(floor)
    assert sent
    paid = await floor.pay(loan, INSTALMENT, value_on="2028-03-01")
    correction = paid["correction"]
    assert [each["message_id"] for each in correction["undue_contacts"]] == sent
    assert {each["case_id"] for each in correction["undue_contacts"]} == {case_id}
    assert correction["cases"] == [case_id]
    assert correction["undue_periods"] == [{"first": "2028-03-02", "last": "2028-03-10"}]
    async with floor.work() as work:
        noted = await work.session.scalars(
            select(AuditRow.subject_id).where(AuditRow.action == "message.undue")
        )
        assert [str(key) for key in noted] == sent


async def test_a_contact_while_it_was_late_stays_right(floor: Floor) -> None:
    loan, case_id, sent = await late_case(floor)
    async with floor.work() as work:
        days = [(await work.session.get_one(MessageRow, UUID(key))).due_at.date() for key in sent]
    # Paid on the day of the first reminder: that one had a reason.
    paid = await floor.pay(loan, INSTALMENT, value_on=days[0].isoformat())
    undue = [each["message_id"] for each in paid["correction"]["undue_contacts"]]
    assert undue == [key for key, day in zip(sent, days, strict=True) if day > days[0]]
    assert await floor.case_id(loan) == case_id


async def test_a_case_that_should_not_have_opened_is_told_and_closes(floor: Floor) -> None:
    loan, case_id, _ = await late_case(floor)
    wanted, _, _ = await floor.wake(case_id)
    await floor.pay(loan, INSTALMENT, value_on="2028-03-01")
    assert (await floor.wake(case_id))[0] > wanted
    assert (
        f"{loan['number']} was not late after all from 2 Mar 2028 to 10 Mar 2028: its payments "
        "were corrected"
    ) in await floor.story(case_id)
    plan = await floor.plan(case_id)
    assert (plan["open"], plan["closed_reason"]) == (False, "cured")


async def test_a_case_that_was_cured_meanwhile_is_told_too(floor: Floor) -> None:
    loan, case_id, sent = await late_case(floor)
    await floor.pay(loan, INSTALMENT)
    assert (await floor.plan(case_id))["open"] is False
    await floor.move(at(3, 20, 16))
    found = await floor.pay(loan, INSTALMENT, value_on="2028-03-01")
    assert found["correction"]["cases"] == [case_id]
    assert [each["message_id"] for each in found["correction"]["undue_contacts"]] == sent
    assert any("not late after all" in line for line in await floor.story(case_id))


async def test_another_loan_of_the_case_was_a_reason_of_its_own(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.scene.loan(loan["customer_id"])
    await floor.move(at(3, 2, 16))
    case_id = await floor.case_id(loan)
    await floor.live(case_id, at(3, 2, 16), at(3, 10))
    assert await deliver(floor, case_id)
    paid = await floor.pay(loan, INSTALMENT, value_on="2028-03-01")
    assert paid["correction"]["undue_contacts"] == []
    assert paid["correction"]["cases"] == [case_id]
    assert (await floor.plan(case_id))["open"] is True


async def test_arrears_that_come_to_light_open_a_case(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 1, 16))
    paid = await floor.pay(loan, INSTALMENT)
    await floor.move(at(4, 5, 16))
    await floor.pay(loan, INSTALMENT)
    await floor.move(at(4, 20, 16))
    path = f"/loans/{loan['id']}/payments/{paid['id']}/reverse"
    back = await floor.scene.post(path, {"reason": "chargeback"})
    assert back["correction"]["arrears_after"]["bucket"] == "1-29"  # type: ignore[index]
    await floor.move(at(4, 21, 16))
    assert (await floor.case(await floor.case_id(loan)))["status"] == "open"


async def test_one_day_is_enough_to_be_told(floor: Floor) -> None:
    """Due on the 1st, thought to be paid on the 2nd, and paid on the 1st: the case of the 2nd."""
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    case_id = await floor.case_id(loan)
    wrong = await floor.pay(loan, INSTALMENT)
    await floor.move(at(3, 5, 16))
    right = await floor.pay(loan, INSTALMENT, value_on="2028-03-01")
    assert right["correction"]["undue_periods"] == [{"first": "2028-03-02", "last": "2028-03-02"}]
    assert right["correction"]["cases"] == [case_id]
    async with floor.work() as work:
        spells = await history.of_loan(work, UUID(loan["id"]))
    assert [(spell.on.isoformat(), spell.after) for spell in spells] == [("2028-03-02", "current")]
    path = f"/loans/{loan['id']}/payments/{wrong['id']}/reverse"
    back = await floor.scene.post(path, {"reason": "wrong_date"})
    assert back["correction"]["buckets"] == []  # type: ignore[index]
