"""Rule packs: what one jurisdiction asks of contact, as data that names its sources.

A pack reaches this module as a plain mapping (TOML or JSON, read elsewhere); every mistake in it
is named by its path.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time

from domain.contact.caps import Cap
from domain.contact.channel import Channel
from domain.contact.hours import WEEKDAYS, HourRules, Window
from domain.errors import DomainError, ErrorCode


@dataclass(frozen=True, slots=True)
class HourRule:
    """The hours of a pack, by the id and source of the rule.

    Attributes:
        rule_id: Stable name, e.g. `us.hours`.
        citation: Where the rule is written.
        hours: The windows.
    """

    rule_id: str
    citation: str
    hours: HourRules


@dataclass(frozen=True, slots=True)
class CapRule:
    """A frequency cap of a pack, by the id and source of the rule."""

    rule_id: str
    citation: str
    cap: Cap


@dataclass(frozen=True, slots=True)
class ConsentRule:
    """The media for which a pack demands consent, by the id and source of the rule."""

    rule_id: str
    citation: str
    channels: frozenset[Channel]


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
        countries: ISO 3166-1 alpha-2 codes it binds in; empty: it is the pack for everywhere
            that has no pack of its own.
        hours: Its hours.
        caps: Its caps, all of which bind.
        consent: Its demand for consent, if any.
    """

    id: str
    version: int
    name: str
    effective_on: date
    citation: str
    verified: bool
    countries: frozenset[str]
    hours: HourRule
    caps: tuple[CapRule, ...]
    consent: ConsentRule | None

    @property
    def label(self) -> str:
        """Id and version in one word, as decisions record it: `us@1`."""
        return f"{self.id}@{self.version}"


def packs_for(country: str | None, packs: Iterable[RulePack], on: date) -> tuple[RulePack, ...]:
    """The packs that bind for a person who lives in a country, on a day.

    Of several versions of a pack the latest effective one counts. Where no pack names the
    country, or the country is unknown, the packs without countries bind; they are kept as strict
    as the strictest of the others.
    """
    current: dict[str, RulePack] = {}
    for pack in packs:
        held = current.get(pack.id)
        if pack.effective_on <= on and (held is None or held.version < pack.version):
            current[pack.id] = pack
    effective = [current[key] for key in sorted(current)]
    local = tuple(pack for pack in effective if country is not None and country in pack.countries)
    return local or tuple(pack for pack in effective if not pack.countries)


def rule_pack_from_mapping(data: Mapping[str, object]) -> RulePack:
    """Read a rule pack.

    Args:
        data: `id`, `version`, `name`, `effective_on`, `citation`, `verified`, `countries`, a
            table `hours` (`rule`, `citation`, `windows` of `days`, `opens`, `closes`, and
            `closed_on`), a list `caps` (`rule`, `citation`, `max`, `days`, optional `channel`)
            and an optional table `consent` (`rule`, `citation`, `channels`).

    Raises:
        DomainError: `INVALID_CONTACT`, fact `field` naming the path of the mistake.
    """
    reader = _Reader(data, "")
    reader.only(
        "id", "version", "name", "effective_on", "citation", "verified", "countries", "hours",
        "caps", "consent",
    )  # fmt: skip
    hours = reader.table("hours")
    hours.only("rule", "citation", "windows", "closed_on")
    windows = hours.tables("windows")
    if not windows:
        raise hours.wrong("windows", "needs at least one window")
    consent = reader.table("consent") if "consent" in data else None
    if consent is not None:
        consent.only("rule", "citation", "channels")
    return RulePack(
        id=reader.text("id"),
        version=reader.whole("version"),
        name=reader.text("name"),
        effective_on=reader.day("effective_on"),
        citation=reader.text("citation"),
        verified=reader.flag("verified"),
        countries=frozenset(reader.texts("countries")),
        hours=HourRule(
            hours.text("rule"),
            hours.text("citation"),
            HourRules(
                windows=tuple(_window(window) for window in windows),
                closed_on=frozenset(hours.days("closed_on")),
            ),
        ),
        caps=tuple(_cap(cap) for cap in reader.tables("caps")),
        consent=None
        if consent is None
        else ConsentRule(
            consent.text("rule"),
            consent.text("citation"),
            frozenset(consent.channel(name, "channels") for name in consent.texts("channels")),
        ),
    )


