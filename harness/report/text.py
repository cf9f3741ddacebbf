"""Text that others wrote, made safe for markdown (titles, reasons, names, commentary), and single numbers in words."""

from __future__ import annotations

import math
import re
from functools import lru_cache

LONGEST = 400
KEPT = 1 << 10
"""Texts that are kept as they were made safe: names and words recur in every case."""
_MARKUP = re.compile(r"[\\`*\[\]|~$]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])")
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@lru_cache(KEPT)
def plain(text: str) -> str:
    """`text` on one line, in which nothing is markup: it breaks no table and brings no HTML, link or picture."""
    return _MARKUP.sub(r"\\\g<0>", one_line(text)).translate(_HTML)


def brief(text: str) -> str:
    """`plain`, of the beginning of a text that may be long."""
    return plain(brief_line(text))


def brief_line(text: str) -> str:
    """The beginning of a text that may be long, on one line."""
    line = one_line(text)
    return line if len(line) <= LONGEST else line[:LONGEST] + " ..."


@lru_cache(KEPT)
def code(text: str) -> str:
    """`text` as a code span, in a table or not; a backtick becomes an apostrophe, a bar a broken bar."""
    return f"`{one_line(text).translate({ord('`'): chr(39), ord('|'): '¦'})}`"


def fenced(text: str) -> str:
    """`text` as a code block whose fence is longer than any that it holds."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    body = "\n".join(printable(line).rstrip() for line in text.splitlines())
    return f"{fence}text\n{body}\n{fence}"


def quantity(value: float) -> str:
    """A difference with two significant digits, or as a whole number from 10 to a million."""
    return f"{value:.0f}" if 10 <= value < 1e6 else f"{value:.2g}"


def difference(value: float) -> str:
    """A difference, or a share of a bound, in three digits; it is infinite where nothing was compared."""
    return f"{value:.3g}" if math.isfinite(value) else "not known"


def share(value: float) -> str:
    """A share of a bound in percent."""
    return "under 1 %" if value < 0.01 else f"{100 * value:.0f} %"


@lru_cache(KEPT)
def one_line(text: str) -> str:
    """`text` on one line, without what `printable` takes away."""
    return " ".join(printable(text).split())


def printable(text: str) -> str:
    """Control characters, unpaired surrogates and what turns the direction of writing become spaces."""
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)
