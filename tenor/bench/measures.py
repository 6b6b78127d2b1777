"""What a bench found, for people and as one JSON line."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import typer
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure beside its yardstick.

    Attributes:
        name: What was measured, with its unit.
        value: The product's figure.
        yardstick: The yardstick's, of the same run.
        bar: The ratio of both that must be reached.
        stretch: The ratio that would be fine.
        at_most: The ratio must not be above the bar, instead of not below it.
    """

    name: str
    value: float
    yardstick: float
    bar: float
    stretch: float
    at_most: bool = False

    @property
    def ratio(self) -> float:
        """The product's figure by the yardstick's."""
        return self.value / self.yardstick if self.yardstick else 0.0

    @property
    def met(self) -> bool:
        """Whether the bar is reached."""
        return self.ratio <= self.bar if self.at_most else self.ratio >= self.bar


@dataclass(frozen=True, slots=True)
class Report:
    """All that a bench found, where, how long it took, and what else is to be known of it."""

    bench: str
    measures: Sequence[Measure]
    machine: str
    seconds: float
    notes: Sequence[str] = ()

    def as_json(self) -> str:
        """One line."""
        return json.dumps(
            {
                "bench": self.bench,
                "measures": [
                    {
                        "name": each.name,
                        "value": round(each.value, 4),
                        "yardstick": round(each.yardstick, 4),
                        "ratio": round(each.ratio, 4),
                        "bar": each.bar,
                        "stretch": each.stretch,
                        "met": each.met,
                    }
                    for each in self.measures
                ],
                "machine": self.machine,
                "seconds": round(self.seconds, 1),
                "notes": list(self.notes),
            }
        )

    def show(self, *, as_json: bool) -> None:
        """Print it; with `as_json` the last line of standard output is the JSON."""
        console = Console(highlight=False, soft_wrap=True, stderr=as_json)
        table = Table(box=None, pad_edge=False)
        for column in ("measure", "value", "yardstick", "ratio", "bar", "stretch", "met"):
            table.add_column(column)
        for each in self.measures:
            sign = "≤" if each.at_most else "≥"
            table.add_row(
                each.name,
                f"{each.value:,.3g}" if each.value < 1 else f"{each.value:,.1f}",
                f"{each.yardstick:,.3g}" if each.yardstick < 1 else f"{each.yardstick:,.1f}",
                f"{each.ratio:.2f}",
                f"{sign} {each.bar}",
                f"{sign} {each.stretch}",
                "yes" if each.met else "no",
            )
        console.print(table)
        for note in self.notes:
            console.print(note)
        console.print(f"{self.machine}; {self.seconds:.0f} s")
        if as_json:
            typer.echo(self.as_json())


def median(values: Sequence[float]) -> float:
    """The median of several rounds; 0 of none."""
    return statistics.median(values) if values else 0.0
