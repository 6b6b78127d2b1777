"""Puts one clause of a rule pack to the test: a person, what happened before, what is asked."""

import tomllib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from domain.contact.caps import Contact, ContactKind
from domain.contact.channel import Channel, Purpose
from domain.contact.consent import Consent, ConsentState
from domain.contact.decision import Counters, Decision, Outcome, Person, Reply, ReplyTo
from domain.contact.hours import HourRules
from domain.contact.pack_reading import rule_pack_from_mapping
from domain.contact.packs import Licence, packs_for
from domain.contact.permit import decide
from domain.contact.places import Place
from domain.recovery.holds import HoldKind

FOLDER = Path(__file__).parents[4] / "api" / "packs" / "contact"
PACKS = tuple(
    rule_pack_from_mapping(tomllib.loads(file.read_text("utf-8")))
    for file in sorted(FOLDER.glob("*.toml"))
)

ALLOW, DEFER, DENY = Outcome.ALLOW, Outcome.DEFER, Outcome.DENY
SMS, EMAIL, CALL = Channel.SMS, Channel.EMAIL, Channel.CALL
AGREED = tuple(Consent(channel, ConsentState.GIVEN) for channel in Channel)


@dataclass(frozen=True, slots=True)
class Where:
    """A person's place and clock, and what their creditor is."""

    place: Place
    licence: Licence = Licence.CREDITOR

    @property
    def zone(self) -> str:
        """The first of their zones."""
        return self.place.zones[0]

    def owing(self, licence: Licence) -> "Where":
        """The same person, owing another kind of creditor."""
        return replace(self, licence=licence)

    def also_in(self, *zones: str) -> "Where":
        """The same person, whom other signs put elsewhere too."""
        return replace(self, place=replace(self.place, zones=(*self.place.zones, *zones)))


CHICAGO = Where(Place("US", "US-IL", zones=("America/Chicago",)), Licence.COLLECTOR)
BOSTON = Where(Place("US", "US-MA", zones=("America/New_York",)))
BROOKLYN = Where(Place("US", "US-NY", "Brooklyn", "11201", ("America/New_York",)))
LEEDS = Where(Place("GB", "GB-ENG", zones=("Europe/London",)))
GLASGOW = Where(Place("GB", "GB-SCT", zones=("Europe/London",)))
BELFAST = Where(Place("GB", "GB-NIR", zones=("Europe/London",)))
PUNE = Where(Place("IN", "IN-MH", zones=("Asia/Kolkata",)), Licence.NBFC)
OTTAWA = Where(Place("CA", "CA-ON", zones=("America/Toronto",)))
SYDNEY = Where(Place("AU", "AU-NSW", zones=("Australia/Sydney",)))
BERLIN = Where(Place("DE", "DE-BE", zones=("Europe/Berlin",)))
TOKYO = Where(Place("JP", zones=("Asia/Tokyo",)))
NOWHERE = Where(Place(None))


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: where it is written, a situation, and what the permit must say.

    Attributes:
        name: What it asks, in a few words.
        citation: Where it is written.
        who: The person and their creditor.
        at: Their local time; `fold` picks the second of two equal hours.
        expected: The answer.
        rule: The rule that must have spoken with that answer, or `""` where none has to.
        channel: The medium.
        purpose: What for.
        contacts: What happened before.
        debts: What the message is about.
        until: For a deferral, until when (local), if the clause says so.
        consents: What the person agreed to.
        holds: What binds them.
        opted_out: Media they stopped.
        wishes: The hours they named.
        notice_on: When a written notice went.
        answers: What they wrote, if this is the answer.
    """

    name: str
    citation: str
    who: Where
    at: str
    expected: Outcome
    rule: str = ""
    channel: Channel = CALL
    purpose: Purpose = Purpose.COLLECTION
    contacts: tuple[Contact, ...] = ()
    debts: frozenset[str] = frozenset({"a"})
    until: str | None = None
    consents: tuple[Consent, ...] = AGREED
    holds: frozenset[HoldKind] = frozenset()
    opted_out: frozenset[Channel] = frozenset()
    wishes: HourRules | None = None
    notice_on: date | None = None
    answers: ReplyTo | None = None
    fold: int = 0

    @property
    def now(self) -> datetime:
        """The instant (UTC)."""
        return self._instant(self.at, self.fold)

    @property
    def defer_until(self) -> datetime | None:
        """The instant until which it is put off (UTC), if the clause says so."""
        return None if self.until is None else self._instant(self.until, 0)

    def decide(self) -> Decision:
        """Ask for the permit, under the packs that bind on the day."""
        now, place = self.now, self.who.place
        day = max((now.astimezone(ZoneInfo(zone)).date() for zone in place.zones), default=None)
        return decide(
            Person(place.zones, self.opted_out, self.consents, self.holds, self.wishes),
            self.channel,
            self.purpose,
            now,
            counters=Counters(self.contacts, self.debts, self.notice_on),
            packs=packs_for(
                place,
                PACKS,
                day or now.date(),
                licence=self.who.licence,
                collecting=self.purpose is Purpose.COLLECTION,
            ),
            not_after=None,
            reply=None if self.answers is None else Reply(self.answers, now),
        )

    def _instant(self, text: str, fold: int) -> datetime:
        zone = ZoneInfo(self.who.zone) if self.who.place.zones else UTC
        return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def contacts(
    count: int,
    on: str,
    channel: Channel = CALL,
    kind: ContactKind = ContactKind.ATTEMPT,
    *,
    debt: str = "a",
    by_customer: bool = False,
    consented: bool = False,
) -> tuple[Contact, ...]:
    """So many contacts on one local day."""
    made = Contact(
        channel,
        date.fromisoformat(on),
        frozenset({debt}),
        kind,
        by_customer=by_customer,
        consented=consented,
    )
    return (made,) * count


def talk(on: str, *, debt: str = "a", by_customer: bool = False) -> tuple[Contact, ...]:
    """A conversation on the phone."""
    return contacts(1, on, kind=ContactKind.CONVERSATION, debt=debt, by_customer=by_customer)
