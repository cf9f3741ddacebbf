"""Arrays as systems print them, read back with the digits that each number shows.

Understood are nested lists (`brackets`: NumPy, JAX, PyTorch, TensorFlow, Python, and the braces of C, C++ and Java),
also in what Python keeps them in (`containers`), pages and tables (`sheets`: Julia, MATLAB, Octave, R, old PyTorch, and
lines of numbers), also with names (`named_tables`), and what stands before them at a prompt or in a log (`chatter`).
The text is not trusted: nothing of it is evaluated, time is linear in its length, and its size is limited.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.grammar.printouts import brackets, containers, headings, lines, plain_rows, r_code, sheets
from harness.grammar.printouts.found import Found, placed
from harness.grammar.printouts.found import Printout as Printout
from harness.grammar.printouts.lines import PrintoutError as PrintoutError


def read(printed: str, shape: Sequence[int] | None = None) -> Printout:
    """The array that `printed` shows; its axes are in the order of the system's indices.

    `shape` is that of the whole array where the text leaves elements out and does not say how many, or where it shows
    the first elements only. Raises PrintoutError, which names line and column.
    """
    text = containers.opened(lines.of(printed))
    found = _found(text)
    return placed(found if found.shape or not text.shape else replace(found, shape=text.shape), shape)


def _found(text: lines.Text) -> Found:
    if found := plain_rows.read(text) or r_code.read(text):
        return found
    if not headings.any_of(text.start) and brackets.starts(text):
        return brackets.read(text)
    return sheets.read(text)
