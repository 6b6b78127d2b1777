"""What follows from what customers write back: holds, silence, tasks and answers."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, text

from api.complaints.tables import ComplaintRow
from api.customers.tables import ConsentRow
from api.messages import answering
from api.recovery.tables import CaseEventRow, HoldRow, PromiseRow
from domain.ids import case_workflow_id
from tests.api.messages.arrange import NOON, Desk
from tests.api.messages.test_inbound import admin, suppressed, wanted, write


async def holds(desk: Desk) -> list[tuple[str, date | None]]:
    """Kind and last day of each hold, oldest first."""
    async with desk.work() as work:
        rows = await work.session.scalars(select(HoldRow).order_by(HoldRow.id))
        return [(row.kind, row.ends_on) for row in rows]


async def refused_media(desk: Desk) -> set[str]:
    """The media somebody's consent was withdrawn for by a reply."""
    async with desk.work() as work:
        rows = await work.session.scalars(select(ConsentRow).where(ConsentRow.source == "reply"))
        return {row.medium for row in rows if not row.granted}


@pytest.mark.parametrize(
    ("language", "body", "hold", "answer"),
    [
        ("en", "I dispute this debt", "dispute", "dispute_noted"),
        ("es", "No reconozco esta deuda", "dispute", "dispute_noted"),
        ("hi", "यह लोन मेरा नहीं है", "dispute", "dispute_noted"),
        ("en", "I lost my job", "hardship", "hardship_noted"),
        ("es", "perdí mi trabajo", "hardship", "hardship_noted"),
        ("hi", "meri naukri chali gayi", "hardship", "hardship_noted"),
        ("en", "My husband passed away", "deceased", None),
        ("es", "mi esposo falleció", "deceased", None),
        ("hi", "मेरे पति का निधन हो गया", "deceased", None),
        ("en", "please contact my lawyer", "legal_representative", None),
        ("es", "hablen con mi abogado", "legal_representative", None),
        ("en", "I filed for bankruptcy", "bankruptcy", None),
    ],
)
async def test_what_makes_chasing_wrong_suspends_it_at_once(
    desk: Desk, language: str, body: str, hold: str, answer: str | None
) -> None:
    customer_id, loan_id, case_id = await desk.overdue(language=language)
    waiting = await desk.queue(
        customer_id, loan_id=loan_id, case_id=case_id, validity="case_open", due_at=NOON
    )
    before = await wanted(desk, case_workflow_id(case_id))
    await write(desk, await desk.phone(customer_id), body)
    assert await holds(desk) == [(hold, None)]
    assert await wanted(desk, case_workflow_id(case_id)) > before
    (task,) = await desk.tasks()
    assert (task.kind, task.role, task.case_id) == ("reply", "advisor", case_id)
    assert task.payload["may_be"] == hold
    outbound = await desk.messages(direction="outbound")
    assert [row.template for row in outbound if row.id != waiting] == ([answer] if answer else [])
    # The reminder that was on its way does not go.
    lease = await desk.lease()
    assert waiting not in {message.id for message in lease.messages}
    assert (await desk.message(waiting)).status in {"withheld", "expired", "queued"}


@pytest.mark.parametrize(
    ("language", "body"),
    [
        ("en", "I want to make a complaint about your agent"),
        ("es", "Quiero presentar una queja"),
        ("hi", "मुझे शिकायत दर्ज करनी है"),
    ],
)
async def test_a_reply_that_complains_is_a_complaint(desk: Desk, language: str, body: str) -> None:
    customer_id, _, case_id = await desk.overdue(language=language)
    phone = await desk.phone(customer_id)
    await write(desk, phone, body, "SM1")
    assert await holds(desk) == [("complaint", None)]
    # An e-mail acknowledges it by itself; what is left is the clock of the answer.
    assert [task.kind for task in await desk.tasks()] == ["complaint"]
    (mail,) = await desk.messages(template="complaint_received")
    assert (mail.channel, mail.case_id) == ("email", case_id)
    async with desk.work() as work:
        (made,) = await work.session.scalars(select(ComplaintRow))
        assert (made.customer_id, made.case_id, made.channel) == (customer_id, case_id, "sms")
        assert made.message_id is not None
    assert len(await desk.messages(template="complaint_noted")) == 1
    # More of the same is for a person: it is no second complaint.
    await write(desk, phone, body, "SM2")
    assert [task.kind for task in await desk.tasks()] == ["complaint", "reply"]
    assert await holds(desk) == [("complaint", None)]


