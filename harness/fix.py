"""The code of a fix: a program in the terms of one system that computes what was observed, from the case's own arrays.

A program takes `x`, `w` and, where the case has a bias, `b` with the axes of the case and gives `y` (N O and spatial
axes). It is run in the system's own worker, on the case and on fresh data, before it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from harness import explain, layout
from harness.backends import TABLE
from harness.case import Case
from harness.data import RawStream
from harness.pool import Answered, Limits, Unavailable, Worker, WorkerDied
from harness.reference import direct
from harness.transform import Transform
from harness.window import BOUNDARIES, Convolution

JULIA = "Knet"
READ_IDS = ("output_axes", "flatten_order", "reshape_not_transpose", "column_major")
CLOSE = 1e-4
"""Share of the largest magnitude by which a float32 program may differ from the reference."""


def programs(case: Case, transforms: Sequence[Transform]) -> dict[str, str]:
    """System -> the program that computes the case with `transforms` applied; not yet run."""
    conv = explain.applied(case.convolution(), transforms)
    changes = _changes(case, transforms)
    names = "x, w, b" if case.bias is not None or conv.bias is not None or _mention_bias(changes) else "x, w"
    no_bias = ["b = np.zeros(len(w))"] if case.bias is None and names.endswith("b") else []
    start = [f"# x: {case.input_layout}, w: {case.kernel_layout}; y: {layout.canonical('output', case.rank)}"]
    start += _canonical(case) + no_bias + changes + _padding(conv) + _reversal(conv)
    dtype = "float64" if conv.x.dtype.name != "float32" else "float32"
    cast = f'{names} = (np.ascontiguousarray(a, "{dtype}") for a in ({names}))'
    rest = [f"y = y + b.reshape{(-1,) + (1,) * case.rank}" if conv.bias is not None else "", *_reads(transforms, conv)]
    found = {
        system: "\n".join(filter(None, [*imports, *start, cast, *call(conv), *rest])) + "\n"
        for system, (imports, call) in SYSTEMS.items()
    }
    julia = _julia(case, conv, transforms)
    return {**found, JULIA: julia} if julia else found


def proven(case: Case, explanations: Sequence[Sequence[Transform]], systems: Iterable[str]) -> list[dict[str, str]]:
    """What `Prover.proven` gives, in workers that are started for it."""
    with Prover(systems) as prover:
        return prover.proven(case, explanations)


class Prover:
    """Runs programs in one worker for each of `systems`, which stays for the next case. A context manager."""

    def __init__(self, systems: Iterable[str]) -> None:
        self._systems = tuple(systems)
        self._workers: dict[str, Worker] = {}

    def __enter__(self) -> Prover:
        return self

    def __exit__(self, *_: object) -> None:
        for system in tuple(self._workers):
            self._workers.pop(system).stop()

    def proven(self, case: Case, explanations: Sequence[Sequence[Transform]]) -> list[dict[str, str]]:
        """For each explanation, system -> program, of the programs that held when they were run in the system's worker.

        The Julia text for Knet cannot be run here; it is given where it follows from a program that held.
        """
        written = [programs(case, transforms) for transforms in explanations]
        trials = [_trials(case, transforms) for transforms in explanations]
        with ThreadPoolExecutor() as threads:
            tried = threads.map(lambda system: (system, self._held(system, written, trials)), self._systems)
            held = dict(tried)
        found = []
        for number, texts in enumerate(written):
            good = {system: texts[system] for system in held if held[system][number]}
            if good and JULIA in texts:
                good[JULIA] = texts[JULIA]
            found.append(good)
        return found

    def _held(self, system: str, written: Sequence[Mapping[str, str]], trials: Sequence[Sequence[Trial]]) -> list[bool]:
        """Whether each program of a system gave what it must, in one worker."""
        held: list[bool] = []
        try:
            worker = self._worker(system)
            for texts, data in zip(written, trials):
                held.append(all(_gives(worker, texts[system], arrays, y) for arrays, y in data))
        except (Unavailable, WorkerDied, OSError):
            if system in self._workers:
                self._workers.pop(system).stop()
            held += [False] * (len(written) - len(held))
        return held

    def _worker(self, system: str) -> Worker:
        """The worker of a system, started when it is first needed."""
        if system not in self._workers:
            reason = TABLE[system].missing()
            if reason:
                raise Unavailable(reason)
            self._workers[system] = Worker(TABLE[system], Limits())
            self._workers[system].hello()
        return self._workers[system]


Trial = tuple[Mapping[str, np.ndarray], np.ndarray]
"""Named arrays, and the output that the program must give."""


def _trials(case: Case, transforms: Sequence[Transform]) -> list[Trial]:
    """The case, and fresh random data of its shapes."""
    conv = case.convolution()
    stream = RawStream("PCG64", 1)
    x = stream.normal(conv.x.size).reshape(conv.x.shape).astype(conv.x.dtype)
    w = stream.normal(conv.w.size).reshape(conv.w.shape).astype(conv.w.dtype)
    if conv.x.dtype.kind in "iu":
        x, w = (stream.integers(1, 9, each.size).reshape(each.shape).astype(each.dtype) for each in (conv.x, conv.w))
    return [_trial(case, each, transforms) for each in (conv, replace(conv, x=x, w=w))]


def _trial(case: Case, conv: Convolution, transforms: Sequence[Transform]) -> Trial:
    arrays = {
        "x": layout.from_canonical(conv.x, case.input_layout, "input"),
        "w": layout.from_canonical(conv.w, case.kernel_layout, "kernel"),
        "b": np.zeros(len(conv.w), conv.x.dtype) if conv.bias is None else conv.bias,
    }
    y = direct(explain.applied(conv, transforms))
    return {name: np.ascontiguousarray(each) for name, each in arrays.items()}, explain.read(y, transforms, ())


def _gives(worker: Worker, program: str, arrays: Mapping[str, np.ndarray], y: np.ndarray) -> bool:
    outcome = worker.execute(program, arrays)
    if not isinstance(outcome, Answered) or outcome.array.shape != y.shape:
        return False
    size = max(float(np.abs(y).max(initial=0)), float(np.abs(arrays["x"]).max(initial=0)), 1e-30)
    return bool((np.abs(outcome.array - y) <= CLOSE * size).all())


# --- the lines of a program ------------------------------------------------------------------------------------------


def _canonical(case: Case) -> list[str]:
    """Lines that bring the case's arrays to canonical axes."""
    lines = []
    for name, letters, role in (("x", case.input_layout, "input"), ("w", case.kernel_layout, "kernel")):
        wanted = layout.canonical(role, case.rank)
        order = tuple(letters.index(letter) for letter in wanted if letter in letters)
        index = ", ".join(":" if letter in letters else "None" for letter in wanted)
        moved = f".transpose{order}" if list(order) != sorted(order) else ""
        widened = f"[{index}]" if "None" in index else ""
        lines.append(f"{name} = {name}{moved}{widened}" if moved or widened else "")
    return lines


