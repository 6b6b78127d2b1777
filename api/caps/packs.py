"""Packs of caps that Tenor brings: data by country, one for each sort of credit."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

from domain.lending.caps import Cap, Measure

FOLDER: Final = Path(__file__).parents[1] / "packs" / "caps"


@dataclass(frozen=True, slots=True)
class CapPack:
    """The caps of a country for one sort of credit.

    Attributes:
        country: ISO 3166 alpha-2, the creditor's.
        caps: The caps.
        aprc_from: The yearly cost, in percent, from which they hold.
        days_up_to: The longest loan for which they hold; None for any.
    """

    country: str
    caps: tuple[Cap, ...]
    aprc_from: Decimal
    days_up_to: int | None

    def holds(self, yearly_percent: Decimal, days: int) -> bool:
        """Whether a loan of that yearly cost and length is of the sort."""
        return yearly_percent >= self.aprc_from and (
            self.days_up_to is None or days <= self.days_up_to
        )


@cache
def packs() -> tuple[CapPack, ...]:
    """All packs that Tenor brings; raises `ValueError` for one that is not sound."""
    return tuple(
        read_pack(tomllib.loads(path.read_text(encoding="utf-8")))
        for path in sorted(FOLDER.glob("*.toml"))
    )


def of_country(country: str) -> tuple[CapPack, ...]:
    """The packs of a country; most have none."""
    return tuple(pack for pack in packs() if pack.country == country)


def read_pack(data: Mapping[str, object]) -> CapPack:
    """A pack as its file says it; raises `ValueError` for one that is not sound."""
    days = data.get("days_up_to")
    listed = data["cap"]
    if not isinstance(listed, list):
        raise ValueError("a pack of caps lists them")  # noqa: TRY004 - the file is wrong
    return CapPack(
        country=str(data["country"]),
        caps=tuple(_cap(entry) for entry in listed),
        aprc_from=Decimal(str(data.get("aprc_from", "0"))),
        days_up_to=None if days is None else int(str(days)),
    )


def _cap(entry: Mapping[str, object]) -> Cap:
    currency = entry.get("currency")
    return Cap(
        rule=str(entry["rule"]),
        measure=Measure(str(entry["measure"])),
        source=str(entry["source"]),
        currency=None if currency is None else str(currency),
        amount=_figure(entry, "amount"),
        percent_of_principal=_figure(entry, "percent_of_principal"),
        percent_per_day=_figure(entry, "percent_per_day"),
        percent_a_year=_figure(entry, "percent_a_year"),
    )


def _figure(entry: Mapping[str, object], name: str) -> Decimal | None:
    found = entry.get(name)
    return None if found is None else Decimal(str(found))
