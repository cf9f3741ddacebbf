"""The code of a fix: a program in the terms of one system that computes what was observed, from the case's own arrays.

A program takes `x`, `w` and, where the case has a bias, `b` with the axes of the case and gives `y` (N O and spatial
axes). It is run in a worker of the system, on the case and on fresh data, before it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from harness.backends import TABLE
from harness.canonical import layout
from harness.canonical.gaps import output
from harness.canonical.window import BOUNDARIES, Linear, span
from harness.case.read import Case
from harness.grammar.streams import RawStream
from harness.operations.transforms.transform import Transform
from harness.operations.windowed import search
from harness.systems.pool import Answered, Outcome, Pool, Program

Transforms = tuple[Transform, ...]

JULIA = "Knet"
CLOSE = 1e-4
"""Share of the largest magnitude by which a float32 program may differ from the reference."""


def programs(case: Case, transforms: Sequence[Transform]) -> dict[str, str]:
    """System -> the program that computes the case with `transforms` applied; not yet run."""
    conv = search.applied(case.meant(), transforms)
    changes = _changes(case, transforms)
    biased = conv.bias is not None or "bias" in case.arrays or any("bias" in each.touches for each in transforms)
    names = "x, w, b" if biased else "x, w"
    no_bias = ["b = np.zeros(len(w))"] if "bias" not in case.arrays and biased else []
    x, w = (case.arrays[role].layout for role in ("input", "kernel"))
    start = [f"# x: {x}, w: {w}; y: {layout.canonical('output', case.rank)}"]
    start += _canonical(case) + no_bias + changes + _reversal(conv) + _padding(conv)
    dtype = "float64" if conv.x.dtype.name != "float32" else "float32"
    cast = f'{names} = (np.ascontiguousarray(a, "{dtype}") for a in ({names}))'
    rest = [f"y = y + b.reshape{(-1,) + (1,) * case.rank}" if conv.bias is not None else "", *_reads(transforms, conv)]
    found = {
        system: "\n".join(filter(None, [*imports, *start, cast, *call(conv), *rest])) + "\n"
        for system, (imports, call) in SYSTEMS.items()
    }
    julia = _julia(case, conv, transforms)
    return {**found, JULIA: julia} if julia else found


def proven(case: Case, explanations: Sequence[Transforms], systems: Iterable[str]) -> list[dict[str, str]]:
    """What `Proofs.code` gives for each explanation, run in workers that are started for it."""
    proofs = Proofs(case)
    with Pool([TABLE[system] for system in systems]) as pool:
        running = list(pool.hellos)
        attempts = [attempt for each in explanations for attempt in proofs.attempts(each, running)]
        for attempt in attempts:
            pool.submit(attempt.system, attempt, attempt.program)
        for _ in attempts:
            proofs.take(*pool.collect())
    return [proofs.code(each, running) for each in explanations]


@dataclass(frozen=True, eq=False)
class Attempt:
    """One run of a program: in which system, what is run, and the output that it must give."""

    transforms: Transforms
    system: str
    program: Program
    y: np.ndarray


class Proofs:
    """The programs of one case, each for some transforms and a system; whoever asks for them has them run."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._written: dict[Transforms, dict[str, str]] = {}
        self._left: dict[tuple[Transforms, str], int] = {}

    def attempts(self, transforms: Transforms, systems: Iterable[str]) -> Iterator[Attempt]:
        """The runs that programs still need, each of them on the case and on fresh data; nothing is asked for twice."""
        new = [system for system in systems if (transforms, system) not in self._left]
        if not new:
            return
        self._written[transforms] = programs(self._case, transforms)
        self._left |= {(transforms, system): len(self._data) for system in new}
        for conv, arrays in self._data:
            y = search.read(output(search.applied(conv, transforms)), transforms, ())
            for system in new:
                yield Attempt(transforms, system, Program(self._written[transforms][system], arrays), y)

    def take(self, attempt: Attempt, outcome: Outcome) -> None:
        """Notes what an attempt came to."""
        if _gives(outcome, attempt):
            self._left[attempt.transforms, attempt.system] -= 1

    def code(self, transforms: Transforms, systems: Iterable[str]) -> dict[str, str]:
        """System -> program, of the programs that held in all of their attempts.

        The Julia text for Knet cannot be run here; it is given where it follows from a program that held.
        """
        held = [system for system in systems if self._left.get((transforms, system)) == 0]
        written = self._written.get(transforms, {})
        return {system: written[system] for system in (*held, JULIA) if held and system in written}

    @cached_property
    def _data(self) -> list[tuple[Linear, dict[str, np.ndarray]]]:
        """The case, and fresh random data of its shapes; each with the arrays as a program takes them."""
        conv = self._case.meant()
        stream = RawStream("PCG64", 1)
        x, w = _drawn(stream, conv.x), _drawn(stream, conv.w)
        fresh = replace(conv, x=x, w=w, bias=None if conv.bias is None else _drawn(stream, conv.bias))
        return [(each, _arrays(self._case, each)) for each in (conv, fresh)]


