"""Activations that a system writes out, as a GELU by its error function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from harness.canonical.arithmetic import plain
from harness.canonical.layout import canonical
from harness.operations.activation_family import formula

NEAR = 1e-4
"""Of the largest value: further off is another function. The smallest that differ are 9e-5 apart, and told later."""
OFTEN: tuple[Mapping[str, Any], ...] = (
    {"function": "gelu", "approximate": "none"},
    {"function": "gelu", "approximate": "tanh"},
    {"function": "gelu", "approximate": "quick"},
    {"function": "silu"},
    {"function": "mish"},
    {"function": "hard_swish"},
    {"function": "hard_sigmoid", "alpha": 1 / 6, "beta": 0.5},
    {"function": "hard_sigmoid", "alpha": 0.2, "beta": 0.5},
    {"function": "sigmoid"},
    {"function": "relu6"},
    {"function": "softplus", "beta": 1.0, "threshold": 20.0},
    {"function": "softsign"},
)


def likely(
    x: np.ndarray, y: np.ndarray, vectors: Mapping[str, np.ndarray]
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, str], str]]:
    """Functions that give `y` of `x`, nearest first."""
    if vectors or x.ndim < 2:
        return
    size = float(np.abs(y).max(initial=0.0))
    apart = [float(np.abs(formula(plain, {"x": x}, settings) - y).max(initial=0.0)) for settings in OFTEN]
    for off, settings in sorted(zip(apart, OFTEN), key=lambda each: each[0]):
        if off < NEAR * size:
            yield settings, {}, canonical("input", x.ndim - 2)
