"""Tables as GitHub reads them, without the blanks that align them: cells here are long, and the report is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tabulate import tabulate

from harness.report.text import code, plain


def table(rows: Sequence[Sequence[str]], heads: Sequence[str]) -> str:
    """A markdown table of cells that are safe already (`harness.report.text`)."""
    aligned = tabulate(rows, heads, "github", disable_numparse=True)
    head, rule, *lines = aligned.splitlines()
    return "\n".join([_narrow(head), re.sub("-+", "---", rule), *map(_narrow, lines)])


def named(rows: Sequence[Sequence[str]], heads: Sequence[str]) -> str:
    """A markdown table of plain texts, a name first in each row; a cell may have several lines."""
    return table([[code(name), *map(lines, others)] for name, *others in rows], heads)


def lines(cell: str) -> str:
    """A cell of several lines of plain text."""
    return "<br>".join(map(plain, cell.split("\n")))


def _narrow(line: str) -> str:
    return re.sub(" {2,}", " ", line)