def _changes(case: Case, transforms: Sequence[Transform]) -> list[str]:
    """What the transforms do before the call, each under its words."""
    lines, conv = [], case.convolution()
    for transform in transforms:
        if not _after(transform):
            lines += [f"# {transform.words()}", *transform.code(conv)]
        conv = transform.differ(conv)
    return lines


def _mention_bias(lines: Sequence[str]) -> bool:
    return any(re.search(r"\bb\b", line) for line in lines if not line.startswith("#"))


def _reads(transforms: Sequence[Transform], conv: Convolution) -> list[str]:
    """What the transforms do after the call."""
    return [line for each in transforms if _after(each) for line in (f"# {each.words()}", *each.code(conv))]


def _after(transform: Transform) -> bool:
    """Whether the transform is about the output."""
    return transform.id in READ_IDS and getattr(transform, "role", "output") == "output"


def _padding(conv: Convolution) -> list[str]:
    pairs = conv.window.padding
    grow = [(max(low, 0), max(high, 0)) for low, high in pairs]
    crop = [f"{max(-low, 0)}:{high if high < 0 else ''}" if min(low, high) < 0 else ":" for low, high in pairs]
    mode = BOUNDARIES[conv.window.boundary]
    padded = f'x = np.pad(x, {[(0, 0), (0, 0), *grow]}, mode="{mode}")'
    cropped = f"x = x[:, :, {', '.join(crop)}]"
    return [padded if any(map(any, grow)) else "", cropped if set(crop) != {":"} else ""]


def _reversal(conv: Convolution) -> list[str]:
    axes = tuple(axis + 2 for axis, flag in enumerate(conv.window.reversal) if flag)
    return [f"w = np.flip(w, {axes})  # the calls below do not reverse the kernel"] if axes else []


def _steps(steps: Sequence[int]) -> str:
    return ", ".join(f"::{step}" for step in steps)


