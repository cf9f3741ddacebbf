"""The table of backends: one line each; the module beside it holds the entry points and nothing else."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Backend:
    """A framework in an environment.

    name: as on the command line. module: the backend module that a worker serves. imports: the package that it needs.
    extra: the extra of this distribution that installs it.
    """

    name: str
    module: str
    imports: str
    extra: str = ""

    def missing(self) -> str | None:
        """Why this backend is not available and what to do, or None; does not import the framework."""
        if importlib.util.find_spec(self.imports) is not None:
            return None
        return f"{self.imports} is not installed; run: pip install 'framework-agreement[{self.extra}]'"

    def command(self) -> list[str]:
        """The command line that starts a worker for it."""
        return [sys.executable, "-m", "harness.worker", self.module]


TABLE = {
    backend.name: backend
    for backend in (
        Backend("numpy", "harness.backends.numpy", "numpy"),
        Backend("scipy", "harness.backends.scipy", "scipy"),
        Backend("tensorflow", "harness.backends.tensorflow", "tensorflow", "tensorflow"),
        Backend("torch", "harness.backends.torch", "torch", "torch"),
        Backend("jax", "harness.backends.jax", "jax", "jax"),
    )
}
