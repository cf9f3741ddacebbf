"""Lists, tuples and dictionaries of arrays as Python prints them, and tuples of numbers: the one array in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from harness.grammar.printouts.lines import LAST_PROMPT, PrintoutError, Text

ARRAY = re.compile(r"(?:array|Array|DeviceArray|tensor|tf\.Tensor)\(|<tf\.\w+|<KerasVariable|<Variable")
"""What an array within a container begins with."""
LIST = re.compile(r"\[[\[\s]*[-+.\d]")
"""A list of numbers, which is an array where a name stands before it."""
NUMBER = re.compile(r"[-+]?(?:\d|\.\d)[\w.+-]*")
GLUE = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|[\[\](){},]|[:=]|[^\W\d][\w.]*|\s+")
"""What stands around the arrays: names, and the marks of the container."""
MARK = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|([\[({<])|([\])}>])")
TUPLES = re.compile(r"[\s\d.,eE+\-()\[\]naif]*")
DTYPE = re.compile(r", dtype=[\w.]+")
BEGINS = re.compile(r"\s*(?:[\[({]|(?!(?:Tensor|structure|array|c)\()[A-Za-z]\w*\()")
USUAL = {"array(": ", dtype=float64", "tensor": ", dtype=float32"}
"""What NumPy and PyTorch mean where they print no dtype of numbers with points."""
MASKED = "masked_array("
NAMED = 12
"""Arrays that a message names."""


@dataclass(frozen=True)
class Item:
    """An array of a container: its name there, and where it stands in the text."""

    name: str
    start: int
    end: int


def opened(text: Text) -> Text:
    """The text with blanks in place of a container, so that its array is left, or the list that its arrays make.

    Columns stay where they are. Raises PrintoutError where there are several arrays that make no list.
    """
    if not BEGINS.match(text.start):
        return text
    whole = "\n".join([" " * text.column + text.start, *text.lines[text.line + 1 :]])
    first = len(whole) - len(whole.lstrip())
    items, end = _items(whole, first)
    if not items:
        return _of_tuples(text, whole, first)
    if whole.startswith(MASKED, first):
        items = [each for each in items if each.name == "data"]
    if len(items) == 1:
        return _with(text, _kept(whole, first, end, [(items[0].start, items[0].end)]))
    between = [whole[one.end : other.start] for one, other in pairwise(items)]
    alike = len({_marks(whole[each.start : each.end]) for each in items}) == 1
    if set("".join((whole[first : items[0].start], *between))) - set("[], \n") or not alike:
        raise _several(text, whole, items)
    return _with(text, _list(text, whole, first, end, items))


def _items(whole: str, first: int) -> tuple[list[Item], int]:
    """The arrays of the container that begins at `first`, and its end; none where there is no container of arrays."""
    items, place, depth, name, named = list[Item](), first, 0, "", False
    while place < len(whole):
        named_list = LIST.match(whole, place) if named else None
        if found := ARRAY.match(whole, place) or named_list or (NUMBER.match(whole, place) if items else None):
            if not depth:
                return [], place
            end = found.end() if found.re is NUMBER else _closed(whole, place)
            items.append(Item(name or f"[{len(items)}]", place, end))
            place, named = end, False
            continue
        if not (found := GLUE.match(whole, place)):
            return [], place
        place, word = found.end(), found[0]
        depth += (word in "([{") - (word in ")]}")
        named = word in ":=" or (named and word.isspace())
        name = word.strip("'\"") if word[0] in "'\"" or word[0].isalpha() else name
        if not depth and word in ")]}":
            return items, place
    return [], place


def _closed(whole: str, start: int) -> int:
    """The end of the brackets that begin at `start` or behind it, of the text where they stay open."""
    depth = 0
    for mark in MARK.finditer(whole, start):
        depth += bool(mark[1]) - bool(mark[2])
        if not depth and (mark[1] or mark[2]):
            return mark.end()
    return len(whole)


def _marks(item: str) -> tuple[int, int]:
    """What arrays of one shape have in common: how many lists, and how many numbers at least."""
    return item.count("["), item.count(",")


def _kept(whole: str, first: int, end: int, parts: Sequence[tuple[int, int]]) -> str:
    """The text with blanks from `first` to `end`, but for some parts of it."""
    pieces, place = [whole[:first]], first
    for start, stop in parts:
        pieces += [_blank(whole[place:start]), whole[start:stop]]
        place = stop
    return "".join([*pieces, _blank(whole[place:end]), whole[end:]])


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _list(text: Text, whole: str, first: int, end: int, items: Sequence[Item]) -> str:
    """The list of the arrays, the names of their functions left out, and the dtype of the first behind it."""
    parts, place = list[tuple[int, int]](), first
    for each in items:
        opening = whole.find("[", each.start, each.end)
        if opening < 0:
            raise _several(text, whole, items)
        parts += [(place, each.start), (opening, _closed(whole, opening))]
        place = each.end
    stated = DTYPE.search(whole, items[0].start, items[0].end)
    usual = USUAL.get(whole[items[0].start : items[0].start + 6], "") if "." in whole[first:end] else ""
    made = _kept(whole, first, end, [*parts, (place, end)])
    return f"{made[:end]}{stated[0] if stated else usual}{made[end:]}"


def _of_tuples(text: Text, whole: str, first: int) -> Text:
    """Tuples of numbers, as the lists that they are."""
    end = _closed(whole, first) if whole[first : first + 1] in ("(", "[") else first
    part, rest = whole[first:end], whole[end:]
    if "(" not in part or not TUPLES.fullmatch(part) or (rest.strip() and not LAST_PROMPT.fullmatch(rest.strip())):
        return text
    return _with(text, whole[:first] + part.translate({ord("("): "[", ord(")"): "]"}) + rest)


def _with(text: Text, whole: str) -> Text:
    """The text with these lines from where the array began, which now begins behind their blanks."""
    before = whole[: len(whole) - len(whole.lstrip())]
    line, column = text.line + before.count("\n"), len(before) - before.rfind("\n") - 1
    return replace(text, lines=(*text.lines[: text.line], *whole.split("\n")), line=line, column=column)


def _several(text: Text, whole: str, items: Sequence[Item]) -> PrintoutError:
    more = f" and {len(items) - NAMED} more" if len(items) > NAMED else ""
    place = items[0].start
    return PrintoutError(
        text.line + 1 + whole.count("\n", 0, place),
        place - whole.rfind("\n", 0, place),
        f"{len(items)} arrays or numbers here, {', '.join(each.name for each in items[:NAMED])}{more}; give one array "
        "at a time",
    )
