"""The case files that `harness new` writes: one to start from, and one of a user's own arrays."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from harness.canonical.layout import LayoutError, to_canonical
from harness.case import proposals
from harness.case.of_files import called, odd
from harness.case.origins import Origins
from harness.case.read import CaseError, load
from harness.grammar import files as readers
from harness.grammar.gathered import Gathered
from harness.operations import TABLE, USUAL
from harness.operations.spoken import main_roles
from harness.output import naming, replacing
from harness.worker import shipped

SCHEMA = "case.schema.json"

START = """\
# A case: data, settings, and what is expected. `harness check` checks it, `harness run` runs it.
title: my {words} gives other numbers
why: weights were moved from one framework to another and the outputs differ
operation: {operation}
input:
  layout: HW                  # letters of the axes: N batch, C channel, D H W; a letter that is left out has length 1
  dtype: float32
  values:                     # or  file: x.npy  or  integers: {{shape: [6, 6], seed: 0, low: -9, high: 9}}
    - [1, 2, 3, 4]
    - [5, 6, 7, 8]
    - [9, 1, 2, 3]
    - [4, 5, 6, 8]
"""
END = """\
# recorded:                   # an output that you have from somewhere else; null is an element that you do not know
#   - system: my own code
#     origin: printed by my program
#     layout: HW
#     digits: 6               # significant digits printed
#     values: [[1.0, 2.0, 3.0, 4.0], [null, null, null, null], [null, null, null, null], [null, null, null, null]]
"""
HEAD = """\
# Made of {made} by `harness new`. Check what is marked with a question; `harness run` runs it on all backends.
title: {title}
why: my own numbers and those of a framework differ
operation: {operation}
"""
RECORDED = """\
recorded:
  - system: my own code
    origin: {origin}
