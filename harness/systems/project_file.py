"""The project file of a user, `harness.toml` or `pyproject.toml`: the tables in it that declare programs."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.backends import Backend
from harness.backends.program_words import VARIABLE
from harness.ending import Mistake

FILES = (("harness.toml", ("backends",)), ("pyproject.toml", ("tool", "harness", "backends")))
"""Names of project files, the first of which is taken that is there, and where in each of them the tables are."""


class OwnProgramError(Mistake):
    """A declaration of a program that cannot be used; the text says where, what was found and what was expected."""


def declarations(folder: Path = Path()) -> dict[str, tuple[Path, Mapping[str, Any]]]:
    """Name -> (file, table) of each program that the project file in `folder` declares; none where there is no file."""
    for name, keys in FILES:
        path = folder / name
        if path.is_file():
            return {own: (path, table) for own, table in _tables(path, keys).items()}
    return {}


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
