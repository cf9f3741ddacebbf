"""Whose fault an exception is: that of the system that was called, or of the harness's own worker.

A traceback tells: its innermost frame is the system's, or it is the harness's. Python's library and NumPy count for
whoever called them. Code in C has no frames, so what calls such a system does so inside `system()`.
"""

from __future__ import annotations

import contextlib
import os
import traceback
from typing import Iterator

import numpy as np

OWN, LIBRARY, NUMPY = (
    os.path.join(folder, "")
    for folder in (
        os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
        os.path.dirname(os.__file__),
        os.path.dirname(np.__file__ or ""),
    )
)
MARK = "of_the_system"
"""The attribute of an exception, or of its class, that says that a system raised it, whatever its traceback."""


@contextlib.contextmanager
def system() -> Iterator[None]:
    """What is raised inside is the system's."""
    try:
        yield
    except Exception as error:
        setattr(error, MARK, True)
        raise


def own_fault(error: BaseException) -> str:
    """`KeyError: 'float16' (backends/octave.py, line 87)` where the harness's own code raised `error`, else ""."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _neutral(frame.filename)]
    if getattr(error, MARK, False) or not frames or not frames[-1].filename.startswith(OWN):
        return ""
    place = "%s, line %s" % (frames[-1].filename[len(OWN) :], frames[-1].lineno)
    return "%s: %s (%s)" % (type(error).__name__, str(error)[:4000], place)


def _neutral(path: str) -> bool:
    """Whether a file is Python's own, NumPy's, or none at all."""
    own_library = path.startswith(LIBRARY) and "-packages" not in path
    return path.startswith(("<", NUMPY)) or own_library
