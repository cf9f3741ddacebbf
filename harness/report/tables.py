"""Tables as GitHub reads them, without blanks that align them: cells here are long, and the report is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.report.text import code, plain


def table(rows: Sequence[Sequence[str]], heads: Sequence[str]) -> str:
    """A markdown table of cells that are safe already (`harness.report.text`)."""
    return "\n".join([_row(heads), "|" + "---|" * len(heads), *map(_row, rows)])


def named(rows: Sequence[Sequence[str]], heads: Sequence[str]) -> str:
    """A markdown table of plain texts, a name first in each row; a cell may have several lines."""
    return table([[code(name), *map(_lines, others)] for name, *others in rows], heads)


def _lines(cell: str) -> str:
    return "<br>".join(map(plain, cell.split("\n")))


def _row(cells: Sequence[str]) -> str:
    return re.sub(" {2,}", " ", f"| {' | '.join(cells)} |")
