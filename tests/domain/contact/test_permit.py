from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.contact.caps import Cap, Contact
from domain.contact.channel import Channel, Purpose
from domain.contact.consent import Consent, ConsentState
from domain.contact.decision import (
    Counters,
    Decision,
    FollowUp,
    Outcome,
    Person,
    ReasonCode,
    Reply,
    ReplyTo,
)
from domain.contact.hours import HourRules, Window
from domain.contact.packs import CapRule, ConsentRule, HourRule, RulePack
from domain.contact.permit import decide
from domain.contact.places import Area
from domain.lending.parties import Standing
from domain.recovery.explanation import why
from domain.recovery.holds import HoldKind

LONDON = Person(
    zones=("Europe/London",),
    consents=(Consent(Channel.SMS, ConsentState.GIVEN),),
)
NOON = datetime(2028, 3, 10, 12, tzinfo=UTC)
NIGHT = datetime(2028, 3, 10, 23, tzinfo=UTC)


def pack(
    name: str = "test",
    *,
    opens: time = time(8),
    closes: time = time(20),
    caps: tuple[Cap, ...] = (Cap(3, 7),),
    consent: frozenset[Channel] = frozenset(),
    weekdays: frozenset[int] = frozenset(range(7)),
) -> RulePack:
    return RulePack(
        id=name,
        version=1,
        name=name,
        effective_on=date(2020, 1, 1),
        citation="",
        verified=False,
        area=Area(frozenset({"GB"})),
        hours=(HourRule(f"{name}.hours", "", HourRules((Window(opens, closes, weekdays),))),),
        caps=tuple(CapRule(f"{name}.cap", "", cap) for cap in caps),
        consent=ConsentRule(f"{name}.consent", "", consent) if consent else None,
    )


def ask(
    person: Person = LONDON,
    *,
    channel: Channel = Channel.SMS,
    purpose: Purpose = Purpose.COLLECTION,
    now: datetime = NOON,
    contacts: tuple[Contact, ...] = (),
    packs: tuple[RulePack, ...] = (pack(),),
    not_after: datetime | None = None,
    reply: Reply | None = None,
    awaited_until: datetime | None = None,
) -> Decision:
    return decide(
        person,
        channel,
        purpose,
        now,
        counters=Counters(contacts),
        packs=packs,
        not_after=not_after,
        reply=reply,
        awaited_until=awaited_until,
    )


def said(decision: Decision) -> set[tuple[str, ReasonCode]]:
    return {(reason.rule_id, reason.text_code) for reason in decision.reasons}


def three_contacts(on: date) -> tuple[Contact, ...]:
    return tuple(Contact(Channel.SMS, on) for _ in range(3))


def test_an_allow_names_its_rules_and_how_long_it_holds() -> None:
    decision = ask()
    assert decision.outcome is Outcome.ALLOW
    assert said(decision) == {
        ("test.hours", ReasonCode.INSIDE_HOURS),
        ("test.cap", ReasonCode.BELOW_CAP),
    }
    assert decision.valid_until == datetime(2028, 3, 10, 20, tzinfo=UTC)
    assert decision.defer_until is None
    assert decision.local_on == date(2028, 3, 10)
    assert decision.counts
    assert decision.packs == ("test@1",)


def test_an_allow_ends_with_the_message_if_that_is_earlier() -> None:
    assert ask(not_after=NOON + timedelta(hours=1)).valid_until == NOON + timedelta(hours=1)


def test_outside_hours_it_waits_for_the_next_opening() -> None:
    decision = ask(now=NIGHT)
    assert decision.outcome is Outcome.DEFER
    assert decision.defer_until == datetime(2028, 3, 11, 8, tzinfo=UTC)
    assert decision.valid_until is None
    assert not decision.counts


