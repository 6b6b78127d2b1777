"""Who may be written to, when: allowed, put off or denied, with reasons, once per slot."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from api.messages import delivery, permits
from contracts.work import LeaseMessages
from tests.api.messages.arrange import NOON, Desk, capped_at, make_desk
from tests.api.support import Api

pytestmark = pytest.mark.usefixtures("api")


async def test_an_allow_is_recorded_reserved_and_written(desk: Desk) -> None:
    message_id = await desk.remind()
    lease = await desk.lease()
    assert [message.id for message in lease.messages] == [message_id]
    sent = lease.messages[0]
    assert sent.body.startswith("Hi Maria, Harbor Credit: $106.62 is still unpaid.")
    assert sent.subject is None
    assert sent.to == "+12125550001"
    row = await desk.message(message_id)
    assert (row.status, row.reasons) == ("leased", [])
    assert row.permit_until == datetime(2028, 3, 2, 2, tzinfo=UTC)  # 21:00 in New York
    (decision,) = await desk.decisions(message_id)
    assert decision.outcome == "allow"
    assert "us.hours: inside-hours" in decision.reasons
    assert "us.frequency-7-in-7: below-cap" in decision.reasons
    assert decision.packs == ["us@1"]
    assert decision.decided_at == NOON
    assert decision.inputs["local_time"] == "Wed 12:00 America/New_York"
    (slot,) = await desk.slots()
    assert (slot.message_id, slot.local_on) == (message_id, date(2028, 3, 1))


async def test_texts_and_addresses_are_encrypted_at_rest(desk: Desk) -> None:
    message_id = await desk.remind()
    lease = await desk.lease()
    async with desk.work() as work:
        raw = await work.session.execute(
            text(
                "select m::text || d::text from messages m "
                "join contact_decisions d on d.message_id = m.id where m.id = :id"
            ),
            {"id": message_id},
        )
        stored = raw.scalar_one()
        body_ct = await work.session.scalar(
            text("select body_ct from messages where id = :id"), {"id": message_id}
        )
    for personal in ("Maria", lease.messages[0].to, "unpaid", "customers.example"):
        assert personal not in stored
        assert personal.encode() not in body_ct
    assert "Harbor" not in stored


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        pytest.param(
            datetime(2028, 3, 1, 11, tzinfo=UTC), datetime(2028, 3, 1, 13, tzinfo=UTC), id="winter"
        ),
        pytest.param(
            # The clock goes forward at two in this night: eight o'clock comes an hour earlier.
            datetime(2028, 3, 12, 5, 30, tzinfo=UTC),
            datetime(2028, 3, 12, 12, tzinfo=UTC),
            id="spring-forward",
        ),
        pytest.param(
            datetime(2028, 11, 5, 4, 30, tzinfo=UTC),
            datetime(2028, 11, 5, 13, tzinfo=UTC),
            id="fall-back",
        ),
    ],
)
async def test_outside_the_customers_hours_a_message_is_put_off(
    desk: Desk, now: datetime, opens: datetime
) -> None:
    await desk.set_clock(now)
    customer_id = await desk.customer()
    message_id = await desk.queue(customer_id, template="help")
    lease = await desk.lease()
    assert (lease.messages, lease.withheld) == ([], 1)
    assert lease.next_due_at == opens
    row = await desk.message(message_id)
    assert (row.status, row.due_at, row.reasons) == ("queued", opens, ["outside-hours"])
    (decision,) = await desk.decisions(message_id)
    assert (decision.outcome, decision.defer_until) == ("defer", opens)
    assert await desk.slots() == []
    # Nothing is due until then, so nothing is decided again.
    assert (await desk.lease()).withheld == 0
    assert len(await desk.decisions(message_id)) == 1
    await desk.set_clock(opens)
    assert [one.id for one in (await desk.lease()).messages] == [message_id]
    assert [one.outcome for one in await desk.decisions(message_id)] == ["defer", "allow"]


async def test_the_same_deferral_is_recorded_once(desk: Desk) -> None:
    early = datetime(2028, 3, 1, 11, tzinfo=UTC)
    await desk.set_clock(early)
    message_id = await desk.queue(await desk.customer(), template="help")
    await desk.lease()
    async with desk.work() as work:
        await work.session.execute(
            text("update messages set due_at = :at where id = :id"),
            {"at": early, "id": message_id},
        )
    await desk.lease()
    assert len(await desk.decisions(message_id)) == 1


async def test_every_plausible_zone_must_be_awake(desk: Desk) -> None:
    # A number of Los Angeles on somebody who says New York: at noon there it is nine on the coast,
    # at nine in New York it is six.
    await desk.set_clock(datetime(2028, 3, 1, 14, tzinfo=UTC))
    customer_id = await desk.customer(phone="+12135550199")
    await desk.queue(customer_id, template="help")
    lease = await desk.lease()
    assert lease.messages == []
    assert lease.next_due_at == datetime(2028, 3, 1, 16, tzinfo=UTC)


async def test_without_the_consent_a_pack_demands_nothing_goes(desk: Desk) -> None:
    message_id = await desk.remind(consents=[])
    await desk.lease()
    row = await desk.message(message_id)
    assert (row.status, row.reasons) == ("withheld", ["consent-missing"])
    assert await desk.slots() == []


async def test_an_unknown_zone_denies_and_asks_a_person_once(desk: Desk) -> None:
    customer_id = await desk.customer(zone=None, phone="+18005550199")
    first = await desk.queue(customer_id, template="help")
    second = await desk.queue(customer_id, template="help")
    assert (await desk.lease()).withheld == 2
    for message_id in (first, second):
        row = await desk.message(message_id)
        assert (row.status, row.reasons) == ("withheld", ["unknown-zone"])
    (task,) = await desk.tasks()
    assert (task.kind, task.customer_id) == ("data", customer_id)


async def test_without_an_address_there_is_no_contact(desk: Desk) -> None:
    message_id = await desk.queue(await desk.customer(phone=None), template="help")
    assert (await desk.lease()).messages == []
    row = await desk.message(message_id)
    assert (row.status, row.reasons) == ("withheld", ["no-address"])
    (decision,) = await desk.decisions(message_id)
    assert decision.outcome == "deny"
    assert decision.reasons[-1] == "tenor.address: no-address"


async def test_a_hold_stops_reminders(desk: Desk) -> None:
    customer_id, loan_id, case_id = await desk.overdue()
    await desk.hold(customer_id, case_id)
    message_id = await desk.queue(customer_id, loan_id=loan_id)
    await desk.lease()
    row = await desk.message(message_id)
    assert (row.status, row.reasons) == ("withheld", ["hold.dispute"])


async def test_a_cap_holds_against_64_senders_on_a_night_of_changing_clocks(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(permits, "contact_packs", lambda: (capped_at(3),))
    await desk.set_clock(datetime(2028, 3, 12, 6, 59, 59, tzinfo=UTC))
    customer_id, loan_id, case_id = await desk.overdue()
    for number in range(40):
        await desk.queue(
            customer_id,
            loan_id=loan_id,
            case_id=case_id,
            channel="email" if number % 2 else "sms",
            template="overdue_email" if number % 2 else "overdue_gentle",
            not_after=None,
            due_at=datetime(2028, 3, 12, 6, tzinfo=UTC),
        )
    channels = ("sms", "email")
    leases = await asyncio.gather(
        *(desk.lease(channels[number % 2], limit=1 + number % 3) for number in range(64))
    )
    going = [message.id for lease in leases for message in lease.messages]
    assert len(going) == len(set(going)) == 3
    assert len(await desk.slots()) == 3
    # All the others wait until the first of the three leaves the window.
    for channel in channels:
        while (await desk.lease(channel)).withheld:
            pass
    put_off = await desk.messages(status="queued")
    assert len(put_off) == 37
    assert {row.due_at for row in put_off} == {datetime(2028, 3, 19, 4, tzinfo=UTC)}
    assert {tuple(row.reasons) for row in put_off} == {("cap-reached",)}
    # Another seven days later three more may go, and no fourth.
    await desk.set_clock(datetime(2028, 3, 19, 4, tzinfo=UTC))
    leases = await asyncio.gather(*(desk.lease(channel, limit=10) for channel in channels * 4))
    assert sum(len(lease.messages) for lease in leases) == 3


async def test_a_sender_waits_for_one_who_counts_the_same_slots(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(permits, "contact_packs", lambda: (capped_at(1),))
    customer_id, _, case_id = await desk.overdue()
    await desk.queue(customer_id, template="help")
    email = await desk.queue(
        customer_id, case_id=case_id, channel="email", template="overdue_email", not_after=None
    )
    async with desk.work() as work:
        first = await delivery.lease(work, LeaseMessages(channel="sms", shard=desk.shard))
        assert len(first.messages) == 1
        second = asyncio.create_task(desk.lease("email"))
        await desk.somebody_waits()
    assert (await second).messages == []
    assert (await desk.message(email)).reasons == ["cap-reached"]


async def test_a_message_does_not_count_against_itself(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(permits, "contact_packs", lambda: (capped_at(1),))
    message_id = await desk.queue(await desk.customer(), template="help", purpose="servicing")
    assert len((await desk.lease()).messages) == 1
    await desk.let_lapse()
    lease = await desk.lease()
    assert (await desk.dispatch(lease)).message_ids == [message_id]


async def test_a_slot_is_given_back_when_nothing_was_sent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(permits, "contact_packs", lambda: (capped_at(1),))
    customer_id = await desk.customer()
    await desk.queue(customer_id, template="help")
    lease = await desk.lease()
    await desk.dispatch(lease)
    assert len(await desk.slots()) == 1
    await desk.report(lease, "refused", code="21610")
    assert await desk.slots() == []
    other = await desk.queue(customer_id, template="help")
    assert [one.id for one in (await desk.lease()).messages] == [other]


async def test_a_statutory_notice_that_may_not_leave_becomes_a_task(desk: Desk) -> None:
    message_id = await desk.queue(
        await desk.customer(phone=None, zone=None), purpose="statutory", template="help"
    )
    await desk.lease()
    assert (await desk.message(message_id)).status == "withheld"
    assert {task.kind for task in await desk.tasks()} == {"data", "notice"}


async def test_clocks_do_not_share_messages(api: Api, desk: Desk) -> None:
    other = await make_desk(api, desk.work, NOON - timedelta(days=30))
    mine = await desk.remind()
    await other.customer()
    assert (await other.lease()).messages == []
    assert [one.id for one in (await desk.lease()).messages] == [mine]
