"""The arrays and the recordings of a case file: read, drawn, and brought to canonical axes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.canonical.layout import to_canonical
from harness.case.schema import DTYPE_KEY, is_setting
from harness.grammar import sources
from harness.grammar.document import Item
from harness.grammar.gathered import Gathered
from harness.grammar.generators import FOLLOWS, GENERATORS, Follows
from harness.grammar.kinds import Record
from harness.grammar.printouts import Printout
from harness.operations.operation import Operation
from harness.operations.spoken import Role
from harness.operations.stated import LIST, WHOLE_LIST, Given, Recording

Data = tuple[dict[str, Given], tuple[Recording, ...]]

NARROW = ("float16", "uint8", "int8", "uint16", "int16", "uint32", "int32")
"""Dtypes in which an output is stored that was made in them; wider ones hold the values of any arithmetic."""
FRACTION = re.compile(r"[.eEn]")
"""What a whole number has not; nor have nulls and NaN."""
BESIDE = ("digits", "decimals", "dtype")
"""Keys without which an array can be read, too."""


@dataclass(frozen=True)
class Sources:
    """What a case file says of its arrays, which are in `folder` where they are files.

    rank: the number of spatial axes, None where it cannot be told: then what is wrong with an array is found, and no
    array is made.
    """

    operation: Operation
    top: Record
    folder: Path
    rank: int | None

    def printout(self) -> Printout | None:
        """That of the input where it decides the dtype. Raises CaseError."""
        source = self._source("input")
        return None if source is None or "dtype" in source else sources.printed(source, self.folder)

    def dtype(self, printout: Printout | None) -> str:
        """That of all arrays where the matrix gives none: that which is stated, or that of a printed input."""
        if not self._says_dtype:
            return "float64"
        return (sources.float_dtype(printout) if printout else None) or str(self.top["input"]["dtype"])

    def data(self, dtype: str, printout: Printout | None, gathered: Gathered) -> Data:
        """The arrays and the recordings in one dtype; what is wrong in any of them is gathered.

        printout: that of the input, None where it was not looked at yet or is none.
        """
        arrays = self._arrays(dtype, printout, gathered)
        recorded: list[Recording] = []
        for each in self.top["recorded"]:
            with gathered.part():
                if (source := _readable(each)) is not None:
                    recorded += _recorded(source, dtype, self.folder, self.rank)
        return arrays, tuple(recorded)

    def is_setting(self, role: str) -> bool:
        """Whether a role is given as the setting of its name."""
        return role in self.operation.SETTINGS and role in self.top and is_setting(self.top.at(role))

    def _source(self, role: str) -> Record | None:
        """What the file says of an array; None where it says nothing, or not enough to read it."""
        if role in self.top.wrong or self.is_setting(role):
            return None
        source = _given(self.top[role])
        return None if source is None else _readable(source)

    @property
    def _says_dtype(self) -> bool:
        return self._source("input") is not None and "dtype" not in self.top["input"].wrong

    @property
    def _dtype_is_stated(self) -> bool:
        return any(key in (self.top[place] or ()) for place, key in (("input", "dtype"), ("matrix", DTYPE_KEY)))

    def _arrays(self, dtype: str, printout: Printout | None, gathered: Gathered) -> dict[str, Given]:
        """The arrays by role, in one dtype: all that the members of a file share."""
        found: dict[str, Given] = {}
        stream: Follows | None = None
        for name, role in self.operation.ROLES.items():
            source = self._source(name)
            if source is None or (_follows(source) and "input" not in found):
                continue
            with gathered.part():
                if self._says_dtype:
                    _check_dtype(source, dtype, decides=name == "input")
                letters = _letters(role, source)
                shown = printout if name == "input" else None
                made = sources.make(source, len(letters), dtype, self.folder, stream, printout=shown)
                stream = made.stream or stream
                stated = _stated(source, made, letters, free=not self._dtype_is_stated)
                stated = stated.as_matrix() if role.flattens else stated
                found[name] = stated if role.narrow else _canonical(stated, name, self.rank)
        return found


def _readable(source: Record) -> Record | None:
    """What is said of an array, without keys that cannot be read; None where it cannot be read without them."""
    if not all(source.sound(key) for key in source.values if key not in BESIDE):
        return None
    items = {key: item for key, item in source.items.items() if key not in source.wrong}
    return Record(source.item, items, source.values)


def _follows(source: Record) -> bool:
    """Whether an array goes on with the stream of the input."""
    recipes = (source[key] for key in GENERATORS if key in source)
    return any(isinstance(each, Record) and each.values.get("seed") == FOLLOWS for each in recipes)


def _letters(role: Role, source: Record) -> str:
    """The letters of an array's axes; a vector has its own, unless it may have others and says so."""
    stated = not role.vector or (role.wide and "layout" in source)
    return str(source["layout"]) if stated else role.vector


def _given(source: Record | Item | None) -> Record | None:
    """The record of an array; a plain list or a block of text is one of values."""
    if not isinstance(source, Item):
        return source
    fields = {"values": sources.SOURCES["values"], **sources.PRINTED}
    return Record(source, {"values": source}, {key: field.default for key, field in fields.items()})


def _check_dtype(source: Record, dtype: str, decides: bool) -> None:
    if not decides and "dtype" in source and source["dtype"] != dtype:
        raise source.at("dtype").error(f"{source['dtype']}, but the input is {dtype}; leave this out")


def _stated(source: Record, made: sources.Array, letters: str, free: bool) -> Given:
    """An array with the axes of the file; `free`: whether nothing says its dtype."""
    known = None if made.known.all() else made.known
    stored = made.stored or (_of_list(source) if free else "")
    return Given(made.values, letters, sources.half_unit(source, made), known, stored)


def _of_list(source: Record) -> str:
    """What stands for the dtype of an array that is written out: whole numbers have no point. "" for another."""
    if "values" not in source or not source.at("values").is_list:
        return ""
    return LIST if FRACTION.search(source.at("values").source) else WHOLE_LIST


def _canonical(given: Given, role: str, rank: int | None) -> Given:
    """An array with the canonical axes of its role, so many spatial ones among them; as it is where none is known."""
    if rank is None:
        return given
    parts = (given.values, given.half_unit, given.known)
    values, half_unit, known = (
        None if each is None else to_canonical(each, given.layout, role, rank) for each in parts
    )
    assert values is not None
    return Given(values, given.layout, half_unit, known, given.stored)


def _recorded(given: Record, dtype: str, folder: Path, rank: int | None) -> list[Recording]:
    """The recording, if the rank is known."""
    letters, printout = given["layout"], sources.printed(given, folder)
    dtype = given["dtype"] or _recorded_dtype(printout, dtype)
    array = sources.make(given, len(letters), dtype, folder, partial=True, printout=printout)
    if not given["dtype"] and array.stored in NARROW:
        dtype = array.stored
    units = sources.half_unit(given, array)
    units = np.zeros(array.values.shape) if units is None else units
    if rank is None:
        return []
    parts = (array.values, array.known, units)
    values, known, half_unit = (to_canonical(part, letters, "output", rank) for part in parts)
    return [Recording(given["system"], given["origin"], letters, values, known, half_unit, dtype, given["expect"])]


def _recorded_dtype(printout: Printout | None, dtype: str) -> str:
    """The dtype of the arithmetic that printed an output: that of the text, else that of the input.

    Numbers that float32 has may be of that dtype even where the input is wider; its bounds hold for wider ones, too.
    """
    if printout is None:
        return dtype
    return sources.float_dtype(printout) or ("float32" if dtype == "float64" else dtype)
