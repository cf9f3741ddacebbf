"""Commands on environments of backends: `harness install` and `clean`."""

from __future__ import annotations

import argparse

from harness.backends import Backend
from harness.ending import EXPECTED, MISSING
from harness.parent import environments
from harness.parent.pool import Pool
from harness.systems import selection


def install_command(options: argparse.Namespace) -> int:
    """Makes the environments of these backends, and starts each backend once."""
    code = EXPECTED
    for backend in selection.backends(options.backends):
        fault = _install(backend)
        print(f"{backend.name}: {fault or 'ready'}")
        code = MISSING if fault else code
    return code


def _install(backend: Backend) -> str:
    """Makes the environment of a backend if it needs one; why it cannot be used then, "" if it can."""
    environment = backend.environment
    if environment and not backend.here():
        print(f"{backend.name}: {', '.join(environment.requirements + environment.npm)}", flush=True)
        try:
            environment.make()
        except environments.NotMade as error:
            return f"not available: {error}"
    with Pool([backend]) as pool:
        fault = "".join(f"not available: {reason}" for reason in pool.unavailable.values())
    if fault and environment and not backend.here():
        fault += (
            f"\n    to have its environment made anew, run: harness clean '{environment.name}'; then install it again"
        )
    return fault


def clean_command(options: argparse.Namespace) -> int:
    """Removes the environments that `install` made, all of them or those of the backends that are named."""
    removed = environments.clean(options.backends)
    for name in removed:
        print(f"{name}: removed")
    for name in options.backends:
        if name not in removed:
            print(f"{name}: has no environment here")
    return EXPECTED
