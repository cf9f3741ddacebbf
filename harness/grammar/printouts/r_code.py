"""Arrays as R writes them to be read again: `structure(c(1.5, 3), dim = 2L)`, `array(c(1, 2), dim = c(2, 1))`."""

from __future__ import annotations

import math
import re

import numpy as np

from harness.grammar.printouts.found import Found
from harness.grammar.printouts.lines import PrintoutError, Text, add, another
from harness.grammar.printouts.numerals import Numbers

CODE = re.compile(
    r"\s*(?:structure|array)\(\s*c\(([^()]*)\)\s*,\s*\.?[dD]im\s*=\s*(?:c\(([\dL, ]+)\)|(\d+)L?)\s*\)\s*(?:>\s*)?"
)
NUMBER = re.compile(r"[^\s,]+")


def read(text: Text) -> Found | None:
    """The array of such code, whose first index runs fastest; None for anything else. Raises PrintoutError."""
    whole = "\n".join([" " * text.column + text.start, *text.lines[text.line + 1 :]])
    found = CODE.match(whole)
    if found is None:
        return None
    last = text.line + whole.count("\n", 0, found.end())
    if whole[found.end() :].strip():
        raise another(last, whole[found.end() :])
    before = whole.count("\n", 0, found.start(1))
    numbers, line = Numbers(), text.line + before
    first = found.start(1) - whole.rfind("\n", 0, found.start(1)) - 1
    for part in found[1].split("\n"):
        for word in NUMBER.finditer(part):
            add(numbers, word[0].removesuffix("L"), line, word.start() + first, text.lines[line])
        line, first = line + 1, 0
    shape = tuple(int(length) for length in re.findall(r"\d+", found[2] or found[3]))
    if math.prod(shape) != len(numbers):
        raise PrintoutError(
            last + 1, 1, f"{len(numbers)} numbers, where dim = {list(shape)} asks for {math.prod(shape)}"
        )
    index = np.arange(len(numbers))
    return Found(numbers, index.reshape(shape, order="F"), {}, shape, None, "plain", (index,), last + 1)
