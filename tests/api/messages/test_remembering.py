"""A decision remembers its question: asked again, it is the same one."""

from datetime import UTC, date, datetime, time

from hypothesis import given
from hypothesis import strategies as st

from api.messages.remembering import question_of, remembered
from domain.contact.caps import Contact, ContactKind
from domain.contact.channel import Channel, Purpose
from domain.contact.consent import Consent, ConsentState
from domain.contact.decision import Counters, Person, Reply, ReplyTo
from domain.contact.hours import HourRules, Window
from domain.contact.packs import Licence
from domain.errors import Fact
from domain.lending.parties import Standing
from domain.recovery.holds import HoldKind

AT = datetime(2028, 3, 1, 17, tzinfo=UTC)
CHANNELS = st.sampled_from(Channel)
PEOPLE = st.builds(
    Person,
    zones=st.lists(st.sampled_from(["America/New_York", "Asia/Kolkata"]), unique=True).map(tuple),
    opted_out=st.frozensets(CHANNELS),
    consents=st.lists(
        st.builds(
            Consent,
            CHANNELS,
            st.sampled_from(ConsentState),
            st.none() | st.sampled_from(Purpose),
            st.none() | st.dates(),
        )
    ).map(tuple),
    holds=st.frozensets(st.sampled_from(HoldKind)),
    standing=st.sampled_from(Standing),
    wishes=st.none()
    | st.builds(
        HourRules,
        windows=st.lists(
            st.builds(
                Window,
                st.times(time(0), time(11)),
                st.times(time(12), time(23)),
                st.frozensets(st.integers(0, 6), min_size=1),
            ),
            min_size=1,
        ).map(tuple),
    ),
)
DEBTS = st.frozensets(st.uuids().map(str), max_size=3)
COUNTERS = st.builds(
    Counters,
    st.lists(
        st.builds(
            Contact,
            CHANNELS,
            st.dates(date(2028, 1, 1), date(2028, 3, 1)),
            DEBTS,
            st.sampled_from(ContactKind),
            by_customer=st.booleans(),
            consented=st.booleans(),
        )
    ).map(tuple),
    DEBTS,
    st.none() | st.dates(),
)
REPLIES = st.builds(Reply, st.sampled_from(ReplyTo), st.datetimes(timezones=st.just(UTC)))


@given(PEOPLE, CHANNELS, st.sampled_from(Purpose), COUNTERS, REPLIES)
def test_the_question_comes_back(
    person: Person, channel: Channel, purpose: Purpose, counters: Counters, reply: Reply
) -> None:
    asked = reply if purpose is Purpose.REPLY else None
    inputs: dict[str, Fact] = {
        "channel": channel.value,
        "purpose": purpose.value,
        "country": "US",
        "region": None,
        "licence": "bank",
        "collecting": False,
        "zones": " ".join(person.zones),
        "opted_out": " ".join(sorted(person.opted_out)),
        "holds": " ".join(sorted(person.holds)),
        "payment_awaited_until": AT.isoformat(),
        "not_after": None,
    } | remembered(person, counters, asked)
    found = question_of(inputs, AT)
    assert (found.person, found.channel, found.purpose) == (person, channel, purpose)
    assert [each.given_on for each in found.person.consents] == [
        each.given_on for each in person.consents
    ]
    assert (found.place.country, found.place.region) == ("US", None)
    assert (found.licence, found.collecting) == (Licence.BANK, False)
    assert (found.counters, found.reply) == (counters, asked)
    assert (found.awaited_until, found.not_after, found.missing) == (AT, None, ())
