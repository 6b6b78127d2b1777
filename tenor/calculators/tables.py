"""Figures in columns, for people."""

from collections.abc import Sequence

from tenor.calculators.lines import Figures, objects


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


def case_shown(case: Figures) -> str:
    """A case by its id, with each figure it expects: rows as a table, others on a line."""
    expected = case.get("expected")
    found = expected if isinstance(expected, dict) else {}
    parts = [str(case.get("id", ""))]
    for name, value in found.items():
        rows = objects(value)
        parts.append(table(rows) if rows else f"{name.replace('_', ' ')}: {value}")
    return "\n".join(parts) + "\n"
