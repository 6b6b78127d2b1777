"""Leases, the last look, and what comes of sends: nothing goes twice, late or against a wish."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from api.clock import clock_for
from api.customers import service as customers
from api.customers.service import SuppressionReason
from api.loans.tables import InstalmentRow, LoanRow
from api.messages import permits
from api.messages.queueing import NewMessage, queue
from api.messages.tables import MessageRow
from api.recovery.tables import CaseRow
from api.work import Work
from contracts.work import Lease, LeaseMessages
from domain.contact.channel import Channel
from domain.ids import delivery_workflow_id
from tests.api.messages.arrange import NOON, Desk, capped_at
from tests.api.support import Actors, ok


async def test_messages_go_out_by_due_instant_then_by_customer(desk: Desk) -> None:
    first, second = await desk.customer(), await desk.customer()
    late = await desk.queue(first, template="help")
    of_second = await desk.queue(second, template="help", due_at=NOON - timedelta(hours=1))
    of_first = await desk.queue(first, template="help", due_at=NOON - timedelta(hours=1))
    lease = await desk.lease()
    assert [one.id for one in lease.messages] == [of_first, of_second, late]


async def test_a_dedupe_key_makes_a_message_once(desk: Desk) -> None:
    customer_id = await desk.customer()
    await desk.queue(customer_id, dedupe_key="once")
    with pytest.raises(AssertionError):
        await desk.queue(customer_id, dedupe_key="once")
    assert len(await desk.messages()) == 1


async def test_a_message_passes_from_queue_to_delivered_sender(desk: Desk) -> None:
    message_id = await desk.remind()
    lease = await desk.lease()
    assert await desk.lease() != lease
    gone = await desk.dispatch(lease)
    assert gone.message_ids == [message_id]
    await desk.report(lease, "accepted", provider_id="SM7")
    row = await desk.message(message_id)
    assert (row.status, row.provider_id, row.sent_at) == ("sent", "SM7", NOON)
    assert row.dispatched_at is not None
    assert row.dispatched_at != NOON  # technical time, not the clock's
    assert len(await desk.slots()) == 1


async def test_whoever_has_a_message_under_way_waits_for_its_outcome(desk: Desk) -> None:
    one, other = await desk.customer(), await desk.customer()
    first = await desk.queue(one, template="help", due_at=NOON - timedelta(hours=1))
    second = await desk.queue(one, template="help")
    apart = await desk.queue(other, template="help")
    lease = await desk.lease(limit=1)
    assert [message.id for message in lease.messages] == [first]
    assert [message.id for message in (await desk.lease(apart=True)).messages] == [apart]
    waiting = await desk.lease(apart=True)
    assert (waiting.messages, waiting.held_until is None) == ([], False)
    await desk.dispatch(lease)
    await desk.report(lease, "accepted", provider_id="SM1")
    assert [message.id for message in (await desk.lease(apart=True)).messages] == [second]


# -- the wake ----------------------------------------------------------------------------------


async def test_the_wake_follows_what_is_due_next(desk: Desk) -> None:
    workflow_id = delivery_workflow_id("sms", desk.shard)
    customer_id = await desk.customer()
    await desk.queue(customer_id, template="help", due_at=NOON + timedelta(hours=3))
    await desk.queue(customer_id, template="help")
    wake = await desk.wake(workflow_id)
    assert wake is not None
    assert (wake.due_at, wake.clock_id) == (NOON, desk.clock_id)
    lease = await desk.lease()
    # In flight: the clock may not move on before the provider has answered.
    assert lease.next_due_at == NOON
    await desk.dispatch(lease)
    await desk.report(lease, "accepted", provider_id="SM1")
    last = await desk.lease()
    assert (last.messages, last.next_due_at) == ([], NOON + timedelta(hours=3))
    wake = await desk.wake(workflow_id)
    assert wake is not None
    assert wake.due_at == NOON + timedelta(hours=3)
    assert wake.done == wake.wanted


async def test_nothing_waits_when_all_is_sent(desk: Desk) -> None:
    await desk.queue(await desk.customer(), template="help")
    await desk.sent()
    assert (await desk.lease()).next_due_at is None
    wake = await desk.wake(delivery_workflow_id("sms", desk.shard))
    assert wake is not None
    assert wake.due_at is None


async def test_no_message_is_forgotten_between_queueing_and_settling(desk: Desk) -> None:
    customer_id = await desk.customer()
    await desk.queue(customer_id, template="help", due_at=NOON + timedelta(hours=9))
    later = NOON + timedelta(hours=1)
    async with desk.work() as work:
        clock = await clock_for(work, desk.clock_id)
        new = NewMessage(
            customer_id, "sms", "servicing", "help", later, None, "always", "not yet committed"
        )
        assert await queue(work, clock, new) is not None
        leasing = asyncio.create_task(desk.lease())
        await desk.somebody_waits()
    assert (await leasing).next_due_at == later
    wake = await desk.wake(delivery_workflow_id("sms", desk.shard))
    assert wake is not None
    assert wake.due_at == later


async def test_a_live_delivery_is_woken_at_once_and_sleeps_until_its_leases_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(permits, "contact_packs", lambda: (capped_at(9),))
    customer_id = await desk.customer(test_clock_id=None)
    async with desk.work() as work:
        live = await clock_for(work, None)
        new = NewMessage(
            customer_id, "sms", "servicing", "help", live.now, None, "always", "a live one"
        )
        await queue(work, live, new)
    workflow_id = delivery_workflow_id("sms", "live-0")
    wake = await desk.wake(workflow_id)
    assert wake is not None
    assert (wake.wanted, wake.clock_id) == (1, None)
    request = LeaseMessages(channel="sms", shard="live-0").model_dump(mode="json")
    answer = await desk.api.client.post(
        "/api/v1/deliveries/lease", json=request, headers=desk.worker
    )
    lease = Lease.model_validate(ok(answer))
    assert len(lease.messages) == 1
    assert lease.next_due_at == lease.lease_until
    wake = await desk.wake(workflow_id)
    assert wake is not None
    assert (wake.done, wake.due_at) == (1, lease.lease_until)


async def test_a_shard_must_be_one(desk: Desk) -> None:
    for shard in ("", "live-1", str(desk.clock_id).upper(), "../x"):
        request = LeaseMessages(channel="sms", shard=shard)
        answer = await desk.api.client.post(
            "/api/v1/deliveries/lease", json=request.model_dump(mode="json"), headers=desk.worker
        )
        assert answer.status_code == 422, shard


# -- the last look -----------------------------------------------------------------------------


async def stop(desk: Desk, customer_id: UUID, _loan_id: UUID, _case_id: UUID) -> None:
    async with desk.work() as work:
        card = await customers.contact_card(work, customer_id)
        assert card.phone_index is not None
        await customers.suppress(work, Channel.SMS, card.phone_index, SuppressionReason.STOP)


async def pay(desk: Desk, _customer_id: UUID, loan_id: UUID, _case_id: UUID) -> None:
    await desk.meet(loan_id)


async def hold(desk: Desk, customer_id: UUID, _loan_id: UUID, case_id: UUID) -> None:
    await desk.hold(customer_id, case_id, "deceased")


async def close(desk: Desk, _customer_id: UUID, _loan_id: UUID, case_id: UUID) -> None:
    async with desk.work() as work:
        await work.session.execute(
            update(CaseRow).where(CaseRow.id == case_id).values(status="closed")
        )


async def promise(desk: Desk, _customer_id: UUID, _loan_id: UUID, case_id: UUID) -> None:
    await desk.promise(case_id)


async def wait(desk: Desk, _customer_id: UUID, _loan_id: UUID, _case_id: UUID) -> None:
    await desk.set_clock(NOON + timedelta(days=3))


async def night(desk: Desk, _customer_id: UUID, _loan_id: UUID, _case_id: UUID) -> None:
    await desk.set_clock(NOON + timedelta(hours=12))


async def next_day(desk: Desk, _customer_id: UUID, _loan_id: UUID, _case_id: UUID) -> None:
    await desk.set_clock(NOON + timedelta(days=1))


Fact = Callable[[Desk, UUID, UUID, UUID], Awaitable[None]]


@pytest.mark.parametrize(
    ("happens", "status", "reason"),
    [
        (stop, "withheld", "opted-out"),
        (pay, "expired", "nothing-overdue"),
        (hold, "withheld", "hold.deceased"),
        (close, "expired", "case-closed"),
        (promise, "expired", "case-suspended-promise"),
        (wait, "expired", "past-not-after"),
        (night, "queued", "outside-hours"),
        # The hours are fine again, but the slot is one of yesterday.
        (next_day, "queued", "permit-over"),
    ],
)
async def test_what_happens_between_permit_and_dispatch_is_seen(
    desk: Desk, happens: Fact, status: str, reason: str
) -> None:
    customer_id, loan_id, case_id = await desk.overdue()
    message_id = await desk.queue(
        customer_id, loan_id=loan_id, case_id=case_id, validity="case_open"
    )
    lease = await desk.lease()
    assert len(lease.messages) == 1
    await happens(desk, customer_id, loan_id, case_id)
    gone = await desk.dispatch(lease)
    assert (gone.message_ids, gone.withdrawn) == ([], 1)
    row = await desk.message(message_id)
    assert (row.status, row.reasons) == (status, [reason])
    assert row.dispatched_at is None
    assert await desk.slots() == []


async def test_the_payment_of_an_instalment_withdraws_its_reminder(desk: Desk) -> None:
    customer_id = await desk.customer()
    loan_id = await desk.loan(customer_id)
    before = await desk.queue(
        customer_id,
        loan_id=loan_id,
        instalment=1,
        purpose="servicing",
        template="upcoming",
        validity="instalment_unpaid",
    )
    lease = await desk.lease()
    assert lease.messages[0].body == (
        "Hi Maria, Harbor Credit: $106.62 for loan LN-"
        f"{lease.messages[0].body.partition('LN-')[2][:4]} is due on Mar 4, 2028. "
        "Reply STOP to opt out."
    )
    await desk.meet(loan_id)
    assert (await desk.dispatch(lease)).message_ids == []
    assert (await desk.message(before)).reasons == ["instalment-paid"]
    after = await desk.queue(
        customer_id, loan_id=loan_id, instalment=1, validity="instalment_unpaid"
    )
    assert (await desk.lease()).withheld == 1
    assert (await desk.message(after)).status == "expired"
    assert await desk.decisions(after) == []


async def test_a_new_number_needs_a_new_permit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permits, "contact_packs", lambda: (capped_at(9),))
    customer_id = await desk.customer()
    message_id = await desk.queue(customer_id, template="help", purpose="servicing")
    lease = await desk.lease()
    async with desk.work() as work:
        found = await customers.lock(work, customer_id)
        cipher = work.vault.cipher(found.wrapped_key)
        found.phone_ct = cipher.encrypt("+12125559999", "customers.phone")
        found.phone_index = work.vault.blind_index("phone", "+12125559999")
    assert (await desk.dispatch(lease)).message_ids == []
    assert (await desk.message(message_id)).reasons == ["permit-over"]
    assert [one.to for one in (await desk.lease()).messages] == ["+12125559999"]


async def test_a_repeated_dispatch_answers_the_same(desk: Desk) -> None:
    await desk.remind()
    lease = await desk.lease()
    first = await desk.dispatch(lease)
    again = await desk.dispatch(lease)
    assert again == first
    assert (await desk.message(first.message_ids[0])).attempts == 1


async def test_only_the_group_that_leased_may_dispatch(desk: Desk) -> None:
    await desk.remind()
    lease = await desk.lease()
    stranger = lease.model_copy(update={"group": UUID(int=7)})
    assert (await desk.dispatch(stranger)).message_ids == []
    await desk.let_lapse()
    assert (await desk.dispatch(lease)).message_ids == []


async def stop_in(work: Work, customer_id: UUID, _loan_id: UUID, _case_id: UUID) -> None:
    await customers.lock(work, customer_id)
    card = await customers.contact_card(work, customer_id)
    assert card.phone_index is not None
    await customers.suppress(work, Channel.SMS, card.phone_index, SuppressionReason.STOP)


async def pay_in(work: Work, _customer_id: UUID, loan_id: UUID, _case_id: UUID) -> None:
    await work.session.execute(select(LoanRow.id).where(LoanRow.id == loan_id).with_for_update())
    await work.session.execute(
        update(InstalmentRow).where(InstalmentRow.loan_id == loan_id).values(met_on=NOON.date())
    )


async def promise_in(work: Work, _customer_id: UUID, _loan_id: UUID, case_id: UUID) -> None:
    await work.session.execute(
        update(CaseRow).where(CaseRow.id == case_id).values(suspended_by="promise")
    )


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (stop_in, "opted-out"),
        (pay_in, "nothing-overdue"),
        (promise_in, "case-suspended-promise"),
    ],
)
async def test_a_fact_about_to_be_committed_is_waited_for(
    desk: Desk, happens: Callable[[Work, UUID, UUID, UUID], Awaitable[None]], reason: str
) -> None:
    """What commits first is seen: no dispatch slips in beside a stop, a payment or a promise."""
    customer_id, loan_id, case_id = await desk.overdue()
    message_id = await desk.queue(
        customer_id, loan_id=loan_id, case_id=case_id, validity="case_open"
    )
    lease = await desk.lease()
    async with desk.work() as work:
        await happens(work, customer_id, loan_id, case_id)
        await work.session.flush()
        dispatching = asyncio.create_task(desk.dispatch(lease))
        await desk.somebody_waits()
    assert (await dispatching).message_ids == []
    assert (await desk.message(message_id)).reasons == [reason]


# -- lapses ------------------------------------------------------------------------------------


async def test_whoever_finds_nothing_hears_how_long_messages_are_held(desk: Desk) -> None:
    """A sweep whose forerunner died with a lease in hand must know when its messages come back."""
    customer_id = await desk.customer()
    await desk.queue(customer_id, template="help", purpose="servicing")
    first = await desk.lease()
    second = await desk.lease()
    assert (second.messages, second.held_until) == ([], first.lease_until)
    await desk.let_lapse()
    assert [one.id for one in (await desk.lease()).messages] == [one.id for one in first.messages]


async def test_a_lapsed_lease_is_leased_again_with_its_slot(desk: Desk) -> None:
    message_id = await desk.remind()
    first = await desk.lease()
    assert (await desk.lease()).messages == []
    await desk.let_lapse()
    second = await desk.lease()
    assert [one.id for one in second.messages] == [message_id]
    assert second.group != first.group
    assert not second.messages[0].look_up
    assert len(await desk.slots()) == 1
    assert len(await desk.decisions(message_id)) == 2


async def test_a_lapsed_dispatch_is_looked_up_with_the_same_text(desk: Desk) -> None:
    message_id = await desk.remind()
    first = await desk.lease()
    gone = await desk.dispatch(first)
    await desk.let_lapse()
    second = await desk.lease()
    (doubtful,) = second.messages
    assert doubtful.look_up
    assert doubtful.body == first.messages[0].body
    assert doubtful.to == first.messages[0].to
    assert doubtful.dispatched_at == gone.dispatched_at
    # It is never dispatched again as it is.
    assert (await desk.dispatch(second)).message_ids == [message_id]
    assert (await desk.message(message_id)).attempts == 1
    await desk.report(second, "accepted", provider_id="SM2")
    assert (await desk.message(message_id)).status == "sent"


async def test_what_the_provider_does_not_have_is_sent_again(desk: Desk) -> None:
    message_id = await desk.remind()
    await desk.dispatch(await desk.lease())
    await desk.let_lapse()
    second = await desk.lease()
    await desk.report(second, "not_found")
    row = await desk.message(message_id)
    assert (row.status, row.reasons) == ("queued", ["not-found-at-provider"])
    third = await desk.lease()
    assert [one.look_up for one in third.messages] == [False]
    await desk.dispatch(third)
    # A late word of the first send that it was not accepted says nothing about this one.
    await desk.report(second, "refused", code="500")
    assert (await desk.message(message_id)).status == "dispatched"


async def test_nobody_resends_what_nobody_can_tell(desk: Desk) -> None:
    message_id = await desk.remind()
    await desk.dispatch(await desk.lease())
    await desk.let_lapse()
    second = await desk.lease()
    await desk.report(second, "cannot_tell")
    await desk.report(second, "cannot_tell")
    row = await desk.message(message_id)
    assert (row.status, row.reasons) == ("unknown", ["outcome-unknown"])
    (task,) = await desk.tasks()
    assert (task.kind, task.customer_id) == ("message", row.customer_id)
    assert (await desk.lease()).messages == []
    assert len(await desk.slots()) == 1


async def test_after_a_change_of_number_nobody_can_be_asked(desk: Desk) -> None:
    message_id = await desk.remind()
    await desk.dispatch(await desk.lease())
    await desk.let_lapse()
    async with desk.work() as work:
        await work.session.execute(
            update(MessageRow).where(MessageRow.id == message_id).values(address_index=b"other")
        )
    assert (await desk.lease()).messages == []
    assert (await desk.message(message_id)).status == "unknown"


# -- outcomes ----------------------------------------------------------------------------------


async def test_an_unknown_outcome_is_looked_up_at_once(desk: Desk) -> None:
    message_id = await desk.remind()
    lease = await desk.lease()
    await desk.dispatch(lease)
    await desk.report(lease, "unknown", code="timeout")
    assert (await desk.message(message_id)).status == "dispatched"
    assert [(one.id, one.look_up) for one in (await desk.lease()).messages] == [(message_id, True)]


async def test_a_refusal_that_may_pass_is_tried_three_times(desk: Desk) -> None:
    message_id = await desk.remind()
    now = NOON
    for attempt in (1, 2):
        lease = await desk.lease()
        await desk.dispatch(lease)
        await desk.report(lease, "refused", code="429", retryable=True)
        row = await desk.message(message_id)
        assert (row.status, row.attempts, row.reasons) == ("queued", attempt, ["refused-429"])
        assert row.due_at == now + timedelta(minutes=5 * attempt)
        assert await desk.slots() == []
        now = row.due_at
        await desk.set_clock(now)
    lease = await desk.lease()
    await desk.dispatch(lease)
    await desk.report(lease, "refused", code="429", retryable=True)
    row = await desk.message(message_id)
    assert (row.status, row.reasons) == ("failed", ["refused-429"])
    assert await desk.slots() == []


async def test_what_the_provider_asks_for_is_waited_and_more_each_time(desk: Desk) -> None:
    message_id = await desk.remind()
    now = NOON
    for attempt, seconds in enumerate((20, 40, 80, 160), start=1):
        lease = await desk.lease()
        await desk.dispatch(lease)
        await desk.report(lease, "refused", code="429", retryable=True, retry_after_seconds=20)
        row = await desk.message(message_id)
        assert (row.status, row.attempts) == ("queued", attempt)
        assert row.due_at == now + timedelta(seconds=seconds)
        assert (await desk.lease()).messages == []
        now = row.due_at
        await desk.set_clock(now)
    # A longer wait than ours is kept as it is.
    lease = await desk.lease()
    await desk.dispatch(lease)
    await desk.report(lease, "refused", code="429", retryable=True, retry_after_seconds=7200)
    assert (await desk.message(message_id)).due_at == now + timedelta(hours=2)


async def test_an_address_of_no_use_is_retired(desk: Desk) -> None:
    message_id = await desk.remind()
    lease = await desk.lease()
    await desk.dispatch(lease)
    await desk.report(lease, "refused", code="21211", retire_address=True)
    row = await desk.message(message_id)
    assert (row.status, row.reasons) == ("failed", ["refused-21211"])
    assert row.customer_id is not None
    later = await desk.queue(row.customer_id)
    await desk.lease()
    assert (await desk.message(later)).reasons == ["opted-out"]


async def test_results_late_and_twice_do_no_harm(desk: Desk) -> None:
    message_id = await desk.remind()
    lease = await desk.lease()
    await desk.dispatch(lease)
    for outcome in ("accepted", "accepted", "refused", "unknown", "not_found", "cannot_tell"):
        await desk.report(lease, outcome, provider_id="SM1")
        row = await desk.message(message_id)
        assert (row.status, row.sent_at) == ("sent", NOON)
    assert await desk.tasks() == []


async def test_a_late_acceptance_keeps_a_message_from_going_twice(desk: Desk) -> None:
    message_id = await desk.remind()
    first = await desk.lease()
    await desk.dispatch(first)
    await desk.let_lapse()
    second = await desk.lease()
    await desk.report(second, "not_found")
    await desk.report(first, "accepted", provider_id="SM1")
    assert (await desk.message(message_id)).status == "sent"
    assert (await desk.lease()).messages == []


async def test_email_has_a_subject_and_the_live_shard_no_clock(desk: Desk) -> None:
    customer_id, _, case_id = await desk.overdue()
    await desk.queue(
        customer_id, channel="email", case_id=case_id, template="overdue_email", due_at=NOON
    )
    lease = await desk.lease("email")
    (mail,) = lease.messages
    assert mail.to == "maria1@customers.example"
    assert mail.subject is not None
    assert mail.subject.startswith("About your loan LN-")
    assert "$106.62" in mail.body
    assert lease.clock_id == desk.clock_id
    live = LeaseMessages(channel="email", shard="live-0")
    answer = await desk.api.client.post(
        "/api/v1/deliveries/lease", json=live.model_dump(mode="json"), headers=desk.worker
    )
    assert ok(answer)["clock_id"] is None


async def test_a_text_that_cannot_be_written_goes_to_a_person(desk: Desk) -> None:
    customer_id = await desk.customer()
    unknown = await desk.queue(customer_id, template="nobody-wrote-this")
    broken = await desk.queue(customer_id, template="promise_confirm")  # without its figures
    fine = await desk.queue(customer_id, template="help")
    assert [one.id for one in (await desk.lease()).messages] == [fine]
    assert (await desk.message(unknown)).reasons == ["template-unknown"]
    assert (await desk.message(broken)).reasons == ["template-broken"]
    assert len(await desk.tasks()) == 2
    assert len(await desk.slots()) == 1


async def test_workers_of_other_roles_are_refused(desk: Desk) -> None:
    request = LeaseMessages(channel="sms", shard=desk.shard).model_dump(mode="json")
    answer = await desk.api.client.post("/api/v1/deliveries/lease", json=request)
    assert answer.status_code == 401
    other = await Actors(desk.api).service("cases")
    answer = await desk.api.client.post("/api/v1/deliveries/lease", json=request, headers=other)
    assert answer.status_code == 403
