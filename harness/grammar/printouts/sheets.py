"""Pages and tables: Julia, MATLAB, Octave, R, old PyTorch, and lines of numbers."""

from __future__ import annotations

import numpy as np

from harness.grammar.printouts import pages
from harness.grammar.printouts.found import Found, Gap
from harness.grammar.printouts.headings import Heading
from harness.grammar.printouts.lines import PrintoutError, Text, add, refused
from harness.grammar.printouts.numerals import Numbers
from harness.grammar.printouts.pages import Block, Page, Sheets
from harness.grammar.printouts.rows import Between, Row, between

DOTS = ("...", "…", "⋯")


def read(text: Text) -> Found:
    """The array of the pages or the table that begins in `text`. Raises PrintoutError."""
    sheets, numbers = pages.of(text), Numbers()
    separator = between(row for page in sheets.pages for block in page.blocks for row in block.rows)
    if sheets.vector:
        index, gaps = _vector(sheets, separator, numbers)
        parts = [index]
    else:
        tables = [_page(page, separator, numbers) for page in sheets.pages]
        parts = [table.ravel() for table, _ in tables]
        index, gaps = _stacked(sheets, tables)
    heading = sheets.heading or Heading(None, None)
    if heading.dtype == "complex":
        raise refused(sheets.pages[0].line, 0, "", "1j")
    if heading.shape is not None and len(heading.shape) == 1 and index.ndim == 2 and index.shape[1] == 1:
        index = index[:, 0]
    program = _program(sheets, heading, index)
    if program == "plain":
        _demand_one_table(sheets)
    whole = [np.concatenate(parts)] if program != "octave" else parts
    return Found(numbers, index, gaps, heading.shape, heading.dtype, program, whole, sheets.last + 1)


def _demand_one_table(sheets: Sheets) -> None:
    """Lines of nothing but numbers are one table; blank lines may space out its rows, but not part it into blocks."""
    block = sheets.page.blocks[0]
    parts = np.diff([*block.groups, len(block.rows)])
    if len(parts) > 1 and parts.max() > 1:
        row = block.rows[block.groups[1]]
        raise PrintoutError(
            row.line + 1,
            row.column + 1,
            "behind a blank line: is this another array, or a page of the same? give one array at a time, and pages "
            "with headings, as [:, :, 2] =, or as nested lists",
        )


def _program(sheets: Sheets, heading: Heading, index: np.ndarray) -> str:
    """Whose way to print this is."""
    program = heading.program or sheets.program or "plain"
    if program == "julia":
        columns = (heading.shape or index.shape)[1:2]
        return "julia column" if columns in ((), (1,)) else "julia"
    return "octave" if program == "torch" else program


def _page(page: Page, separator: Between, numbers: Numbers) -> tuple[np.ndarray, dict[int, Gap]]:
    """Positions in `numbers` of the elements of a page, rows x columns, and what was left out of it."""
    tables = [_table(block, separator, numbers) for block in page.blocks]
    if not tables:
        raise PrintoutError(page.line + 1, 1, "this page has no numbers; is the text cut off?")
    seen = 0
    for block, (table, _) in zip(page.blocks, tables):
        if block.columns is not None:
            _demand_columns(block, table.shape[1], seen + min(page.blocks[0].columns or (1,)))
        if table.shape[0] != tables[0][0].shape[0]:
            raise PrintoutError(
                block.line + 1,
                1,
                f"{table.shape[0]} rows of these columns, {tables[0][0].shape[0]} of those before; is it cut off?",
            )
        seen += table.shape[1]
    return np.concatenate([table for table, _ in tables], axis=1), tables[0][1]


def _demand_columns(block: Block, found: int, first: int) -> None:
    """The columns that a block announces are those that it has, and follow those before them."""
    low, high = block.columns or (0, 0)
    if low != first or high - low + 1 != found:
        raise PrintoutError(
            block.line + 1,
            1,
            f"expected columns {first} to {first + found - 1}, {found} as printed, found {low} to {high}",
        )


