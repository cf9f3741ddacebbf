"""Conventions of operations beside convolution, alone and with each of arrays, in each number format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from benchmarks.plants.counting import CLOSE, CONTROL, DIGITS, Transforms, controlled
from benchmarks.plants.meant import MEANT, Meant
from harness.canonical.gaps import output as computed
from harness.case.read import Case
from harness.held import Call
from harness.operations.transforms.arrays import ColumnMajor, InputAxes, OutputAxes, ReshapeNotTranspose
from harness.operations.transforms.endings import Activation
from harness.operations.transforms.grouping import ChannelOrder
from harness.operations.transforms.preparing import Offset
from harness.operations.transforms.told import Setting
from harness.operations.transforms.transform import applied, beside, read
from harness.operations.transforms.values import Bias, Scale

FORMATS = ("float32", "float64", *DIGITS)
CONTROLS = ("random", "one wrong", "mixed", "zeros", "constant")
LONG = 0.8164966
BEFORE: dict[str, Any] = {
    "": lambda channels: (),
    "axes": lambda channels: (InputAxes((0, 1, 3, 2)),),
    "reshaped": lambda channels: (ReshapeNotTranspose("input", "NHWC", "NCHW"),),
    "column-major": lambda channels: (ColumnMajor("input", "WHCN", "NCHW"),),
    "BGR": lambda channels: (ChannelOrder("input", "reversed"),),
    "permuted": lambda channels: (ChannelOrder("input", "any", order=(*range(1, channels), 0)),),
    "pixels": lambda channels: (Scale("1 / 255", (1 / 255,) * channels, "input"),),
    "mean and deviation": lambda channels: (
        Scale("a factor", tuple(1 / (0.2 + 0.1 * each) for each in range(channels)), "input"),
        Offset(tuple(-0.5 - 0.2 * each for each in range(channels))),
    ),
}
"""Name -> what is done to an input of so many channels."""
BEHIND: dict[str, Any] = {
    "scale": lambda outputs: (Scale("a factor", (LONG,) * outputs),),
    "scale per channel": lambda outputs: (Scale("a factor", tuple(0.7 + 0.6 * each for each in range(outputs))),),
    "bias": lambda outputs: (Bias("unknown", tuple(0.37 - 1.2345678 * each for each in range(outputs))),),
    "ReLU": lambda outputs: (Activation("relu"),),
    "leaky": lambda outputs: (Activation("leaky_relu", (("slope", 0.1),)),),
    "tanh": lambda outputs: (Activation("tanh"),),
    "output axes": lambda outputs: (OutputAxes((0, 1, 3, 2)),),
}
"""Name -> what is done to an output of so many channels."""


OF_PLANES = ("axes", "reshaped", "column-major", "output axes")
"""Those that exchange axes, which inputs of (N, C, H, W) have."""


@dataclass(frozen=True)
class LayerPlant:
    """One question: the `number`-th thing that is meant, and what is planted in it, by name; "" for none."""

    operation: str
    number: int
    number_format: str
    convention: str
    array: str

    @property
    def is_control(self) -> bool:
        return self.convention == CONTROL

    @property
    def meant(self) -> Meant:
        return MEANT[self.operation][self.number]

    def case(self) -> Case:
        return _case(self.operation, self.number, self.number_format == "float64", 0)

    def changes(self) -> Transforms:
        """What is planted, in the order in which it applies."""
        form = self.case().meant()
        own = _own(form, self.meant.conventions.get(self.convention, ()))
        before = BEFORE.get(self.array, BEFORE[""])(form.x.shape[1])
        changed = applied(form, (*before, *own))
        return (*before, *own, *(BEHIND[self.array](changed.output_shape[1]) if self.array in BEHIND else ()))

    def output(self) -> np.ndarray:
        """What a system gives."""
        form = self.case().meant()
        if self.is_control:
            return controlled(self.array, computed(form), [self.number])
        return _read(form, self.changes())

    def is_same(self, found: Transforms) -> bool:
        """Whether an explanation comes to what is planted, on other data and at other sizes."""
        form = _case(self.operation, self.number, self.number_format == "float64", 1).meant()
        rng = np.random.default_rng(5)
        others = form.of_other_sizes(lambda size: rng.integers(1, 99, size))
        return all(_alike(_read(each, self.changes()), _read(each, found)) for each in (form, *others))


def _own(form: Any, planted: Any) -> Transforms:
    """A convention: transforms, or settings that a system has otherwise, each by itself or together."""
    if not isinstance(planted, dict):
        return tuple(planted(form) if callable(planted) else planted)
    (key, value), *others = planted.items()
    return (Setting(key, value, form.settings.get(key), tuple(others)),)


def _read(form: Any, changes: Transforms) -> np.ndarray:
    changed = applied(form, changes)
    return (
        read(computed(changed), beside(changes, form), ())
        if 0 not in changed.output_shape
        else np.zeros(changed.output_shape)
    )


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    if one.shape != other.shape:
        return False
    known = np.isfinite(one) & np.isfinite(other)
    return bool((np.abs(one - other)[known] <= CLOSE * np.abs(one[known]).max(initial=0.0)).all())


@lru_cache(maxsize=64)
def _case(operation: str, number: int, double: bool, seed: int) -> Case:
    """The case that means it, with data of a seed."""
    meant = MEANT[operation][number]
    arrays, vectors = meant.drawn(np.random.default_rng([seed, number]))
    dtype = "float64" if double else "float32"
    said = {**meant.settings, "dtype": dtype}
    named = {role: each.astype(dtype) for role, each in vectors.items()}
    call = Call.of(operation, [each.astype(dtype) for each in arrays], named, meant.layout, said)
    whole = call if "output_size" in said else call.named([])  # bins have none of the others
    return whole.case(np.ones((1,) * len(meant.layout.rpartition(",")[2]), dtype))


def plants(operation: str) -> Iterator[LayerPlant]:
    """All questions, controls last; without those of which a part does not show."""
    return filter(shows, every(operation))


def every(operation: str) -> Iterator[LayerPlant]:
    """All combinations, and the controls."""
    for number, meant in enumerate(MEANT[operation]):
        for number_format, convention, array in product(FORMATS, ("", *meant.conventions), (*BEFORE, *BEHIND)):
            if convention or array:
                yield LayerPlant(operation, number, number_format, convention, array)
    for number, number_format, control in product(range(len(MEANT[operation])), FORMATS, CONTROLS):
        yield LayerPlant(operation, number, number_format, CONTROL, control)


@lru_cache(maxsize=4096)
def _differs(operation: str, number: int, convention: str, array: str) -> bool:
    plant = LayerPlant(operation, number, "float64", convention, array)
    form = plant.case().meant()
    if form.rank != 2 and array in OF_PLANES:
        return False
    y = plant.output()
    if 0 in y.shape or not np.isfinite(y).any() or len(np.unique(y)) == 1:
        return False
    parts = [LayerPlant(operation, number, "float64", *each) for each in ((convention, ""), ("", array), ("", ""))]
    others = [_read(form, each.changes()) for each in parts if each != plant]
    return all(
        other.shape != y.shape or not np.allclose(other, y, rtol=1e-3, atol=1e-4, equal_nan=True) for other in others
    )


def shows(plant: LayerPlant) -> bool:
    """Whether each part of what is planted shows on the data, beside what is meant and beside the other part."""
    return plant.is_control or _differs(plant.operation, plant.number, plant.convention, plant.array)
