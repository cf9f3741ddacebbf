"""The lines of pages and tables: which are numbers, and what the others say of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.grammar.printouts import headings
from harness.grammar.printouts.found import Gap
from harness.grammar.printouts.headings import Heading
from harness.grammar.printouts.lines import LAST_PROMPT, NAME, PrintoutError, Text, another
from harness.grammar.printouts.rows import COMMENT, Row


@dataclass
class Block:
    """Rows of some columns of a page.

    columns: first and last as the text counts them, None where it does not. groups: row at which each part begins that
    blank lines set off.
    """

    line: int
    columns: tuple[int, int] | None = None
    rows: list[Row] = field(default_factory=list)
    gap: Gap | None = None
    groups: list[int] = field(default_factory=list)


@dataclass
class Page:
    """A page of the array: its index as the text gives it, None for the only one."""

    line: int
    index: tuple[int, ...] | None
    blocks: list[Block] = field(default_factory=list)


@dataclass
class Sheets:
    """What was read so far."""

    heading: Heading | None = None
    program: str | None = None
    pages: list[Page] = field(default_factory=list)
    shift: int = 0
    dots: int | None = None
    left_out: Gap | None = None
    vector: bool = False
    ended: bool = False
    parted: bool = True
    last: int = 0

    @property
    def page(self) -> Page:
        return self.pages[-1]

    @property
    def begun(self) -> bool:
        """Whether there are rows yet."""
        return any(block.rows for page in self.pages[-1:] for block in page.blocks)


def of(text: Text) -> Sheets:
    """What stands in the lines from where the array begins. Raises PrintoutError."""
    sheets = Sheets(program="octave" if text.assigned else None)
    for line in range(text.line, len(text.lines)):
        column = text.column if line == text.line else 0
        words = text.lines[line][column:]
        if words.strip():
            _take(sheets, line, column, words)
        else:
            sheets.parted = True
    if not sheets.begun:
        raise PrintoutError(sheets.last + 1, 1, "the text ends before the numbers; is it cut off?")
    _end(sheets)
    return sheets


def _take(sheets: Sheets, line: int, column: int, words: str) -> None:
    """One line that is not empty."""
    if LAST_PROMPT.fullmatch(words):
        sheets.ended = True
        return
    if sheets.ended or (sheets.begun and NAME.fullmatch(words) and "=" in words and not headings.page(words)):
        raise another(line, words)
    sheets.last = line
    if not _announced(sheets, line, words):
        _row(sheets, line, column, words)


def _announced(sheets: Sheets, line: int, words: str) -> bool:
    """Whether the line says something of the numbers; what it says is noted."""
    if found := headings.sizes(words):
        if sheets.heading or (sheets.begun and not headings.TRAILER.fullmatch(words)):
            raise another(line, words)
        sheets.heading = found
    elif page := headings.page(words):
        _turn(sheets, line, *page)
    elif columns := headings.columns(words):
        sheets.program = sheets.program or "octave"
        _block(sheets, line, columns)
    elif (power := headings.factor(words)) is not None:
        sheets.program, sheets.shift = sheets.program or "octave", power
    elif headings.R_COLUMNS.fullmatch(words):
        sheets.program = "r"
        numbers = [int(each) for each in headings.R_NUMBER.findall(words)]
        _block(sheets, line, (numbers[0], numbers[-1]))
    elif (omitted := headings.omitted(words)) is not None:
        sheets.left_out = Gap(0, omitted, line + 1)
    elif headings.DOTS.fullmatch(words):
        sheets.dots = line
    elif headings.KIND.fullmatch(words) and not sheets.begun:
        sheets.program = "octave"
    else:
        return False
    return True


def _turn(sheets: Sheets, line: int, program: str, index: tuple[int, ...]) -> None:
    """A new page."""
    if sheets.pages and (sheets.page.index is None or not sheets.begun):
        raise PrintoutError(line + 1, 1, "a page begins here, but what stands before it is none, or empty")
    sheets.program, sheets.shift = program, 0
    if sheets.dots is not None:
        sheets.left_out, sheets.dots = Gap(0, None, sheets.dots + 1), None
    sheets.pages.append(Page(line, index))


def _block(sheets: Sheets, line: int, columns: tuple[int, int] | None = None) -> Block:
    """A new block of columns."""
    if not sheets.pages:
        sheets.pages.append(Page(line, None))
    made = Block(line, columns)
    sheets.page.blocks.append(made)
    return made


def _row(sheets: Sheets, line: int, column: int, words: str) -> None:
    """A line of numbers."""
    if comment := COMMENT.search(words):
        words = words[: comment.start()]
        if not words.strip():
            return
    block = sheets.page.blocks[-1] if sheets.pages and sheets.page.blocks else _block(sheets, line)
    if label := headings.R_ROW.match(words):
        _demand_label(sheets, block, line, label[1], label[2])
        column, words = column + label.end(), words[label.end() :]
    if sheets.dots is not None:
        if block.gap:
            raise PrintoutError(line + 1, 1, f"rows were left out in line {block.gap.line}, too")
        block.gap, sheets.dots = Gap(len(block.rows), None, sheets.dots + 1), None
    if sheets.parted:
        block.groups.append(len(block.rows))
        sheets.parted = False
    block.rows.append(Row(words, line, column, sheets.shift))


def _demand_label(sheets: Sheets, block: Block, line: int, label: str, comma: str) -> None:
    """R's label of a row, which is its number; that of a vector's first element in a line is judged later."""
    sheets.program = "r"
    sheets.vector |= not comma
    if comma and int(label) != len(block.rows) + 1:
        raise PrintoutError(line + 1, 1, f"expected row {len(block.rows) + 1}, found row {label}; is a line missing?")


def _end(sheets: Sheets) -> None:
    """Dots at the end: rows were left out behind the last one."""
    if sheets.dots is not None:
        block = sheets.page.blocks[-1]
        block.gap = block.gap or Gap(len(block.rows), None, sheets.dots + 1)
