"""Lengths of the axes of an array of a case file, whatever its layout says."""

from __future__ import annotations

from pathlib import Path

from harness.grammar import files
from harness.grammar.document import CaseError, Item
from harness.grammar.generators import GENERATORS
from harness.grammar.kinds import Record
from harness.grammar.nested import lengths
from harness.grammar.sources import SOURCES, inside, printed


def shape(source: Record | Item, folder: Path) -> tuple[int, ...] | None:
    """That of an array that a file says, or that stands in it; None where it cannot be read, or takes weights."""
    if isinstance(source, Item):
        return lengths(source) if source.is_list else None
    if not all(source.sound(key) for key in (*SOURCES, "shape") if key in source):
        return None
    try:
        return _shape(source, folder)
    except (CaseError, files.FileError):
        return None


def _shape(source: Record, folder: Path) -> tuple[int, ...] | None:
    if (printout := printed(source, folder)) is not None:
        return printout.values.shape
    if "shape" in source or "values" in source:
        return source["shape"] if "shape" in source else lengths(source.at("values"))
    if "file" in source:
        name, key = files.split_key(source["file"])
        return files.shape(inside(source.at("file"), name, folder), key)
    return next((source[key]["shape"] for key in GENERATORS if key in source), None)
