"""Receipts of providers: signed, in any order, any number of times; a message only moves on."""

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

import orjson
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from httpx2 import Response
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from api.audit.tables import AuditRow
from api.customers import service as customers
from api.customers.tables import SuppressionRow
from domain.contact.channel import Channel
from tests.api.messages.arrange import NOON, Desk
from tests.api.support import Api

TOKEN = "twilio-test-token"
BACKUP_TOKEN = "twilio-backup-test-token"


async def call_back(
    desk: Desk,
    sid: str,
    status: str,
    *,
    message_id: UUID | None = None,
    error: str = "",
    token: str = TOKEN,
) -> Response:
    """What Twilio would post when a message moves on."""
    path = str(desk.api.app.url_path_for("receive_twilio_status"))
    if message_id is not None:
        path += f"?tenor_message_id={message_id}"
    form = {"MessageSid": sid, "MessageStatus": status, "ErrorCode": error}
    return await desk.api.client.post(
        path,
        content=urlencode(form),
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": RequestValidator(token).compute_signature(
                f"http://api.test{path}", form
            ),
        },
    )


async def test_the_second_account_signs_with_its_own_secret_and_a_lost_send_names_its_provider(
    desk: Desk,
) -> None:
    message_id = await desk.remind()
    lease = await desk.lease()
    assert lease.messages[0].provider is None
    await desk.dispatch(lease)
    await desk.report(lease, "unknown", provider="twilio-backup")
    [doubtful] = (await desk.lease()).messages
    assert (doubtful.look_up, doubtful.provider) == (True, "twilio-backup")
    answer = await call_back(desk, "SM9", "delivered", message_id=message_id, token=BACKUP_TOKEN)
    assert answer.status_code == 200
    row = await desk.message(message_id)
    assert (row.status, row.provider) == ("delivered", "twilio-backup")
    assert (await call_back(desk, "SM9", "read", token="a stranger's")).status_code == 403


async def test_receipts_that_come_together_each_have_their_effect(desk: Desk) -> None:
    ids = [await desk.remind() for _ in range(4)]
    lease = await desk.lease()
    await desk.dispatch(lease)
    answers = await asyncio.gather(
        *(
            call_back(desk, f"SM{n}", status, message_id=message_id)
            for status in ("queued", "sent", "delivered")
            for n, message_id in enumerate(ids[:2])
        ),
        call_back(desk, "SM2", "undelivered", message_id=ids[2], error="30005"),
        # Twilio's id of another message: the database refuses it, and nobody else suffers.
        call_back(desk, "SM0", "sent", message_id=ids[3]),
        call_back(desk, "SM-of-strangers", "delivered"),
    )
    assert {answer.status_code for answer in answers} == {200}
    states = [(await desk.message(message_id)).status for message_id in ids]
    assert states == ["delivered", "delivered", "failed", "dispatched"]
    assert await suppressed(desk) == ["invalid"]
    async with desk.work() as work:
        told = await work.session.scalars(
            select(AuditRow.action).where(AuditRow.subject_id == ids[0]).order_by(AuditRow.id)
        )
        assert list(told)[-2:] == ["message.sent", "message.delivered"]


async def suppressed(desk: Desk) -> list[str]:
    async with desk.work() as work:
        return list(await work.session.scalars(select(SuppressionRow.reason)))


# -- Twilio ------------------------------------------------------------------------------------


async def test_delivered_is_never_taken_back(desk: Desk) -> None:
    message_id = await desk.remind()
    await desk.sent(provider_id="SM1")
    for status in ("queued", "delivered", "sent", "undelivered", "failed", "delivered"):
        assert (await call_back(desk, "SM1", status)).status_code == 200
        row = await desk.message(message_id)
        assert row.status == ("sent" if status == "queued" else "delivered")
    assert (await desk.message(message_id)).delivered_at == NOON


async def test_a_receipt_may_be_faster_than_the_answer(desk: Desk) -> None:
    message_id = await desk.remind()
    lease = await desk.lease()
    # Nothing was dispatched yet: a receipt for it is about something else.
    await call_back(desk, "SM1", "delivered", message_id=message_id)
    assert (await desk.message(message_id)).status == "leased"
    await desk.dispatch(lease)
    await call_back(desk, "SM1", "delivered", message_id=message_id)
    row = await desk.message(message_id)
    assert (row.status, row.provider_id) == ("delivered", "SM1")
    await desk.report(lease, "accepted", provider_id="SM1")
    assert (await desk.message(message_id)).status == "delivered"
    assert (await desk.lease()).messages == []


