"""Case files: what an operation is given, what it means, what was recorded elsewhere and what is expected.

A case file is one YAML mapping. Its grammar is that of its operation and what all cases have in common, for the reader
and for the JSON Schema alike. `load` checks it completely, so that a Case which exists can be computed.
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from harness.canonical.layout import SPATIAL, spatial_rank, to_canonical
from harness.case.schema import DTYPE_KEY, EXPECT, OPERATION, grammar, is_setting
from harness.grammar import document, regular, sources
from harness.grammar.document import CaseError as CaseError
from harness.grammar.document import Item
from harness.grammar.gathered import Gathered
from harness.grammar.kinds import UNKNOWN, Record
from harness.grammar.printouts import Printout
from harness.operations import TABLE, USUAL
from harness.operations.operation import Elsewhere, Operation, Setting
from harness.operations.spoken import Role, main_roles
from harness.operations.stated import Given, Recording, Stated
from harness.worker import shipped

MOST_MEMBERS = 10_000


@dataclass(frozen=True)
class Tolerance:
    """A tolerance set by hand, with the reason."""

    rtol: float
    atol: float
    why: str


@dataclass(frozen=True)
class Expect:
    """The classes of agreement that must come out, by mode; only modes that the file gives."""

    classes: Mapping[str, tuple[tuple[str, ...], ...]]


@dataclass(frozen=True, eq=False, kw_only=True)
class Case(Stated):
    """One case, or one member of a case file's matrix."""

    id: str
    path: Path
    title: str = ""
    why: str = ""
    text: str = ""
    source: str = ""
    tolerance: Tolerance | None = None
    recorded: tuple[Recording, ...] = ()
    expect: Expect = Expect({})


def load(path: str | Path) -> Iterator[Case]:
    """All members of the case file at `path`: one case, or one for each combination of its matrix.

    Raises CaseError with all faults of the file that can be told without mending others first.
    """
    path = Path(path)
    name = _identify(path)
    item = document.read(path, name)
    operation = _operation(item)
    top: Record = grammar(operation.NAME).read(item)
    rank = _rank(operation, top)
    elsewhere = operation.elsewhere(top, path.parent, rank)
    printout = None if "dtype" in top["input"] else sources.printed(top["input"], path.parent)
    usual = _usual_dtype(top["input"], printout)
    arrays: dict[str, tuple[dict[str, Given], tuple[Recording, ...]]] = {}
    for label, settings in _members(operation, top, elsewhere):
        dtype = settings.pop(DTYPE_KEY)[0] if DTYPE_KEY in settings else usual
        if dtype not in arrays:
            arrays[dtype] = _data(operation, top, dtype, path.parent, printout)
            if elsewhere is not None:
                elsewhere.check(arrays[dtype][0])
        yield _case(f"{name}{label}", path, top, rank, operation, arrays[dtype], settings)


def find(paths: Iterable[str | Path]) -> list[Path]:
    """The case files among `paths`: files as they are, folders searched for *.yaml; sorted, each once.

    Paths may begin with `shipped`, the folder of the cases that come with the harness. Raises CaseError for a path that
    does not exist, and for a folder that cannot be read.
    """
    found: set[Path] = set()
    for path in (Path(shipped.resolved(str(path))) for path in paths):
        if path.is_dir():
            found.update(_below(path))
        elif fault := regular.fault(path):
            raise CaseError(f"{path}: {fault}; expected a case file (.yaml) or a folder of them")
        else:
            found.add(path)
    return sorted(found)