"""
MEANT = "nonfinite: true"
"""What stands with an array whose infinities and NaN are meant."""


def start(path: Path, operation: str = USUAL) -> None:
    """Writes a commented case to start from, and the schema for editors where none is found."""
    text = START.format(words=operation.replace("_", " "), operation=operation)
    with replacing(path) as file:
        file.write(schema_line(path) + text + TABLE[operation].new_cases().START + END)


def of_arrays(
    path: Path,
    files: Mapping[str, str],
    layouts: Mapping[str, str],
    stated: Mapping[str, str] = MappingProxyType({}),
    operation: str = USUAL,
) -> None:
    """Writes a case of arrays in files by role, perhaps with an output, brought into a folder beside it.

    Settings are those that are `stated` (keys of a case, as YAML); else what the sizes say, where these leave no
    choice. Raises CaseError, and writes nothing, when the arrays do not fit their layouts or each other, or when the
    folder exists; FileError for what cannot be read, OSError for what cannot be written.
    """
    folder = path.with_suffix("")
    if folder.exists():
        raise CaseError(f"{folder} exists already; choose another name or remove it")
    folder.mkdir(parents=True)

    def document() -> str:
        with naming(folder):
            kept = {role: readers.bring(name, folder / role, len(layouts[role])) for role, name in files.items()}
        return _document(path, files, kept, layouts, stated, operation)

    try:
        write(path, document)
    except BaseException as error:  # whatever it is, Ctrl-C or a full disk, no half of a case is left
        shutil.rmtree(folder, ignore_errors=True)
        if not isinstance(error, CaseError):
            raise
        given = ",".join(layouts.values())
        kept = {role: f"{folder.name}/{role}.npy" for role in files}
        told = Origins({role: called(name) for role, name in files.items()}, ["output"], kept).told(error)
        raise CaseError(
            f"{told}\nnothing was written; the axes were taken to be {given}, where they are not, say so with --layout"
        ) from None


def write(path: Path, document: Callable[[], str]) -> None:
    """Writes a case file that can be read; whatever is raised, also by `document`, none is left."""
    try:
        text = document()
        with replacing(path) as file:
            file.write(schema_line(path) + text)
        list(load(path))
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _document(
    path: Path,
    files: Mapping[str, str],
    kept: Mapping[str, tuple[Path, np.ndarray]],
    layouts: Mapping[str, str],
    stated: Mapping[str, str],
    operation: str,
) -> str:
    arrays = {role: array for role, (_, array) in kept.items()}
    names = {role: quoted(file.relative_to(path.parent).as_posix()) for role, (file, _) in kept.items()}
    parts = [head("arrays", path, operation)]
    for role in main_roles(TABLE[operation]):
        meant = f"  {MEANT}    # infinities and NaN are meant\n" if odd(arrays[role]) else ""
        dtype = _dtype(kept) if role == "input" else ""
        parts += [f"{role}:\n", axes(operation, role, layouts[role], 2), f"{dtype}  file: {names[role]}\n{meant}"]
    parts += [settings(operation, arrays, layouts, stated)]
    for role in (role for role, each in TABLE[operation].ROLES.items() if each.vector and role in arrays):
        own = f"layout: {layouts[role]}, " if layouts[role] != TABLE[operation].ROLES[role].vector else ""
        parts += [f"{role}: {{{own}file: {names[role]}{f', {MEANT}' if odd(arrays[role]) else ''}}}\n"]
    if "output" in arrays:
        words = "infinities and NaN are meant; otherwise NaN stands for an unknown element"
        meant = f"    {MEANT}    # {words}\n" if odd(arrays["output"], output=True) else ""
        parts += [RECORDED.format(origin=quoted(called(files["output"])))]
        parts += [axes(operation, "output", layouts["output"], 4), f"    file: {names['output']}\n{meant}"]
    return "".join(parts)


def head(made: str, path: Path, operation: str) -> str:
    """The first lines of a case that is made of something."""
    return HEAD.format(made=made, title=quoted(f"{path.stem}, my own numbers"), operation=operation)


def axes(operation: str, role: str, letters: str, margin: int) -> str:
    """The line of the layout of an array, with a question."""
    if role == "output":
        question = "and are these the axes of your output?"
    else:
        meant = TABLE[operation].ROLES[role].axes
        question = (
            f"are these the axes? {meant}; a letter that is left out has length 1"
            if role == "input"
            else f"and these? {meant}"
        )
    return f"{' ' * margin}layout: {letters}    # {question}\n"


def settings(
    operation: str,
    arrays: Mapping[str, np.ndarray],
    layouts: Mapping[str, str],
    stated: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The lines of the settings: as stated, else as the sizes of the arrays say. Raises CaseError."""
    flat = [role for role, each in TABLE[operation].ROLES.items() if each.flattens]
    roles = [role for role in (*main_roles(TABLE[operation]), "output") if role in arrays and role not in flat]
    sizes, gathered = {}, Gathered()
    for role in roles:
        with gathered.part():
            sizes[role] = _sizes(role, arrays[role], layouts[role])
    if gathered.faults:
        hint = proposals.proposed(TABLE[operation], {role: each.shape for role, each in arrays.items()})
        raise CaseError("", each=tuple(gathered.faults), hint=hint)
    room = TABLE[operation].new_cases()
    lines = room.SETTINGS.format(**{**room.settings(sizes), **stated}).splitlines(keepends=True)
    given = {*arrays, *(each.instead for role, each in TABLE[operation].ROLES.items() if role in arrays)}
    return "".join(each for each in lines if each.partition(":")[0] not in given)


def _sizes(role: str, array: np.ndarray, letters: str) -> tuple[int, ...]:
    """Lengths of the spatial axes."""
    try:
        return to_canonical(array, letters, role).shape[2:]
    except LayoutError as error:
        raise CaseError(str(error), f"{role}.layout") from None


def _dtype(kept: Mapping[str, tuple[Path, np.ndarray]]) -> str:
    """The line that says it: that of the output, else of the input; a printout may say its own, other text does not."""
    deciding = [kept[role] for role in ("output", "input") if role in kept]
    names = [array.dtype.name for file, array in deciding if file.suffix.lower() not in readers.TEXTS]
    if not names and kept["input"][0].suffix.lower() == readers.PRINTED:
        return ""
    return f"  dtype: {names[0] if names and names[0] in ('float16', 'float32', 'float64') else 'float32'}\n"


def quoted(text: str) -> str:
    """A text as YAML, which takes what JSON does."""
    return json.dumps(text, ensure_ascii=False)


def schema_line(path: Path) -> str:
    """The line by which editors find the schema: that of a folder above, else a new one beside the case."""
    for number, folder in enumerate(path.absolute().parents):
        if (folder / SCHEMA).is_file():
            return f"# yaml-language-server: $schema={'../' * number}{SCHEMA}\n"
    with replacing(path.parent / SCHEMA) as file:
        file.write(Path(shipped.FOLDER, SCHEMA).read_text("utf-8"))  # making it imports every operation
    return f"# yaml-language-server: $schema={SCHEMA}\n"