def test_what_would_come_too_late_is_denied() -> None:
    at_opening = datetime(2028, 3, 11, 8, tzinfo=UTC)
    decision = ask(now=NIGHT, not_after=at_opening)
    assert decision.outcome is Outcome.DENY
    assert ("tenor.validity", ReasonCode.TOO_LATE_TO_DEFER) in said(decision)
    assert ("test.hours", ReasonCode.OUTSIDE_HOURS) in said(decision)
    assert ask(now=NIGHT, not_after=at_opening + timedelta(seconds=1)).outcome is Outcome.DEFER


def test_what_has_expired_is_denied() -> None:
    decision = ask(not_after=NOON)
    assert decision.outcome is Outcome.DENY
    assert ("tenor.validity", ReasonCode.EXPIRED) in said(decision)


def test_a_full_cap_waits_for_the_morning_it_is_free() -> None:
    decision = ask(contacts=three_contacts(date(2028, 3, 5)))
    assert decision.outcome is Outcome.DEFER
    assert decision.defer_until == datetime(2028, 3, 12, 8, tzinfo=UTC)
    assert ("test.cap", ReasonCode.CAP_REACHED) in said(decision)


def test_a_full_cap_past_the_end_of_the_message_is_denied() -> None:
    decision = ask(
        contacts=three_contacts(date(2028, 3, 5)), not_after=datetime(2028, 3, 12, tzinfo=UTC)
    )
    assert decision.outcome is Outcome.DENY


def test_a_cap_of_another_medium_does_not_bind() -> None:
    only_email = pack(caps=(Cap(1, 7, channels=frozenset({Channel.EMAIL})),))
    contacts = (Contact(Channel.EMAIL, date(2028, 3, 10)),)
    assert ask(packs=(only_email,), contacts=contacts).outcome is Outcome.ALLOW
    assert (
        ask(packs=(only_email,), contacts=contacts, channel=Channel.EMAIL).outcome is Outcome.DEFER
    )


def test_the_strictest_of_several_packs_wins_and_all_speak() -> None:
    late = pack("late", opens=time(13))
    no_fridays = pack("rest", weekdays=frozenset({0, 1, 2, 3, 5, 6}))
    decision = ask(packs=(pack(), late, no_fridays))
    assert decision.outcome is Outcome.DEFER
    assert decision.defer_until == datetime(2028, 3, 11, 13, tzinfo=UTC)
    assert {reason.rule_id for reason in decision.reasons} >= {
        "test.hours",
        "late.hours",
        "rest.hours",
    }


def test_packs_that_never_agree_deny() -> None:
    decision = ask(packs=(pack(closes=time(10)), pack("late", opens=time(10))))
    assert decision.outcome is Outcome.DENY
    assert ("tenor.hours", ReasonCode.NO_COMMON_HOURS) in said(decision)


def test_no_pack_at_all_denies() -> None:
    decision = ask(packs=())
    assert decision.outcome is Outcome.DENY
    assert ("tenor.packs", ReasonCode.NO_RULE_PACK) in said(decision)


@pytest.mark.parametrize("zones", [(), ("Nowhere/At_All",), ("Europe/London", "")])
@pytest.mark.parametrize("purpose", [Purpose.COLLECTION, Purpose.SERVICING, Purpose.STATUTORY])
def test_an_unknown_zone_denies_and_asks_for_the_zone(
    zones: tuple[str, ...], purpose: Purpose
) -> None:
    decision = ask(replace(LONDON, zones=zones), purpose=purpose)
    assert decision.outcome is Outcome.DENY
    assert ("tenor.zone", ReasonCode.UNKNOWN_ZONE) in said(decision)
    assert FollowUp.FIND_ZONE in decision.follow_up
    assert decision.local_on is None


def test_an_opt_out_binds_its_medium_only() -> None:
    stopped = replace(LONDON, opted_out=frozenset({Channel.SMS}))
    decision = ask(stopped)
    assert decision.outcome is Outcome.DENY
    assert ("tenor.opt-out", ReasonCode.OPTED_OUT) in said(decision)
    assert ask(stopped, channel=Channel.EMAIL).outcome is Outcome.ALLOW


