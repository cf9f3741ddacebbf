"""Programs that compute a transposed convolution in the terms of one system: zeros between the samples, then a call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from harness.canonical.window import Linear
from harness.operations.stated import Stated
from harness.operations.transforms.transform import Transform
from harness.operations.windowed import program
from harness.operations.windowed.program import fresh as fresh
from harness.operations.windowed.transposed_edit import edits as edits
from harness.operations.windowed.transposing import ungrouped

FOLLOWING: tuple[str, ...] = ()


def programs(stated: Stated, transforms: Sequence[Transform], letters: str = "") -> dict[str, str]:
    """System -> the program that computes what is stated with `transforms` applied; not yet run."""
    groups = stated.settings["groups"]
    apart = f"w = w.reshape(len(w), {groups}, -1, *w.shape[2:]).swapaxes(0, 1)"
    merged = f"w = w.reshape(-1, *w.shape[2:])  # O I and spatial axes, {groups} groups"
    return program.programs(stated, transforms, letters, (apart, merged) if groups > 1 else ())


def arrays(stated: Stated, form: Linear) -> dict[str, np.ndarray]:
    """The arrays as a program takes them."""
    return program.arrays(stated, replace(form, w=ungrouped(form.w, form.window.groups)))