class _Reader:
    """Typed reads from a mapping of unknown make; a mistake names its path."""

    def __init__(self, data: Mapping[str, object], path: str) -> None:
        self._data = data
        self._path = path

    def wrong(self, key: str, what: str) -> DomainError:
        field = f"{self._path}{key}"
        return DomainError(
            ErrorCode.INVALID_CONTACT, f"The rule pack's `{field}` {what}.", {"field": field}
        )

    def only(self, *known: str) -> None:
        for key in self._data:
            if key not in known:
                raise self.wrong(key, "is not known")

    def has(self, key: str) -> bool:
        return key in self._data

    def text(self, key: str) -> str:
        value = self._data.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, "must be a text")
        return value

    def whole(self, key: str) -> int:
        value = self._data.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self.wrong(key, "must be a whole number above zero")
        return value

    def flag(self, key: str) -> bool:
        value = self._data.get(key)
        if not isinstance(value, bool):
            raise self.wrong(key, "must be true or false")
        return value

    def day(self, key: str) -> date:
        return self._day(self._data.get(key), key)

    def _day(self, value: object, key: str) -> date:
        try:
            # JSON has no dates: the ISO text is as good.
            parsed = date.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            parsed = None
        if type(parsed) is not date:
            raise self.wrong(key, "must be a date")
        return parsed

    def days(self, key: str) -> list[date]:
        return [self._day(item, key) for item in self._list(key)]

    def clock(self, key: str) -> time:
        value = self._data.get(key)
        try:
            parsed = time.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            parsed = None
        if not isinstance(parsed, time) or parsed.tzinfo is not None:
            raise self.wrong(key, "must be a local time of day")
        return parsed

    def texts(self, key: str) -> list[str]:
        items = self._list(key)
        texts = [item for item in items if isinstance(item, str) and item]
        if len(texts) != len(items):
            raise self.wrong(key, "must be a list of texts")
        return texts

    def table(self, key: str) -> "_Reader":
        return self._reader(self._data.get(key), key)

    def tables(self, key: str) -> list["_Reader"]:
        return [self._reader(item, f"{key}[{at}]") for at, item in enumerate(self._list(key))]

    def channel(self, name: str, key: str) -> Channel:
        try:
            return Channel(name)
        except ValueError:
            raise self.wrong(key, "must name a channel") from None

    def _list(self, key: str) -> list[object]:
        value = self._data.get(key, [])
        if not isinstance(value, list):
            raise self.wrong(key, "must be a list")
        return value

    def _reader(self, value: object, key: str) -> "_Reader":
        if not isinstance(value, Mapping):
            raise self.wrong(key, "must be a table")
        return _Reader(value, f"{self._path}{key}.")


def _window(data: _Reader) -> Window:
    data.only("days", "opens", "closes")
    names = data.texts("days")
    if not names or not set(names) <= set(WEEKDAYS):
        raise data.wrong("days", f"must list days out of {', '.join(WEEKDAYS)}")
    opens, closes = data.clock("opens"), data.clock("closes")
    if opens >= closes:
        raise data.wrong("closes", "must be later than `opens`")
    return Window(opens, closes, frozenset(WEEKDAYS.index(name) for name in names))


def _cap(data: _Reader) -> CapRule:
    data.only("rule", "citation", "max", "days", "channel")
    channel = data.channel(data.text("channel"), "channel") if data.has("channel") else None
    return CapRule(
        data.text("rule"),
        data.text("citation"),
        Cap(channel, data.whole("max"), data.whole("days")),
    )
