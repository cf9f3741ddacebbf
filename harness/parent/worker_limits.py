"""How long a worker may take, and how much memory."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Seconds until a worker must have said hello, and until it must have answered a call; bytes of its address space.

    `memory` is None for no limit; there can be one on Linux only.
    """

    start: float = 180.0
    call: float = 120.0
    memory: int | None = None
