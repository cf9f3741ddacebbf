"""The shortest edit: one call in the terms of a system, with the settings it must have, on arrays as the user has them.

There is one where a system's own function has these settings. Orders of axes, channels the other way round, one factor,
one offset and a ReLU are said around the call; what else differs has a program.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.canonical import layout
from harness.canonical.settled import Settled
from harness.operations.by_settings.input_taken import Taken
from harness.operations.by_settings.own_names import said_as
from harness.operations.by_settings.writing import Writing, called
from harness.operations.expressions import index
from harness.operations.stated import Stated
from harness.operations.transforms.arrays import InputAxes
from harness.operations.transforms.endings import Activation
from harness.operations.transforms.grouping import ChannelOrder
from harness.operations.transforms.told import Setting
from harness.operations.transforms.transform import Transform, applied
from harness.operations.transforms.values import Bias, Scale
from harness.operations.windowed.edit import READY, RELU, Edit

LAST = {rank: "N" + letters + "C" for rank, letters in layout.SPATIAL.items()}
"""The axes that TensorFlow has."""
RELU_BEHIND = Activation("relu")


Call = tuple[str, str]
"""A call, an expression, and the axes of its output."""


class Editing(Writing):
    """The edits of one operation, and its programs."""

    def edits(self, stated: Stated, transforms: Sequence[Transform], letters: str) -> dict[str, Edit]:
        """System -> the edit that computes what is stated with `transforms`; `letters` are the output's axes."""
        if not all(map(_is_said, transforms)):
            return {}
        form: Settled = applied(stated.meant(), transforms)
        if form.times and "bias" not in form.unbiased.arrays:
            return {}
        own, found = _own_axes(stated, transforms), {}
        kernel = stated.arrays["kernel"].layout if "kernel" in stated.arrays else ""
        for system in self._layer.PROGRAMS:
            taken = Taken(own, kernel, any(isinstance(each, ChannelOrder) for each in transforms), system)
            if call := _call(self._layer, system, form, taken):
                line = _ended(system, _output(taken, *call, letters), transforms, form)
                found[system] = Edit(line, _program(system, form, line))
        return found


def _is_said(transform: Transform) -> bool:
    """Whether an expression around a call says it."""
    if isinstance(transform, Scale | Bias):
        output = isinstance(transform, Bias) or transform.role == "output"
        return output and len(set(transform.inferred or getattr(transform, "factors", (0, 1)))) == 1
    if isinstance(transform, ChannelOrder):
        return transform.role == "input" and transform.kind == "reversed"
    return isinstance(transform, Setting | InputAxes) or transform == RELU_BEHIND


def _own_axes(stated: Stated, transforms: Sequence[Transform]) -> str:
    """The axes of the user's input, by the names that they have for the call."""
    canonical = layout.canonical("input", stated.rank)
    names = {letter: letter for letter in canonical}
    for each in transforms:
        if isinstance(each, InputAxes):
            names = {own: names[canonical[axis]] for own, axis in zip(canonical, each.order)}
    called_so = {user: own for own, user in names.items()}
    return "".join(called_so[letter] for letter in stated.arrays["input"].layout)


def _call(layer: Any, system: str, form: Settled, taken: Taken) -> Call | None:
    """The call of an operation as it says it itself, or as its program has it."""
    if hasattr(layer, "edited"):
        found: Call | None = layer.edited(system, form, taken)
        return found
    lines = list(layer.PROGRAMS[system](form))
    text = _inside(called(system, "{}")[0], lines) or (_inside("y = {}", lines) if system == "numpy" else "")
    if not text:
        return None
    canonical = layout.canonical("input", form.rank)
    if layer.POINTWISE and set(form.arrays) == {"x"}:
        x = taken.by(taken.own)
        return (text.replace("(x", f"({x}", 1), taken.own) if "(x" in text or x == "x" else None
    last = _inside("tf.transpose({}, (0, 3, 1, 2))", [text])
    if last and X_LAST in last:
        return last.replace(X_LAST, taken.by(LAST[form.rank])), LAST[form.rank]
    before, x, after = text.partition("(x")
    return (f"{before}({taken.by(canonical)}{after}", canonical) if x else None


X_LAST = "tf.transpose(x, (0, 2, 3, 1))"


def _inside(frame: str, lines: Sequence[str]) -> str:
    """What stands in a frame, of lines that are one; "" where they are not."""
    before, _, after = frame.partition("{}")
    held = len(lines) == 1 and lines[0].startswith(before) and lines[0].endswith(after)
    return lines[0][len(before) : len(lines[0]) - len(after)] if held else ""


def _output(taken: Taken, call: str, has: str, letters: str) -> str:
    """The output of a call, whose axes are `has`, as the user has it."""
    if has == letters:
        return call
    y = _grouped(call) + index([":" if letter in letters else "0" for letter in has])
    there = [letter for letter in has if letter in letters]
    y = taken.moved(y, [there.index(letter) for letter in letters if letter in there])
    return y + index([":" if letter in there else "None" for letter in letters])


def _ended(system: str, line: str, transforms: Sequence[Transform], form: Settled) -> str:
    """The line with its factor, its offset and its ReLU."""
    line = line if form.factor is None else f"{_grouped(line)} * {float(form.factor[0])!r}"
    line = line if form.offset is None else f"{line} + {float(form.offset[0])!r}"
    return RELU[system].format(line) if RELU_BEHIND in transforms else line


def _grouped(line: str) -> str:
    """An expression as one part of another: in brackets where it has blanks outside of all, as operators do."""
    depth, brackets = 0, {"(": 1, "[": 1, ")": -1, "]": -1}
    for sign in line:
        depth += brackets.get(sign, 0)
        if sign == " " and not depth:
            return f"({line})"
    return line


def _program(system: str, form: Settled, line: str) -> str:
    imports, ready = READY[system]
    names = ", ".join(map(said_as, form.arrays))
    dtype = "float32" if form.x.dtype.name == "float32" else "float64"
    cast = f'{names}, = (np.ascontiguousarray(a, "{dtype}") for a in ({names},))'
    lines = [*imports, cast, *(each.format(names=f"{names},") for each in ready), f"y = np.asarray({line})"]
    return "\n".join(lines) + "\n"
