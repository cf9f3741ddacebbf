"""The shortest edit: one call in the terms of a system, from the arrays to the output, all as the user has them.

There is one where the changes are of the window, of the order of axes or of a bias that is left out. What else differs
has a program (`program`). Padding words, arguments and layouts are those of the systems' documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.canonical import layout
from harness.canonical.window import CONSTANT, Linear
from harness.operations.expressions import index, one_or_all, permuted, tf_transposed, transposed
from harness.operations.stated import Stated
from harness.operations.transforms.arrays import InputAxes, KernelAxes, TransposeKernelSpatial
from harness.operations.transforms.boundary import filling
from harness.operations.transforms.endings import Activation
from harness.operations.transforms.transform import Transform, applied
from harness.operations.transforms.values import Bias
from harness.worker.spans import output_size, padding_pair


class Edit(NamedTuple):
    """line: the call, an expression. program: what is run to prove it, which leaves the output in `y`."""

    line: str
    program: str


@dataclass(frozen=True)
class Asked:
    """What a call is to compute: the form, and the axes of x, w and y as the user has them.

    x, w: canonical letter -> the user's letter for it. biased: whether `b` is added. relu: whether negative outputs are
    set to zero.
    """

    form: Linear
    axes: Mapping[str, str]
    x: Mapping[str, str]
    w: Mapping[str, str]
    biased: bool
    relu: bool = False

    def array(
        self, name: str, target: str, backwards: Sequence[str], transposed: Callable[[str, Sequence[int]], str]
    ) -> str:
        """The user's array with axes `target`, these reversed by index."""
        letters, names = self.axes[name], {"x": self.x, "w": self.w}[name]
        order = [letters.index(names[letter]) for letter in target if names[letter] in letters]
        moved = name if order == sorted(order) else transposed(name, order)
        kept = ["::-1" if letter in backwards else ":" for letter in target]
        return moved + index([part if names[letter] in letters else "None" for letter, part in zip(target, kept)])

    def output(self, call: str, has: str, transposed: Callable[[str, Sequence[int]], str]) -> str:
        """The output of a call, with axes `has`, as the user has it: of what the user's has no axis for, the first."""
        letters = self.axes["y"]
        taken = call + index([":" if letter in letters else "0" for letter in has])
        order = [[letter for letter in has if letter in letters].index(letter) for letter in letters]
        return taken if order == sorted(order) else transposed(taken, order)

    @property
    def backwards(self) -> tuple[str, ...]:
        """The spatial letters along which the kernel is read backwards."""
        flags = zip(layout.SPATIAL[self.form.rank], self.form.window.reversal)
        return tuple(letter for letter, flag in flags if flag)

    @property
    def filled(self) -> bool:
        """Whether the padding is filled with a number, which no convolution is told."""
        return bool(self.form.window.filling) and any(map(any, self.form.window.padding))

    def filling(self, argument: str) -> str:
        """The argument that says what a padding by hand is filled with, nothing for zeros."""
        return f", {argument}={filling(self.form)}" if self.filled else ""

    def padded_by(self, *recipes: str) -> str | None:
        """The first of some recipes that comes to the padding, None where none does."""
        win = self.form.window
        if self.filled:
            return None
        axes = list(zip(self.form.x.shape[2:], self.form.w.shape[2:], win.stride, win.dilation))
        pairs = {recipe: tuple(padding_pair(recipe, *axis) for axis in axes) for recipe in recipes}
        return next((recipe for recipe in recipes if pairs[recipe] == win.padding), None)

    def padded_at_one(self, *recipes: str) -> str | None:
        """The first that pads as much before the input at stride 1, and gives as many outputs at the stride."""
        win, axes = self.form.window, list(zip(self.form.x.shape[2:], self.form.w.shape[2:]))
        for recipe in recipes:
            pairs = [padding_pair(recipe, *axis) for axis in axes]
            sizes = [output_size(n, k, step, 1, pair) for (n, k), pair, step in zip(axes, pairs, win.stride)]
            lows = [low for low, _ in pairs] == [low for low, _ in win.padding]
            if lows and tuple(sizes) == self.form.output_shape[2:]:
                return recipe
        return None


def edits(stated: Stated, transforms: Sequence[Transform], letters: str) -> dict[str, Edit]:
    """System -> the edit that computes what is stated with `transforms` applied; `letters` are the output's axes."""
    asked = asked_of(stated, transforms, letters)
    if asked is None:
        return {}
    win = asked.form.window
    negative = any(side < 0 for pair in win.padding for side in pair)
    return {} if negative or max(win.base_dilation) > 1 else written(asked, WRITERS)


def written(asked: Asked, writers: Mapping[str, Callable[[Asked], str]]) -> dict[str, Edit]:
    """System -> the edit, of those that have a call for it; `writers` give it as an expression, "" for none."""
    names = "x, w, b" if asked.biased else "x, w"
    dtype = "float32" if asked.form.x.dtype.name == "float32" else "float64"
    cast = f'{names} = (np.ascontiguousarray(a, "{dtype}") for a in ({names}))'
    found = {}
    for system, write in writers.items():
        imports, ready = READY[system]
        if line := write(asked):
            line = RELU[system].format(line) if asked.relu else line
            program = [*imports, cast, *(each.format(names=names) for each in ready), f"y = np.asarray({line})"]
            found[system] = Edit(line, "\n".join(program) + "\n")
    return found


