"""What an import shows a person: a bar while it runs, and the rows that were refused."""

from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tenor.portfolio.rows import RowProblem

ROWS_PER_LINE = 50
"""Where there is no terminal, a line of progress comes so often."""


class Steps:
    """Tells how many of a number of steps are done, as a context manager.

    It is a bar on a terminal, and now and then a plain line elsewhere.
    """

    def __init__(self, console: Console, what: str, total: int, per_line: int) -> None:
        """Plan the steps; `per_line` of them make a line where there is no terminal."""
        self._console = console
        self._what = what
        self._total = total
        self._per_line = per_line
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(what, total=total)

    def __enter__(self) -> Self:
        """Show the bar."""
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it as it is."""
        self._bar.stop()

    def done(self, count: int, note: str = "") -> None:
        """So many steps are done; `note` says where that is."""
        said = f"{self._what} {note}".strip()
        self._bar.update(self._task, completed=count, description=said)
        if not self._console.is_terminal and (count % self._per_line == 0 or count == self._total):
            self._console.print(f"{self._what}: {count} of {self._total} {note}".rstrip())


def problems_table(problems: tuple[RowProblem, ...]) -> Table:
    """The rows that were refused, by row and column; no cell is repeated."""
    table = Table(title="Rows that were not entered", title_justify="left", pad_edge=False)
    table.add_column("row", justify="right")
    table.add_column("column")
    table.add_column("what is wrong")
    for problem in problems:
        table.add_row(str(problem.row), escape(problem.column), escape(problem.problem))
    return table
