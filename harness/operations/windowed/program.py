"""Programs that compute a convolution in the terms of one system, from the arrays as the case has them.

A program takes `x`, `w` and, where the case has a bias, `b` with the axes of the case and gives `y` with those of the
output that was observed, N O and spatial axes where there is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from harness.canonical import layout
from harness.canonical.window import Linear
from harness.grammar.streams import RawStream
from harness.operations.returned import returned
from harness.operations.stated import Stated
from harness.operations.transforms.boundary import by_hand
from harness.operations.transforms.endings import OutputBorder
from harness.operations.transforms.transform import Transform, applied
from harness.operations.windowed import edit
from harness.operations.windowed.edit import Edit
from harness.worker.spans import span

JULIA = "Knet"
FOLLOWING = (JULIA,)
"""Programs that are not run, as they follow from those that are."""

Lines = tuple[list[str], list[str]]
"""What is made of canonical x and w in NumPy, and the call that makes y (N O and spatial axes) of them."""
Native = Callable[[Linear], Lines | None]
"""The lines of a system that has a call of its own for a form; None where that cannot say it."""


def programs(
    stated: Stated,
    transforms: Sequence[Transform],
    letters: str = "",
    prepared: Sequence[str] = (),
    native: Mapping[str, Native] = MappingProxyType({}),
) -> dict[str, str]:
    """System -> the program that computes the case with `transforms` applied; not yet run.

    letters: the axes of its output, canonical ones for "". prepared: lines that bring arrays with canonical axes to
    canonical form, where that is more than the axes. native: system -> calls of its own for such a form; without one it
    pads, and puts zeros between samples, by hand.
    """
    conv = applied(stated.meant(), transforms)
    changes = _changes(stated, transforms)
    biased = conv.biased or "bias" in stated.arrays or any("bias" in each.touches for each in transforms)
    names = "x, w, b" if biased else "x, w"
    no_bias = ["b = np.zeros(len(w))"] if "bias" not in stated.arrays and biased else []
    x, w = (stated.arrays[role].layout for role in ("input", "kernel"))
    letters = letters or layout.canonical("output", stated.rank)
    start = [f"# x: {x}, w: {w}; y: {letters}"]
    kept = ["image = x"] if any(isinstance(each, OutputBorder) and each.left == "input" for each in transforms) else []
    start += [*_canonical(stated), *prepared, *kept] + no_bias + changes
    dtype = "float64" if conv.x.dtype.name != "float32" else "float32"
    cast = f'{names} = (np.ascontiguousarray(a, "{dtype}") for a in ({names}))'
    added = [f"y = y + b.reshape{(-1,) + (1,) * stated.rank}"] if conv.biased else []
    rest = [*added, *_reads(transforms, conv), *returned(letters, stated.rank)]
    found = {}
    for system, (imports, call) in SYSTEMS.items():
        own = native[system](conv) if system in native else None
        before, called = own or ([*_reversal(conv), *_apart(conv), *by_hand(conv)], call(conv))
        found[system] = "\n".join(filter(None, [*imports, *start, *before, cast, *called, *rest])) + "\n"
    julia = _julia(stated, conv, transforms)
    return {**found, JULIA: julia} if julia else found


def edits(stated: Stated, transforms: Sequence[Transform], letters: str) -> dict[str, Edit]:
    """System -> the shortest edit that computes the case with `transforms` applied; letters: the axes of its output."""
    found = edit.edits(stated, transforms, letters)
    call = _julia(stated, applied(stated.meant(), transforms), transforms).rpartition("y = ")[2].rstrip()
    alike = all(len(set(stated.settings[key])) == 1 for key in ("stride", "dilation"))
    return {**found, JULIA: Edit(call, "")} if found and call and alike and "padding=(" not in call else found


def fresh(conv: Linear) -> Linear:
    """Random data of the same shapes."""
    stream = RawStream("PCG64", 1)
    return conv.map(lambda each: _drawn(stream, each))


def _drawn(stream: RawStream, like: np.ndarray) -> np.ndarray:
    """Random numbers in the shape and dtype of `like`."""
    drawn = stream.integers(1, 9, like.size) if like.dtype.kind in "iu" else stream.normal(like.size)
    return drawn.reshape(like.shape).astype(like.dtype)


def arrays(stated: Stated, conv: Linear) -> dict[str, np.ndarray]:
    """The arrays as a program takes them."""
    found = {
        "x": layout.from_canonical(conv.x, stated.arrays["input"].layout, "input"),
        "w": layout.from_canonical(conv.w, stated.arrays["kernel"].layout, "kernel"),
        "b": conv.offsets,
    }
    return {name: np.ascontiguousarray(each) for name, each in found.items()}


# --- the lines of a program ------------------------------------------------------------------------------------------


def _canonical(stated: Stated) -> list[str]:
    """Lines that bring the case's arrays to canonical axes."""
    lines = []
    for name, letters, role in (
        ("x", stated.arrays["input"].layout, "input"),
        ("w", stated.arrays["kernel"].layout, "kernel"),
    ):
        wanted = layout.canonical(role, stated.rank)
        order = tuple(letters.index(letter) for letter in wanted if letter in letters)
        moved = f".transpose{order}" if list(order) != sorted(order) else ""
        widened = _index(":" if letter in letters else "None" for letter in wanted)
        lines.append(f"{name} = {name}{moved}{widened}" if moved or widened else "")
    return lines


