"""Programs that compute an operation in the terms of one system, from the arrays as the case has them.

A program takes `x` and perhaps other arrays, with the axes of the case, and gives `y` (N C and spatial axes). What it
computes is the operation's own text, with the settings of the form that it is written for.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from harness.canonical import layout
from harness.canonical.settled import Settled, column
from harness.grammar.streams import RawStream
from harness.operations.by_settings.own_names import Layer, name_of, said_as
from harness.operations.returned import returned
from harness.operations.stated import Stated
from harness.operations.transforms.transform import Transform, applied
from harness.operations.transforms.values import Bias, Scale

IMPORTS = {
    "numpy": ("import numpy as np",),
    "tensorflow": ("import numpy as np", "import tensorflow as tf"),
    "torch": ("import numpy as np", "import torch"),
    "jax": ("import jax", "import numpy as np", 'jax.config.update("jax_enable_x64", True)'),
}
CONVERTED = {"torch": ("torch.from_numpy({0})", ".numpy()"), "tensorflow": ("tf.constant({0})", ".numpy()")}
"""How a system takes the array of a name, and gives its own back; NumPy's are taken as they are elsewhere."""


class Writing:
    """The programs of one operation. FOLLOWING: none is shown that is not run."""

    FOLLOWING: tuple[str, ...] = ()

    def __init__(self, layer: Layer) -> None:
        self._layer = layer

    def programs(self, stated: Stated, transforms: Sequence[Transform], letters: str = "") -> dict[str, str]:
        """System -> the program that computes the case with `transforms` applied; not yet run.

        letters: the axes of its output, canonical ones for "".
        """
        letters = letters or layout.canonical("output", stated.rank)
        form: Settled = applied(stated.meant(), transforms)
        lines = {system: list(write(form.unbiased)) for system, write in self._layer.PROGRAMS.items()}
        start = [f"# x: {stated.arrays['input'].layout}; y: {letters}"]
        start += [*_canonical(stated), *_changes(stated, transforms)]
        end = [*_after(form), *_reads(transforms, form), *returned(letters, stated.rank)]
        return {
            system: "\n".join(
                filter(None, [*IMPORTS[system], *_imports(own), *start, *cast(form.unbiased, system), *own, *end])
            )
            + "\n"
            for system, own in lines.items()
            if own
        }

    def fresh(self, form: Settled) -> Settled:
        """Random data of the same shapes; what is positive stays so, as a variance must."""
        stream = RawStream("PCG64", 1)
        return form.map(lambda each: _drawn(stream, each))

    def arrays(self, stated: Stated, form: Settled) -> dict[str, np.ndarray]:
        """The arrays as a program takes them."""
        names = {name_of(role): (role, given) for role, given in stated.arrays.items()}
        found = {}
        for name, values in form.arrays.items():
            role, given = names[name]
            found[name] = (
                values if stated.operation.ROLES[role].narrow else layout.from_canonical(values, given.layout, role)
            )
        return {said_as(name): np.ascontiguousarray(each) for name, each in found.items()}


def _drawn(stream: RawStream, like: np.ndarray) -> np.ndarray:
    whole = like.dtype.kind in "iu"
    drawn = stream.integers(1, 9, like.size) if whole else stream.normal(like.size)
    drawn = np.abs(drawn) if like.size and np.nanmin(like) >= 0 else drawn
    return drawn.reshape(like.shape).astype(like.dtype)


def source(function: Callable[..., Any], settings: Mapping[str, Any]) -> list[str]:
    """The text of a formula as lines that make `y`: its settings, and its body with `y =` for `return`.

    `function(np, x, ...)` has as its other parameters arrays, and settings by their keys.
    """
    body = textwrap.dedent(inspect.getsource(function).split(":\n", 1)[1])
    body = re.sub(r'^"""(.|\n)*?"""\n', "", body)
    names = [name for name in inspect.signature(function).parameters if name in settings]
    given = [f"{name} = {_literal(settings[name])}" for name in names]
    return [*given, *re.sub(r"^return ", "y = ", body, flags=re.MULTILINE).rstrip().splitlines()]


def _literal(value: Any) -> str:
    """A value as a program has it."""
    if isinstance(value, tuple):
        return f"np.array({list(value)!r})"
    return repr(value) if not isinstance(value, float) or np.isfinite(value) else f'float("{value}")'


def _imports(lines: Sequence[str]) -> list[str]:
    """What NumPy lacks: the error function, which SciPy has, stands under the name that a formula gives it."""
    return ["from scipy.special import erf", "np.erf = erf"] if any("np.erf(" in line for line in lines) else []


def _canonical(stated: Stated) -> list[str]:
    """Lines that bring the case's arrays to canonical axes."""
    lines = []
    for role, given in stated.arrays.items():
        if stated.operation.ROLES[role].narrow:
            continue
        name, wanted = name_of(role), layout.canonical(role, stated.rank)
        order = tuple(given.layout.index(letter) for letter in wanted if letter in given.layout)
        moved = f".transpose{order}" if list(order) != sorted(order) else ""
        index = re.sub("(, :)+$", "", ", ".join(":" if letter in given.layout else "None" for letter in wanted))
        widened = "" if index == ":" else f"[{index}]"
        lines.append(f"{name} = {name}{moved}{widened}" if moved or widened else "")
    return lines


def _changes(stated: Stated, transforms: Sequence[Transform]) -> list[str]:
    """What the transforms do before the call, each under its words."""
    lines, form = [], stated.meant()
    for transform in transforms:
        if not transform.reads:
            lines += [f"# {transform.words()}", *(() if _stands_behind(transform) else transform.code(form))]
        form = transform.differ(form)
    return lines


def _stands_behind(transform: Transform) -> bool:
    """Whether it is a factor or an offset of the output, which stand behind the call (`_after`)."""
    if isinstance(transform, Scale):
        return transform.role == "output"
    return isinstance(transform, Bias) and transform.kind == "unknown"


def cast(form: Settled, system: str) -> list[str]:
    """Lines that make the arrays contiguous, of one dtype and the system's own."""
    dtype = "float32" if form.x.dtype.name == "float32" else "float64"
    own, _ = CONVERTED.get(system, ("{0}", ""))
    names = map(said_as, form.arrays)
    return [f"{name} = {own.format(f'np.ascontiguousarray({name}, {dtype!r})')}" for name in names]


def called(system: str, call: str) -> list[str]:
    """The line of a native call, whose result is NumPy's again."""
    _, back = CONVERTED.get(system, ("", ""))
    return [f"y = np.asarray({call})" if not back else f"y = {call}{back}"]


def _after(form: Settled) -> list[str]:
    """The bias, and the factor and the offset of each channel."""
    often = f"{form.times} * " if form.times not in (0, 1) else ""
    bias = [f"y = y + {often}b.reshape{(-1,) + (1,) * form.rank}"] if form.times else []
    parts = (("*", form.factor), ("+", form.offset))
    return bias + [f"y = y {sign} {_numbers(each, form.rank)}" for sign, each in parts if each is not None]


def _numbers(values: np.ndarray, rank: int) -> str:
    """One number where all are the same, else one for each channel."""
    if len(set(values.tolist())) == 1:
        return repr(float(values.flat[0]))
    return f"np.array({values.tolist()!r}).reshape{column(values, rank).shape}"


def _reads(transforms: Sequence[Transform], form: Settled) -> list[str]:
    """What the transforms do after the call."""
    return [line for each in transforms if each.reads for line in (f"# {each.words()}", *each.code(form))]
