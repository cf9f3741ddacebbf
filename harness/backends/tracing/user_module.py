"""A user's own module, and what its function gives back: the only code of a user's that a tracer runs."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from typing import Any

from harness.worker.blame import system
from harness.worker.tracer import Wrong


def made(place: str) -> Any:
    """What the function of `torch:file.py:function` gives back."""
    file, _, name = place.partition(":")[2].rpartition(":")
    module = _imported(file)
    if not callable(getattr(module, name, None)):
        raise Wrong("%s has no function %r" % (file, name))
    with system():  # what the user's function raises is its own
        return getattr(module, name)()


def _imported(file: str) -> Any:
    """The user's module, whose own folder is searched for what it imports."""
    sys.path[:0] = [os.path.dirname(os.path.abspath(file)) if file.endswith(".py") else os.getcwd()]
    with system():
        if not file.endswith(".py"):
            return importlib.import_module(file)
        spec = importlib.util.spec_from_file_location(os.path.basename(file)[:-3], file)
        if spec is None or spec.loader is None or not os.path.exists(file):
            raise Wrong("%s: no such file" % file)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # classes of data, for one, look for their module
        spec.loader.exec_module(module)
        return module
