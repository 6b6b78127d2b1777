"""Rule packs: what one jurisdiction asks of contact, with its sources, and which packs bind."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.contact.caps import Cap, Wait
from domain.contact.channel import Channel
from domain.contact.hours import HourRules
from domain.contact.places import Area, Place


class Licence(StrEnum):
    """What a creditor is, as far as rules ask: some bind collectors only, some banks."""

    CREDITOR = "creditor"
    BANK = "bank"
    NBFC = "nbfc"
    MICROFINANCE = "microfinance"
    COLLECTOR = "collector"
    DEBT_BUYER = "debt_buyer"


@dataclass(frozen=True, slots=True)
class HourRule:
    """Hours of a pack, by the id and source of the rule.

    Attributes:
        rule_id: Stable name, e.g. `us.hours`.
        citation: Where the rule is written.
        hours: The windows.
        channels: The media it is for; empty: all.
    """

    rule_id: str
    citation: str
    hours: HourRules
    channels: frozenset[Channel] = frozenset()

    def binds(self, channel: Channel) -> bool:
        """Tell whether the hours are for a medium.

        What waits for its reader has hours only where a rule names it.
        """
        if not self.channels:
            return not channel.waits_for_reader
        return channel in self.channels


@dataclass(frozen=True, slots=True)
class CapRule:
    """A frequency cap of a pack, by the id and source of the rule."""

    rule_id: str
    citation: str
    cap: Cap


@dataclass(frozen=True, slots=True)
class WaitRule:
    """A wait after a talk, by the id and source of the rule."""

    rule_id: str
    citation: str
    wait: Wait


@dataclass(frozen=True, slots=True)
class ConsentRule:
    """The media for which a pack demands consent, by the id and source of the rule."""

    rule_id: str
    citation: str
    channels: frozenset[Channel]


@dataclass(frozen=True, slots=True)
class OptOutRule:
    """The media in which every message must say how to end them, by id and source of the rule."""

    rule_id: str
    citation: str
    channels: frozenset[Channel]


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """No collection before a written notice was sent and so many days have passed.

    Attributes:
        rule_id: Stable name.
        citation: Where the rule is written.
        days: Local days that the notice has to itself after the day it was sent.
    """

    rule_id: str
    citation: str
    days: int


@dataclass(frozen=True, slots=True)
class ValidationRule:
    """A notice of what the debt consists of, with the first communication or some days after it.

    Attributes:
        rule_id: Stable name.
        citation: Where the rule is written.
        days: Within how many days of the first communication.
    """

    rule_id: str
    citation: str
    days: int


@dataclass(frozen=True, slots=True)
class RulePack:
    """The contact rules of one jurisdiction.

    Attributes:
        id: Stable name of the pack.
        version: Rises with every change; a decision names it.
        name: For people.
        effective_on: First day the pack binds.
        citation: Where its rules come from.
        verified: Whether the figures were read at their source.
        area: Where it binds.
        binds: What a creditor must be to be bound; empty: anybody.
        once_collecting: It binds only once collection begins.
        hours: Its hours, all of which bind.
        caps: Its caps, all of which bind.
        waits: Its waits after a talk.
        consent: Its demand for consent, if any.
        opt_out: Its demand for a way out in every message, if any.
        notice: Its demand for a written notice first, if any.
        validation: Its demand for a notice that validates the debt, if any.
    """

    id: str
    version: int
    name: str
    effective_on: date
    citation: str
    verified: bool
    area: Area
    binds: frozenset[Licence] = frozenset()
    once_collecting: bool = False
    hours: tuple[HourRule, ...] = ()
    caps: tuple[CapRule, ...] = ()
    waits: tuple[WaitRule, ...] = ()
    consent: ConsentRule | None = None
    opt_out: OptOutRule | None = None
    notice: NoticeRule | None = None
    validation: ValidationRule | None = None

    @property
    def label(self) -> str:
        """Id and version in one word, as decisions record it: `us@1`."""
        return f"{self.id}@{self.version}"


def packs_for(
    place: Place,
    packs: Iterable[RulePack],
    on: date,
    *,
    licence: Licence | None = None,
    collecting: bool = True,
) -> tuple[RulePack, ...]:
    """The packs that bind contact with a person, on a day; the strictest of them wins.

    Where no pack is surely the person's (the country is unknown or has none, or packs are for
    some of its regions only and theirs is not known), all packs bind together: that is the
    strictest pack there can be.

    Args:
        place: What is known of where the person lives.
        packs: All packs, of which the latest effective version counts.
        on: The person's day.
        licence: What the creditor is; None: unknown.
        collecting: Whether collection has begun.
    """
    effective = [
        pack
        for pack in effective_packs(packs, on)
        if (licence is None or not pack.binds or licence in pack.binds)
        and (collecting or not pack.once_collecting)
    ]
    local = [pack for pack in effective if pack.area.may_hold(place)]
    if not any(pack.area.surely_holds(place) for pack in local):
        return tuple(effective)
    return tuple(local)


def effective_packs(packs: Iterable[RulePack], on: date) -> tuple[RulePack, ...]:
    """The latest version of each pack that is in force on a day, by id."""
    current: dict[str, RulePack] = {}
    for pack in packs:
        held = current.get(pack.id)
        if pack.effective_on <= on and (held is None or held.version < pack.version):
            current[pack.id] = pack
    return tuple(current[key] for key in sorted(current))
