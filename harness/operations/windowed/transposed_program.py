"""Programs that compute a transposed convolution in the terms of one system: by its own call, where it has one.

NumPy and SciPy have none: there, zeros are put between the samples, and a window is moved over them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from harness.canonical import layout
from harness.canonical.window import Linear, Pairs
from harness.operations.stated import Stated
from harness.operations.transforms.transform import Transform
from harness.operations.windowed import program
from harness.operations.windowed.edit import options
from harness.operations.windowed.program import Lines, Native, flipped
from harness.operations.windowed.program import fresh as fresh
from harness.operations.windowed.transposed_edit import edits as edits
from harness.operations.windowed.transposing import cuts, of_both_sides, ungrouped
from harness.worker.spans import reach

FOLLOWING: tuple[str, ...] = ()


def programs(stated: Stated, transforms: Sequence[Transform], letters: str = "") -> dict[str, str]:
    """System -> the program that computes what is stated with `transforms` applied; not yet run."""
    groups = stated.settings["groups"]
    apart = f"w = w.reshape(len(w), {groups}, -1, *w.shape[2:]).swapaxes(0, 1)"
    merged = f"w = w.reshape(-1, *w.shape[2:])  # O I and spatial axes, {groups} groups"
    return program.programs(stated, transforms, letters, (apart, merged) if groups > 1 else (), NATIVE)


def arrays(stated: Stated, form: Linear) -> dict[str, np.ndarray]:
    """The arrays as a program takes them."""
    return program.arrays(stated, replace(form, w=ungrouped(form.w, form.window.groups)))


# --- the own calls of systems ----------------------------------------------------------------------------------------


def _sayable(form: Linear) -> bool:
    """Whether it is a transposed convolution still: changes may have made another operation of it."""
    return max(form.window.stride) == 1 and form.window.boundary == "zero"


def _turned(form: Linear) -> list[str]:
    """The line for calls that stamp the kernel as it stands."""
    return flipped(tuple(axis for axis, flag in enumerate(form.window.reversal, 2) if not flag))


def _left(cut: Pairs) -> list[str]:
    """Lines that cut the output on each side, or add zeros there."""
    kept = ", ".join(f"{max(low, 0) or ''}:{-high if high > 0 else ''}" for low, high in cut)
    more = [(0, 0), (0, 0), *((max(-low, 0), max(-high, 0)) for low, high in cut)]
    return [
        *([f"y = y[:, :, {kept}]"] if any(side > 0 for pair in cut for side in pair) else ()),
        *([f"y = np.pad(y, {more})"] if any(map(any, more)) else ()),
    ]


def _torch(form: Linear) -> Lines | None:
    if not _sayable(form):
        return None
    win, said = form.window, of_both_sides(form)
    low, more = said or ([0], [0])
    steps = options(
        stride=win.base_dilation, padding=low, output_padding=more, groups=[win.groups], dilation=win.dilation
    )
    return [*_turned(form), *_inputs_first(win.groups)], [
        "x, w = torch.from_numpy(x), torch.from_numpy(w)",
        f"y = torch.nn.functional.conv_transpose{form.rank}d(x, w{steps}).numpy()",
        *([] if said else _left(cuts(form))),
    ]


def _inputs_first(groups: int) -> list[str]:
    """Lines that bring the kernel to I O and spatial axes, O being the outputs of one group."""
    if groups == 1:
        return ["w = w.swapaxes(0, 1)  # I O and spatial axes"]
    apart = f"w = w.reshape({groups}, -1, *w.shape[1:]).swapaxes(1, 2)"
    return [apart, f"w = w.reshape(-1, *w.shape[2:])  # I O and spatial axes, {groups} groups"]


def _tensorflow(form: Linear) -> Lines | None:
    win, rank = form.window, form.rank
    if not _sayable(form) or win.groups > 1 or max(win.dilation) > 1:
        return None
    space, sizes = tuple(range(2, rank + 2)), zip(form.x.shape[2:], win.base_dilation, form.w.shape[2:])
    full = [len(form.x), *(reach(n, k, step, 1) for n, step, k in sizes), len(form.w)]
    return _turned(form), [
        f"x, w = x.transpose{(0, *space, 1)}, w.transpose{(*space, 0, 1)}  # N spatial C, spatial O I",
        f'y = tf.nn.conv{rank}d_transpose(x, w, {full}, {list(win.base_dilation)}, "VALID")',
        f"y = y.numpy().transpose{(0, rank + 1, *range(1, rank + 1))}",
        *_left(cuts(form)),
    ]


def _jax(form: Linear) -> Lines | None:
    """Its call takes no groups; the call that it makes of its arguments does."""
    if not _sayable(form):
        return None
    win, pads = form.window, list(form.window.padding)
    dilated = f", rhs_dilation={win.dilation}" if max(win.dilation) > 1 else ""
    if win.groups == 1:
        space = layout.SPATIAL[form.rank]
        axes = f'("NC{space}", "OI{space}", "NC{space}")'
        call = f"conv_transpose(x, w, {win.base_dilation}, {pads}{dilated}, dimension_numbers={axes})"
    else:
        stride = f"lhs_dilation={win.base_dilation}{dilated}, feature_group_count={win.groups}"
        call = f"conv_general_dilated(x, w, {win.stride}, {pads}, {stride})"
    return flipped(tuple(axis for axis, flag in enumerate(win.reversal, 2) if flag)), [
        f"y = np.asarray(jax.lax.{call})"
    ]


NATIVE: dict[str, Native] = {"tensorflow": _tensorflow, "torch": _torch, "jax": _jax}
"""System -> the lines of its own call."""
