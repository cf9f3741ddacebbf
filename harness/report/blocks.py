"""Arrays as people print them: small ones in full, one block per plane, large ones as a summary and a corner.

Arrays come as `harness.array_json.describe` gives them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from harness.canonical.layout import SPATIAL, leading
from harness.canonical.window import numbers_text
from harness.report.text import fenced

AXES = {"N": "image", "C": "channel", "O": "output channel", "I": "input channel", "D": "depth"}
MISSING = {"not_finite": "not finite", "unknown": "not known"}
Described = Mapping[str, Any]
Planes = list[tuple[str, list[list[str]]]]


def kind(shown: Described, role: str) -> str:
    """Dtype and sizes, "float32, 1 x 3 x 5 x 5 (N C H W)"; `role` says which axes."""
    return f"{shown['dtype']}, {numbers_text(shown['shape'])} ({' '.join(_letters(shown, role))})"


def block(shown: Described, role: str) -> str:
    """The numbers as a code block."""
    lines = [] if "values" in shown else [summary(shown)]
    for name, rows in planes(shown, role):
        lines += filter(None, [name])
        lines += _aligned(rows)
    return fenced("\n".join(lines))


def planes(shown: Described, role: str) -> Planes:
    """(name, rows of numbers as text) of each plane, of the corner of a large array; "" names an only plane."""
    if "values" not in shown:
        return [("corner:", _texts(shown["corner"], shown["dtype"]))]
    shape = shown["shape"]
    flat = 2 if len(shape) > 3 else 1
    cells = np.array(shown["values"], object).reshape(shape)
    found = []
    for index in np.ndindex(*shape[:-flat]):
        place = zip(_letters(shown, role), index, shape)
        name = ", ".join(f"{AXES[letter]} {at}" for letter, at, size in place if size > 1)
        found.append((name, _texts(cells[index].tolist(), shown["dtype"])))
    return found


def lines(rows: list[list[str]]) -> str:
    """The rows of a plane as lines."""
    return "\n".join(map(" ".join, rows))


def elements(shown: Described) -> list[Any]:
    """The elements that `planes` shows, as they are, in its order."""
    return list(np.array(shown["values"] if "values" in shown else shown["corner"], object).ravel())


def summary(shown: Described) -> str:
    """Smallest, largest, mean and 2-norm of a large array."""
    figures = [f"{name} {float(shown[name]):.6g}" for name in ("min", "max", "mean", "norm") if name in shown]
    missing = [f"{shown[key]} {words}" for key, words in MISSING.items() if shown.get(key)]
    return ", ".join(figures + missing)


def number(value: Any, dtype: str) -> str:
    """The shortest digits that tell `value` from its neighbours in `dtype`."""
    if value is None:
        return "?"  # not known
    if not isinstance(value, float):
        return str(value)
    kept = _kept_as(dtype)(value)
    text = str(kept).removesuffix(".0")
    if "e" in text and 1e-4 <= abs(value) < 1e16:  # where NumPy has an exponent for fewer digits
        return np.format_float_positional(kept, trim="-")
    return text


@cache
def _kept_as(dtype: str) -> Callable[[float], Any]:
    """What makes a number of a dtype of one."""
    return np.dtype(dtype).type if dtype.startswith("float") else float


def _letters(shown: Described, role: str) -> str:
    return leading(role) + SPATIAL.get(len(shown["shape"]) - 2, "")


def _texts(values: list[Any], dtype: str) -> list[list[str]]:
    nested = any(isinstance(value, list) for value in values)
    rows = [row if isinstance(row, list) else [row] for row in values] if nested else [values]
    return [[number(value, dtype) for value in row] for row in rows]


def _aligned(rows: list[list[str]]) -> list[str]:
    """Lines of numbers, decimal points below each other."""
    cells = [[text.partition(".") for text in row] for row in rows]
    before = max((len(whole) for row in cells for whole, _, _ in row), default=0)
    after = max((len(point) + len(rest) for row in cells for _, point, rest in row), default=0)
    return [" ".join([f"{whole:>{before}}{point + rest:<{after}}" for whole, point, rest in row]) for row in cells]