async def test_the_same_again_places_no_second_hold(desk: Desk) -> None:
    customer_id, _, _ = await desk.overdue()
    phone = await desk.phone(customer_id)
    await write(desk, phone, "I dispute this debt", "SM1")
    await write(desk, phone, "this is not mine", "SM2")
    assert await holds(desk) == [("dispute", None)]
    assert len(await desk.messages(template="dispute_noted")) == 1
    assert len(await desk.tasks()) == 2


async def test_several_things_in_one_message_all_count(desk: Desk) -> None:
    customer_id, _, case_id = await desk.overdue()
    await write(
        desk,
        await desk.phone(customer_id),
        "I lost my job and dispute this debt, I will pay 30 on friday",
    )
    assert sorted(kind for kind, _ in await holds(desk)) == ["dispute", "hardship"]
    (task,) = await desk.tasks()
    assert (task.case_id, task.payload["may_be"]) == (case_id, "dispute/hardship")
    async with desk.work() as work:
        assert list(await work.session.scalars(select(PromiseRow))) == []


async def test_a_stop_with_a_reason_is_a_stop_and_somebody_looks(desk: Desk) -> None:
    customer_id, _, _ = await desk.overdue()
    await write(desk, await desk.phone(customer_id), "STOP. He died last week.")
    assert await suppressed(desk) == ["stop"]
    assert await holds(desk) == [("deceased", None)]
    (task,) = await desk.tasks()
    assert task.payload["may_be"] == "stop/deceased"
    assert {row.template for row in await desk.messages(direction="outbound")} == {"stop_confirm"}


async def test_without_a_case_contact_stops_by_every_medium(desk: Desk) -> None:
    customer_id = await desk.customer()
    waiting = await desk.queue(customer_id, template="help", purpose="servicing")
    await write(desk, await desk.phone(customer_id), "My wife has died")
    assert await holds(desk) == []
    assert await refused_media(desk) == {"sms", "email", "call"}
    await desk.lease()
    assert (await desk.message(waiting)).status == "withheld"
    assert len(await desk.tasks()) == 1


async def test_a_dispute_without_a_case_goes_to_a_person(desk: Desk) -> None:
    customer_id = await desk.customer()
    await write(desk, await desk.phone(customer_id), "I dispute this debt")
    assert await holds(desk) == []
    assert [row.template for row in await desk.messages(direction="outbound")] == ["unclear"]
    assert len(await desk.tasks()) == 1


async def test_a_wrong_person_s_address_is_used_no_more_for_that_person_alone(desk: Desk) -> None:
    customer_id, _, case_id = await desk.overdue()
    phone = await desk.phone(customer_id)
    await write(desk, phone, "I am not Maria, you have the wrong person")
    assert await refused_media(desk) == {"sms"}
    assert await suppressed(desk) == []
    assert await desk.messages(direction="outbound") == []
    (task,) = await desk.tasks()
    assert (task.role, task.case_id, task.payload["may_be"]) == ("agent", case_id, "wrong_person")
    waiting = await desk.queue(customer_id)
    await desk.lease()
    assert (await desk.message(waiting)).reasons[0].endswith("consent-revoked")


async def test_chasing_rests_once_while_a_payment_is_looked_for(desk: Desk) -> None:
    customer_id, _, _ = await desk.overdue()
    phone = await desk.phone(customer_id)
    await write(desk, phone, "ya pagué", "SM1")
    assert await holds(desk) == [("manual", date(2028, 3, 6))]
    assert [row.template for row in await desk.messages(direction="outbound")] == ["paid_noted"]
    await desk.set_clock(NOON + timedelta(days=10))
    await write(desk, phone, "I have paid", "SM2")
    assert len(await holds(desk)) == 1
    assert len(await desk.tasks()) == 2


