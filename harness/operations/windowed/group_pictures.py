"""A picture of grouped channels: which plane of the kernel takes an output channel from an input channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.canonical.window import Linear, Window
from harness.operations.panels import Cell, Panel, Picture
from harness.operations.transforms.grouping import Groups

MOST = 8
"""Channels that are drawn."""
KINDS = ("depthwise", "dense", "block")
CAPTION = (
    "The channels were grouped otherwise: a row for each output channel, a column for each input channel. "
    "The numbers are the planes of the kernel."
)
Found = Mapping[str, Any]


def drawn_groups(case: Found, change: Found) -> Picture | None:
    """The planes that are meant, and those that were used; None where they are too many or do not fit."""
    channels, (outputs, planes) = case["input"]["shape"][1], case["kernel"]["shape"][:2]
    groups = channels // planes
    if max(channels, outputs) > MOST or change["kind"] not in KINDS or not _divide(channels, outputs, planes, change):
        return None
    numbered = np.arange(1.0, outputs * planes + 1).reshape(outputs, planes, 1)
    form = Linear(np.zeros((1, channels, 1)), numbered, None, Window((1,), (1,), ((0, 0),), (False,), groups=groups))
    try:
        used = Groups(change["groups"], change["kind"]).differ(form)
    except ValueError:  # a kernel that cannot be taken so
        return None
    meant, computed = _spread(form, channels), _spread(used, channels)
    panels = (Panel("what is meant", _cells(meant, meant)), Panel("what was computed", _cells(computed, meant)))
    return Picture(CAPTION, panels)


def _divide(channels: int, outputs: int, planes: int, change: Found) -> bool:
    """Whether both numbers of groups are possible."""
    parts = change["groups"]
    whole = 1 <= parts <= channels and channels % planes == 0 and channels % parts == 0
    return whole and outputs % (channels // planes) == 0


def _spread(form: Linear, channels: int) -> np.ndarray:
    """(outputs, inputs): the number of the plane, 0 where there is none."""
    outputs, planes = form.w.shape[:2]
    found = np.zeros((outputs, channels), int)
    for output in range(outputs):
        first = output * form.window.groups // outputs * planes
        found[output, first : first + planes] = form.w[output, :, 0]
    return found


def _cells(found: np.ndarray, meant: np.ndarray) -> list[list[Cell]]:
    """Rows of numbers; those that stand elsewhere than is meant are marked."""
    rows = [[*row] + [0] * (found.shape[1] - len(row)) for row in meant.tolist()]
    rows += [[0] * found.shape[1]] * (len(found) - len(rows))
    return [
        [Cell(str(new) if new else "", "moved" if new and new != old else "") for new, old in zip(*each)]
        for each in zip(found.tolist(), rows)
    ]