def asked_of(stated: Stated, transforms: Sequence[Transform], letters: str) -> Asked | None:
    """What an edit must compute; None where something changes that no call says."""
    form, rank = applied(stated.meant(), transforms), stated.rank
    names = {role: {each: each for each in layout.canonical(role, rank)} for role in ("input", "kernel")}
    for transform in transforms:
        if isinstance(transform, InputAxes | KernelAxes | TransposeKernelSpatial):  # the axes have other names then
            role = "input" if isinstance(transform, InputAxes) else "kernel"
            canonical = layout.canonical(role, rank)
            names[role] = {own: names[role][canonical[axis]] for own, axis in zip(canonical, transform.order)}
        elif set(transform.touches) - {"window"} and not _said(transform):
            return None
    if form.window.boundary not in ("zero", CONSTANT):
        return None
    axes = {"x": stated.arrays["input"].layout, "w": stated.arrays["kernel"].layout, "y": letters}
    relu = Activation("relu") in transforms
    return Asked(form, axes, names["input"], names["kernel"], form.biased, relu)


def _said(transform: Transform) -> bool:
    """Whether a call says a change of what is no setting of it."""
    return transform == Activation("relu") or (isinstance(transform, Bias) and transform.kind == "missing")


# --- the systems -----------------------------------------------------------------------------------------------------


def _tensorflow(asked: Asked) -> str:
    win, rank = asked.form.window, asked.form.rank
    if win.groups > 1:
        return ""
    space = layout.SPATIAL[rank]
    x = asked.array("x", f"N{space}C", (), tf_transposed)
    word = asked.padded_by("valid", "same_upper")
    padding = {"valid": '"VALID"', "same_upper": '"SAME"'}.get(word or "")
    pairs = [[0, 0], *map(list, win.padding), [0, 0]]
    if padding is None and (rank != 2 or asked.filled):
        x, padding = f"tf.pad({x}, {pairs}{asked.filling('constant_values')})", '"VALID"'
    function = {1: "tf.nn.conv1d", 2: "tf.nn.conv2d", 3: "tf.nn.convolution"}[rank]
    steps = one_or_all(win.stride) if rank < 3 else str(list(win.stride))
    dilation = f", dilations={one_or_all(win.dilation) if rank < 3 else list(win.dilation)}"
    more = dilation if max(win.dilation) > 1 else ""
    w = asked.array("w", f"{space}IO", asked.backwards, tf_transposed)
    call = f"{function}({x}, {w}, {steps}, {padding or pairs}{more})"
    return asked.output(added(call, asked, f"N{space}C"), f"N{space}C", tf_transposed)


def _torch(asked: Asked) -> str:
    win, rank = asked.form.window, asked.form.rank
    has, taps = layout.canonical("input", rank), layout.canonical("kernel", rank)
    x, w = asked.array("x", has, (), permuted), asked.array("w", taps, (), permuted)
    dims = [taps.index(letter) for letter in asked.backwards]
    w += f".flip({', '.join(map(str, dims))})" if dims else ""
    even = all(low == high for low, high in win.padding) and not asked.filled
    if not even:
        flat = [side for pair in reversed(win.padding) for side in pair]
        x = f"torch.nn.functional.pad({x}, {flat}{asked.filling('value')})"
    lows = tuple(low for low, _ in win.padding) if even else (0,)
    told = options(stride=win.stride, padding=lows, dilation=win.dilation, groups=(win.groups,))
    bias = ", b" if asked.biased else ""
    return asked.output(f"torch.nn.functional.conv{rank}d({x}, {w}{bias}{told})", has, permuted)


def options(**given: Sequence[int]) -> str:
    """Arguments of PyTorch, without those that have the value of the default."""
    usual = {"padding": 0, "output_padding": 0}
    said = {key: values for key, values in given.items() if set(values) != {usual.get(key, 1)}}
    return "".join(f", {key}={one_or_all(values, tuple)}" for key, values in said.items())


def _jax(asked: Asked) -> str:
    words = {"valid": '"VALID"', "same_upper": '"SAME"', "same_lower": '"SAME_LOWER"'}
    word = words.get(asked.padded_by(*words) or "", "")
    return called_in_jax(asked, "jax.lax.conv_general_dilated", asked.form.window.stride, word)