def test_consent_is_asked_for_where_a_pack_demands_it() -> None:
    demanding = pack(consent=frozenset({Channel.SMS, Channel.EMAIL}))
    assert ask(packs=(demanding,)).outcome is Outcome.ALLOW
    missing = ask(packs=(demanding,), channel=Channel.EMAIL)
    assert missing.outcome is Outcome.DENY
    assert ("test.consent", ReasonCode.CONSENT_MISSING) in said(missing)
    assert ask(channel=Channel.EMAIL).outcome is Outcome.ALLOW


def test_consent_for_one_purpose_is_none_for_another() -> None:
    demanding = pack(consent=frozenset({Channel.SMS}))
    served = replace(
        LONDON, consents=(Consent(Channel.SMS, ConsentState.GIVEN, Purpose.SERVICING),)
    )
    assert ask(served, packs=(demanding,), purpose=Purpose.SERVICING).outcome is Outcome.ALLOW
    assert ask(served, packs=(demanding,)).outcome is Outcome.DENY


def test_a_revocation_beats_any_consent_even_where_none_is_demanded() -> None:
    revoked = replace(
        LONDON, consents=(*LONDON.consents, Consent(Channel.SMS, ConsentState.REVOKED))
    )
    decision = ask(revoked)
    assert decision.outcome is Outcome.DENY
    assert ("tenor.consent", ReasonCode.CONSENT_REVOKED) in said(decision)


@pytest.mark.parametrize("kind", list(HoldKind))
def test_every_hold_stops_collection(kind: HoldKind) -> None:
    decision = ask(replace(LONDON, holds=frozenset({kind})))
    assert decision.outcome is Outcome.DENY
    assert (f"tenor.hold.{kind.value}", ReasonCode.ON_HOLD) in said(decision)


@pytest.mark.parametrize("kind", [kind for kind in HoldKind if kind is not HoldKind.VULNERABLE])
def test_holds_stop_reminders_of_what_is_not_overdue(kind: HoldKind) -> None:
    held = replace(LONDON, holds=frozenset({kind}))
    assert ask(held, purpose=Purpose.SERVICING).outcome is Outcome.DENY


def test_vulnerability_leaves_reminders_of_what_is_not_overdue() -> None:
    held = replace(LONDON, holds=frozenset({HoldKind.VULNERABLE}))
    assert ask(held, purpose=Purpose.SERVICING).outcome is Outcome.ALLOW


def test_a_statutory_notice_knows_no_cap_and_no_dispute_and_takes_no_slot() -> None:
    decision = ask(
        replace(LONDON, holds=frozenset({HoldKind.DISPUTE, HoldKind.CEASE})),
        purpose=Purpose.STATUTORY,
        contacts=three_contacts(date(2028, 3, 10)),
    )
    assert decision.outcome is Outcome.ALLOW
    assert ("test.cap", ReasonCode.CAP_EXEMPT) in said(decision)
    assert not decision.counts


def test_a_statutory_notice_waits_for_the_hours() -> None:
    decision = ask(purpose=Purpose.STATUTORY, now=NIGHT)
    assert decision.outcome is Outcome.DEFER
    assert not decision.follow_up


@pytest.mark.parametrize(
    "decision",
    [
        ask(replace(LONDON, opted_out=frozenset({Channel.SMS})), purpose=Purpose.STATUTORY),
        ask(replace(LONDON, holds=frozenset({HoldKind.DECEASED})), purpose=Purpose.STATUTORY),
        ask(purpose=Purpose.STATUTORY, not_after=NOON),
        ask(purpose=Purpose.STATUTORY, now=NIGHT, not_after=NIGHT + timedelta(hours=1)),
    ],
)
def test_a_blocked_statutory_notice_goes_to_a_person(decision: Decision) -> None:
    assert decision.outcome is Outcome.DENY
    assert decision.follow_up == {FollowUp.DELIVER_NOTICE}


