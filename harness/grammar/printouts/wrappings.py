"""What a printout was wrapped in: marks of mails, comments, logs, containers and fences."""

from __future__ import annotations

import re

FENCE = re.compile(r"\s*(?:`{3,}|~{3,})\s*[\w+-]*\s*")
"""A line that begins or ends code in Markdown."""
_TIME = r"\d\d:\d\d:\d\d(?:[.,]\d{3,9})?"
_DATE = rf"\d{{4}}[-/]\d\d[-/]\d\d[T ]{_TIME}(?:Z|[+-]\d\d:?\d\d)?:?"
_LEVEL = r"(?:TRACE|DEBUG|INFO|NOTICE|WARNING|WARN|ERROR|CRITICAL|FATAL)"
_MARK = rf"(?:\[?(?:{_DATE}|{_TIME}|{_LEVEL})\]?|\[rank\d+\]:|\[?[IWEF]\d{{0,8}} {_TIME}(?: +\d+)?)"
_SOURCE = r"[\w./-]+\.(?:py|cc|cpp|cu|java|jl|js|m|R|go|rs):\d+\]?:?"
_NAME = r"[A-Za-z_][\w.]*(?::<?\w+>?:\d+)?(?=\s*(?::|\||\s-\s))"
LOG = re.compile(rf"\s*{_MARK}(?:(?:\s+-\s+|[\s:|])*(?:{_MARK}|{_SOURCE}|{_NAME}))*(?:\s+-\s+|\s*[:|]\s*|\s+)(?=\S)")
"""What a log writes before its message: times, levels, ranks, files, and names behind them."""
MARKS = (
    re.compile(r"[ \t]*>"),
    LOG,
    re.compile(r"[A-Za-z][\w.-]*[_-]\d+\s+\|[ \t]"),
    re.compile(r"[ \t]*\|(?![^\n]*\|\s*$)"),
    re.compile(r"[ \t]*(?:#|//|%)+(?![\d.+-])"),
    re.compile(r"E {2,}"),
    re.compile(r"\+ "),
)
"""What stands before each line: of a mail, a log, a container, a border, a comment, a failed test, a difference."""


COLOURS = re.compile(r"\x1b\[[\d;]*m")
"""What terminals take for a colour."""
LONGEST = 300
"""Characters of a line among which its mark stands."""


def unwrapped(text: str) -> str:
    """A text without what it was wrapped in: byte order mark, colours, marks before each line, fences.

    Lines stay where they are."""
    lines = COLOURS.sub("", text.replace("\ufeff", "")).split("\n")
    for mark in MARKS:
        while any(line.strip() for line in lines) and all(ends := [_end(mark, line) for line in lines]):
            lines = [" " * end + line[end:] if line.strip() else line for end, line in zip(ends, lines)]
    return "\n".join("" if FENCE.fullmatch(line) else line for line in lines)


def behind_log(line: str) -> int:
    """Where the message of a line of a log begins, 0 where it is none."""
    found = LOG.match(line, 0, LONGEST)
    return found.end() if found else 0


def _end(mark: re.Pattern[str], line: str) -> int:
    """Where a line goes on behind its mark, 0 where it has none; an empty one has every mark."""
    found = mark.match(line, 0, LONGEST) if line.strip() else None
    return found.end() if found else int(not line.strip())
