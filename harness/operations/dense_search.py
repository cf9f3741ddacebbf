"""What systems have otherwise of a dense layer, how functions are told of it, and its calls as code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from harness.canonical.layout import canonical
from harness.canonical.settled import TIMES, Settled
from harness.operations.by_settings.input_taken import Taken
from harness.operations.by_settings.own_names import Changes
from harness.operations.by_settings.writing import called
from harness.operations.dense_formula import MOVED, kept, lengths, moved, orders, sides, significant
from harness.operations.transforms.arrays import KernelAxes, ReshapeNotTranspose
from harness.operations.transforms.transform import Transform
from harness.worker.entry import EntryPoint

# --- what differs ----------------------------------------------------------------------------------------------------


def alternatives(form: Settled) -> Iterator[Changes]:
    """Other orders in which the input is flattened, or the kernel is."""
    order = form.settings["flattened"]
    others = list(orders(form.x.shape, order))
    yield from ({"flattened": each} for each in others)
    yield from ({"kernel_flattened": f"{order}{MOVED}{each}"} for each in others)


def of_kernel(form: Settled) -> Iterator[Transform]:
    """The kernel not transposed though it is square; its buffer taken for that of the transposed one."""
    letters = canonical("kernel", form.rank)
    turned = "IO" + letters[2:]
    outputs, inputs = form.arrays["w"].shape[:2]
    if min(outputs, inputs) == 1:
        return
    if outputs == inputs:
        yield KernelAxes((1, 0, *range(2, len(letters))))
    else:
        yield ReshapeNotTranspose("kernel", letters, turned)
        yield ReshapeNotTranspose("kernel", turned, letters)


def fitted(form: Settled, seen: np.ndarray, room: np.ndarray) -> Iterator[Changes]:
    """No setting is a number; a bias is read as an offset is."""
    return iter(())


# --- calls -----------------------------------------------------------------------------------------------------------


def written(form: Settled, entry: EntryPoint) -> Settled:
    """Flattened as the function does it, whatever is meant: weights are moved as they are."""
    return form.with_settings(flattened=_own(entry)) if _flattens(entry) else restated(form, entry)


def restated(form: Settled, entry: EntryPoint) -> Settled:
    """The function's own order, where it comes to the same."""
    own, meant = (significant(form.x.shape, order) for order in (_own(entry), form.settings["flattened"]))
    return form.with_settings(flattened=_own(entry)) if own == meant else form


def _own(entry: EntryPoint) -> str:
    """The order in which a function flattens, or that of what it takes."""
    return str({**entry.takes.demands, **entry.takes.keeps}["flattened"])


def _flattens(entry: EntryPoint) -> bool:
    """Whether the function flattens its input, and does not take what is flattened."""
    return "flattened" in entry.takes.keeps


def along(key: str, value: Any, rank: int) -> Any:
    """No setting is told as it is."""
    return value


def remedies(form: Settled, entry: EntryPoint) -> Iterable[Transform]:
    """The kernel brought to the order in which the function flattens."""
    order, own = form.settings["flattened"], _own(entry)
    if _flattens(entry) and order != own and set(order) == set(own):
        yield ReorderKernel(order, own)


@dataclass(frozen=True)
class ReorderKernel(Transform):
    """The kernel is brought from the order in which its inputs are flattened to that of the function."""

    id = "reorder_kernel"
    touches = ("w", "window")

    source: str
    target: str

    def words(self) -> str:
        return f"reorder the kernel, flattened {self.source}, to {self.target}, in which the function flattens"

    def rewrite(self, conv: Settled) -> Settled:
        brought = conv.map(lambda w: moved(w, conv.x.shape, self.source, self.target), "w")
        return brought.with_settings(flattened=self.target)


def limits(form: Settled, entry: EntryPoint) -> Iterator[str]:
    """A function that flattens takes all of the input."""
    if _flattens(entry) and form.arrays["w"].shape[1] != np.prod(form.x.shape[1:]):
        yield "flattens all of the input; the case keeps axes of it"


# --- code and probes -------------------------------------------------------------------------------------------------

TRANSPOSED = {"torch": "{0}.permute{1}", "tensorflow": "tf.transpose({0}, {1})"}
RESHAPED = {"tensorflow": "tf.reshape({0}, {1})"}
PRODUCTS = {
    "numpy": "x @ w.T",
    "torch": "torch.nn.functional.linear(x, w)",
    "tensorflow": "tf.linalg.matmul(x, w, transpose_b=True)",
    "jax": "jax.numpy.matmul(x, w.T)",
}
SUMMANDS: Mapping[int, str] = {0: "", 1: " + b", 2: " + 2 * b", -1: " + -b"}
"""How often the bias is added, as code."""


