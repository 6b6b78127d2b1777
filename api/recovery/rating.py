"""Rates a case by the card in use: its loans, its promises, and the ways to reach its customer."""

import tomllib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from api.recovery import risk_queries
from api.recovery.cases import Held
from api.recovery.tables import PromiseRow
from api.work import Work
from domain.recovery.promise import PromiseState
from domain.recovery.risk import Card, Figure, Score, card_from_mapping, score, worst

_FILE: Final = Path(__file__).parents[1] / "packs" / "risk" / "standard.toml"
CARD: Final[Card] = card_from_mapping(tomllib.loads(_FILE.read_text("utf-8")))
"""The card in use."""


async def risk_of_case(work: Work, held: Held, promises: Sequence[PromiseRow]) -> Score:
    """The risk of a case on its business date: of its loans, its promises and its customer."""
    loans = await risk_queries.of_loans(work, [loan.id for loan in held.loans], held.today)
    figures = dict(worst(list(loans.values())))
    figures[Figure.BROKEN_PROMISES] = broken_lately(promises, held.today)
    return score(CARD, figures)


def broken_lately(promises: Sequence[PromiseRow], today: date) -> int:
    """How many of a case's promises fell due within the year that a card looks at and broke."""
    since = today - risk_queries.YEAR
    return sum(row.status == PromiseState.BROKEN.value and row.due_on >= since for row in promises)
