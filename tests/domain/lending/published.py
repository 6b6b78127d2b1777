"""The published figures in `tests/cases`, and what of them the present engine covers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

_CASES = Path(__file__).parents[2] / "cases"


@dataclass(frozen=True)
class Case:
    """One case: its id, and its JSON read by path."""

    id: str
    data: Any

    @property
    def inputs(self) -> Any:
        return self.data["inputs"]


def cases(family: str) -> tuple[Case, ...]:
    """All cases of a file."""
    text = (_CASES / f"{family}.json").read_text(encoding="utf-8")
    return tuple(Case(item["id"], item) for item in json.loads(text)["cases"])


def day(text: str) -> date:
    return date.fromisoformat(text)


def amount(text: str) -> Decimal:
    return Decimal(text)


def checks(case: Case) -> Iterator[tuple[list[Any], Any]]:
    """Each check of a case with the events that came before it."""
    for check in case.data["checks"]:
        yield case.data["events"][: check["after"]], check