def called_in_jax(asked: Asked, function: str, steps: Sequence[int], word: str = "") -> str:
    """The call of a function of JAX with these strides, padded by a word, or else by numbers."""
    win, space = asked.form.window, layout.SPATIAL[asked.form.rank]
    has = "".join(letter for letter in "NC" if letter not in asked.axes["y"]) + asked.axes["y"]
    x, w = (_widened(asked, name) for name in "xw")
    order = [space.index(letter) for letter in w if letter in space]  # JAX has settings in that of the kernel's axes
    stride, dilation = (tuple(each[axis] for axis in order) for each in (steps, win.dilation))
    padding = word or str([win.padding[axis] for axis in order])
    numbers = ", ".join(f'"{letters}"' for letters in (x, w, has))
    more = f", rhs_dilation={dilation}" if max(dilation) > 1 else ""
    more += f", feature_group_count={win.groups}" if win.groups > 1 else ""
    samples = asked.array("x", x, (), transposed)
    if asked.filled:
        grow = [win.padding[space.index(letter)] if letter in space else (0, 0) for letter in x]
        samples, padding = f"jax.numpy.pad({samples}, {grow}{asked.filling('constant_values')})", '"VALID"'
    arrays = f"{samples}, {asked.array('w', w, asked.backwards, transposed)}"
    call = f"{function}({arrays}, {stride}, {padding}, dimension_numbers=({numbers}){more})"
    return asked.output(added(call, asked, has), has, transposed)


def _widened(asked: Asked, name: str) -> str:
    """The canonical letters of an array in the user's order, those that it leaves out first."""
    names = {"x": asked.x, "w": asked.w}[name]
    own = {user: letter for letter, user in names.items()}
    return "".join(letter for letter, user in names.items() if user not in asked.axes[name]) + "".join(
        own[user] for user in asked.axes[name]
    )


def _numpy(asked: Asked) -> str:
    return _planes(asked, "np.convolve", "np.correlate", "same_half") if asked.form.rank == 1 else ""


def _scipy(asked: Asked) -> str:
    if asked.form.rank == 2:
        return _planes(asked, "scipy.signal.convolve2d", "scipy.signal.correlate2d", "same_upper")
    return _planes(asked, "scipy.signal.convolve", "scipy.signal.correlate", "same_half")


def _planes(asked: Asked, convolve: str, correlate: str, same: str) -> str:
    """The call of a function of one plane: neither images nor channels; `same` is that of its cross-correlation."""
    form, win = asked.form, asked.form.window
    single = form.x.shape[:2] == (1, 1) and form.w.shape[:2] == (1, 1) and not asked.biased
    smaller = all(k <= n for n, k in zip(form.x.shape[2:], form.w.shape[2:]))
    reversed_ = set(win.reversal)
    says = form.rank == 2 or not asked.filled
    if not single or not smaller or not says or len(reversed_) > 1 or max(win.dilation) > 1:
        return ""
    backwards = reversed_ == {True}
    word = asked.padded_at_one("valid", "full", "same_half" if backwards else same)
    if word is None:
        return ""
    space = layout.SPATIAL[form.rank]
    x, w = (_plane(asked, name, space) for name in "xw")
    call = f'{convolve if backwards else correlate}({x}, {w}, "{word.split("_")[0]}"{asked.filling("fillvalue")})'
    steps = index([f"::{step}" if step > 1 else ":" for step in win.stride])
    return _as_plane(asked, call + steps, space)


def _as_plane(asked: Asked, call: str, space: str) -> str:
    """A plane as the user has the output: axes of images and channels are added."""
    letters = asked.axes["y"]
    own = [letter for letter in letters if letter in space]
    order = [space.index(letter) for letter in own]
    moved = call if order == sorted(order) else transposed(call, order)
    return moved + index(["None" if letter in "NC" else ":" for letter in letters])


def _plane(asked: Asked, name: str, space: str) -> str:
    """The only plane of an array."""
    letters = asked.axes[name]
    taken = name + index([":" if letter in space else "0" for letter in letters])
    names = {"x": asked.x, "w": asked.w}[name]
    left = [letter for letter in letters if letter in space]
    order = [left.index(names[letter]) for letter in space]
    return taken if order == sorted(order) else transposed(taken, order)


def added(call: str, asked: Asked, has: str) -> str:
    """A call plus the bias, along the channels of an output with axes `has`."""
    if not asked.biased:
        return call
    behind = len(has) - 1 - has.index("C")
    return f"({call} + b{index([':', *['None'] * behind]) if behind else ''})"


RELU = {
    **dict.fromkeys(("numpy", "scipy"), "np.maximum({}, 0)"),
    "tensorflow": "tf.nn.relu({})",
    "torch": "torch.relu({})",
    "jax": "jax.nn.relu({})",
}
"""System -> the activation of a call."""
X64 = 'jax.config.update("jax_enable_x64", True)'
READY: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "numpy": (("import numpy as np",), ()),
    "scipy": (("import numpy as np", "import scipy.signal"), ()),
    "tensorflow": (("import numpy as np", "import tensorflow as tf"), ()),
    "torch": (("import numpy as np", "import torch"), ("{names} = (torch.from_numpy(a) for a in ({names}))",)),
    "jax": (("import jax", "import numpy as np", X64), ()),
}
"""System -> what is imported, and what is done to the arrays before."""
WRITERS = {"numpy": _numpy, "scipy": _scipy, "tensorflow": _tensorflow, "torch": _torch, "jax": _jax}
"""System -> its call of a convolution."""