@pytest.mark.parametrize(
    ("body", "due_at"),
    [
        ("call me", NOON + timedelta(days=1)),
        ("call me tomorrow at 5pm", datetime(2028, 3, 2, 22, tzinfo=UTC)),
        ("¿Me pueden llamar mañana a las 5 de la tarde?", datetime(2028, 3, 2, 22, tzinfo=UTC)),
        ("call me at 8 am", datetime(2028, 3, 2, 13, tzinfo=UTC)),
        ("call me on friday", datetime(2028, 3, 3, 22, tzinfo=UTC)),
    ],
)
async def test_a_call_is_a_task_for_the_time_that_was_named(
    desk: Desk, body: str, due_at: datetime
) -> None:
    customer_id, _, case_id = await desk.overdue()
    await write(desk, await desk.phone(customer_id), body)
    (task,) = await desk.tasks()
    assert (task.kind, task.role, task.case_id, task.due_at) == ("call", "agent", case_id, due_at)
    assert [row.template for row in await desk.messages(direction="outbound")] == ["call_noted"]


@pytest.mark.parametrize(
    ("language", "body", "amount"),
    [
        ("es", "pago la mitad el viernes", "53.31"),
        ("es", "no puedo ahora, 30 el viernes", "30.00"),
        ("hi", "शुक्रवार को 30 दूंगा", "30.00"),
        ("hi", "shukravar ko poora de dunga", "106.62"),
    ],
)
async def test_a_promise_in_the_customer_s_language(
    desk: Desk, language: str, body: str, amount: str
) -> None:
    customer_id, _, _ = await desk.overdue(language=language)
    await write(desk, await desk.phone(customer_id), body)
    async with desk.work() as work:
        (made,) = await work.session.scalars(select(PromiseRow))
    assert (format(made.amount, ".2f"), made.due_on) == (amount, date(2028, 3, 3))
    assert await desk.tasks() == []


async def test_what_was_understood_is_told_with_the_message_and_in_the_case(desk: Desk) -> None:
    customer_id, _, case_id = await desk.overdue(language="es")
    await write(desk, await desk.phone(customer_id), "Perdí mi trabajo")
    headers = await admin(desk)
    answer = await desk.api.client.get(f"/api/v1/customers/{customer_id}/messages", headers=headers)
    inbound, outbound = answer.json()["items"]
    assert inbound["understood"] == {
        "intent": "hardship",
        "also": [],
        "confidence": "0.95",
        "rules": ["es.hardship.lost_work"],
        "language": "es",
    }
    assert outbound["understood"] is None
    assert (inbound["segments"], outbound["segments"]) == (1, 0)  # it is not written yet
    case = await desk.api.client.get(f"/api/v1/recovery-cases/{case_id}", headers=headers)
    lines = [line["text"] for line in case.json()["timeline"] if line["kind"] == "reply_read"]
    assert lines == ["SMS of the customer, taken for “hardship”: Perdí mi trabajo"]
    assert [line for line in case.json()["timeline"] if "SMS received" in line["text"]] == []
    async with desk.work() as work:
        (event,) = await work.session.scalars(
            select(CaseEventRow).where(CaseEventRow.kind == "reply_read")
        )
        raw = await work.session.scalar(text("select string_agg(e::text, ' ') from case_events e"))
    assert "trabajo" not in raw
    assert b"trabajo" not in (event.note_ct or b"")


async def test_what_is_unsure_names_to_a_person_what_it_may_be(desk: Desk) -> None:
    customer_id, _, _ = await desk.overdue()
    await write(desk, await desk.phone(customer_id), "I might file for bankruptcy")
    assert await holds(desk) == []
    (task,) = await desk.tasks()
    assert task.payload["may_be"] == "bankruptcy"