def _changes(stated: Stated, transforms: Sequence[Transform]) -> list[str]:
    """What the transforms do before the call, each under its words."""
    lines, conv = [], stated.meant()
    for transform in transforms:
        if not transform.reads:
            lines += [f"# {transform.words()}", *transform.code(conv)]
        conv = transform.differ(conv)
    return lines


def _reads(transforms: Sequence[Transform], conv: Linear) -> list[str]:
    """What the transforms do after the call."""
    return [line for each in transforms if each.reads for line in (f"# {each.words()}", *each.code(conv))]


def _index(parts: Iterable[str]) -> str:
    """An index of an array by `parts`, nothing where it takes everything."""
    index = re.sub("(, :)+$", "", ", ".join(parts))
    return "" if index == ":" else f"[{index}]"


def _apart(conv: Linear) -> list[str]:
    """Zeros between the samples of the input, as the stride of a transposed convolution puts them."""
    steps = conv.window.base_dilation
    if max(steps) == 1:
        return []
    sizes = ", ".join(f"(x.shape[{axis}] - 1) * {step} + 1" for axis, step in enumerate(steps, 2))
    return [
        f"wide = np.zeros((*x.shape[:2], {sizes}), x.dtype)",
        f"wide{_index([':', ':', *_every(steps)])} = x",
        "x = wide",
    ]


def _reversal(conv: Linear) -> list[str]:
    axes = tuple(axis + 2 for axis, flag in enumerate(conv.window.reversal) if flag)
    return flipped(axes)


def flipped(axes: tuple[int, ...]) -> list[str]:
    """The line that turns the kernel around along some of its axes."""
    return [f"w = np.flip(w, {axes})  # the call below does not reverse the kernel"] if axes else []


def _every(steps: Sequence[int]) -> list[str]:
    """Indices along some axes, by their steps."""
    return [f"::{step}" if step > 1 else ":" for step in steps]


def _extents(conv: Linear) -> tuple[int, ...]:
    """The spatial sizes of the dilated kernel."""
    return tuple(map(span, conv.w.shape[2:], conv.window.dilation))


def _grouped(conv: Linear, y: str) -> list[str]:
    """The lines of `y`, an output made of x and w; where there are several groups, from those of each group."""
    groups = conv.window.groups
    if groups == 1:
        return [f"y = {y}"]
    return [
        f"parts = zip(np.split(x, {groups}, 1), np.split(w, {groups}))",
        f"y = np.concatenate([{y} for x, w in parts], 1)",
    ]


def _numpy_call(conv: Linear) -> list[str]:
    space = "HWD"[: conv.rank]
    taps = space.lower()
    axes = tuple(range(2, conv.rank + 2))
    extents = _extents(conv) if max(conv.window.dilation) > 1 else "w.shape[2:]"
    steps = _index([":", ":", *_every(conv.window.stride)])
    steps += f"[..., {', '.join(_every(conv.window.dilation))}]" if max(conv.window.dilation) > 1 else ""
    return [
        f"x = np.lib.stride_tricks.sliding_window_view(x, {extents}, axis={axes}){steps}",
        *_grouped(conv, f'np.einsum("nc{space}{taps},oc{taps}->no{space}", x, w)'),
    ]


def _scipy_call(conv: Linear) -> list[str]:
    strided = _index([":", ":", *_every(conv.window.stride)])
    return [
        *_dilated(conv),
        *_grouped(conv, 'np.array([[correlate(image, kernel, "valid")[0] for kernel in w] for image in x])'),
        f"y = y{strided}" if strided else "",
    ]


