"""Sections of many cases, packed for one page: their headings stand in it, and the rest is unpacked when it is wanted.

A thousand cases on a dozen systems have a quarter of a million elements and 11 MB as they are, which a browser works on
for seconds before one can scroll.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Iterator

PACKED, PART, HEAD = 50, 10, 3
"""Cases up to which all sections stand in the page; of more, packed parts of so many sections follow the first lines of
each: where it begins, its name, its title."""
END = "</section>\n"
"""The last line of a section, and of nothing else, as texts are escaped."""


def packed(lines: Iterable[str]) -> Iterator[str]:
    """Sections with their first lines as they are, and the rest of each PART of them compressed behind these."""
    rests: list[str] = []
    for section in _sections(lines):
        yield from [section[0].replace('"case"', '"case stub"'), *section[1:HEAD], END]
        rests.append("".join(section[HEAD:]))
        if len(rests) == PART:
            yield _part(rests)
            rests = []
    yield from [_part(rests)] if rests else []


def _sections(lines: Iterable[str]) -> Iterator[list[str]]:
    """The lines of each section, without its last."""
    section: list[str] = []
    for line in lines:
        if line == END:
            yield section
            section = []
        else:
            section.append(line)


def _part(texts: Iterable[str]) -> str:
    """What the script of the page unpacks: texts with form feeds between them, which no text of a page has."""
    text = base64.b64encode(zlib.compress("\f".join(texts).encode(), 9)).decode()
    return f'<script type="text/plain" class="part">{text}</script>\n'