async def test_a_receipt_ends_the_doubt_about_a_message(desk: Desk) -> None:
    message_id = await desk.remind()
    lease = await desk.lease()
    await desk.dispatch(lease)
    await desk.report(lease, "cannot_tell")
    await call_back(desk, "SM1", "sent", message_id=message_id)
    row = await desk.message(message_id)
    assert (row.status, row.reasons) == ("sent", [])


@pytest.mark.parametrize(
    ("error", "reasons"), [("30005", ["invalid"]), ("21610", ["stop"]), ("30008", [])]
)
async def test_an_undelivered_message_counts_and_may_retire_the_number(
    desk: Desk, error: str, reasons: list[str]
) -> None:
    message_id = await desk.remind()
    await desk.sent(provider_id="SM1")
    await call_back(desk, "SM1", "undelivered", error=error)
    row = await desk.message(message_id)
    assert row.status == ("sent" if error == "21610" else "failed")
    if error != "21610":
        assert row.reasons == [f"undelivered-{error}"]
    assert await suppressed(desk) == reasons
    assert len(await desk.slots()) == 1


async def test_receipts_of_strangers_and_bad_signatures_change_nothing(desk: Desk) -> None:
    message_id = await desk.remind()
    await desk.sent(provider_id="SM1")
    assert (await call_back(desk, "SM-other", "delivered")).status_code == 200
    assert (await call_back(desk, "SM1", "strange")).status_code == 200
    answer = await desk.api.client.post(
        str(desk.api.app.url_path_for("receive_twilio_status")),
        content="MessageSid=SM1&MessageStatus=delivered",
        headers={"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": "x"},
    )
    assert answer.status_code == 403
    assert (await desk.message(message_id)).status == "sent"


# -- SendGrid ----------------------------------------------------------------------------------


