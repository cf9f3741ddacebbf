"""Memory that nobody wrote, made visible: an output that is returned unwritten shows the byte that is chosen here.

The C library of GNU fills what it hands out with a byte on demand (`mallopt(M_PERTURB, ...)`). Two identical calls
under different bytes differ wherever an output was not written, whatever the process held before. Elsewhere nothing
is done, and such outputs are found by the luck of what memory holds. The parent switches off the cache of freed blocks,
which are not filled.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from typing import Any, Iterator, Optional

M_PERTURB = -6
FIRST, SECOND = 0x5A, 0xA6
"""Bytes for the two calls: neither gives a number that is common, and no byte of one is one of the other."""


def _mallopt() -> Optional[Any]:
    if sys.platform != "linux":
        return None
    return getattr(ctypes.CDLL(None), "mallopt", None)


MALLOPT = _mallopt()


@contextlib.contextmanager
def filled(byte: int) -> Iterator[None]:
    """Within it, the memory that this process is handed holds `byte` until it is written."""
    if MALLOPT is None:
        yield
        return
    MALLOPT(M_PERTURB, byte ^ 0xFF)
    try:
        yield
    finally:
        MALLOPT(M_PERTURB, 0)