@pytest.mark.parametrize(
    ("standing", "code", "words"),
    [
        (
            Standing.NOT_LIABLE,
            ReasonCode.NOT_LIABLE,
            "the person does not owe the debt, and hears nothing of it",
        ),
        (
            Standing.NOT_CALLED,
            ReasonCode.GUARANTOR_NOT_CALLED,
            "the guarantor was not given notice of the default yet",
        ),
        (
            Standing.ESTATE,
            ReasonCode.SETTLED_WITH_ESTATE,
            "what is owed is settled with the estate, by people",
        ),
    ],
)
def test_a_debt_is_nobodys_business_who_may_not_be_asked(
    standing: Standing, code: ReasonCode, words: str
) -> None:
    """CONC 7 and Regulation F: no disclosure of a debt to those who do not owe it."""
    person = replace(LONDON, standing=standing)
    for purpose in (Purpose.COLLECTION, Purpose.SERVICING):
        decision = ask(person, purpose=purpose)
        assert decision.outcome is Outcome.DENY
        assert [each.text_code for each in decision.reasons if each.outcome is Outcome.DENY] == [
            code
        ]
        assert f"tenor.party.{standing}" in [each.rule_id for each in decision.reasons]
    assert why(code.value) == words
    # The notice that calls a guarantor reaches him; whoever asks himself is answered.
    notice = ask(person, purpose=Purpose.STATUTORY)
    called = standing is Standing.NOT_CALLED
    assert notice.outcome is (Outcome.ALLOW if called else Outcome.DENY)
    answer = ask(person, purpose=Purpose.REPLY, reply=Reply(ReplyTo.HELP, NOON))
    assert answer.outcome is Outcome.ALLOW


def test_the_confirmation_of_a_stop_leaves_at_once() -> None:
    stopped = replace(
        LONDON,
        zones=(),
        opted_out=frozenset({Channel.SMS}),
        consents=(Consent(Channel.SMS, ConsentState.REVOKED),),
        holds=frozenset(HoldKind),
    )
    decision = ask(
        stopped,
        purpose=Purpose.REPLY,
        now=NIGHT,
        contacts=three_contacts(NIGHT.date()),
        reply=Reply(ReplyTo.STOP, NIGHT),
    )
    assert decision.outcome is Outcome.ALLOW
    assert decision.valid_until == NIGHT + timedelta(minutes=5)
    assert not decision.counts


def test_the_confirmation_of_a_stop_is_worthless_after_five_minutes() -> None:
    decision = ask(purpose=Purpose.REPLY, reply=Reply(ReplyTo.STOP, NOON - timedelta(minutes=5)))
    assert decision.outcome is Outcome.DENY


def test_the_answer_to_help_reaches_the_opted_out_but_in_the_hours() -> None:
    stopped = replace(LONDON, opted_out=frozenset({Channel.SMS}))
    answer = ask(stopped, purpose=Purpose.REPLY, reply=Reply(ReplyTo.HELP, NOON))
    assert answer.outcome is Outcome.ALLOW
    assert ("tenor.opt-out", ReasonCode.OPT_OUT_ANSWERED) in said(answer)
    at_night = ask(stopped, purpose=Purpose.REPLY, now=NIGHT, reply=Reply(ReplyTo.HELP, NIGHT))
    assert at_night.outcome is Outcome.DEFER


def test_a_reply_knows_no_cap_while_it_answers() -> None:
    full = three_contacts(date(2028, 3, 9))
    fresh = Reply(ReplyTo.MESSAGE, NOON - timedelta(hours=23))
    stale = Reply(ReplyTo.MESSAGE, NOON - timedelta(hours=24))
    prompt = ask(purpose=Purpose.REPLY, contacts=full, reply=fresh)
    assert prompt.outcome is Outcome.ALLOW
    assert not prompt.counts
    assert ask(purpose=Purpose.REPLY, contacts=full, reply=stale).outcome is Outcome.DEFER
    assert ask(purpose=Purpose.REPLY, reply=stale).counts