def _drawn(stream: RawStream, like: np.ndarray) -> np.ndarray:
    """Random numbers in the shape and dtype of `like`."""
    drawn = stream.integers(1, 9, like.size) if like.dtype.kind in "iu" else stream.normal(like.size)
    return drawn.reshape(like.shape).astype(like.dtype)


def _arrays(case: Case, conv: Linear) -> dict[str, np.ndarray]:
    arrays = {
        "x": layout.from_canonical(conv.x, case.arrays["input"].layout, "input"),
        "w": layout.from_canonical(conv.w, case.arrays["kernel"].layout, "kernel"),
        "b": np.zeros(len(conv.w), conv.x.dtype) if conv.bias is None else conv.bias,
    }
    return {name: np.ascontiguousarray(each) for name, each in arrays.items()}


def _gives(outcome: Outcome, attempt: Attempt) -> bool:
    """Whether a program gave what it must, wherever that is a finite number: fresh data leave no gap."""
    if not isinstance(outcome, Answered) or outcome.array.shape != attempt.y.shape:
        return False
    known = np.isfinite(attempt.y)
    y, x = attempt.y[known], attempt.program.arrays["x"]
    size = max(*(float(np.abs(each).max(initial=0, where=np.isfinite(each))) for each in (x, y)), 1e-30)
    return bool((np.abs(outcome.array[known] - y) <= CLOSE * size).all())


# --- the lines of a program ------------------------------------------------------------------------------------------


def _canonical(case: Case) -> list[str]:
    """Lines that bring the case's arrays to canonical axes."""
    lines = []
    for name, letters, role in (
        ("x", case.arrays["input"].layout, "input"),
        ("w", case.arrays["kernel"].layout, "kernel"),
    ):
        wanted = layout.canonical(role, case.rank)
        order = tuple(letters.index(letter) for letter in wanted if letter in letters)
        moved = f".transpose{order}" if list(order) != sorted(order) else ""
        widened = _index(":" if letter in letters else "None" for letter in wanted)
        lines.append(f"{name} = {name}{moved}{widened}" if moved or widened else "")
    return lines


def _changes(case: Case, transforms: Sequence[Transform]) -> list[str]:
    """What the transforms do before the call, each under its words."""
    lines, conv = [], case.meant()
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


def _padding(conv: Linear) -> list[str]:
    pairs = conv.window.padding
    grow = [(max(low, 0), max(high, 0)) for low, high in pairs]
    crop = [f"{max(-low, 0) or ''}:{high if high < 0 else ''}" for low, high in pairs]
    mode = f', mode="{BOUNDARIES[conv.window.boundary]}"' if conv.window.boundary != "zero" else ""
    cropped = _index([":", ":", *crop])
    return [
        f"x = np.pad(x, {[(0, 0), (0, 0), *grow]}{mode})" if any(map(any, grow)) else "",
        f"x = x{cropped}" if cropped else "",
    ]


def _reversal(conv: Linear) -> list[str]:
    axes = tuple(axis + 2 for axis, flag in enumerate(conv.window.reversal) if flag)
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
    win = conv.window
    dilated = [
        f"wide = np.zeros(w.shape[:2] + {_extents(conv)}, w.dtype)",
        f"wide{_index([':', ':', *_every(win.dilation)])} = w",
        "w = wide",
    ]
    strided = _index([":", ":", *_every(win.stride)])
    return [
        *(dilated if max(win.dilation) > 1 else ()),
        *_grouped(conv, 'np.array([[correlate(image, kernel, "valid")[0] for kernel in w] for image in x])'),
        f"y = y{strided}" if strided else "",
    ]


def _tensorflow_call(conv: Linear) -> list[str]:
    space = tuple(range(2, conv.rank + 2))
    steps = _options(conv, strides=list(conv.window.stride), dilations=list(conv.window.dilation))
    return [
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


def _julia(case: Case, conv: Linear, transforms: Sequence[Transform]) -> str:
    """The call in Knet's terms; "" where Knet's conv4 cannot say it."""
    win = conv.window
    simple = win.boundary == "zero" and win.groups == 1 and all(low == high >= 0 for low, high in win.padding)
    arrays = any(set(transform.touches) - {"window"} for transform in transforms)
    if case.rank == 1 or not simple or arrays or len(set(win.reversal)) > 1:
        return ""
    backwards = win.padding[::-1]  # Julia's arrays are column-major: the axes stand the other way round
    padding = f", padding={tuple(low for low, _ in backwards)}" if any(map(any, backwards)) else ""
    steps = _options(conv, stride=win.stride[::-1], dilation=win.dilation[::-1])
    axes = " ".join(reversed(layout.canonical("input", case.rank)))
    kernel = " ".join(reversed(layout.canonical("kernel", case.rank)))
    bias = " .+ reshape(b, " + "1, " * case.rank + ":, 1)" if conv.bias is not None else ""
    return (
        f"# x: {axes}, w: {kernel} (column-major; mode=0 reverses the kernel, mode=1 does not)\n"
        f"using Knet\ny = conv4(w, x; mode={int(not win.reversal[0])}{padding}{steps}){bias}\n"
    )
