"""Lines that programs write before what they were asked for: logs, warnings, progress, and sentences of people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from harness.grammar.printouts.numerals import is_value
from harness.grammar.printouts.wrappings import behind_log

LONGEST = 2000
"""Characters of such a line."""
_TIME = r"\d\d:\d\d:\d\d(?:[.,]\d+)?"
WHOLE = re.compile(
    rf"\s*(?:\[[A-Z] (?:\d{{4}}-\d\d-\d\d )?{_TIME} \w*App\] "  # Jupyter
    rf"|\d{{4}}-\d\d-\d\d {_TIME}: [IWEF] [\w./-]+:\d+\] "  # TensorFlow's C++
    r"|[IWEF]\d{4} \d\d:\d\d:\d{5,}\.\d+ +\d+ [\w./-]+:\d+\] "  # the same before its log is set up
    r"|\S+:\d+: \w*Warning: "  # Python
    r"|\d+/\d+ (?:\[[=>.]*\]|[━╺╸\s]{3,})"  # Keras
    r"|[^|]{0,40}\d+%\|[^|]*\|)"  # tqdm
)
"""What a line begins with that is nothing else, whatever numbers are in it."""
WARNED = re.compile(r"\S+:\d+: \w*Warning: ")
LISTED = re.compile(r"[\[{]\s*[-+.]?\d|\b(?:array|tensor|Array)\(|tf\.(?:Tensor|Variable)")
"""Where a list or an array begins."""
SENTENCE = re.compile(r"[^\W\d][\w'’-]*[,:]?(?: [^\s=|]+)+[.:!…]?")
"""Words with one blank between them, from the first column on: the names above a table stand further apart."""


def spoken(lines: Sequence[str]) -> Iterator[bool]:
    """Whether each line is such a one, if it stands before an array."""
    warned = False
    for line, below in zip(lines, (*lines[1:], "")):
        code = warned and line.startswith("  ") and not LISTED.search(line, 0, LONGEST)
        warned = bool(WARNED.match(line, 0, LONGEST))
        yield code or (0 < len(line) < LONGEST and _is_spoken(line, below))


def _is_spoken(line: str, below: str) -> bool:
    if WHOLE.match(line):
        return True
    said = line[behind_log(line) :].rstrip()
    words = said.split()
    if LISTED.search(said) or not said[:1].isalpha() or any(is_value(word.strip(",;:")) for word in words):
        return False  # a number is never passed over
    return said != line.rstrip() or bool(SENTENCE.fullmatch(said) and not _are_names(words, below))


def _are_names(words: Sequence[str], below: str) -> bool:
    """Whether words may be the names of columns: then the first number below may be the name of a row."""
    fields = below.split() if len(below) < LONGEST else []
    return len(fields) - len(words) in (0, 1) and all(map(is_value, fields))
