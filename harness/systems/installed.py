"""What backends are as far as files tell, without starting them: an import of a framework takes seconds."""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import platform
import re
from collections.abc import Callable, Iterator
from typing import Any

from harness.backends import Backend, entry_points
from harness.parent import unix
from harness.parent.environments import Environment
from harness.parent.talk import Hello

Version = Callable[[str], str]
"""The version of an installed package; "" where it is not there."""


def told(backend: Backend) -> Hello | None:
    """What the worker of `backend` would say first, with less of what it runs on; None where only a start tells."""
    if unix.missing() or backend.missing() or backend.goes_instead():
        return None
    declared = entry_points(backend)
    if not declared:
        return None
    module = importlib.import_module(backend.module)
    own = backend.environment if not backend.here() else None
    installed = _in(own) if own else _here
    version = _stated(module) or next(filter(None, map(installed, _packages(backend))), "")
    if not version:
        return None
    if own and not own.npm:
        runs_on = {"numpy": installed("numpy")}
    else:
        runs_on = {"python": platform.python_version(), "numpy": _here("numpy")}
    return Hello(backend.name, version, runs_on, tuple(declared))


def _stated(module: Any) -> str:
    """What the module of a backend can say itself."""
    with contextlib.suppress(AttributeError, FileNotFoundError):
        return str(module.version())
    return ""


def _packages(backend: Backend) -> Iterator[str]:
    """The packages whose version is the framework's."""
    yield from (each.split("{")[0] for each in backend.requirements if "{version}" in each)
    yield from (each.rpartition("@")[0] for each in backend.npm)


def _here(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _in(environment: Environment) -> Version:
    """What an environment holds, as pip (`name==1.0`) or npm (`name@1.0`) wrote it there."""
    pairs = (re.fullmatch(r"(.+?)(?:==|@)([^@=]+)", each) for each in environment.holds())
    versions = {pair[1].lower(): pair[2] for pair in pairs if pair}
    return lambda package: versions.get(package.lower(), "")
