"""Tables whose rows and columns have names, as R and pandas print them, in a form without names.

R's are rewritten to those of its arrays without names (`[,1]`, `[1,]`, `, , 1`), others to lines of nothing but
numbers. Lines stay where they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.grammar.printouts.numerals import is_value

LOOKED_AT = 64
"""Lines among which such a table begins."""
LONGEST = 4000
"""Characters of a line of names."""
PAGE = re.compile(r"\s*, , (\S.*)")
NUMBERED = re.compile(r"\d+(?:, \d+)*\s*")
FRAME = re.compile(r"\s*\[(\d+) rows x (\d+) columns\]\s*")
SERIES = re.compile(r"(?:Name: [^,]*, )?(?:Length: \d+, )?dtype: (\w+)\s*")
R_ROW, R_COLUMN = re.compile(r"\[\d+,\]"), re.compile(r"\[,\d+\]")
WORD = re.compile(r"\S+")
LEFT_OUT = ("...", "..")


@dataclass
class _Table:
    """What was read so far: the lines as they are rewritten, and what is known of the block at hand.

    names: of each further axis, in their order. wide: columns of this page before this block. width: of this block.
    """

    lines: list[str]
    ours: bool = False
    names: list[list[str]] = field(default_factory=list)
    wide: int = 0
    width: int = 0
    row: int = 0
    labels: list[str] = field(default_factory=list)


def unnamed(lines: Sequence[str]) -> Sequence[str]:
    """The lines with numbers in place of names, or without them; as they are where no such table is in them."""
    if series := _series(lines):
        return series
    looked_at = range(min(len(lines), LOOKED_AT))
    first = next((n for n in looked_at if _page(lines[n]) or _columns(lines, n)), None)
    if first is None:
        return lines
    of_r = any("[" in line for line in lines[first : first + 2])
    for ours in (True,) if of_r else (False, True):  # of R, too, where there are pages, or several blocks of columns
        table = _Table(list(lines), ours)
        if _rewrite(table, lines, first):
            return table.lines
    return lines


def _columns(lines: Sequence[str], n: int) -> int:
    """How many columns the line names, 0 where it is no line of names: it ends where the row below it ends."""
    if n + 1 >= len(lines) or not 0 < len(lines[n]) < LONGEST or len(lines[n + 1]) >= LONGEST:
        return 0
    names, row = lines[n].split(), lines[n + 1].split()
    if not _is_row(row) or len(lines[n].rstrip()) != len(lines[n + 1].rstrip()):
        return 0
    indented = len(lines[n]) - len(lines[n].lstrip()) - len(lines[n + 1]) + len(lines[n + 1].lstrip())
    of_axes = len(names) == len(row) and indented < 0 and not is_value(names[0]) and not is_value(row[0])
    if not of_axes and not (len(names) == len(row) - 1 and indented > 0):
        return 0
    numbered = [is_value(name) for name in names[of_axes:]]
    plain = R_ROW.fullmatch(row[0]) and all(map(R_COLUMN.fullmatch, names))
    if plain or (any(numbered) and not (_consecutive(names[of_axes:]) and _is_second(lines, n, row))):
        return 0
    return len(row) - 1


def _is_second(lines: Sequence[str], n: int, row: Sequence[str]) -> bool:
    """Whether another row follows: one below a line of numbers could be longer by a fault."""
    below = lines[n + 2].split() if n + 2 < len(lines) and len(lines[n + 2]) < LONGEST else []
    return len(below) == len(row) and _is_row(below)


def _is_row(row: Sequence[str]) -> bool:
    return len(row) > 1 and all(is_value(word) or word in LEFT_OUT for word in row[1:])


def _consecutive(words: Sequence[str]) -> bool:
    """Whether these are whole numbers, each one more than the one before."""
    return words[0].isdecimal() and list(words) == [str(int(words[0]) + place) for place in range(len(words))]


def _page(line: str) -> list[str]:
    """The names of a page, as `, , c1` or `, , channel = c1`."""
    found = PAGE.fullmatch(line) if len(line) < LONGEST else None
    if not found or NUMBERED.fullmatch(found[1]):
        return []
    return [each.rpartition("=")[2].strip() for each in found[1].split(", ")]


def _rewrite(table: _Table, lines: Sequence[str], first: int) -> bool:
    """Rewrites the lines from the first of the table on; False where it turns out to be none of this kind."""
    blocks = 0
    for n in range(first, len(lines)):
        line = lines[n]
        if names := _page(line):
            if not table.ours:
                return False
            table.wide = table.width = 0
            table.lines[n] = f", , {', '.join(map(str, _places(table, names)))}"
        elif width := _columns(lines, n):
            blocks += 1
            if not _counts(table) or (blocks > 1 and not table.ours):
                return False
            _begin(table, n, width)
        elif table.width and _is_row(line.split()) and len(line.split()) == 1 + table.width:
            _number(table, n, line)
        elif line.strip() and not table.width and len(line.split()) == 1 and _columns(lines, n + 1):
            table.lines[n] = ""  # the name of the axis along the columns
        elif found := FRAME.fullmatch(line):
            if (int(found[1]), int(found[2])) != (table.row, table.width):
                return False
            table.lines[n] = ""
    return _counts(table)


def _places(table: _Table, names: Sequence[str]) -> list[int]:
    """The places of the names of a page, each among those of its axis."""
    table.names += [[] for _ in names[len(table.names) :]]
    for known, name in zip(table.names, names):
        if name not in known:
            known.append(name)
    return [known.index(name) + 1 for known, name in zip(table.names, names)]


def _begin(table: _Table, n: int, width: int) -> None:
    """A block of columns begins in line `n`."""
    table.wide, table.width, table.row, table.labels = table.wide + table.width, width, 0, []
    columns = range(table.wide + 1, table.wide + width + 1)
    table.lines[n] = " ".join(f"[,{column}]" for column in columns) if table.ours else ""


def _number(table: _Table, n: int, line: str) -> None:
    """A row gets its number for its name, or nothing."""
    label = WORD.search(line)
    assert label
    table.row += 1
    table.labels.append(label[0])
    table.lines[n] = (f"[{table.row},]" if table.ours else "").ljust(label.end()) + line[label.end() :]


def _counts(table: _Table) -> bool:
    """Whether the labels of the rows are names, or count them: other numbers may be those of the array."""
    return not any(map(is_value, table.labels)) or (table.labels[0] in "01" and _consecutive(table.labels))


def _series(lines: Sequence[str]) -> Sequence[str]:
    """A list of the numbers that a Series of pandas shows; empty where there is none."""
    last = len(lines) - 1
    while last > 0 and not lines[last].strip():
        last -= 1
    found = SERIES.fullmatch(lines[last]) if lines and len(lines[last]) < LONGEST else None
    first = last
    while found and first and len(words := lines[first - 1].split()) == 2 and _is_row(words):
        first -= 1
    if found is None or first == last:
        return []
    shown = [re.sub(r"^\s*\S+", lambda label: " " * len(label[0]), line) for line in lines[first:last]]
    shown[0] = f"[{shown[0][1:]}"
    return [*lines[:first], *(f"{line.rstrip()}," for line in shown), f"], dtype={found[1]}", *lines[last + 1 :]]
