"""Backends of other distributions, which their entry points in the group `harness.backends` name.

    [project.entry-points."harness.backends"]
    my_framework = "my_package.my_backend"

The module is as those in `harness.backends`; it runs in this interpreter, where its distribution is installed.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from harness.backends import TABLE, Backend

GROUP = "harness.backends"


@cache
def backends() -> dict[str, Backend]:
    """Name -> backend of each entry point, in the order of their names.

    One that cannot be a backend is not available, under a name that says whose it is, and others are.
    """
    found = map(_backend, sorted(entry_points(group=GROUP), key=lambda each: each.name))
    return {each.name: each for each in found}


def _backend(entry: EntryPoint) -> Backend:
    distribution = entry.dist.name if entry.dist else "a distribution"
    where = f"entry point {entry.name} of {distribution} in {GROUP}"
    if not entry.name.isidentifier() or entry.name in TABLE:
        fault = f"{where}: expected a name of letters, digits and _ that no backend has; rename it there"
        return Backend(f"{entry.name} of {distribution}", entry.module, fault=fault)
    fault = f"{where}: found {entry.value}, expected a module, as my_package.my_backend" if entry.attr else ""
    package = entry.module.split(".")[0]
    return Backend(entry.name, entry.module, package, fault=fault, distribution=distribution)
