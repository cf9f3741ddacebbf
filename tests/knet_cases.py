"""Recorded calls of Knet as cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.canonical import layout
from harness.case.read import Case
from harness.operations import transposed_convolution
from harness.operations.stated import Given


def canonical(values: np.ndarray, role: str, order: str = "*CN") -> np.ndarray:
    """An array of Knet with canonical axes, its first axis the first."""
    return layout.to_canonical(values, layout.expand(order, values.ndim - 2), role)


def stamping(x: np.ndarray, w: np.ndarray, said: Mapping[str, Any], groups: int = 1) -> Case:
    """The transposed convolution that a call of `deconv4` means; said: its keywords, with every default filled in."""
    rank = x.ndim - 2
    arrays = {"input": canonical(x, "input"), "kernel": canonical(w, "kernel", "*OI")}
    means = "cross-correlation" if said["mode"] else "convolution"
    rest = {"means": means, "groups": groups, "output_padding": (0,) * rank, "output_size": None}
    return Case(
        id="made",
        path=None,  # type: ignore[arg-type]
        operation=transposed_convolution,
        arrays={role: Given(values, layout.canonical(role, rank)) for role, values in arrays.items()},
        settings={**{name: said[name] for name in ("stride", "dilation", "padding")}, **rest},
    )
