"""Pictures as SVG: panels of cells, beside each other where they are narrow, else below each other.

In a page the colours are those of its style sheet; a file of its own has them in itself, for light and dark.
`python -m harness.report.drawing FOLDER` writes those of the documents.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from markupsafe import Markup

from harness.operations import TABLE
from harness.operations.panels import Cell, Panel, Picture
from harness.output import replacing

SIDE, HEAD, SPACE, EDGE = 26, 24, 18, 6
"""Of a cell, of a title, between panels and around all of them, in pixels."""
WIDEST = 420
"""Pixels up to which panels stand beside each other."""
LETTER = 7.5
"""About the width of a letter of a title."""
STYLE = """\
svg.picture{background:#fff}svg.picture text{font:12px ui-monospace,"DejaVu Sans Mono",monospace;fill:#1b1b1b}
svg.picture rect{fill:#fff;stroke:#57606a}svg.picture .added{fill:#dcdfe3}svg.picture .seen{fill:#cfe5f7}
svg.picture .moved{fill:#ffdfb0}svg.picture .cut{fill:#fff;stroke-dasharray:3 2}svg.picture .struck{stroke:#57606a}
@media(prefers-color-scheme:dark){svg.picture{background:#15181c}svg.picture text{fill:#e8eaed}
svg.picture rect{fill:#15181c;stroke:#a9b1ba}svg.picture .added{fill:#40464d}svg.picture .seen{fill:#17456b}
svg.picture .moved{fill:#6b4300}svg.picture .cut{fill:#15181c}svg.picture .struck{stroke:#a9b1ba}}"""
"""Of a file of its own."""


def drawn(picture: Picture, style: str = "") -> Markup:
    """The SVG of a picture, with its caption as the name that is read aloud."""
    sizes = [_size(panel) for panel in picture.panels]
    beside = sum(width for width, _ in sizes) + SPACE * (len(sizes) - 1) <= WIDEST
    parts, x, y = [], 0, 0
    for panel, (width, height) in zip(picture.panels, sizes):
        parts += list(_panel(panel, x, y))
        x, y = (x + width + SPACE, y) if beside else (x, y + height + SPACE // 2)
    width = x - SPACE if beside else max(width for width, _ in sizes)
    height = max(height for _, height in sizes) if beside else y - SPACE // 2
    head = Markup(
        '<svg class="picture" xmlns="http://www.w3.org/2000/svg" role="img" '
        'viewBox="-{0} -{0} {1} {2}" width="{1}" height="{2}"><title>{3}</title>'
    ).format(EDGE, width + 2 * EDGE, height + 2 * EDGE, _read(picture))
    return Markup("").join([head, Markup(f"<style>{style}</style>") if style else "", *parts, Markup("</svg>")])


def _read(picture: Picture) -> str:
    """A picture in words: its caption and what stands in its panels."""
    panels = (f"{panel.title}: {'; '.join(map(_row, panel.rows))}" for panel in picture.panels)
    return " ".join([picture.caption, *(f"{text[0].upper()}{text[1:]}." for text in panels)])


def _row(cells: Sequence[Cell]) -> str:
    return " ".join(cell.text for cell in cells if cell.text)


def _step(panel: Panel) -> int:
    """The width of a cell: that of the longest text."""
    longest = max((len(cell.text) for row in panel.rows for cell in row), default=0)
    return max(SIDE, round(LETTER * longest) + 6)


def _size(panel: Panel) -> tuple[int, int]:
    cells = max(map(len, panel.rows), default=0) * _step(panel)
    return max(cells, round(LETTER * len(panel.title))), HEAD + SIDE * len(panel.rows)


def _panel(panel: Panel, x: int, y: int) -> Iterator[Markup]:
    step = _step(panel)
    yield Markup('<text x="{}" y="{}">{}</text>').format(x, y + 15, panel.title)
    for row, cells in enumerate(panel.rows):
        for column, cell in enumerate(cells):
            yield _cell(cell, x + column * step, y + HEAD + row * SIDE, step)


def _cell(cell: Cell, x: int, y: int, width: int) -> Markup:
    box = Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(cell.mark, x, y, width, SIDE)
    text = Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(x + width // 2, y + 17, cell.text)
    struck = Markup('<path class="struck" d="M{} {}l{} -{}"/>').format(x + 3, y + SIDE - 3, width - 6, SIDE - 6)
    return Markup("").join(
        ["" if cell.mark == "blank" else box, text if cell.text else "", struck if cell.mark == "cut" else ""]
    )


def examples() -> Iterator[tuple[str, str, Picture]]:
    """(operation, name, picture) of the pictures of the documents."""
    for operation, each in TABLE.items():
        yield from ((operation, name, picture) for name, picture in each.shown().examples())


def write(folder: Path) -> None:
    """Writes the pictures of the documents; raises OSError."""
    for _, name, picture in examples():
        with replacing(folder / f"{name}.svg") as file:
            file.write(f"{drawn(picture, STYLE)}\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