def test_a_reply_needs_no_consent_but_respects_opt_out_and_hours() -> None:
    demanding = pack(consent=frozenset({Channel.SMS}))
    reply = Reply(ReplyTo.MESSAGE, NOON)
    silent = replace(LONDON, consents=())
    assert (
        ask(silent, packs=(demanding,), purpose=Purpose.REPLY, reply=reply).outcome is Outcome.ALLOW
    )
    stopped = replace(LONDON, opted_out=frozenset({Channel.SMS}))
    assert ask(stopped, purpose=Purpose.REPLY, reply=reply).outcome is Outcome.DENY
    assert (
        ask(purpose=Purpose.REPLY, now=NIGHT, reply=Reply(ReplyTo.MESSAGE, NIGHT)).outcome
        is Outcome.DEFER
    )


def test_a_reply_says_what_it_answers() -> None:
    with pytest.raises(ValueError, match="answers"):
        ask(purpose=Purpose.REPLY)


def test_several_plausible_places_count_every_day_as_young_as_it_may_be() -> None:
    # 23:30 in London, the next day already in Kolkata.
    both = replace(LONDON, zones=("Asia/Kolkata", "Europe/London"))
    assert ask(both, now=datetime(2028, 3, 10, 23, 30, tzinfo=UTC)).local_on == date(2028, 3, 11)


PLACES = [
    "America/New_York",
    "America/Los_Angeles",
    "Europe/Berlin",
    "Australia/Sydney",
    "Asia/Kolkata",
    "America/Santiago",
]
# Around the clock changes of 2028 in both hemispheres.
NIGHTS = [
    datetime(2028, 3, 11, tzinfo=UTC),
    datetime(2028, 3, 25, tzinfo=UTC),
    datetime(2028, 3, 31, tzinfo=UTC),
    datetime(2028, 9, 2, tzinfo=UTC),
    datetime(2028, 9, 30, tzinfo=UTC),
    datetime(2028, 10, 28, tzinfo=UTC),
    datetime(2028, 11, 4, tzinfo=UTC),
]
AROUND_A_CHANGE = st.builds(
    lambda night, seconds: night + timedelta(seconds=seconds),
    st.sampled_from(NIGHTS),
    st.integers(0, 3 * 86_400),
)


@settings(deadline=None)
@given(
    AROUND_A_CHANGE,
    st.lists(st.sampled_from(PLACES), min_size=1, max_size=3, unique=True),
    st.sampled_from([Purpose.COLLECTION, Purpose.SERVICING, Purpose.STATUTORY]),
)
def test_nothing_is_allowed_outside_the_window_of_any_place(
    now: datetime, zones: list[str], purpose: Purpose
) -> None:
    rules = pack(opens=time(8), closes=time(20), caps=())
    person = replace(LONDON, zones=tuple(zones))
    decision = ask(person, now=now, purpose=purpose, packs=(rules,))
    if decision.outcome is Outcome.ALLOW:
        assert decision.valid_until is not None
        moments = [now, decision.valid_until - timedelta(microseconds=1)]
    elif decision.outcome is Outcome.DEFER:
        assert decision.defer_until is not None
        assert decision.defer_until > now
        moments = [decision.defer_until]
    else:
        moments = []
        assert ("tenor.hours", ReasonCode.NO_COMMON_HOURS) in said(decision)
    for moment in moments:
        for zone in zones:
            assert time(8) <= moment.astimezone(ZoneInfo(zone)).time() < time(20)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 40 * 24 * 60), st.sampled_from(list(Channel))), max_size=60),
    st.lists(st.sampled_from(PLACES), min_size=1, max_size=2, unique=True),
    st.integers(1, 4),
    st.integers(1, 10),
)
def test_no_sequence_of_allows_exceeds_a_cap_in_any_place(
    tries: list[tuple[int, Channel]], zones: list[str], most: int, days: int
) -> None:
    rules = pack(opens=time(0), closes=time(23, 59), caps=(Cap(most, days),))
    person = replace(LONDON, zones=tuple(zones))
    slots: list[Contact] = []
    sent: list[datetime] = []
    for minutes, channel in sorted(tries, key=lambda each: each[0]):
        now = datetime(2028, 3, 1, tzinfo=UTC) + timedelta(minutes=minutes)
        decision = ask(person, channel=channel, now=now, contacts=tuple(slots), packs=(rules,))
        if decision.outcome is Outcome.ALLOW:
            assert decision.local_on is not None
            slots.append(Contact(channel, decision.local_on))
            sent.append(now)
        else:
            assert decision.outcome is Outcome.DENY or (
                decision.defer_until is not None and decision.defer_until > now
            )
    for zone in zones:
        local = [at.astimezone(ZoneInfo(zone)).date() for at in sent]
        for first in local:
            assert sum(first <= day < first + timedelta(days=days) for day in local) <= most


