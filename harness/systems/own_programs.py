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
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.backends import TABLE, Backend
from harness.backends.program_words import FILES, VARIABLE
from harness.canonical import layout
from harness.grammar.document import CaseError, Item
from harness.grammar.kinds import Field, Kind, Record, list_of, number, record, word
from harness.grammar.plain_values import item_of
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


def _text(item: Item, wanted: str) -> str:
    """A text, which may be empty as a command line may leave it."""
    if not isinstance(item.scalar, str):
        raise item.expected(wanted)
    return item.scalar


def _read_command(item: Item) -> str:
    command = _text(item, f"a command line with {PLACES}")
    missing = [each for each in PLACES.split() if each not in command]
    if missing:
        raise item.error(f"{command!r} has no {' '.join(missing)}: the names of the files go there")
    try:
        shlex.split(command)
    except ValueError as error:
        raise item.error(f"{command!r}: {error}") from None
    return command


def _read_function(item: Item) -> str:
    function = _text(item, "module:function")
    if not all(function.rpartition(":")[::2]):
        raise item.expected("module:function")
    return function


def _read_layouts(item: Item) -> list[str]:
    parts = _text(item, LAYOUT).split(",")
    if len(parts) != len(ROLES):
        raise item.expected(f"{','.join(ROLES)}, as {LAYOUT}")
    try:
        ranks = {layout.spatial_rank(part, role) for part, role in zip(parts, ROLES)}
    except layout.LayoutError as error:
        raise item.error(str(error)) from None
    if len(ranks) != 1:
        *first, last = ROLES
        raise item.error(f"{item.scalar!r}: {', '.join(first)} and {last} have different numbers of spatial axes")
    return parts


MODULE = "harness.backends.own_program"
"""The module of the backend of each program."""
WAYS = ("command", "python")
"""How a program is called: exactly one of them is said."""
PROGRAM = record(
    {
        "command": Field(Kind(_read_command, {}), f"its command line, with {PLACES}"),
        "python": Field(Kind(_read_function, {}), "a Python function, as module:function"),
        "layout": Field(Kind(_read_layouts, {}), "axes of each array and of the output", default=LAYOUT.split(",")),
        "files": Field(word(*FILES), "the kind of its files", default=FILES[0]),
        "dtypes": Field(list_of(word(*DTYPES), shortest=1), "what it computes in", default=("float64",)),
        "seconds": Field(number(low=1e-3), "the time that a call may take", default=30.0),
        **OPERATION.own_words().FIELDS,
    },
    one_of=WAYS,
)
"""What a table of a project file may say."""


def declared(folder: Path = Path()) -> dict[str, Backend]:
    """Name -> backend of each program that the project file in `folder` declares; none where there is no such file."""
    return {name: backend(name, table, f"{path}: ") for name, (path, table) in declarations(folder).items()}


def backend(name: str, table: Mapping[str, Any], where: str = "") -> Backend:
    """The backend of a program; `table` as in a project file. Raises OwnProgramError, which begins with `where`."""
    return Backend(name, MODULE, variables={VARIABLE: json.dumps(_about(name, table, where))})


def is_own(backend: Backend) -> bool:
    """Whether a backend is a user's own program."""
    return backend.module == MODULE


def about(name: str, layout: str, words: tuple[str, ...]) -> dict[str, Any]:
    """What `harness.backends.own_program` must know of a function; raises OwnProgramError for odd layouts."""
    table = {"python": f"here:{name}", "layout": layout, **OPERATION.own_words().told(words)}
    return _about(name, table, "")


def _about(name: str, table: Mapping[str, Any], where: str) -> dict[str, Any]:
    if not name.isidentifier() or name in TABLE:
        raise OwnProgramError(f"{where}backends.{name}: expected a name of letters, digits and _ that no backend has")
    try:
        found: Record = PROGRAM.read(item_of(dict(table), f"backends.{name}"))
        own = OPERATION.own_words().takes(found)
    except CaseError as error:
        raise OwnProgramError("\n".join(f"{where}{each.keys}: {each.told}" for each in error.each)) from None
    about = {key: found[key] for key in (*WAYS, "files", "dtypes", "seconds") if found[key] is not None}
    return {**about, "name": name, "layouts": found["layout"], **own}
