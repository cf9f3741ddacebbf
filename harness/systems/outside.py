"""Backends of other distributions, which their entry points in the group `harness.backends` name.

    [project.entry-points."harness.backends"]
    my_framework = "my_package.my_backend"

The module is as those in `harness.backends`; it runs in this interpreter, where its distribution is installed.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from harness.backends import TABLE, Backend
from harness.ending import Mistake

GROUP = "harness.backends"


class OutsideBackendError(Mistake):
    """A distribution names a backend that cannot be one; the text says which, and what was expected."""


@cache
def backends() -> dict[str, Backend]:
    """Name -> backend of each entry point, in the order of their names. Raises OutsideBackendError."""
    return {each.name: _backend(each) for each in sorted(entry_points(group=GROUP), key=lambda each: each.name)}


def _backend(entry: EntryPoint) -> Backend:
    where = f"entry point {entry.name} of {entry.dist.name if entry.dist else 'a distribution'} in {GROUP}"
    if not entry.name.isidentifier() or entry.name in TABLE:
        raise OutsideBackendError(f"{where}: expected a name of letters, digits and _ that no backend has")
    if entry.attr:
        raise OutsideBackendError(f"{where}: found {entry.value}, expected a module, as my_package.my_backend")
    return Backend(entry.name, entry.module, entry.module.split(".")[0])
