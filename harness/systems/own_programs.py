"""A user's own programs as backends, declared in `harness.toml`, or in `pyproject.toml` under `tool.harness`.

    [backends.java_port]
    command = "java -cp examples/java Conv {input} {kernel} {output}"    # or: python = "my_module:my_conv"
    layout = "HW,HW,HW"          # axes of input, kernel and output
    files = "npy"                # or csv, raw
    reversal = true              # it reads the kernel backwards; `harness probe java_port` measures this, too
    padding = {valid = ""}       # padding of a case -> its own word, "" where it has none; or "numbers"
    dtypes = ["float64"]
    seconds = 30

Only these files can name programs: a case cannot, so running a case file that comes from elsewhere runs no program.
"""

from __future__ import annotations

import json
import math
import shlex
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.backends import TABLE, Backend
from harness.backends.program import FORMATS, VARIABLE
from harness.canonical import layout
from harness.canonical.window import padding_pair
from harness.grammar.sources import DTYPES

DEFAULTS: Mapping[str, Any] = {
    "layout": "HW,HW,HW",
    "files": "npy",
    "reversal": False,
    "padding": {"valid": ""},
    "dtypes": ["float64"],
    "seconds": 30,
}


class OwnProgramError(ValueError):
    """A declaration of a program that cannot be used; the text says where, what was found and what was expected."""


def declared(folder: Path = Path()) -> dict[str, Backend]:
    """Name -> backend of each program that the project file in `folder` declares; none where there is no such file."""
    for name, keys in (("harness.toml", ("backends",)), ("pyproject.toml", ("tool", "harness", "backends"))):
        path = folder / name
        if path.is_file():
            return {own: backend(own, table, f"{path}: ") for own, table in _tables(path, keys).items()}
    return {}


def backend(name: str, table: Mapping[str, Any], where: str = "") -> Backend:
    """The backend of a program; `table` as in a project file. Raises OwnProgramError, which begins with `where`."""
    where = f"{where}backends.{name}"
    if not name.isidentifier() or name in TABLE:
        raise OwnProgramError(f"{where}: expected a name of letters, digits and _ that no backend has")
    _check_keys(where, table)
    about = {**DEFAULTS, **table}
    _check_values(where, about)
    words, explicit = _padding(where, about.pop("padding"))
    about |= {"name": name, "layouts": _layouts(where, about.pop("layout")), "padding": words, "explicit": explicit}
    return Backend(name, "harness.backends.program", variables={VARIABLE: json.dumps(about)})


def way(program: Backend) -> str:
    """What a program is: its command line, or the module and function."""
    about = json.loads(program.variables[VARIABLE])
    return str(about.get("command", about.get("python")))


def _tables(path: Path, keys: tuple[str, ...]) -> Mapping[str, Any]:
    try:
        found: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OwnProgramError(f"{path}: not TOML: {error}") from None
    *outer, last = keys
    for key in outer:
        found = found.get(key, {}) if isinstance(found, dict) else {}
    unknown = set(found) - {last} if isinstance(found, dict) else set()
    if unknown:
        raise OwnProgramError(f"{path}: unknown key {'.'.join([*outer, min(unknown)])!r}; known: {'.'.join(keys)}")
    found = found.get(last, {}) if isinstance(found, dict) else {}
    if not isinstance(found, dict) or not all(isinstance(table, dict) for table in found.values()):
        raise OwnProgramError(f"{path}: {'.'.join(keys)}: expected one table for each program")
    return found


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
    for key, kind in (("layout", str), ("files", str), ("reversal", bool), ("dtypes", list), ("seconds", (int, float))):
        value = about[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise OwnProgramError(f"{where}.{key}: found {value!r}, expected, say, {DEFAULTS[key]!r}")
    if about["files"] not in FORMATS:
        raise OwnProgramError(f"{where}.files: found {about['files']!r}, expected one of {', '.join(FORMATS)}")
    if not about["dtypes"] or any(dtype not in DTYPES for dtype in about["dtypes"]):
        raise OwnProgramError(f"{where}.dtypes: found {about['dtypes']}, expected some of {', '.join(DTYPES)}")
    if not 0 < about["seconds"] < math.inf:
        raise OwnProgramError(f"{where}.seconds: found {about['seconds']}, expected a number of seconds above 0")


def _check_command(where: str, command: str) -> None:
    missing = [each for each in ("{input}", "{kernel}", "{output}") if each not in command]
    if missing:
        raise OwnProgramError(f"{where}: {command!r} has no {' '.join(missing)}: the names of the files go there")
    try:
        shlex.split(command)
    except ValueError as error:
        raise OwnProgramError(f"{where}: {command!r}: {error}") from None


def _layouts(where: str, text: str) -> list[str]:
    parts = text.split(",")
    if len(parts) != 3:
        raise OwnProgramError(f"{where}.layout: found {text!r}, expected input,kernel,output, as HW,HW,HW")
    try:
        ranks = {layout.spatial_rank(part, role) for part, role in zip(parts, ("input", "kernel", "output"))}
    except layout.LayoutError as error:
        raise OwnProgramError(f"{where}.layout: {error}") from None
    if len(ranks) != 1:
        raise OwnProgramError(
            f"{where}.layout: {text!r}: input, kernel and output have different numbers of spatial axes"
        )
    return parts


def _padding(where: str, found: Any) -> tuple[dict[str, list[str | None]], str]:
    """(word of a case -> [its own, recipe], whether it takes numbers)."""
    if found == "numbers":
        return {}, "even"
    if not isinstance(found, dict) or not found:
        raise OwnProgramError(f'{where}.padding: found {found!r}, expected, say, {{valid = "VALID"}} or "numbers"')
    words: dict[str, list[str | None]] = {}
    for word, own in found.items():
        native, recipe = own if isinstance(own, list) and len(own) == 2 else (own, word)
        if not isinstance(native, str):
            raise OwnProgramError(f"{where}.padding.{word}: found {own!r}, expected the program's own word for it")
        try:
            padding_pair(str(recipe), 1, 1)
        except KeyError:
            raise OwnProgramError(f"{where}.padding.{word}: {recipe!r} is no padding that is known here") from None
        words[word] = [native or None, "same_upper" if recipe == "same" else str(recipe)]
    return words, "no"
