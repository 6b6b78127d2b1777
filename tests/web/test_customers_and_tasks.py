"""Customers and tasks: finding people without telling their addresses, and finishing work."""

from contracts.names import Role
from tests.api.recovery.floor import Floor, at
from tests.web.conftest import LogIn
from tests.web.support import fields, text_of


async def test_a_customer_is_found_by_words_of_the_name_sent_in_a_form(
    floor: Floor, staff: LogIn
) -> None:
    await floor.scene.customer(name="Maria Keller")
    await floor.scene.customer(name="Tom Other", phone="+12125550124", email=None)
    browser = await staff(Role.AGENT)
    page = await browser.get("/console/customers")
    assert "Tom Other" in text_of(page)
    found = text_of(await browser.submit(page, "/console/customers", 200, name="keller"))
    assert "Maria Keller" in found
    assert "Tom Other" not in found
    nobody = await browser.submit(page, "/console/customers", 200, name="Nobody")
    assert "Nobody matches" in text_of(nobody)
    assert fields(nobody, "/console/customers")["name"] == "Nobody"
    wrong = await browser.submit(page, "/console/customers", 422, phone="+12345")
    assert "The phone number is not one" in text_of(wrong)
    empty = await browser.submit(page, "/console/customers", 422)
    assert "at least one" in text_of(empty)
    await browser.get("/console/customers?number=Maria", 422)


async def test_the_page_of_a_customer(floor: Floor, staff: LogIn) -> None:
    customer_id = await floor.scene.customer(
        consents=[{"medium": "sms", "granted": False}, {"medium": "email", "granted": True}]
    )
    loan = await floor.scene.loan(customer_id)
    await floor.scene.pay(loan["id"], "10.00")
    browser = await staff(Role.ADVISOR)
    said = text_of(await browser.get(f"/console/customers/{customer_id}"))
    assert "Maria Keller" in said
    assert "SMS taken back +12125550123" in said
    assert "E-mail agreed maria@customers.example" in said
    assert "10.00 USD" in said
    assert "the clock stands at" in said


async def test_nobody_and_nothing(staff: LogIn) -> None:
    browser = await staff(Role.AGENT)
    assert "No customers yet" in text_of(await browser.get("/console/customers"))
    assert "Nothing to do" in text_of(await browser.get("/console/tasks"))


async def test_a_task_is_done_from_the_list(floor: Floor, staff: LogIn) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    case_id = await floor.case_id(loan)
    await floor.live(case_id, at(3, 2, 16), at(3, 17))
    browser = await staff(Role.AGENT)
    page = await browser.get("/console/tasks")
    (task,) = [each for each in (await floor.case(case_id))["tasks"] if each["kind"] == "call"]
    action = f"/console/tasks/{task['id']}/complete"
    await browser.submit(page, action, outcome="voicemail")
    (task,) = [each for each in (await floor.case(case_id))["tasks"] if each["kind"] == "call"]
    assert task["status"] == "done"
    again = await browser.post(
        action, fields(page, action) | {"outcome": "done", "key": "other"}, 422
    )
    assert "no longer open" in text_of(again) or "Nothing to do" in text_of(again)
    done = text_of(await browser.get("/console/tasks?whose=all&state=done"))
    assert task["title"] in done
