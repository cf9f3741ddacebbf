"""Case files: what an operation is given, what it means, what was recorded elsewhere and what is expected.

A case file is one YAML mapping. Its grammar is that of its operation and what all cases have in common, for the reader
and for the JSON Schema alike. `load` checks it completely, so that a Case which exists can be computed.
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

from harness.canonical.layout import SPATIAL, spatial_rank
from harness.case import proposals
from harness.case.data import Data, Sources
from harness.case.schema import DTYPE_KEY, EXPECT, OPERATION, grammar
from harness.grammar import document, regular
from harness.grammar.document import CaseError as CaseError
from harness.grammar.document import Item
from harness.grammar.gathered import Gathered
from harness.grammar.kinds import UNKNOWN, Record
from harness.grammar.printouts import Printout
from harness.operations import TABLE, USUAL
from harness.operations.operation import Elsewhere, Operation, Setting
from harness.operations.spoken import main_roles
from harness.operations.stated import Recording, Stated
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

    Raises CaseError with all faults of the file that can be told without mending others first, and with the orders of
    axes that would fit where arrays do not.
    """
    path = Path(path)
    name = _identify(path)
    item = document.read(path, name)
    operation = _operation(item)
    gathered = Gathered()
    top = _as_far_as_read(operation, grammar(operation.NAME).tried(item, gathered))
    gathered.faults.sort(key=lambda fault: fault.keys != "operation")  # by which the others are judged
    try:
        yield from _cases(name, path, operation, top, gathered)
    except CaseError as fault:
        raise proposals.told(fault, operation, top, path.parent) from fault.__cause__


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
    """The operation that a file is about; the nearest known one where its name is wrong, which is told with the rest.

    Raises CaseError where none is near: then nothing else can be judged.
    """
    named = item.distinct()[0].get("operation")
    if named is None:
        return TABLE[USUAL]
    near = get_close_matches(str(named.scalar), TABLE, 1)
    return TABLE[near[0] if near else OPERATION.kind.read(named)]


def _as_far_as_read(operation: Operation, top: Record) -> Record:
    """The record, of which settings that cannot be read are taken for unknown, and others to be left out."""
    left_out = {
        "tolerance": "auto",
        "expect": None,
        "matrix": None,
        **dict.fromkeys(operation.TAKEN_FOR_UNKNOWN, UNKNOWN),
    }
    wrong = {key: value for key, value in left_out.items() if not top.sound(key)}
    return Record(top.item, top.items, {**top.values, **wrong}, top.wrong)


def _cases(name: str, path: Path, operation: Operation, top: Record, gathered: Gathered) -> Iterator[Case]:
    """The members of a file, of which so much is wrong as was gathered: if anything is, none, but all that is wrong."""
    misread = len(gathered.faults)
    rank = _rank(operation, top, gathered)
    elsewhere = _demanded(operation, top, path.parent, rank, gathered)
    axes = _axes(top, gathered)
    sources = Sources(operation, top, path.parent, rank)
    printout: Printout | None = None
    with suppress(CaseError):  # which is told with the other arrays
        printout = sources.printout()
    fixed, usual = _fixed(operation, sources, elsewhere), sources.dtype(printout)
    arrays: dict[str, Data] = {}
    for label, settings in _members(fixed, axes):
        dtype = settings.pop(DTYPE_KEY)[0] if DTYPE_KEY in settings else usual
        if dtype not in arrays:
            arrays[dtype] = sources.data(dtype, printout, gathered)
            if rank is None or len(gathered.faults) > misread or not _complete(operation, top):
                gathered.demand()
                return
            with gathered.part():
                if elsewhere is not None:
                    elsewhere.check(arrays[dtype][0])
        assert rank is not None  # else there are no arrays
        with gathered.part():
            case = _case(f"{name}{label}", path, top, rank, operation, arrays[dtype], settings)
        gathered.demand()
        yield case


def _complete(operation: Operation, top: Record) -> bool:
    """Whether what is wrong with a file leaves its arrays and settings as they are, or unknown."""
    keys = ("operation", *operation.ROLES, *operation.SETTINGS, *operation.FIELDS, "then", "matrix")
    return all(top.sound(key) for key in keys if key not in operation.TAKEN_FOR_UNKNOWN)


def _demanded(
    operation: Operation, top: Record, folder: Path, rank: int | None, gathered: Gathered
) -> Elsewhere | None:
    """The settings that stand elsewhere; what the operation demands beyond the grammar is gathered."""
    with gathered.part():
        if top.sound("matrix"):
            operation.demand(top)
    with gathered.part():
        if rank is not None and all(map(top.sound, (*operation.ROLES, *operation.FIELDS))):
            return operation.elsewhere(top, folder, rank)
    return None


def _fixed(operation: Operation, sources: Sources, elsewhere: Elsewhere | None) -> dict[str, Setting]:
    """The settings that all members share, with the places they come from."""
    top = sources.top
    fixed: dict[str, Setting] = {key: (top[key], top.at(key)) for key in (*operation.SETTINGS, *operation.FIELDS)}
    for key in set(operation.SETTINGS) & set(operation.ROLES):
        if not sources.is_setting(key):
            fixed[key] = operation.SETTINGS[key].default, top.at(key)
    if elsewhere is not None:
        fixed.update({key: (value, elsewhere.at) for key, value in elsewhere.settings.items()})
    return fixed


def _axes(top: Record, gathered: Gathered) -> dict[str, list[Setting]]:
    """The values of each key of the matrix, with their places."""
    matrix: Record | None = top["matrix"]
    items = {} if matrix is None else matrix.items
    axes = {key: list(zip(matrix[key], item.elements())) for key, item in items.items()} if matrix else {}
    members = math.prod(map(len, axes.values()))
    if members > MOST_MEMBERS:
        gathered.faults.append(top.at("matrix").error(f"{members} members; a matrix may have {MOST_MEMBERS}"))
    for key, item in items.items():
        with gathered.part():
            if key in top or (key == DTYPE_KEY and top.sound("input") and "dtype" in top["input"]):
                raise item.key_error("given outside the matrix too; keep one")
            _demand_distinct(axes[key])
    return axes


def _members(
    fixed: Mapping[str, Setting], axes: Mapping[str, list[Setting]]
) -> Iterator[tuple[str, dict[str, Setting]]]:
    """The settings of each member, and the label that its id gets."""
    for combination in itertools.product(*axes.values()):
        chosen = dict(zip(axes, combination))
        label = ",".join(f"{key}={_compact(value)}" for key, (value, _) in chosen.items())
        yield f"[{label}]" if axes else "", {**fixed, **chosen}


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
    arrays: Data,
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


def _rank(operation: Operation, top: Record, gathered: Gathered) -> int | None:
    """The number of spatial axes, that of every array; None where the layouts do not say one."""
    roles = [(top[name], name) for name in main_roles(operation) if not operation.ROLES[name].flattens]
    arrays = [*roles, *((recording, "output") for recording in top["recorded"])]
    layouts = [(each, role, each["layout"]) for each, role in arrays if each is not None and "layout" not in each.wrong]
    ranks = [spatial_rank(letters, role) for _, role, letters in layouts if role == "input"]
    misfits = [
        each.at("layout").error(f"{letters!r} has not the {rank} spatial axes of the input: {SPATIAL[rank]}")
        for rank in ranks
        for each, role, letters in layouts
        if set(letters) & set(SPATIAL[max(SPATIAL)]) and spatial_rank(letters, role) != rank
    ]
    gathered.faults += misfits
    return ranks[0] if ranks and not misfits else None


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
