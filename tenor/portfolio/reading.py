"""Reads a portfolio file: the rows that can be entered, and what is wrong with the others."""

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from tenor.portfolio.rows import COLUMNS, OPTIONAL, PortfolioRow, RowProblem, read_row

MOST_BYTES: Final = 64 * 1024 * 1024
_FIRST_DATA_ROW = 2


class PortfolioError(Exception):
    """The file as a whole cannot be used; the message says why, for the person who gave it."""


@dataclass(frozen=True, slots=True)
class Portfolio:
    """A file as read.

    Attributes:
        fingerprint: Says which content it was; keys of repeatable calls are made from it.
        rows: The rows that can be entered, in the order of the file.
        problems: What is wrong with the others, in the same order.
    """

    fingerprint: str
    rows: tuple[PortfolioRow, ...]
    problems: tuple[RowProblem, ...]

    @property
    def rows_refused(self) -> int:
        """How many rows have something wrong with them."""
        return len({problem.row for problem in self.problems})


def read_portfolio(path: Path) -> Portfolio:
    """Read a CSV file: UTF-8, commas, a first line that names the columns, a row per loan.

    Raises:
        PortfolioError: It cannot be read, or is no such file.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise PortfolioError(f"{path} is larger than {MOST_BYTES // 2**20} MiB; split it.")
        content = path.read_bytes()
    except OSError as error:
        raise PortfolioError(f"{path} cannot be read: {error.strerror}.") from error
    return parse_portfolio(content)


def parse_portfolio(content: bytes) -> Portfolio:
    """Read the content of a portfolio file.

    Raises:
        PortfolioError: It is not UTF-8, not CSV, or lacks a column.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PortfolioError(
            f"The file is not UTF-8 text (byte {error.start}); export it as CSV UTF-8."
        ) from error
    good: list[PortfolioRow] = []
    problems: list[RowProblem] = []
    known = _Known()
    for row, cells in _records(text):
        found: PortfolioRow | tuple[RowProblem, ...]
        if None in cells:
            found = (RowProblem(row, "-", "The row has more cells than there are columns."),)
        else:
            found = read_row(row, {name: cell for name, cell in cells.items() if name is not None})
        if isinstance(found, PortfolioRow):
            found = known.check(found)
        if isinstance(found, PortfolioRow):
            good.append(found)
        else:
            problems.extend(found)
    return Portfolio(hashlib.sha256(content).hexdigest()[:32], tuple(good), tuple(problems))


def _records(text: str) -> Iterator[tuple[int, dict[str | None, str]]]:
    """The rows of the file by their number in a spreadsheet; the columns are checked first."""
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, restval="")
    try:
        _check_columns([name.strip() for name in reader.fieldnames or ()])
        reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
        for row, cells in enumerate(reader, start=_FIRST_DATA_ROW):
            yield row, dict(cells)
    except csv.Error as error:
        raise PortfolioError(f"Line {reader.line_num} is not CSV: {error}.") from error


def _check_columns(names: list[str]) -> None:
    if not any(names):
        raise PortfolioError("The file is empty; its first line names the columns.")
    missing = [name for name in COLUMNS if name not in names and name not in OPTIONAL]
    if missing:
        raise PortfolioError(f"Columns are missing: {', '.join(missing)}.")
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        # A header that is no header may be a row of data: how many there are says enough.
        raise PortfolioError(
            f"{len(unknown)} columns are not known; the columns are {', '.join(COLUMNS)}."
        )
    if any(first == second for first, second in pairwise(sorted(names))):
        raise PortfolioError("A column is named twice.")


class _Known:
    """What earlier rows said: a loan stands once, and a customer is told the same everywhere."""

    def __init__(self) -> None:
        self._customers: dict[str, PortfolioRow] = {}
        self._loans: dict[str, int] = {}

    def check(self, found: PortfolioRow) -> PortfolioRow | tuple[RowProblem, ...]:
        """The row itself, or how it contradicts one before it."""
        problems = []
        twin = self._loans.get(found.loan.ref)
        if twin is not None:
            problems.append(
                RowProblem(found.row, "loan_ref", f"Row {twin} has the same reference.")
            )
        first = self._customers.get(found.customer.ref)
        if first is not None and first.customer != found.customer:
            problems.append(
                RowProblem(
                    found.row,
                    "customer_ref",
                    f"The customer's data differ from those in row {first.row}.",
                )
            )
        if problems:
            return tuple(problems)
        self._customers.setdefault(found.customer.ref, found)
        self._loans[found.loan.ref] = found.row
        return found