@settings(deadline=None)
@given(AROUND_A_CHANGE, st.lists(st.integers(0, 9), max_size=6))
def test_whoever_waits_as_told_is_let_through_if_nothing_else_happens(
    now: datetime, ages: list[int]
) -> None:
    contacts = tuple(Contact(Channel.SMS, now.date() - timedelta(days=age)) for age in ages)
    decision = ask(now=now, contacts=contacts)
    if decision.outcome is Outcome.DEFER:
        assert decision.defer_until is not None
        assert ask(now=decision.defer_until, contacts=contacts).outcome is Outcome.ALLOW


LATER = NOON + timedelta(days=2)


@pytest.mark.parametrize("purpose", [Purpose.COLLECTION, Purpose.SERVICING])
def test_what_asks_for_announced_money_waits_for_it(purpose: Purpose) -> None:
    decision = ask(purpose=purpose, awaited_until=LATER)
    assert (decision.outcome, decision.defer_until) == (Outcome.DEFER, LATER)
    assert [
        (reason.rule_id, reason.text_code)
        for reason in decision.reasons
        if reason.outcome is Outcome.DEFER
    ] == [("tenor.payment-awaited", ReasonCode.PAYMENT_AWAITED)]


def test_it_waits_until_open_hours_and_not_longer_than_it_has_a_point() -> None:
    until = datetime(2028, 3, 12, 0, tzinfo=UTC)
    assert ask(awaited_until=until).defer_until == datetime(2028, 3, 12, 8, tzinfo=UTC)
    too_late = ask(awaited_until=until, not_after=until)
    assert too_late.outcome is Outcome.DENY
    assert ReasonCode.TOO_LATE_TO_DEFER in {reason.text_code for reason in too_late.reasons}


def test_money_that_is_awaited_no_longer_and_notices_do_not_wait() -> None:
    assert ask(awaited_until=NOON).outcome is Outcome.ALLOW
    assert ask(purpose=Purpose.STATUTORY, awaited_until=LATER).outcome is Outcome.ALLOW


def test_a_notice_in_the_portal_waits_for_its_reader_at_any_hour() -> None:
    """No hour, wish, address or zone stands in its way; a hold, a cap and its end do."""
    sleeps = HourRules((Window(time(10), time(11), frozenset(range(7))),))
    anybody = Person(zones=(), consents=(), wishes=sleeps)
    for person in (LONDON, anybody):
        found = ask(person, channel=Channel.IN_APP, now=NIGHT)
        assert (found.outcome, found.counts, found.follow_up) == (
            Outcome.ALLOW,
            True,
            frozenset(),
        )
    told = tuple(Contact(Channel.IN_APP, date(2028, 3, 10)) for _ in range(3))
    assert ask(channel=Channel.IN_APP, contacts=told).outcome is Outcome.DEFER
    # A cap over all media counts it against a text message as well.
    assert ask(contacts=told).outcome is Outcome.DEFER
    held = replace(LONDON, holds=frozenset({HoldKind.DISPUTE}))
    assert ask(held, channel=Channel.IN_APP).outcome is Outcome.DENY
    assert ask(channel=Channel.IN_APP, packs=()).outcome is Outcome.DENY
    named = pack()
    only = replace(named, hours=(replace(named.hours[0], channels=frozenset({Channel.IN_APP})),))
    assert ask(channel=Channel.IN_APP, now=NIGHT, packs=(only,)).outcome is Outcome.DEFER
