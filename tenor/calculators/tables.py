"""Figures in columns, for people."""

from collections.abc import Sequence

from tenor.calculators.lines import Figures


def table(rows: Sequence[Figures]) -> str:
    """Rows under the names of their figures, amounts to the right."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[str(row.get(name, "")) for name in names] for row in rows]
    heads = [name.replace("_", " ") for name in names]
    widths = [max(len(cell) for cell in column) for column in zip(heads, *cells, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        for line in [heads, *cells]
    )
