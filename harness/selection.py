"""What a user asked for by name: backends, entry points, cases."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Iterable, Mapping, Sequence

from harness import expect
from harness.backends import TABLE, Backend
from harness.case import Case, CaseError
from harness.worker.entry import EntryPoint


class SelectionError(ValueError):
    """Something was asked for by a name that nothing has."""


class MissingBackend(RuntimeError):
    """A backend that was asked for by name is not available; the text says why and what to do."""


def backends(names: Sequence[str]) -> list[Backend]:
    """The backends of these names, all when there are none. Raises SelectionError for an unknown name."""
    for name in names:
        if name not in TABLE:
            raise SelectionError(
                f"--backend {name}: there is no such backend{_nearest(name, TABLE)}; known: {', '.join(TABLE)}"
            )
    return [TABLE[name] for name in dict.fromkeys(names)] if names else list(TABLE.values())


def demand(names: Iterable[str], unavailable: Mapping[str, str]) -> None:
    """Raises MissingBackend when one of the backends asked for by name is not available."""
    missing = [
        f"{name} was asked for and is not available: {unavailable[name]}" for name in names if name in unavailable
    ]
    if missing:
        raise MissingBackend("\n".join(missing))


def entry_points(globs: Sequence[str], offered: Sequence[tuple[str, EntryPoint]]) -> list[tuple[str, EntryPoint]]:
    """The entry points whose names match one of `globs`, all when there are none.

    Raises SelectionError for a pattern that nothing matches.
    """
    for glob in globs:
        if not any(fnmatch.fnmatchcase(entry.name, glob) for _, entry in offered):
            names = [entry.name for _, entry in offered]
            raise SelectionError(
                f"--entry {glob}: no entry point of the backends that run matches{_nearest(glob, names)}"
            )
    return [
        (backend, entry)
        for backend, entry in offered
        if not globs or any(fnmatch.fnmatchcase(entry.name, glob) for glob in globs)
    ]


def check_names(case: Case, offered: Sequence[tuple[str, EntryPoint]]) -> None:
    """Raises CaseError when `case` expects something of an entry point that a running backend does not have."""
    known = {entry.name: backend for backend, entry in offered}
    prefixes = {name.split(".")[0] for name in known}
    for mode, classes in case.expect.classes.items():
        for name in expect.named(classes):
            if name not in known and name.split(".")[0] in prefixes:
                raise CaseError(f"{case.id}: expect.{mode}: {name} is no entry point{_nearest(name, known)}")


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), 1)
    return f"; nearest is {near[0]}" if near else ""