def _dilated(conv: Linear) -> list[str]:
    """Lines that put zeros between the taps of the kernel; none where there is nothing to dilate."""
    if max(conv.window.dilation) == 1:
        return []
    return [
        f"wide = np.zeros(w.shape[:2] + {_extents(conv)}, w.dtype)",
        f"wide{_index([':', ':', *_every(conv.window.dilation)])} = w",
        "w = wide",
    ]


def _tensorflow_call(conv: Linear) -> list[str]:
    """`tf.nn.convolution` takes no stride beside a dilation: the kernel is then dilated by hand."""
    win, space = conv.window, tuple(range(2, conv.rank + 2))
    both = max(win.stride) > 1 and max(win.dilation) > 1
    steps = _options(conv, strides=list(win.stride), dilations=[1] * conv.rank if both else list(win.dilation))
    return [
        *(_dilated(conv) if both else ()),
        f"x, w = x.transpose{(0, *space, 1)}, w.transpose{(*space, 1, 0)}  # N spatial C, spatial I O",
        f'y = tf.nn.convolution(x, w, padding="VALID"{steps})',
        f"y = y.numpy().transpose{(0, conv.rank + 1, *range(1, conv.rank + 1))}",
    ]


def _torch_call(conv: Linear) -> list[str]:
    win = conv.window
    options = _options(conv, stride=win.stride, dilation=win.dilation, groups=win.groups)
    return [
        "x, w = torch.from_numpy(x), torch.from_numpy(w)",
        f"y = torch.nn.functional.conv{conv.rank}d(x, w{options}).numpy()",
    ]


def _jax_call(conv: Linear) -> list[str]:
    win = conv.window
    options = _options(conv, rhs_dilation=win.dilation, feature_group_count=win.groups)
    return [f'y = np.asarray(jax.lax.conv_general_dilated(x, w, {win.stride}, "VALID"{options}))']


def _options(conv: Linear, **settings: int | Sequence[int]) -> str:
    """More arguments of a call: the settings that are not 1, which is what they are when left out."""
    ones = (1, [1] * conv.rank, (1,) * conv.rank)
    return "".join(f", {key}={value}" for key, value in settings.items() if value not in ones)


SYSTEMS: dict[str, tuple[tuple[str, ...], Callable[[Linear], list[str]]]] = {
    "numpy": (("import numpy as np",), _numpy_call),
    "scipy": (("import numpy as np", "from scipy.signal import correlate"), _scipy_call),
    "tensorflow": (("import numpy as np", "import tensorflow as tf"), _tensorflow_call),
    "torch": (("import numpy as np", "import torch"), _torch_call),
    "jax": (("import jax", "import numpy as np", 'jax.config.update("jax_enable_x64", True)'), _jax_call),
}
"""System -> what its program imports, and the lines of the call, which pads nothing and does not reverse the kernel."""


def _julia(stated: Stated, conv: Linear, transforms: Sequence[Transform]) -> str:
    """The call in Knet's terms; "" where Knet's conv4 cannot say it."""
    win = conv.window
    plain = win.boundary == "zero" and win.groups == max(win.base_dilation) == 1
    simple = plain and all(low == high >= 0 for low, high in win.padding)
    arrays = any(set(transform.touches) - {"window"} for transform in transforms)
    if stated.rank == 1 or not simple or arrays or len(set(win.reversal)) > 1:
        return ""
    space = layout.canonical("input", stated.rank)[2:]
    own = _space_in_julia(stated.arrays["input"].layout, space)
    lows, stride, dilation = (
        tuple(each[space.index(letter)] for letter in own)
        for each in ([low for low, _ in win.padding], win.stride, win.dilation)
    )
    padding = f", padding={lows[0] if len(set(lows)) == 1 else lows}" if any(lows) else ""
    steps = _options(conv, stride=stride, dilation=dilation)
    axes, kernel = (" ".join(f"{own}{rest}") for rest in ("CN", "IO"))
    bias = " .+ reshape(b, " + "1, " * stated.rank + ":, 1)" if conv.biased else ""
    return (
        f"# x: {axes}, w: {kernel} (column-major; mode=0 reverses the kernel, mode=1 does not)\n"
        f"using Knet\ny = conv4(w, x; mode={int(not win.reversal[0])}{padding}{steps}){bias}\n"
    )


def _space_in_julia(letters: str, space: str) -> str:
    """The spatial axes in the order that Julia's array has: as they stand where they come first, as in Julia itself.

    Else the array is one of row-major systems, whose axes stand the other way round in Julia.
    """
    own = "".join(letter for letter in letters if letter in space)
    return own if letters.startswith(own) and len(own) == len(space) else space[::-1]
