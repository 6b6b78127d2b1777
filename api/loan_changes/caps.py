"""The caps that hold for a loan: packs of data by country, and what the loan costs so far."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

from api.payments.planning import Ground
from domain.lending.apr import Flow, eu_aprc
from domain.lending.caps import Cap, Cost, Measure
from domain.money import ZERO

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


@cache
def packs() -> tuple[CapPack, ...]:
    """All packs that Tenor brings; raises `ValueError` for one that is not sound."""
    return tuple(
        _pack(tomllib.loads(path.read_text(encoding="utf-8")))
        for path in sorted(FOLDER.glob("*.toml"))
    )


def of_loan(ground: Ground) -> Sequence[Cap]:
    """The caps that hold for a loan."""
    found = [pack for pack in packs() if pack.country == ground.book.creditor.country]
    if not found:
        return ()
    cost = _yearly_cost(ground)
    days = _days(ground)
    return [
        cap
        for pack in found
        if cost >= pack.aprc_from and (pack.days_up_to is None or days <= pack.days_up_to)
        for cap in pack.caps
    ]


def cost_of(ground: Ground) -> Cost:
    """What a loan costs so far; what was waived or given back costs nothing."""
    loan = ground.book.loan
    return Cost(
        principal=loan.principal,
        currency=loan.currency,
        interest=sum(
            (row.interest - row.interest_rebated - row.interest_relieved for row in ground.rows),
            ZERO,
        ),
        fees=sum((row.fee - row.fee_relieved for row in ground.rows), ZERO),
        penalties=sum((row.penalty - row.penalty_relieved for row in ground.rows), ZERO),
    )


def _days(ground: Ground) -> int:
    return (ground.rows[-1].due_on - ground.rows[0].from_on).days


def _yearly_cost(ground: Ground) -> Decimal:
    lent = [Flow(ground.rows[0].from_on, ground.book.loan.principal)]
    paid = [
        Flow(row.due_on, total)
        for row in ground.rows
        if (total := row.principal + row.interest + row.fee) > ZERO
    ]
    return eu_aprc(lent, paid)


def _pack(data: Mapping[str, object]) -> CapPack:
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
    amount, percent, currency = (
        entry.get(key) for key in ("amount", "percent_of_principal", "currency")
    )
    return Cap(
        rule=str(entry["rule"]),
        measure=Measure(str(entry["measure"])),
        source=str(entry["source"]),
        currency=None if currency is None else str(currency),
        amount=None if amount is None else Decimal(str(amount)),
        percent_of_principal=None if percent is None else Decimal(str(percent)),
    )
