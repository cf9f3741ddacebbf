"""Which explanation comes first: the fewest changes, then the likeliest, then the smallest.

Likelihoods come from 108 public questions whose cause is known; how often each change was the cause is COUNTS.
"""

from __future__ import annotations

import math
from typing import Any

from harness.transform import Transform

COUNTS = {
    "reverse_kernel": 31.0,
    "padding_split": 15.0,
    "same_centre": 7.0,
    "kernel_axes": 6.0,
    "precision": 6.0,
    "output_mode": 4.0,
    "boundary": 4.0,
    "reshape_not_transpose": 4.0,
    "flatten_order": 3.0,
    "scale": 3.0,
    "input_axes": 2.5,
    "transpose_kernel_spatial": 2.5,
    "column_major": 2.0,
    "swap_operands": 2.0,
    "dilation": 2.0,
    "stride": 2.0,
    "bias": 2.0,
    "output_axes": 1.5,
    "axis_swap": 1.5,
    "channel_order": 1.5,
    "groups": 1.0,
    "stride_phase": 1.0,
    "kernel_values": 1.0,
    "conjugate": 0.5,
    "not_repeatable": 0.5,
}
OTHER_NAME = 4.0
"""Bits for each step down the names of one padding."""
TOTAL = sum(COUNTS.values())


def weight(transforms: tuple[Transform, ...], rank: int) -> float:
    """How unlikely these changes are: the sum of -log2 of their likelihoods, more for unusual forms of them."""
    return sum(math.log2(TOTAL / COUNTS[each.id]) + _unusual(each, rank) for each in transforms)


def _unusual(transform: Transform, rank: int) -> float:
    """Bits for a form of a transform that is rarer than its usual one."""
    values: dict[str, Any] = vars(transform)
    if transform.id == "reverse_kernel":
        return 0.0 if len(values["axes"]) == rank else 4.0
    if transform.id in ("padding_split", "output_mode", "same_centre", "stride_phase"):
        moved = sum(abs(a - b) for new, old in zip(values["actual"], values["intended"]) for a, b in zip(new, old))
        even = all(low == high for low, high in values["actual"])
        named = 0.0 if values.get("mode") or even else 0.5
        return float(min(0.1 * moved, 3.0) + named + OTHER_NAME * values["also"])
    if transform.id == "kernel_axes":  # channels moved as a block are usual, mixed with spatial axes they are not
        space = [axis for axis in values["order"] if axis >= 2]
        return 0.0 if space == sorted(space) and values["order"][:2] in ((0, 1), (1, 0)) else 4.0
    if transform.id in ("stride", "dilation"):
        return 0.0 if len(set(values[transform.id])) == 1 else 2.0
    if transform.id in ("bias", "scale"):
        return 3.0 if values.get("kind") == "unknown" or values.get("name", "the").startswith("a factor") else 0.0
    return 0.0
