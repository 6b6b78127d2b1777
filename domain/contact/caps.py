"""How often is too often: contacts in a window of customer-local days, and waits after a talk."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from domain.contact.channel import Channel
from domain.errors import DomainError, ErrorCode

_DAY = timedelta(days=1)


class ContactKind(StrEnum):
    """What became of a contact."""

    ATTEMPT = "attempt"
    """A message that went, or a call that left one: no word with the person."""
    UNANSWERED = "unanswered"
    """A call that nobody took and that left no message."""
    CONVERSATION = "conversation"
    """A talk with the person."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A past contact, as far as caps ask about it; nothing that identifies the person.

    Attributes:
        channel: The medium.
        on: The customer-local day.
        debts: Ids of the debts it was about; empty: unknown, so it counts for each.
        kind: What became of it.
        by_customer: The customer called us: no attempt of ours, but a talk is a talk.
        consented: It was made with consent given for it just before (see `Cap.consent_days`).
    """

    channel: Channel
    on: date
    debts: frozenset[str] = frozenset()
    kind: ContactKind = ContactKind.ATTEMPT
    by_customer: bool = False
    consented: bool = False

    def about(self, debt: str | None) -> bool:
        """Tell whether it counts for a debt; None: for the person."""
        return debt is None or not self.debts or debt in self.debts


class Scope(StrEnum):
    """What contacts are counted by."""

    PERSON = "person"
    DEBT = "debt"


class Period(StrEnum):
    """Which days a cap looks at."""

    SLIDING = "sliding"
    """So many consecutive local days, today included."""
    WEEK = "week"
    """The calendar week, from Monday."""
    MONTH = "month"
    """The calendar month."""


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `max` contacts in a window of local days.

    Attributes:
        max: Contacts allowed in the window, at least 1.
        days: Length of a sliding window in local days, today included, at least 1; how far a
            calendar window may look back otherwise.
        channels: The media it counts together; empty: all.
        scope: Whether it counts per person or per debt.
        period: Sliding, or by the calendar.
        unanswered: Whether a call that nobody took and that left no message counts.
        consent_days: A contact made within so many days of direct consent to it is left out, and
            such consent lifts the cap; None: consent changes nothing. The day of the consent is
            the first.
    """

    max: int
    days: int
    channels: frozenset[Channel] = frozenset()
    scope: Scope = Scope.PERSON
    period: Period = Period.SLIDING
    unanswered: bool = True
    consent_days: int | None = None

    def __post_init__(self) -> None:
        """Refuse a cap that allows nothing or looks at nothing (`INVALID_CONTACT`)."""
        if self.max < 1 or self.days < 1:
            raise DomainError(
                ErrorCode.INVALID_CONTACT, "A contact cap has a number and a window above zero."
            )

    def counts(self, channel: Channel) -> bool:
        """Tell whether contacts by this medium fall under the cap."""
        return not self.channels or channel in self.channels

    def counts_contact(self, contact: Contact) -> bool:
        """Tell whether a past contact takes one of the cap's places."""
        return (
            self.counts(contact.channel)
            and not contact.by_customer
            and not (contact.consented and self.consent_days is not None)
            and (self.unanswered or contact.kind is not ContactKind.UNANSWERED)
        )

    def free_on(
        self, contacts: Iterable[Contact], debts: Collection[str], today_local: date
    ) -> date | None:
        """The first local day on which one more contact keeps the cap; None if today does.

        Args:
            contacts: Past contacts of the person, of any kind.
            debts: Ids of the debts the next contact is about; each has a count of its own. A
                contact about none is held to the count of all.
            today_local: The person's day now.
        """
        counted = [contact for contact in contacts if self.counts_contact(contact)]
        free = [
            exceeded(self, [one.on for one in counted if one.about(debt)], today_local)
            for debt in _counted_for(self.scope, debts)
        ]
        return max((day for day in free if day is not None), default=None)


@dataclass(frozen=True, slots=True)
class Wait:
    """After a talk with the person, no contact by some media for a while.

    Attributes:
        channels: The media that wait, and whose talks start the wait.
        days: Its length in consecutive local days; the day of the talk is the first.
        scope: Whether a talk about one debt leaves the others alone.
        consent_days: Consent to a contact, at most so many days old, ends the wait; None: it
            does not.
    """

    channels: frozenset[Channel]
    days: int
    scope: Scope = Scope.DEBT
    consent_days: int | None = None

    def free_on(
        self, contacts: Iterable[Contact], debts: Collection[str], today_local: date
    ) -> date | None:
        """The first local day after the wait that holds today; None if none does.

        A talk that the customer began starts it as well.
        """
        ends = [
            contact.on + timedelta(days=self.days)
            for contact in contacts
            if contact.kind is ContactKind.CONVERSATION
            and contact.channel in self.channels
            and any(contact.about(debt) for debt in _counted_for(self.scope, debts))
        ]
        return max((end for end in ends if end > today_local), default=None)


def exceeded(
    cap: Cap, local_days_of_past_contacts: Iterable[date], today_local: date
) -> date | None:
    """The first local day on which one more contact keeps the cap; None if today does.

    Args:
        cap: The rule.
        local_days_of_past_contacts: The local day of every contact the cap counts, in any order.
            Days after today (another plausible zone was ahead) count as well.
        today_local: The person's day now.
    """
    latest_first = sorted(local_days_of_past_contacts, reverse=True)
    if cap.period is not Period.SLIDING:
        day = today_local
        while sum(_same(cap.period, on, day) for on in latest_first) >= cap.max:
            day = _next(cap.period, day)
        return day if day > today_local else None
    if len(latest_first) < cap.max:
        return None
    # The cap is free again when the max-th latest contact has left the window.
    free_on = latest_first[cap.max - 1] + timedelta(days=cap.days)
    return free_on if free_on > today_local else None


def _counted_for(scope: Scope, debts: Collection[str]) -> Collection[str | None]:
    return debts if scope is Scope.DEBT and debts else (None,)


def _same(period: Period, one: date, other: date) -> bool:
    if period is Period.MONTH:
        return (one.year, one.month) == (other.year, other.month)
    return one.isocalendar()[:2] == other.isocalendar()[:2]


def _next(period: Period, day: date) -> date:
    """The first day of the next week or month."""
    if period is Period.WEEK:
        return day + (7 - day.weekday()) * _DAY
    return (day.replace(day=28) + 4 * _DAY).replace(day=1)