def _table(block: Block, separator: Between, numbers: Numbers) -> tuple[np.ndarray, dict[int, Gap]]:
    """Positions in `numbers` of the elements of a block, rows x columns, and what was left out of it."""
    start, width = len(numbers), None
    gaps = {0: block.gap} if block.gap else {}
    for row in block.rows:
        before, gap = len(numbers), _add(row, separator, numbers)
        count = len(numbers) - before
        width = count if width is None else width
        if count != width:
            raise PrintoutError(row.line + 1, 1, f"ragged: {count} numbers in this line, {width} in those before it")
        if gap and gaps.setdefault(1, gap).position != gap.position:
            raise PrintoutError(row.line + 1, 1, "columns were left out at another place than in the lines before")
    if not width:
        raise PrintoutError(block.line + 1, 1, "no numbers here; is the text cut off?")
    return np.arange(start, len(numbers)).reshape(-1, width), gaps


def _add(row: Row, separator: Between, numbers: Numbers) -> Gap | None:
    """Append the numbers of a row; where columns were left out of it, if they were."""
    before, gap = len(numbers), None
    for word, column in separator.fields(row):
        if word in DOTS:
            gap = Gap(len(numbers) - before, None, row.line + 1)
        else:
            add(numbers, word, row.line, column, row.text, row.shift)
    return gap


def _vector(sheets: Sheets, separator: Between, numbers: Numbers) -> tuple[np.ndarray, dict[int, Gap]]:
    """Positions in `numbers` of a vector's elements, which stand in several lines, and what R left out of it."""
    for row in (row for page in sheets.pages for block in page.blocks for row in block.rows):
        _add(row, separator, numbers)
    index = np.arange(len(numbers))
    gap = sheets.left_out
    return index, {} if gap is None else {0: Gap(len(index), gap.missing, gap.line)}


def _stacked(sheets: Sheets, tables: list[tuple[np.ndarray, dict[int, Gap]]]) -> tuple[np.ndarray, dict[int, Gap]]:
    """Pages joined along the axes of their indices: the last axes, but for PyTorch, whose pages come first."""
    first, gaps = tables[0]
    for page, (table, _) in zip(sheets.pages, tables):
        if table.shape != first.shape:
            raise PrintoutError(
                page.line + 1,
                1,
                f"this page has shape {list(table.shape)}, the first {list(first.shape)}; is it cut off?",
            )
    if sheets.pages[0].index is None:
        if sheets.left_out:
            gaps = {**gaps, 0: Gap(first.shape[0], sheets.left_out.missing, sheets.left_out.line)}
        return first, gaps
    return _by_index(sheets, [table for table, _ in tables], gaps)


def _by_index(sheets: Sheets, tables: list[np.ndarray], gaps: dict[int, Gap]) -> tuple[np.ndarray, dict[int, Gap]]:
    indices = [page.index or () for page in sheets.pages]
    if len({len(index) for index in indices}) > 1 or len(set(indices)) != len(indices):
        raise PrintoutError(sheets.last + 1, 1, "pages with indices of several lengths, or the same page twice")
    axes = [sorted(set(along)) for along in zip(*indices)]
    shape = tuple(len(along) for along in axes)
    if len(indices) != int(np.prod(shape)):
        raise PrintoutError(
            sheets.last + 1, 1, f"{len(indices)} pages, where their indices ask for {shape}; is it cut off?"
        )
    stacked = np.empty((*shape, *tables[0].shape), np.int64)
    for index, table in zip(indices, tables):
        stacked[tuple(along.index(each) for along, each in zip(axes, index))] = table
    paged = {number: gap for number, along in enumerate(axes) if (gap := _jump(sheets, along))}
    if sheets.program == "torch":
        return stacked, {**paged, **{axis + len(axes): gap for axis, gap in gaps.items()}}
    return np.moveaxis(stacked, (-2, -1), (0, 1)), {**gaps, **{axis + 2: gap for axis, gap in paged.items()}}


def _jump(sheets: Sheets, along: list[int]) -> Gap | None:
    """The pages that were left out along one axis of their indices."""
    base = min(1, along[0]) if sheets.program == "torch" else 1
    jumps = [number for number, index in enumerate(along) if index - base != number]
    if not jumps:
        return None
    missing = along[-1] - base + 1 - len(along)
    if sheets.left_out is None or along[jumps[0]] - base - jumps[0] != missing:
        raise PrintoutError(sheets.last + 1, 1, f"page {jumps[0] + base} is missing; is the text cut off?")
    return Gap(jumps[0], missing, sheets.left_out.line)