async def test_the_same_webhook_many_times_places_one_hold(desk: Desk) -> None:
    customer_id, _, _ = await desk.overdue()
    phone = await desk.phone(customer_id)
    answers = await asyncio.gather(*(write(desk, phone, "I dispute this debt") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert await holds(desk) == [("dispute", None)]
    assert len(await desk.tasks()) == 1
    assert len(await desk.messages(direction="outbound")) == 1


async def test_several_people_at_a_number_bind_nobody_but_by_a_stop(desk: Desk) -> None:
    for _ in range(2):
        await desk.overdue(phone="+12125550777")
    await write(desk, "+12125550777", "My husband died", "SM1")
    assert await holds(desk) == []
    assert await refused_media(desk) == set()
    (task,) = await desk.tasks()
    assert (task.customer_id, task.payload["may_be"]) == (None, "deceased")
    await write(desk, "+12125550777", "STOP, he died", "SM2")
    assert await suppressed(desk) == ["stop"]
    assert await holds(desk) == []
    assert len(await desk.tasks()) == 2


@pytest.mark.parametrize(
    ("language", "country", "body"),
    [
        (
            "es",
            "US",
            "Harbor Credit: gracias. Anotamos $30.00 para el 3 mar 2028; hasta entonces no hay "
            "recordatorios. ¿Es un error? Responda. STOP para darse de baja.",
        ),
        (
            "hi",
            "US",
            "Harbor Credit: धन्यवाद। 3 मार्च 2028 तक $30.00 नोट किया; तब तक याद नहीं दिलाएंगे। "
            "गलत हो तो उत्तर दें। रोकने को STOP लिखें।",
        ),
    ],
)
async def test_an_answer_is_written_in_the_customer_s_language(
    desk: Desk, language: str, country: str, body: str
) -> None:
    customer_id, _, _ = await desk.overdue(language=language, country=country)
    await write(desk, await desk.phone(customer_id), "I will pay 30 on Friday")
    lease = await desk.lease()
    assert [one.body for one in lease.messages] == [body]


# -- no loops ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "Automatic reply: I am away until Monday",
        "Respuesta automática: estoy de vacaciones",
        "I'm driving right now, I will get back to you",
        "Liked “Harbor Credit: 106.62 is still unpaid. STOP to opt out.”",
    ],
)
async def test_a_machine_is_kept_and_neither_answered_nor_obeyed(desk: Desk, body: str) -> None:
    customer_id, _, _ = await desk.overdue()
    await write(desk, await desk.phone(customer_id), body)
    assert len(await desk.messages(direction="inbound")) == 1
    assert await desk.messages(direction="outbound") == []
    assert await desk.tasks() == []
    assert await suppressed(desk) == []


async def test_our_own_text_that_comes_back_says_nothing(desk: Desk) -> None:
    customer_id, loan_id, case_id = await desk.overdue()
    phone = await desk.phone(customer_id)
    message_id = await desk.queue(
        customer_id, template="due_today", loan_id=loan_id, case_id=case_id, purpose="collection"
    )
    lease = await desk.sent()
    (ours,) = [one.body for one in lease.messages if one.id == message_id]
    assert "STOP" in ours
    await write(desk, phone, ours, "SM1")
    await write(desk, phone, f"> {ours}", "SM2")
    assert await suppressed(desk) == []
    assert await desk.tasks() == []
    await write(desk, phone, f"{ours}\nSTOP", "SM3")
    assert await suppressed(desk) == ["stop"]


async def test_so_many_answers_a_day_and_no_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "MOST_A_DAY", 2)
    customer_id, _, _ = await desk.overdue()
    phone = await desk.phone(customer_id)
    for number, day in enumerate(("friday", "saturday", "sunday", "monday")):
        await write(desk, phone, f"I will pay 30 on {day}", f"SM{number}")
    assert len(await desk.messages(template="promise_confirm")) == 2
    # A STOP is confirmed however much was answered before.
    await write(desk, phone, "STOP", "SM9")
    assert len(await desk.messages(template="stop_confirm")) == 1
    await desk.set_clock(NOON + timedelta(days=2))
    await write(desk, phone, "START", "SM10")
    assert len(await desk.messages(template="start_confirm")) == 1
