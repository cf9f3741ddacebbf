"""The shortest edit of a transposed convolution: the own call of a system, and what is cut off its output or added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.canonical import layout
from harness.canonical.window import Pairs
from harness.operations.expressions import index, one_or_all, permuted, tf_transposed
from harness.operations.stated import Stated
from harness.operations.transforms.transform import Transform
from harness.operations.windowed.edit import (
    Asked,
    Edit,
    added,
    asked_of,
    called_in_jax,
    options,
    written,
)
from harness.operations.windowed.transposing import cuts, of_both_sides
from harness.worker.spans import reach


def edits(stated: Stated, transforms: Sequence[Transform], letters: str) -> Mapping[str, Edit]:
    """System -> the edit that computes what is stated with `transforms` applied; `letters` are the output's axes."""
    asked = asked_of(stated, transforms, letters)
    if asked is None or asked.filled or max(asked.form.window.stride) > 1:
        return {}
    return written(asked, WRITERS)


def _turned(asked: Asked) -> tuple[str, ...]:
    """The spatial letters along which calls, which stamp the kernel as it stands, must be given it backwards."""
    flags = zip(layout.SPATIAL[asked.form.rank], asked.form.window.reversal)
    return tuple(letter for letter, flag in flags if not flag)


def _torch(asked: Asked) -> str:
    win, rank, said = asked.form.window, asked.form.rank, of_both_sides(asked.form)
    has, taps = layout.canonical("input", rank), "IO" + layout.SPATIAL[rank]
    x, w = asked.array("x", has, (), permuted), asked.array("w", taps, (), permuted)
    dims = [taps.index(letter) for letter in _turned(asked)]
    w += f".flip({', '.join(map(str, dims))})" if dims else ""
    low, more = said or ([0], [0])
    told = options(
        stride=win.base_dilation,
        padding=low,
        output_padding=more,
        groups=[win.groups],
        dilation=win.dilation,
    )
    bias = ", b" if asked.biased and said else ""
    call = f"torch.nn.functional.conv_transpose{rank}d({x}, {w}{bias}{told})"
    if not said:
        flat = [-side for pair in reversed(cuts(asked.form)) for side in pair]
        call = added(f"torch.nn.functional.pad({call}, {flat})", asked, has)
    return asked.output(call, has, permuted)


def _tensorflow(asked: Asked) -> str:
    win, space, cut = asked.form.window, layout.SPATIAL[asked.form.rank], cuts(asked.form)
    if win.groups > 1 or max(win.dilation) > 1:
        return ""
    has, stride = f"N{space}C", win.base_dilation
    sizes, taps = asked.form.x.shape[2:], asked.form.w.shape[2:]
    output = asked.form.output_shape[2:]
    if _same(asked, cut):
        padding, behind = "SAME", ""
    elif any(low < 0 or high <= -step for (low, high), step in zip(cut, stride)):
        return ""
    else:  # all of it, with what is missing behind it, and then a part
        output = tuple(reach(n, k, s, 1) - min(high, 0) for n, k, s, (_, high) in zip(sizes, taps, stride, cut))
        parts = [f"{low or ''}:{-high if high > 0 else ''}" for low, high in cut]
        padding, behind = "VALID", index([":", *parts])
    x, w = asked.array("x", has, (), tf_transposed), asked.array("w", f"{space}OI", _turned(asked), tf_transposed)
    shape = [len(asked.form.x), *output, len(asked.form.w)]
    steps = one_or_all(stride) if len(space) < 3 else str(list(stride))
    call = f'tf.nn.conv{len(space)}d_transpose({x}, {w}, {shape}, {steps}, "{padding}"){behind}'
    return asked.output(added(call, asked, has), has, tf_transposed)


def _same(asked: Asked, cut: Pairs) -> bool:
    """Whether `SAME` with this size of the output comes to these cuts: half of them, less than half at the low side."""
    found = zip(asked.form.x.shape[2:], asked.form.output_shape[2:], asked.form.window.base_dilation, cut)
    return all(-(-m // s) == n and min(pair) >= 0 and pair[0] == sum(pair) // 2 for n, m, s, pair in found)


def _jax(asked: Asked) -> str:
    win = asked.form.window
    return "" if win.groups > 1 else called_in_jax(asked, "jax.lax.conv_transpose", win.base_dilation)


WRITERS = {"tensorflow": _tensorflow, "torch": _torch, "jax": _jax}
"""System -> its call of a transposed convolution."""