def _program(system: str, form: Settled) -> Sequence[str]:
    """What is flattened last, in its order, then the product, then its channels where they belong."""
    order, letters = form.settings["flattened"], canonical("input", form.rank)
    batch, rest = sides(form.x.shape, order)
    shape = (batch, *rest, -1) if max(rest) > 1 else (batch, -1)
    axes = tuple(letters.index(letter) for letter in (letters[0], *kept(letters, order), *order))
    product = PRODUCTS[system] + (SUMMANDS[TIMES[form.settings.get("bias")]] if "bias" in form.arrays else "")
    back = "y = np.moveaxis(y, -1, 1)" if max(rest) > 1 else f"y = y.reshape(y.shape + {(1,) * form.rank})"
    return [
        *_reordered(system, form),
        f"x = {_reshaped(system, _transposed(system, 'x', axes), shape)}    # flattened in the order {' '.join(order)}",
        *called(system, f"({product})"),
        back,
    ]


def edited(system: str, form: Settled, taken: Taken) -> tuple[str, str] | None:
    """The product of the user's own arrays, and the axes of its output; None where axes are kept, or weights moved."""
    order = "".join(letter for letter in form.settings["flattened"] if letter in taken.own)
    batch, rest = sides(form.x.shape, form.settings["flattened"])
    w = _weights(system, form, taken, order)
    if max(rest, default=1) > 1 or "kernel_flattened" in form.settings or not w:
        return None
    x = taken.by("N" + order)
    if len(order) > 1:
        x += ".flatten(1)" if system == "torch" else f".reshape({batch}, -1)"
    summand = SUMMANDS[TIMES[form.settings.get("bias")]] if "bias" in form.arrays else ""
    if system == "torch" and w == "w":
        return f"torch.nn.functional.linear({x}, w{summand.replace(' + ', ', ')})", "NC"
    transposed = w[:-2] if w.endswith(".T") else f"{w}.T"
    return f"{x} @ {transposed}{summand}", "NC"


def _weights(system: str, form: Settled, taken: Taken, order: str) -> str:
    """The user's kernel as a matrix of (O, I); "" where its axes stand otherwise."""
    if taken.kernel in ("OI", "IO"):
        return "w" if taken.kernel == "OI" else "w.T"
    flat = "w.flatten(1)" if system == "torch" else f"w.reshape({len(form.arrays['w'])}, -1)"
    return flat if taken.kernel == f"O{order}" else ""


def _reordered(system: str, form: Settled) -> list[str]:
    """The kernel as a matrix (O, I), its inputs in the order in which they are taken."""
    outputs, inputs = form.arrays["w"].shape[:2]
    w = _reshaped(system, "w", (outputs, inputs))
    if "kernel_flattened" in form.settings:
        was, order = form.settings["kernel_flattened"].split(MOVED)
        axes = (0, *(1 + was.index(letter) for letter in order))
        apart = _reshaped(system, "w", (outputs, *lengths(form.x.shape, was)))
        w = _reshaped(system, _transposed(system, apart, axes), (outputs, inputs))
    return [f"w = {w}"]


def _transposed(system: str, name: str, axes: tuple[int, ...]) -> str:
    plain = axes == tuple(range(len(axes)))
    return name if plain else TRANSPOSED.get(system, "{0}.transpose{1}").format(name, axes)


def _reshaped(system: str, name: str, shape: tuple[int, ...]) -> str:
    return RESHAPED.get(system, "{0}.reshape{1}").format(name, shape)


PROGRAMS: Mapping[str, Callable[[Settled], Sequence[str]]] = {system: partial(_program, system) for system in PRODUCTS}
TRIED: Mapping[str, Sequence[Any]] = {}
SIZES = {"C": 3, "D": 2, "H": 4, "W": 5}


def coded(entry: EntryPoint, settings: Mapping[str, Any]) -> Mapping[str, np.ndarray]:
    """Whole numbers of both signs, no two axes alike."""
    stream, letters = np.random.Generator(np.random.PCG64(7)), canonical("input", max(entry.ranks))
    sizes = [2, *(SIZES[letter] for letter in letters[1:])]
    inputs = int(np.prod(lengths(sizes, settings["flattened"])))
    shapes = {"input": sizes, "kernel": [6, inputs, *(1,) * max(entry.ranks)], "bias": [6]}
    return {role: stream.integers(-9, 10, shape).astype(np.float64) for role, shape in shapes.items()}
