"""A backend whose framework does not import."""

from __future__ import annotations

NAME = "unavailable"
ENTRY_POINTS = ()


def start() -> str:
    raise ImportError("libmood.so: cannot open shared object file")
