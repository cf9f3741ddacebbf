"""A backend that does what it says: the canonical form by loops over the kernel's taps. The other fakes spoil it."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.canonical.window import pad
from harness.worker.entry import EntryPoint, Settings, Word, entry_point
from harness.worker.spans import output_size, padding_pair

NAME = "honest"
WORDS = {"same": Word("SAME", "same_upper"), "valid": Word("VALID", "valid")}


def start() -> str:
    return "1.0"


def correlate(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    """Cross-correlation of x (N, C, *spatial) with w (O, C / groups, *spatial); the result has the dtype of x."""
    pairs = padding_of(x, w, s)
    sizes = tuple(map(output_size, x.shape[2:], w.shape[2:], s.stride, s.dilation, pairs))
    x = pad(x, pairs)
    y = np.zeros((len(x), len(w), *sizes), x.dtype)
    outputs_per_group, inputs = len(w) // s.groups, w.shape[1]
    for o, c, *tap in np.ndindex(*w.shape):
        axes = zip(tap, s.dilation, sizes, s.stride)
        seen = (slice(a * d, a * d + (n - 1) * step + 1, step) for a, d, n, step in axes)
        y[:, o] += w[(o, c, *tap)] * x[(slice(None), o // outputs_per_group * inputs + c, *seen)]
    return y if s.bias is None else y + s.bias.reshape((-1,) + (1,) * len(sizes))


def padding_of(x: np.ndarray, w: np.ndarray, s: Settings) -> tuple[tuple[int, int], ...]:
    """(low, high) of each spatial axis."""
    if not isinstance(s.padding, str):
        return tuple((low, high) for low, high in s.padding or ())
    recipe = {own.native: own.recipe for own in WORDS.values()}[s.padding]
    return tuple(padding_pair(recipe, *axis) for axis in zip(x.shape[2:], w.shape[2:], s.stride, s.dilation))


def declared(name: str, **changes: Any) -> Any:
    """Decorator: an entry point `fake.NAME` with the declaration that `correlate` keeps, but for `changes`."""
    declaration = {
        "ranks": [1, 2, 3],
        "docs": "tests/fakes",
        "words": WORDS,
        "explicit": "uneven",
        "stride": True,
        "dilation": True,
        "groups": "any",
        "bias": True,
        **changes,
    }
    return entry_point("fake." + name, **declaration)


ENTRY_POINTS: tuple[EntryPoint, ...] = (declared(NAME)(correlate),)
