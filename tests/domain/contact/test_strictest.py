"""However packs are put together, one more of them never allows more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.contact.caps import Contact, ContactKind
from domain.contact.channel import Channel, Purpose
from domain.contact.consent import Consent, ConsentState
from domain.contact.decision import Counters, Decision, Outcome, Person
from domain.contact.packs import Licence, RulePack, packs_for
from domain.contact.permit import decide
from domain.contact.places import Place
from tests.domain.contact.golden.situations import PACKS

START = date(2028, 3, 1)
DEBTS = st.frozensets(st.sampled_from(["a", "b"]))
CONSENTS = st.builds(
    Consent,
    st.sampled_from(Channel),
    st.sampled_from(ConsentState),
    st.none(),
    st.integers(-9, 40).map(lambda n: START + timedelta(days=n)),
)
CONTACTS = st.builds(
    Contact,
    st.sampled_from(Channel),
    st.integers(0, 30).map(lambda n: START + timedelta(days=n)),
    DEBTS,
    st.sampled_from(ContactKind),
    by_customer=st.booleans(),
    consented=st.booleans(),
)
ZONES = st.lists(
    st.sampled_from(["America/Chicago", "Europe/London", "Australia/Sydney", "Asia/Kolkata"]),
    min_size=1,
    max_size=2,
    unique=True,
)


@dataclass(frozen=True, slots=True)
class Question:
    """Everything about a contact but the packs."""

    minutes: int
    zones: list[str]
    channel: Channel
    purpose: Purpose
    contacts: list[Contact]
    consents: list[Consent]
    debts: frozenset[str]
    noticed: date | None

    def ask(self, packs: Sequence[RulePack]) -> Decision:
        """Ask for a permit under some packs."""
        return decide(
            Person(tuple(self.zones), consents=tuple(self.consents)),
            self.channel,
            self.purpose,
            datetime(2028, 3, 1, tzinfo=UTC) + timedelta(minutes=self.minutes),
            counters=Counters(tuple(self.contacts), self.debts, self.noticed),
            packs=packs,
            not_after=None,
        )


QUESTIONS = st.builds(
    Question,
    st.integers(0, 31 * 24 * 60),
    ZONES,
    st.sampled_from(Channel),
    st.sampled_from([Purpose.COLLECTION, Purpose.SERVICING, Purpose.STATUTORY]),
    st.lists(CONTACTS, max_size=8),
    st.lists(CONSENTS, max_size=3),
    DEBTS,
    st.none() | st.just(START),
)


@settings(deadline=None)
@given(
    QUESTIONS,
    st.lists(st.sampled_from(PACKS), min_size=1, max_size=4, unique_by=lambda pack: pack.id),
    st.sampled_from(PACKS),
)
def test_one_more_pack_never_allows_more(
    question: Question, packs: list[RulePack], more: RulePack
) -> None:
    fewer, all_of_them = question.ask(packs), question.ask([*packs, more])
    severity = [Outcome.ALLOW, Outcome.DEFER, Outcome.DENY]
    assert severity.index(all_of_them.outcome) >= severity.index(fewer.outcome)
    if fewer.outcome is all_of_them.outcome is Outcome.ALLOW:
        assert fewer.valid_until is not None
        assert all_of_them.valid_until is not None
        assert all_of_them.valid_until <= fewer.valid_until
    if fewer.defer_until is not None and all_of_them.defer_until is not None:
        assert all_of_them.defer_until >= fewer.defer_until


@pytest.mark.parametrize("licence", [None, *Licence])
@pytest.mark.parametrize(
    "region", ["US-MA", "US-NY", "US-TX", "GB-SCT", "GB-ENG", "CA-ON", "CA-BC", "AU-NSW"]
)
def test_who_says_where_they_live_is_never_bound_by_more(
    region: str, licence: Licence | None
) -> None:
    country = region[:2]
    known, unknown, nowhere = (
        {pack.id for pack in packs_for(place, PACKS, START, licence=licence)}
        for place in (Place(country, region), Place(country), Place(None))
    )
    assert known <= unknown <= nowhere
