"""YAML read with positions: every value knows its file, line, column and key path, so that an error can say where.

The YAML is a plain subset: mappings, lists and scalars. Unquoted scalars are read as YAML 1.2's core schema reads them
(`1e-5` is a number, `no` is text). Anchors, aliases, tags and repeated keys are refused: the text is untrusted, and
none of them is needed to describe data.
"""

from __future__ import annotations

import difflib
import math
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness.ending import Mistake
from harness.grammar import regular
from harness.grammar.limits import LARGEST_FILE, MOST_ELEMENTS

DEEPEST = 40
LONGEST_MESSAGE = 1000
WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **{sign + word: float(sign + "inf") for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")},
}
INTEGER = re.compile(r"[-+]?[0-9]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


class CaseError(Mistake):
    """A case file that cannot be used; the message says where, what was found, what was expected and what to do.

    keys, told: the keys that lead to the place, and the message without it, where there is one place. each: the faults
    of several places; this one, where it is alone. hint: what the message says to do about all of them, behind them.
    """

    def __init__(
        self, message: str, keys: str = "", told: str = "", each: tuple[CaseError, ...] = (), hint: str = ""
    ) -> None:
        super().__init__(message)
        self.keys, self.told, self.each, self.hint = keys, told or message, each or (self,), hint


@dataclass(frozen=True)
class Place:
    """Line and column in a file, from 0."""

    line: int
    column: int


class Item:
    """A value of a document: its file and that file's text, its key path and the YAML node that it stands in."""

    __slots__ = ("file", "key_node", "keys", "node", "text")

    def __init__(self, file: str, text: str, keys: str, node: yaml.Node, key_node: yaml.Node | None = None) -> None:
        self.file, self.text, self.keys, self.node, self.key_node = file, text, keys, node, key_node

    def error(self, message: str) -> CaseError:
        """An error at this value."""
        return _error(self.file, self.node.start_mark, message, self.keys)

    def key_error(self, message: str) -> CaseError:
        """An error at the key of this value."""
        return _error(self.file, (self.key_node or self.node).start_mark, message, self.keys)

    def expected(self, what: str) -> CaseError:
        """An error that says what was expected here, and what was found."""
        return self.error(f"expected {what}, found {self.found}")

    @property
    def found(self) -> str:
        if isinstance(self.node, yaml.MappingNode):
            return "a mapping"
        if isinstance(self.node, yaml.SequenceNode):
            return "a list"
        value = self.scalar
        return (
            "nothing"
            if value is None
            else f"the text {shortened(value)!r}"
            if isinstance(value, str)
            else shortened(self.node.value)
        )

    @property
    def is_list(self) -> bool:
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    @property
    def scalar(self) -> Any:
        """None, bool, int, float or str; None too for a list or a mapping."""
        if not isinstance(self.node, yaml.ScalarNode):
            return None
        return self.node.value if self.node.style else _resolve(self.node.value)

    @property
    def block(self) -> str | None:
        """The text of a literal block, which follows a `|` line by line; None for anything else."""
        return self.node.value if isinstance(self.node, yaml.ScalarNode) and self.node.style == "|" else None

    def error_in_block(self, line: int, column: int, message: str) -> CaseError:
        """An error at a line and a column of the text of this block, both from 1."""
        number = self.node.start_mark.line + line
        inside, outside = (self.block or "").split("\n"), self.text.split("\n")
        whole = outside[number].rstrip("\r") if number < len(outside) else ""
        margin = max(0, len(whole) - len(inside[line - 1])) if line <= len(inside) else 0
        return _error(self.file, Place(number, margin + column - 1), message, self.keys)

    @property
    def source(self) -> str:
        """The text of this value in the file."""
        return self.text[self.node.start_mark.index : self.node.end_mark.index]

    @property
    def is_null(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode) and self.scalar is None

    def entries(self) -> dict[str, Item]:
        """The values of a mapping by key. Raises CaseError where a key stands twice."""
        found, again = self.distinct()
        for fault in again:
            raise fault
        return found

    def distinct(self) -> tuple[dict[str, Item], list[CaseError]]:
        """The values of a mapping by key, the first of each, and an error for each that stands again."""
        if not self.is_mapping:
            raise self.expected("a mapping")
        found: dict[str, Item] = {}
        again: list[CaseError] = []
        for key_node, node in self.node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise Item(self.file, self.text, self.keys, key_node).expected("a word as key")
            key = key_node.value
            item = Item(self.file, self.text, f"{self.keys}.{shortened(key)}".lstrip("."), node, key_node)
            if key not in found:
                found[key] = item
                continue
            first = found[key].node.start_mark.line + 1
            again.append(item.key_error(f"this key stands twice, first in line {first}; keep one"))
        return found, again

    def elements(self) -> list[Item]:
        """The values of a list in order."""
        if not self.is_list:
            raise self.expected("a list")
        return [Item(self.file, self.text, f"{self.keys}[{index}]", node) for index, node in enumerate(self.node.value)]

    def element(self, index: Iterable[int]) -> Item:
        """The value at `index` of nested lists."""
        item = self
        for position in index:
            item = item.elements()[position]
        return item


def read(path: Path, name: str) -> Item:
    """The document in the file at `path`, called `name` in messages.

    Raises CaseError when it cannot be read, is not UTF-8, is not YAML, or uses what the subset leaves out.
    """
    if fault := regular.fault(path):
        raise CaseError(f"{name}: {fault}")
    try:
        if os.stat(path).st_size > LARGEST_FILE:
            raise CaseError(f"{name}: larger than {LARGEST_FILE >> 20} MiB; put large arrays into .npy files beside it")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as problem:
        raise CaseError(f"{name}: cannot be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise CaseError(f"{name}: not UTF-8 text (byte {problem.start}); save it as UTF-8") from problem
    return parse(text, name)


def parse(text: str, name: str) -> Item:
    """The document in `text`, which must be a mapping. Raises CaseError as `read` does."""
    if sum(map(text.count, (",", "\n", ": "))) > MOST_ELEMENTS:
        raise CaseError(f"{name}: more than {MOST_ELEMENTS} elements; put large arrays into .npy files beside it")
    try:
        if any(mark in text for mark in "&*!"):
            _refuse_anchors_and_tags(text, name)
        root = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as problem:
        raise _error(name, problem.problem_mark or problem.context_mark, f"not YAML: {problem.problem}") from problem
    except yaml.reader.ReaderError as problem:
        raise CaseError(f"{name}: not YAML: character {problem.character!r} at offset {problem.position}") from problem
    if root is None:
        raise CaseError(f"{name}:1:1: the file is empty; expected a case: start from `harness new NAME`")
    item = Item(name, text, "", root)
    if not item.is_mapping:
        raise item.expected("a mapping of keys (title, input ...)")
    return item


def nearest(word: str, known: Iterable[str]) -> str:
    """What to do about an unknown word: the nearest known one if there is one, else all of them."""
    known = list(known)
    close = difflib.get_close_matches(word.lower(), known, 1)
    return f"the nearest known one is {close[0]!r}" if close else f"known are: {', '.join(known)}"


def shortened(text: str, length: int = 60) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."


def printable(text: str) -> str:
    """The text on one line, with escapes for what a terminal would obey and for what no encoding has."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Composes nodes and leaves scalars to us; refuses deep nesting, which would exhaust the stack of the C code."""

    depth = 0

    def descend_resolver(self, parent: yaml.Node, index: Any) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise yaml.MarkedYAMLError(problem=f"nested more than {DEEPEST} deep", problem_mark=parent.start_mark)

    def ascend_resolver(self) -> None:
        self.depth -= 1

    def resolve(self, kind: type, value: Any, implicit: Any) -> None:
        return None


def _error(name: str, mark: Any, message: str, keys: str = "") -> CaseError:
    said = shortened(printable(f"{keys}: {message}" if keys else message), LONGEST_MESSAGE)
    told = shortened(printable(message), LONGEST_MESSAGE)
    return CaseError(f"{name}:{mark.line + 1}:{mark.column + 1}: {said}" if mark else f"{name}: {said}", keys, told)


def _refuse_anchors_and_tags(text: str, name: str) -> None:
    event: Any
    for event in yaml.parse(text, Loader=_Loader):
        if getattr(event, "anchor", None):
            raise _error(
                name, event.start_mark, "anchors and aliases (& and *) are not read; write the value out, or quote it"
            )
        if getattr(event, "tag", None):
            raise _error(name, event.start_mark, f"the tag {event.tag} is not read; leave it out, or quote the text")


def _resolve(text: str) -> Any:
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text) and len(text) < 400:
        return int(text)
    return float(text) if FLOAT.fullmatch(text) else text