def _numpy_call(conv: Convolution) -> list[str]:
    win, space = conv.window, "HWD"[: conv.rank]
    taps = space.lower()
    extent = ", ".join(f"{step} * (w.shape[{axis + 2}] - 1) + 1" for axis, step in enumerate(win.dilation))
    axes = tuple(range(2, conv.rank + 2))
    return [
        f"seen = np.lib.stride_tricks.sliding_window_view(x, ({extent},), axis={axes})",
        f"seen = seen[:, :, {_steps(win.stride)}, {_steps(win.dilation)}]",
        f"each, inputs = len(w) // {win.groups}, w.shape[1]",
        "y = np.stack(",
        f'    [np.einsum("nc{space}{taps},c{taps}->n{space}", seen[:, o // each * inputs :][:, :inputs], w[o])',
        "     for o in range(len(w))], 1)",
    ]


def _scipy_call(conv: Convolution) -> list[str]:
    win = conv.window
    lines = []
    if max(win.dilation) > 1:
        sizes = ", ".join(f"{step} * (w.shape[{axis + 2}] - 1) + 1" for axis, step in enumerate(win.dilation))
        lines = [
            f"wide = np.zeros((*w.shape[:2], {sizes}), w.dtype)",
            f"wide[:, :, {_steps(win.dilation)}] = w",
            "w = wide",
        ]
    return [
        *lines,
        f"each, inputs = len(w) // {win.groups}, w.shape[1]",
        "y = np.array([",
        '    [sum(correlate(image[o // each * inputs + c], w[o, c], "valid") for c in range(inputs))',
        "     for o in range(len(w))] for image in x])",
        f"y = y[:, :, {_steps(win.stride)}]",
    ]


def _tensorflow_call(conv: Convolution) -> list[str]:
    win, rank = conv.window, conv.rank
    space = tuple(range(2, rank + 2))
    strides, dilations = list(win.stride), list(win.dilation)
    return [
        f"x, w = x.transpose{(0, *space, 1)}, w.transpose{(*space, 1, 0)}  # N spatial C, spatial I O",
        f'y = tf.nn.convolution(x, w, strides={strides}, padding="VALID", dilations={dilations})',
        f"y = y.numpy().transpose{(0, rank + 1, *range(1, rank + 1))}",
    ]


def _torch_call(conv: Convolution) -> list[str]:
    win = conv.window
    return [
        f"y = torch.nn.functional.conv{conv.rank}d(",
        f"    torch.from_numpy(x), torch.from_numpy(w), stride={win.stride}, dilation={win.dilation}, "
        f"groups={win.groups}",
        ").numpy()",
    ]


def _jax_call(conv: Convolution) -> list[str]:
    win = conv.window
    return [
        "y = jax.lax.conv_general_dilated(",
        f'    x, w, {win.stride}, "VALID", rhs_dilation={win.dilation}, feature_group_count={win.groups}',
        ")",
        "y = np.asarray(y)",
    ]


SYSTEMS: dict[str, tuple[tuple[str, ...], Callable[[Convolution], list[str]]]] = {
    "numpy": (("import numpy as np",), _numpy_call),
    "scipy": (("import numpy as np", "from scipy.signal import correlate"), _scipy_call),
    "tensorflow": (("import numpy as np", "import tensorflow as tf"), _tensorflow_call),
    "torch": (("import numpy as np", "import torch"), _torch_call),
    "jax": (("import jax", "import numpy as np", 'jax.config.update("jax_enable_x64", True)'), _jax_call),
}
"""System -> what its program imports, and the lines of the call, which pads nothing and does not reverse the kernel."""


def _julia(case: Case, conv: Convolution, transforms: Sequence[Transform]) -> str:
    """The call in Knet's terms; "" where Knet's conv4 cannot say it."""
    win = conv.window
    simple = win.boundary == "zero" and win.groups == 1 and all(low == high >= 0 for low, high in win.padding)
    arrays = any(transform.code(case.convolution()) for transform in transforms)
    if case.rank == 1 or not simple or arrays or len(set(win.reversal)) > 1:
        return ""
    backwards = win.padding[::-1]  # Julia's arrays are column-major: the axes stand the other way round
    settings = {
        "padding": tuple(low for low, _ in backwards),
        "stride": win.stride[::-1],
        "dilation": win.dilation[::-1],
        "mode": int(not win.reversal[0]),
    }
    words = ", ".join(f"{key}={value}" for key, value in settings.items())
    axes = " ".join(reversed(layout.canonical("input", case.rank)))
    kernel = " ".join(reversed(layout.canonical("kernel", case.rank)))
    bias = " .+ reshape(b, " + "1, " * case.rank + ":, 1)" if conv.bias is not None else ""
    return (
        f"# x: {axes}, w: {kernel} (column-major; mode=0 reverses the kernel, mode=1 does not)\n"
        f"using Knet\ny = conv4(w, x; {words}){bias}\n"
    )
