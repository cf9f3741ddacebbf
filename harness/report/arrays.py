"""Arrays as people print them: small ones in full, one block per plane, large ones as a summary and a corner.

Arrays come as `harness.numbers.describe` gives them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from harness.layout import LEADING, SPATIAL
from harness.report.text import fenced
from harness.window import numbers_text

AXES = {"N": "image", "C": "channel", "O": "output channel", "I": "input channel", "D": "depth"}
Described = Mapping[str, Any]


def kind(shown: Described, role: str) -> str:
    """Dtype and sizes, "float32, 1 x 3 x 5 x 5 (N C H W)"; `role` is input, kernel or output."""
    return f"{shown['dtype']}, {numbers_text(shown['shape'])} ({' '.join(_letters(shown, role))})"


def block(shown: Described, role: str) -> str:
    """The numbers as a code block."""
    if "values" in shown:
        return fenced("\n".join(_planes(shown, role)))
    return fenced("\n".join([_summary(shown), "corner:", *_grid(shown["corner"], shown["dtype"])]))


def number(value: Any, dtype: str) -> str:
    """The shortest digits that tell `value` from its neighbours in `dtype`."""
    if not isinstance(value, float):
        return str(value)
    kept = np.dtype(dtype).type(value) if dtype.startswith("float") else value
    if kept and not 1e-4 <= abs(value) < 1e16:
        return np.format_float_scientific(kept, trim="-", exp_digits=2)
    return np.format_float_positional(kept, trim="-")


def _letters(shown: Described, role: str) -> str:
    return LEADING[role] + SPATIAL.get(len(shown["shape"]) - 2, "")


def _planes(shown: Described, role: str) -> Iterator[str]:
    """The lines of all planes, each under its name where there are several."""
    shape = shown["shape"]
    flat = 2 if len(shape) > 3 else 1
    cells = np.array(shown["values"], object).reshape(shape)
    for index in np.ndindex(*shape[:-flat]):
        place = zip(_letters(shown, role), index, shape)
        name = ", ".join(f"{AXES[letter]} {at}" for letter, at, size in place if size > 1)
        yield from filter(None, [name])
        yield from _grid(cells[index].tolist(), shown["dtype"])


def _grid(values: list[Any], dtype: str) -> list[str]:
    """Lines of numbers, decimal points below each other."""
    rows = [row if isinstance(row, list) else [row] for row in values] if _nested(values) else [values]
    cells = [[number(value, dtype).partition(".") for value in row] for row in rows]
    before = max((len(whole) for row in cells for whole, _, _ in row), default=0)
    after = max((len(point + rest) for row in cells for _, point, rest in row), default=0)
    return [" ".join(f"{whole:>{before}}{point + rest:<{after}}" for whole, point, rest in row) for row in cells]


def _nested(values: list[Any]) -> bool:
    return any(isinstance(value, list) for value in values)


def _summary(shown: Described) -> str:
    figures = [f"{name} {float(shown[name]):.6g}" for name in ("min", "max", "mean", "norm") if name in shown]
    missing = [f"{shown['not_finite']} not finite"] if shown.get("not_finite") else []
    return ", ".join(figures + missing)