class SendGrid:
    """Signs event batches as SendGrid does."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.key = ec.generate_private_key(ec.SECP256R1())

    @property
    def public_key(self) -> str:
        raw = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(raw).decode()

    async def post(
        self,
        events: object,
        *,
        at: datetime | None = None,
        signature: str | None = None,
        raw: bytes | None = None,
    ) -> Response:
        body = orjson.dumps(events) if raw is None else raw
        timestamp = str(int((at or datetime.now(UTC)).timestamp()))
        signed = base64.b64encode(
            self.key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        ).decode()
        return await self.desk.api.client.post(
            str(self.desk.api.app.url_path_for("receive_sendgrid_events")),
            content=body,
            headers={
                "Content-Type": "application/json",
                "X-Twilio-Email-Event-Webhook-Signature": signed
                if signature is None
                else signature,
                "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
            },
        )


@pytest.fixture
def sendgrid(api: Api, desk: Desk) -> SendGrid:
    provider = SendGrid(desk)
    kit = api.services
    settings = kit.settings.model_copy(update={"sendgrid_webhook_public_key": provider.public_key})
    api.app.state.services = replace(kit, settings=settings)
    return provider


async def mail(desk: Desk) -> UUID:
    """A dispatched e-mail whose outcome is not known."""
    customer_id, _, case_id = await desk.overdue()
    message_id = await desk.queue(
        customer_id, channel="email", case_id=case_id, template="overdue_email"
    )
    await desk.dispatch(await desk.lease("email"))
    return message_id


def event(message_id: UUID, name: str, event_id: str = "", **fields: str) -> dict[str, object]:
    return {
        "event": name,
        "sg_event_id": event_id or f"{name}-{message_id}",
        "email": "maria1@customers.example",
        "timestamp": 1,
        "tenor_message_id": str(message_id),
    } | fields


@pytest.mark.parametrize(
    ("names", "status"),
    [
        (["processed"], "sent"),
        (["delivered", "processed"], "delivered"),
        (["open", "click"], "dispatched"),
        (["dropped"], "failed"),
        (["processed", "bounce"], "bounced"),
        # Some servers take a mail first and send it back later, in whichever order we hear of it.
        (["delivered", "bounce"], "bounced"),
        (["bounce", "delivered"], "bounced"),
    ],
)
async def test_events_move_an_email_on(
    desk: Desk, sendgrid: SendGrid, names: Sequence[str], status: str
) -> None:
    message_id = await mail(desk)
    answer = await sendgrid.post([event(message_id, name) for name in names])
    assert answer.status_code == 204, answer.text
    assert (await desk.message(message_id)).status == status


@pytest.mark.parametrize(
    ("name", "kind", "reasons"),
    [
        ("bounce", "bounce", ["invalid"]),
        ("bounce", "blocked", []),
        ("dropped", "", ["invalid"]),
        ("spamreport", "", ["stop"]),
        ("unsubscribe", "", ["stop"]),
    ],
)
async def test_events_may_retire_the_address(
    desk: Desk, sendgrid: SendGrid, name: str, kind: str, reasons: list[str]
) -> None:
    message_id = await mail(desk)
    await sendgrid.post([event(message_id, name, type=kind)])
    assert await suppressed(desk) == reasons


async def test_a_bad_or_old_signature_is_refused(desk: Desk, sendgrid: SendGrid) -> None:
    message_id = await mail(desk)
    events = [event(message_id, "delivered")]
    old = datetime.now(UTC) - timedelta(minutes=11)
    assert (await sendgrid.post(events, at=old)).status_code == 403
    assert (await sendgrid.post(events, at=old + timedelta(minutes=25))).status_code == 403
    for signature in ("", "%%%", "bm8=", "AAAA" * 50):
        answer = await sendgrid.post(events, signature=signature)
        assert answer.status_code == 403
        assert answer.json()["code"] == "bad-signature"
    stranger = SendGrid(desk)
    assert (await stranger.post(events)).status_code == 403
    assert (await desk.message(message_id)).status == "dispatched"


async def test_without_a_configured_key_nothing_is_believed(desk: Desk) -> None:
    assert (await SendGrid(desk).post([])).status_code == 403


@pytest.mark.parametrize("raw", [b"{}", b"nonsense", b"[" * 5000, b"\xff\xfe"])
async def test_a_body_that_is_no_list_is_refused(
    desk: Desk, sendgrid: SendGrid, raw: bytes
) -> None:
    assert (await sendgrid.post(None, raw=raw)).status_code in {403, 422}


async def test_events_of_others_are_passed_over(desk: Desk, sendgrid: SendGrid) -> None:
    message_id = await mail(desk)
    strange: list[object] = [
        {},
        7,
        event(UUID(int=5), "bounce"),
        event(message_id, "delivered") | {"tenor_message_id": "nonsense"},
        event(message_id, "delivered") | {"sg_event_id": 5},
        event(message_id, "delivered") | {"event": ["delivered"], "sg_event_id": "e"},
    ]
    assert (await sendgrid.post(strange)).status_code == 204
    assert (await desk.message(message_id)).status == "dispatched"


async def test_an_event_counts_once_even_after_the_wish_changed(
    desk: Desk, sendgrid: SendGrid
) -> None:
    message_id = await mail(desk)
    events = [event(message_id, "unsubscribe", "E1")]
    answers = await asyncio.gather(*(sendgrid.post(events) for _ in range(100)))
    assert {answer.status_code for answer in answers} == {204}
    assert await suppressed(desk) == ["stop"]
    async with desk.work() as work:
        index = (await desk.message(message_id)).address_index
        assert index is not None
        await customers.unsuppress(work, Channel.EMAIL, index)
    await sendgrid.post(events)
    assert await suppressed(desk) == []


async def test_batches_that_cross_each_other_do_not_lock_up(desk: Desk, sendgrid: SendGrid) -> None:
    messages = [await mail(desk) for _ in range(4)]
    events = [event(message_id, "delivered") for message_id in messages]
    answers = await asyncio.gather(
        *(sendgrid.post(events if turn % 2 else events[::-1]) for turn in range(20))
    )
    assert {answer.status_code for answer in answers} == {204}
    assert {row.status for row in await desk.messages()} == {"delivered"}