def _below(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise CaseError(f"{error.filename}: cannot be read: {error.strerror}")

    for below, _, names in os.walk(folder, onerror=refuse):
        yield from (Path(below, name) for name in names if name.endswith(".yaml"))


# --- from the record to cases ----------------------------------------------------------------------------------------


def _operation(item: Item) -> Operation:
    """The operation that a file is about."""
    named = item.entries().get("operation")
    return TABLE[USUAL if named is None else OPERATION.kind.read(named)]


def _data(
    operation: Operation, top: Record, dtype: str, folder: Path, printout: Printout | None
) -> tuple[dict[str, Given], tuple[Recording, ...]]:
    """The arrays and the recordings of a case file in one dtype; what is wrong in any of them is told at once.

    printout: that of the input, None where it was not looked at yet or is none.
    """
    arrays: dict[str, Given] = {}
    recorded: list[Recording] = []
    gathered = Gathered()
    with gathered.part():
        arrays = _arrays(operation, top, dtype, folder, printout)
    for each in top["recorded"]:
        with gathered.part():
            recorded.append(_recording(each, dtype, folder, spatial_rank(top["input"]["layout"], "input")))
    gathered.demand()
    return arrays, tuple(recorded)


def _arrays(operation: Operation, top: Record, dtype: str, folder: Path, printout: Printout | None) -> dict[str, Given]:
    """The arrays of a case file by role, in one dtype: all that its members share."""
    found: dict[str, Given] = {}
    stream, gathered = None, Gathered()
    for name, role in operation.ROLES.items():
        source = None if _is_setting(operation, top, name) else _given(top[name])
        with gathered.part():
            if source is not None:
                _check_dtype(source, dtype, decides=name == "input")
                letters = _letters(role, source)
                shown = printout if name == "input" else None
                made = sources.make(source, len(letters), dtype, folder, stream, printout=shown)
                stream = made.stream or stream
                rank = spatial_rank(top["input"]["layout"], "input")
                stated = _stated(source, made, letters)
                stated = stated.as_matrix() if role.flattens else stated
                found[name] = stated if role.narrow else _canonical(stated, name, rank)
    gathered.demand()
    return found


def _letters(role: Role, source: Record) -> str:
    """The letters of an array's axes; a vector has its own, unless it may have others and says so."""
    stated = not role.vector or (role.wide and "layout" in source)
    return str(source["layout"]) if stated else role.vector


def _is_setting(operation: Operation, top: Record, name: str) -> bool:
    """Whether a role is given as the setting of its name."""
    return name in operation.SETTINGS and name in top and is_setting(top.at(name))


def _usual_dtype(source: Record, printout: Printout | None) -> str:
    """The dtype of all arrays where the matrix gives none: that which is stated, or that of a printed input."""
    return (sources.float_dtype(printout) if printout else None) or str(source["dtype"])


def _given(source: Record | Item | None) -> Record | None:
    """The record of an array; a plain list or a block of text is one of values."""
    if not isinstance(source, Item):
        return source
    fields = {"values": sources.SOURCES["values"], **sources.PRINTED}
    return Record(source, {"values": source}, {key: field.default for key, field in fields.items()})


def _check_dtype(source: Record, dtype: str, decides: bool) -> None:
    if not decides and "dtype" in source and source["dtype"] != dtype:
        raise source.at("dtype").error(f"{source['dtype']}, but the input is {dtype}; leave this out")


def _stated(source: Record, made: sources.Array, letters: str) -> Given:
    """An array with the axes of the file."""
    known = None if made.known.all() else made.known
    return Given(made.values, letters, sources.half_unit(source, made), known, made.stored)


def _canonical(given: Given, role: str, rank: int) -> Given:
    """An array with the canonical axes of its role, so many spatial ones among them."""
    parts = (given.values, given.half_unit, given.known)
    values, half_unit, known = (
        None if each is None else to_canonical(each, given.layout, role, rank) for each in parts
    )
    assert values is not None
    return Given(values, given.layout, half_unit, known, given.stored)


def _recording(given: Record, dtype: str, folder: Path, rank: int) -> Recording:
    letters, printout = given["layout"], sources.printed(given, folder)
    dtype = given["dtype"] or _recorded_dtype(printout, dtype)
    array = sources.make(given, len(letters), dtype, folder, partial=True, printout=printout)
    if not given["dtype"] and array.stored in NARROW:
        dtype = array.stored
    units = sources.half_unit(given, array)
    units = np.zeros(array.values.shape) if units is None else units
    parts = (array.values, array.known, units)
    values, known, half_unit = (to_canonical(part, letters, "output", rank) for part in parts)
    return Recording(given["system"], given["origin"], letters, values, known, half_unit, dtype, given["expect"])


NARROW = ("float16", "uint8", "int8", "uint16", "int16", "uint32", "int32")
"""Dtypes in which an output is stored that was made in them; wider ones hold the values of any arithmetic."""


def _recorded_dtype(printout: Printout | None, dtype: str) -> str:
    """The dtype of the arithmetic that printed an output: that of the text, else that of the input.

    Numbers that float32 has may be of that dtype even where the input is wider; its bounds hold for wider ones, too.
    """
    if printout is None:
        return dtype
    return sources.float_dtype(printout) or ("float32" if dtype == "float64" else dtype)


def _members(
    operation: Operation, top: Record, elsewhere: Elsewhere | None
) -> Iterator[tuple[str, dict[str, Setting]]]:
    """The settings of each member, with the places they come from, and the label that its id gets."""
    fixed: dict[str, Setting] = {key: (top[key], top.at(key)) for key in (*operation.SETTINGS, *operation.FIELDS)}
    for key in set(operation.SETTINGS) & set(operation.ROLES):
        if not _is_setting(operation, top, key):
            fixed[key] = operation.SETTINGS[key].default, top.at(key)
    if elsewhere is not None:
        fixed.update({key: (value, elsewhere.at) for key, value in elsewhere.settings.items()})
    operation.demand(top)
    matrix: Record | None = top["matrix"]
    if matrix is None or not matrix.items:
        yield "", fixed
        return
    axes = {key: list(zip(matrix[key], item.elements())) for key, item in matrix.items.items()}
    if math.prod(map(len, axes.values())) > MOST_MEMBERS:
        raise matrix.item.error(f"{math.prod(map(len, axes.values()))} members; a matrix may have {MOST_MEMBERS}")
    for key, item in matrix.items.items():
        if key in top or (key == "input.dtype" and "dtype" in top["input"]):
            raise item.key_error("given outside the matrix too; keep one")
        _demand_distinct(axes[key])
    for combination in itertools.product(*axes.values()):
        chosen = dict(zip(axes, combination))
        label = ",".join(f"{key}={_compact(value)}" for key, (value, _) in chosen.items())
        yield f"[{label}]", {**fixed, **chosen}


def _demand_distinct(values: list[Setting]) -> None:
    labels = [_compact(value) for value, _ in values]
    for index, label in enumerate(labels):
        if label in labels[:index]:
            raise values[index][1].error(f"{label} stands twice in this list; keep one")


def _compact(value: Any) -> str:
    """A setting in an id: [1, 2] is 1x2, [[0, 1], [0, 1]] is 0:1x0:1."""
    if not isinstance(value, tuple):
        return str(value)
    return "x".join(":".join(map(str, part)) if isinstance(part, tuple) else str(part) for part in value)


def _case(
    name: str,
    path: Path,
    top: Record,
    rank: int,
    operation: Operation,
    arrays: tuple[dict[str, Given], tuple[Recording, ...]],
    settings: dict[str, Setting],
) -> Case:
    unknown = frozenset(key for key, (value, _) in settings.items() if value == UNKNOWN)
    taken = operation.TAKEN_FOR_UNKNOWN
    settings = {key: (taken[key] if key in unknown else value, item) for key, (value, item) in settings.items()}
    case = Case(
        operation=operation,
        arrays=MappingProxyType(arrays[0]),
        settings=MappingProxyType(operation.settled(settings, rank)),
        unknown=unknown,
        then=top["then"],
        id=name,
        path=path,
        title=top["title"],
        why=top["why"],
        text=top["text"],
        source=top["source"],
        tolerance=_tolerance(top["tolerance"]),
        recorded=arrays[1],
        expect=_expect(top["expect"]),
    )
    operation.check(case, top, settings)
    return case


def _rank(operation: Operation, top: Record) -> int:
    """The number of spatial axes, that of every array."""
    rank = spatial_rank(top["input"]["layout"], "input")
    roles = [(top[name], name) for name in main_roles(operation) if not operation.ROLES[name].flattens]
    for given, role in [*roles, *((recording, "output") for recording in top["recorded"])]:
        if set(given["layout"]) & set(SPATIAL[max(SPATIAL)]) and spatial_rank(given["layout"], role) != rank:
            raise given.at("layout").error(
                f"{given['layout']!r} has not the {rank} spatial axes of the input: {SPATIAL[rank]}"
            )
    return rank


def _tolerance(given: str | Record) -> Tolerance | None:
    return None if isinstance(given, str) else Tolerance(given["rtol"], given["atol"], given["why"])


def _expect(given: Record | None) -> Expect:
    modes = {} if given is None else {mode: given[mode] for mode in EXPECT if mode in given}
    for mode in modes:
        assert given is not None
        seen: set[str] = set()
        for item in itertools.chain.from_iterable(group.elements() for group in given.at(mode).elements()):
            if item.scalar in seen:
                raise item.error(f"{item.scalar} stands twice; an entry point is in one class of agreement")
            seen.add(item.scalar)
    return Expect(MappingProxyType(modes))


def _identify(path: Path) -> str:
    """The path relative to the current folder when it is below it, else as given; a shipped one by its short name."""
    whole, here = os.path.abspath(path), os.path.join(os.getcwd(), "")
    return Path(whole[len(here) :]).as_posix() if whole.startswith(here) else shipped.named(path.as_posix())
