"""A user's own programs as backends, declared in `harness.toml`, or in `pyproject.toml` under `tool.harness`.

    [backends.java_port]
    command = "java -cp ports Port FILES"    # or: python = "my_module:my_function"
    layout = "HW,HW,HW"          # axes of each array and of the output
    files = "npy"                # or csv, raw
    dtypes = ["float64"]
    seconds = 30

and what the operation has to say of it. FILES are the roles of its arrays and the output, each in braces.
Only these files can name programs: a case cannot, so running a case file that comes from elsewhere runs no program.
"""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.backends import TABLE, Backend
from harness.backends.program_words import FILES, VARIABLE
from harness.canonical import layout
from harness.grammar.sources import DTYPES
from harness.operations import TABLE as OPERATIONS
from harness.operations import USUAL
from harness.operations.spoken import files, places, plain_layout
from harness.systems.project_file import OwnProgramError as OwnProgramError
from harness.systems.project_file import declarations

OPERATION = OPERATIONS[USUAL]
"""What programs compute."""
ROLES = files(OPERATION)
"""The arrays that a program finds in files, and the one that it leaves."""
PLACES = places(OPERATION)
"""What stands for their names in a command line."""
LAYOUT = plain_layout(OPERATION)
DEFAULTS: Mapping[str, Any] = {
    "layout": LAYOUT,
    "files": "npy",
    **OPERATION.own_words().DEFAULTS,
    "dtypes": ["float64"],
    "seconds": 30,
}


def declared(folder: Path = Path()) -> dict[str, Backend]:
    """Name -> backend of each program that the project file in `folder` declares; none where there is no such file."""
    return {name: backend(name, table, f"{path}: ") for name, (path, table) in declarations(folder).items()}


def backend(name: str, table: Mapping[str, Any], where: str = "") -> Backend:
    """The backend of a program; `table` as in a project file. Raises OwnProgramError, which begins with `where`."""
    return Backend(name, "harness.backends.own_program", variables={VARIABLE: json.dumps(_about(name, table, where))})


def about(name: str, layout: str, words: tuple[str, ...]) -> dict[str, Any]:
    """What `harness.backends.own_program` must know of a function; raises OwnProgramError for odd layouts."""
    table = {"python": f"here:{name}", "layout": layout, **OPERATION.own_words().told(words)}
    return _about(name, table, "")


def _about(name: str, table: Mapping[str, Any], where: str) -> dict[str, Any]:
    where = f"{where}backends.{name}"
    if not name.isidentifier() or name in TABLE:
        raise OwnProgramError(f"{where}: expected a name of letters, digits and _ that no backend has")
    _check_keys(where, table)
    about = {**DEFAULTS, **table}
    _check_values(where, about)
    about |= {"name": name, "layouts": _layouts(where, about.pop("layout")), **_own_words(where, about)}
    return {key: value for key, value in about.items() if value is not None}


def _check_keys(where: str, table: Mapping[str, Any]) -> None:
    unknown = set(table) - {*DEFAULTS, "command", "python"}
    if unknown:
        known = ", ".join(["command", "python", *DEFAULTS])
        raise OwnProgramError(f"{where}: unknown key {sorted(unknown)[0]!r}; known: {known}")
    ways = [key for key in ("command", "python") if key in table]
    if len(ways) != 1 or not isinstance(table[ways[0]], str):
        raise OwnProgramError(f'{where}: expected either command = "..." or python = "module:function"')
    if ways == ["command"]:
        _check_command(f"{where}.command", table["command"])
    elif not all(table["python"].rpartition(":")[::2]):
        raise OwnProgramError(f"{where}.python: found {table['python']!r}, expected module:function")


def _check_values(where: str, about: Mapping[str, Any]) -> None:
    for key, kind in (("layout", str), ("files", str), ("dtypes", list), ("seconds", (int, float))):
        value = about[key]
        if not isinstance(value, kind) or isinstance(value, bool):
            raise OwnProgramError(f"{where}.{key}: found {value!r}, expected, say, {DEFAULTS[key]!r}")
    if about["files"] not in FILES:
        raise OwnProgramError(f"{where}.files: found {about['files']!r}, expected one of {', '.join(FILES)}")
    if not about["dtypes"] or any(dtype not in DTYPES for dtype in about["dtypes"]):
        raise OwnProgramError(f"{where}.dtypes: found {about['dtypes']}, expected some of {', '.join(DTYPES)}")
    if not 0 < about["seconds"] < math.inf:
        raise OwnProgramError(f"{where}.seconds: found {about['seconds']}, expected a number of seconds above 0")


def _check_command(where: str, command: str) -> None:
    missing = [each for each in PLACES.split() if each not in command]
    if missing:
        raise OwnProgramError(f"{where}: {command!r} has no {' '.join(missing)}: the names of the files go there")
    try:
        shlex.split(command)
    except ValueError as error:
        raise OwnProgramError(f"{where}: {command!r}: {error}") from None


def _layouts(where: str, text: str) -> list[str]:
    parts = text.split(",")
    if len(parts) != len(ROLES):
        raise OwnProgramError(f"{where}.layout: found {text!r}, expected {','.join(ROLES)}, as {LAYOUT}")
    try:
        ranks = {layout.spatial_rank(part, role) for part, role in zip(parts, ROLES)}
    except layout.LayoutError as error:
        raise OwnProgramError(f"{where}.layout: {error}") from None
    if len(ranks) != 1:
        *first, last = ROLES
        raise OwnProgramError(
            f"{where}.layout: {text!r}: {', '.join(first)} and {last} have different numbers of spatial axes"
        )
    return parts


def _own_words(where: str, about: Mapping[str, Any]) -> dict[str, Any]:
    """What the operation makes of its keys."""
    try:
        return OPERATION.own_words().takes(about)
    except ValueError as problem:
        raise OwnProgramError(f"{where}.{problem}") from None
