"""E-mails that come in by SendGrid's Inbound Parse: same wishes, same facts as text messages."""

import base64
from dataclasses import replace
from email.message import EmailMessage
from uuid import UUID, uuid4

import pytest
from httpx2 import Response
from pydantic import SecretStr
from sqlalchemy import select

from api.customers.tables import SuppressionRow
from api.messages.tables import MessageRow
from api.recovery.tables import PromiseRow
from tests.api.messages.arrange import NOON, Desk
from tests.api.messages.test_mail import bounce
from tests.api.support import Actors, ok

TOKEN = "inbound-test-token"
PATH = "/api/v1/webhooks/sendgrid/inbound"


def mail(sender: str, text: str, **headers: str) -> EmailMessage:
    made = EmailMessage()
    made["From"] = f"Somebody <{sender}>"
    made["To"] = "replies@answers.tenor.example"
    made["Message-ID"] = f"<{uuid4()}@customers.example>"
    made["Subject"] = "Re: Your loan"
    for name, value in headers.items():
        field = name.replace("_", "-")
        del made[field]
        made[field] = value
    made.set_content(text)
    return made


async def post(
    desk: Desk,
    made: EmailMessage | bytes,
    *,
    token: str = TOKEN,
    spf: str = "pass",
    sender: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """What SendGrid would post, with the raw mail."""
    raw = made if isinstance(made, bytes) else made.as_bytes()
    if sender is None:
        sender = "" if isinstance(made, bytes) else str(made["From"].addresses[0].addr_spec)
    fields = {
        "email": raw.decode(),
        "SPF": spf,
        "dkim": "none",
        "envelope": f'{{"to":["replies@answers.tenor.example"],"from":"{sender}"}}',
    }
    return await desk.api.client.post(
        f"{PATH}/{token}", files={k: (None, v) for k, v in fields.items()}, headers=headers
    )


async def address_of(desk: Desk, customer_id: UUID) -> str:
    found = ok(
        await desk.api.client.get(
            f"/api/v1/customers/{customer_id}", headers=await Actors(desk.api).admin()
        )
    )
    return str(found["email"])


async def suppressed(desk: Desk) -> list[tuple[str, str]]:
    async with desk.work() as work:
        rows = await work.session.execute(select(SuppressionRow.medium, SuppressionRow.reason))
        return [(row[0], row[1]) for row in rows]


async def inbound(desk: Desk) -> list[MessageRow]:
    return await desk.messages(direction="inbound")


async def outbound(desk: Desk) -> list[str | None]:
    return [row.template for row in await desk.messages(direction="outbound")]


# -- proof -------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["wrong", "x" * 500, "inbound-test-tokem"])
async def test_without_the_secret_nothing_is_stored(desk: Desk, token: str) -> None:
    made = mail(await address_of(desk, await desk.customer()), "STOP")
    answer = await post(desk, made, token=token)
    assert answer.status_code == 403
    assert answer.json()["code"] == "bad-signature"
    assert await desk.messages() == []
    assert await suppressed(desk) == []


@pytest.mark.parametrize("given", [None, "Basic !!", "Basic " + base64.b64encode(b"a:c").decode()])
async def test_credentials_are_asked_for_where_they_are_set(desk: Desk, given: str | None) -> None:
    kit = desk.api.services
    with_basic = kit.settings.model_copy(update={"email_inbound_basic": SecretStr("a:b")})
    desk.api.app.state.services = replace(kit, settings=with_basic)
    try:
        made = mail("maria1@customers.example", "hello")
        headers = {} if given is None else {"Authorization": given}
        assert (await post(desk, made, headers=headers)).status_code == 403
        good = {"Authorization": "Basic " + base64.b64encode(b"a:b").decode()}
        assert (await post(desk, made, headers=good)).status_code == 204
    finally:
        desk.api.app.state.services = kit


# -- wishes ------------------------------------------------------------------------------------


async def test_stop_by_e_mail_ends_e_mails_and_nothing_else(desk: Desk) -> None:
    customer_id, _, case_id = await desk.overdue()
    sender = await address_of(desk, customer_id)
    made = mail(sender, "STOP\n\nOn Mon Tenor <x@y.example> wrote:\n> Hello")
    for _ in range(3):
        assert (await post(desk, made)).status_code == 204
    assert await suppressed(desk) == [("email", "stop")]
    [kept] = await inbound(desk)
    assert (kept.channel, kept.customer_id, kept.case_id) == ("email", customer_id, case_id)
    assert sender.encode() not in (kept.body_ct or b"")
    assert await outbound(desk) == ["stop_confirm"]


@pytest.mark.parametrize("subject", ["unsubscribe", "STOP", "Please remove me"])
async def test_a_word_in_the_subject_is_enough(desk: Desk, subject: str) -> None:
    sender = await address_of(desk, await desk.customer())
    await post(desk, mail(sender, "", Subject=subject))
    assert await suppressed(desk) == [("email", "stop")]


async def test_the_way_out_in_our_own_mail_is_no_wish_of_the_customer(desk: Desk) -> None:
    """A program that quotes without a mark does not opt anybody out."""
    customer_id, loan_id, case_id = await desk.overdue()
    sent = await desk.queue(
        customer_id, channel="email", template="overdue_email", loan_id=loan_id, case_id=case_id
    )
    lease = await desk.sent("email", provider_id="sg1")
    body = lease.messages[0].body
    assert "STOP" in body
    await post(
        desk,
        mail(
            await address_of(desk, customer_id),
            f"I lost my job.\n\n{body}",
            In_Reply_To=f"<{sent}@tenor.example>",
        ),
    )
    assert await suppressed(desk) == []
    assert [task.kind for task in await desk.tasks()] == ["reply"]


async def test_a_promise_by_e_mail_is_noted_and_confirmed_by_e_mail(desk: Desk) -> None:
    customer_id, _, case_id = await desk.overdue()
    await post(desk, mail(await address_of(desk, customer_id), "I can pay 30 on friday"))
    async with desk.work() as work:
        promise = await work.session.scalar(select(PromiseRow))
    assert promise is not None
    assert (promise.case_id, promise.source, str(promise.amount)) == (case_id, "email", "30.000")
    [answer] = await desk.messages(direction="outbound")
    assert (answer.channel, answer.template) == ("email", "promise_confirm")
    lease = await desk.lease("email")
    assert "30.00" in (lease.messages[0].subject or "")


async def test_what_is_unclear_goes_to_a_person_and_is_acknowledged_once_a_day(
    desk: Desk,
) -> None:
    customer_id = await desk.customer()
    sender = await address_of(desk, customer_id)
    for text in ("my dog ate the letter", "and the next one"):
        await post(desk, mail(sender, text))
    assert await outbound(desk) == ["unclear"]
    tasks = await desk.tasks()
    assert {task.title for task in tasks} == {"Answer a customer's e-mail that was not understood"}
    assert len(tasks) == 2


async def test_the_conversation_says_which_of_several_wrote(desk: Desk) -> None:
    shared = "family@customers.example"
    first, _, _ = await desk.overdue(email=shared)
    second, loan_id, case_id = await desk.overdue(email=shared)
    sent = await desk.queue(
        second, channel="email", template="overdue_email", loan_id=loan_id, case_id=case_id
    )
    await desk.sent("email", provider_id="sg1")
    await post(desk, mail(shared, "I can pay 30 on friday"))
    async with desk.work() as work:
        assert await work.session.scalar(select(PromiseRow.id)) is None
    tagged = mail(shared, "I can pay 30 on friday", To=f"replies+{sent}@answers.tenor.example")
    await post(desk, tagged)
    async with desk.work() as work:
        assert await work.session.scalar(select(PromiseRow.case_id)) == case_id
    assert first != second


async def test_nobody_promises_in_anothers_name_but_a_stop_is_obeyed(desk: Desk) -> None:
    """Anybody can write another's address on an e-mail."""
    customer_id, _, _ = await desk.overdue()
    sender = await address_of(desk, customer_id)
    await post(desk, mail(sender, "I can pay 30 on friday"), spf="fail")
    async with desk.work() as work:
        assert await work.session.scalar(select(PromiseRow.id)) is None
    [task] = await desk.tasks()
    assert task.title.startswith("Find out whether")
    assert [row.reasons for row in await inbound(desk)] == [["sender-not-proven"]]
    await post(desk, mail(sender, "STOP"), spf="fail")
    assert await suppressed(desk) == [("email", "stop")]
    # Nobody is written to on the word of a stranger.
    assert await outbound(desk) == []


@pytest.mark.parametrize(
    ("spf", "dkim", "envelope", "genuine"),
    [
        ("pass", "none", "maria1@customers.example", True),
        ("pass", "none", "bounces@mail.customers.example", True),
        ("pass", "none", "evil@elsewhere.example", False),
        ("softfail", "{@customers.example : pass}", "evil@elsewhere.example", True),
        ("fail", "{@elsewhere.example : pass}", "evil@elsewhere.example", False),
        ("fail", "{@customers.example : fail}", "maria1@customers.example", False),
    ],
)
async def test_the_senders_own_domain_has_to_vouch(
    desk: Desk, spf: str, dkim: str, envelope: str, genuine: bool
) -> None:
    await desk.customer()
    fields = {
        "email": mail("maria1@customers.example", "hello").as_string(),
        "SPF": spf,
        "dkim": dkim,
        "envelope": f'{{"from":"{envelope}"}}',
    }
    answer = await desk.api.client.post(
        f"{PATH}/{TOKEN}", files={k: (None, v) for k, v in fields.items()}
    )
    assert answer.status_code == 204
    [kept] = await inbound(desk)
    assert ("sender-not-proven" not in kept.reasons) == genuine


# -- machines ----------------------------------------------------------------------------------


async def test_machines_are_neither_answered_nor_obeyed(desk: Desk) -> None:
    sender = await address_of(desk, await desk.customer())
    made = mail(sender, "I am away. To unsubscribe reply STOP", Auto_Submitted="auto-replied")
    assert (await post(desk, made)).status_code == 204
    assert [row.reasons for row in await inbound(desk)] == [["automatic"]]
    assert await suppressed(desk) == []
    assert await outbound(desk) == []
    assert await desk.tasks() == []


async def test_a_bounce_fails_its_message_and_retires_the_address(desk: Desk) -> None:
    customer_id, loan_id, case_id = await desk.overdue()
    sent = await desk.queue(
        customer_id, channel="email", template="overdue_email", loan_id=loan_id, case_id=case_id
    )
    await desk.sent("email", provider_id=f"<{sent}@tenor.example>")
    assert (await post(desk, bounce(about=sent), sender="")).status_code == 204
    row = await desk.message(sent)
    assert (row.status, row.reasons) == ("bounced", ["bounce"])
    assert await suppressed(desk) == [("email", "invalid")]
    assert await outbound(desk) == ["overdue_email"]


# -- strangers and the hostile -----------------------------------------------------------------


async def test_strangers_make_one_task_a_day(desk: Desk) -> None:
    for n in range(5):
        await post(desk, mail(f"seller{n}@spam.example", "cheap watches"))
    assert [task.title for task in await desk.tasks()] == [
        "Look through today's e-mails from addresses that no customer has"
    ]
    assert len(await inbound(desk)) == 5
    assert await outbound(desk) == []


async def test_a_mail_that_cannot_be_read_is_refused_and_a_person_told_once(desk: Desk) -> None:
    raw = (
        b"From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n"
        + b"--x\nContent-Type: text/plain\n\nhi\n" * 1000
    )
    for _ in range(2):
        answer = await post(desk, raw, sender="a@b.example")
        assert answer.status_code == 422
        assert answer.json()["code"] == "unreadable-mail"
        assert answer.json()["facts"] == {"reason": "too-many-parts"}
        assert "b.example" not in answer.text
    assert len(await desk.tasks()) == 1
    assert await desk.messages() == []


async def test_a_form_without_a_mail_is_refused(desk: Desk) -> None:
    answer = await desk.api.client.post(f"{PATH}/{TOKEN}", content=b"\xff\x00")
    assert answer.status_code in {400, 422}
    assert await desk.messages() == []


async def test_a_mail_in_parts_is_read_as_well(desk: Desk) -> None:
    """Inbound Parse without its option to post the raw mail."""
    sender = await address_of(desk, await desk.customer())
    fields = {
        "headers": f"From: Maria <{sender}>\nTo: x@answers.tenor.example\n"
        "Message-ID: <1@customers.example>\nContent-Type: multipart/alternative;\n boundary=x\n"
        "Subject: Re: Your loan\n",
        "html": "<p>please <b>stop</b></p>",
        "SPF": "pass",
        "envelope": f'{{"from":"{sender}"}}',
        "attachments": "2",
    }
    answer = await desk.api.client.post(
        f"{PATH}/{TOKEN}", files={k: (None, v) for k, v in fields.items()}
    )
    assert answer.status_code == 204
    assert await suppressed(desk) == [("email", "stop")]
    [kept] = await inbound(desk)
    assert kept.reasons == ["attachments-not-kept"]
    assert kept.created_at == NOON
