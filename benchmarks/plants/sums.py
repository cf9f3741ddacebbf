"""What systems do after the sums of a convolution, alone and with each convention, of ranks 1 to 3."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.plants.counting import ALIKE, CLOSE, CONTROL, DIGITS, controlled
from harness.canonical.reference import direct
from harness.canonical.window import Linear, Window
from harness.case.read import Case
from harness.operations import convolution
from harness.operations.stated import Given
from harness.operations.transforms.arrays import KernelAxes, ReverseKernel, TransposeKernelSpatial
from harness.operations.transforms.boundary import Boundary
from harness.operations.transforms.endings import Activation, OutputRounding, Overflow
from harness.operations.transforms.functions import FUNCTIONS
from harness.operations.transforms.grouping import ChannelOrder
from harness.operations.transforms.settings import Dilation, PaddingSplit, Stride
from harness.operations.transforms.transform import Transform, applied, beside, read
from harness.operations.transforms.values import Bias, Scale

Transforms = tuple[Transform, ...]

SIZES = {1: ((40,), (3,)), 2: ((10, 9), (3, 3)), 3: ((6, 5, 6), (3, 3, 3))}
LETTERS = {1: "W", 2: "HW", 3: "DHW"}
FACTORS, OFFSETS = (0.7, 1.3, 2.1), (0.37, -1.2345678, 0.5)
ENDINGS: dict[str, Transforms] = {
    "bias": (Bias("unknown", OFFSETS),),
    "scale": (Scale("a factor", (0.8164966,) * 3),),
    "scale per channel": (Scale("a factor", FACTORS),),
    "ReLU": (Activation("relu"),),
    "ReLU6": (Activation("relu6"),),
    "clip": (Activation("clip", (("low", -1.5), ("high", 2.5))),),
    "leaky": (Activation("leaky_relu", (("slope", 0.1),)),),
    "tanh": (Activation("tanh"),),
    "sigmoid": (Activation("sigmoid"),),
    "absolute": (Activation("absolute"),),
}
OF_BYTES: dict[str, Transforms] = {
    "half-even": (OutputRounding("half_even"), Overflow("saturate", 0, 255)),
    "floor": (OutputRounding("floor"), Overflow("saturate", 0, 255)),
    "truncate": (OutputRounding("truncate"), Overflow("saturate", 0, 255)),
    "wrap": (OutputRounding("half_even"), Overflow("wrap", 0, 255)),
}
FORMATS = ("float32", "float64", *DIGITS, "uint8")
CONTROLS = ("random", "one wrong", "another kernel", "zeros", "constant")


@dataclass(frozen=True)
class Plant:
    """One question: what is planted, "" for no convention, or a control."""

    rank: int
    number_format: str
    ending: str
    convention: str

    @property
    def of_bytes(self) -> bool:
        return self.number_format == "uint8"

    @property
    def is_control(self) -> bool:
        return self.convention == CONTROL

    def case(self) -> Case:
        return case_of(drawn(self, 0))

    def output(self) -> np.ndarray:
        """What a system gives."""
        form = drawn(self, 0)
        return _control(self, form) if self.is_control else output(form, changes(self))

    def is_same(self, found: Transforms) -> bool:
        return same(self, found)


def conventions(rank: int) -> dict[str, Transforms]:
    """Name -> changes of the sums, of a 3-tap kernel with 3 input and output channels and the padding 1."""
    ones, space = ((1, 1),) * rank, tuple(range(2, rank + 2))
    found: dict[str, Transforms] = {
        "": (),
        "reversed": (ReverseKernel(tuple(range(rank))),),
        "channels exchanged": (KernelAxes((1, 0, *space)),),
        "input channels reversed": (ChannelOrder("input", "reversed"),),
        "valid": (PaddingSplit(ones, ((0, 0),) * rank),),
        "shifted": (PaddingSplit(ones, ((2, 0),) * rank),),
        "stride": (Stride((2,) * rank, ones),),
        "dilation": (Dilation((2,) * rank, ones),),
        "boundary": (Boundary("reflect"),),
    }
    return found | ({"transposed": (TransposeKernelSpatial((0, 1, *reversed(space))),)} if rank > 1 else {})


def plants() -> Iterator[Plant]:
    """All questions, controls last."""
    for rank, number_format in itertools.product(SIZES, FORMATS):
        for ending in OF_BYTES if number_format == "uint8" else ENDINGS:
            yield from filter(shows, (Plant(rank, number_format, ending, name) for name in conventions(rank)))
    for rank, number_format, control in itertools.product(SIZES, FORMATS, CONTROLS):
        yield Plant(rank, number_format, control, CONTROL)


def shows(plant: Plant) -> bool:
    """Whether values reach the limit by which ReLU6 differs from ReLU."""
    return plant.ending != "ReLU6" or bool(plant.output().max() == FUNCTIONS["relu6"].high)


def drawn(plant: Plant, seed: int) -> Linear:
    """Data of a plant: normally distributed, or an image of bytes and a kernel whose sums are about as large."""
    rng = np.random.default_rng([seed, plant.rank, FORMATS.index(plant.number_format)])
    sizes, taps = SIZES[plant.rank]
    x, w = rng.normal(size=(2, 3, *sizes)), rng.normal(size=(3, 3, *taps)) * (8 / 3 ** (plant.rank + 1)) ** 0.5
    if plant.of_bytes:
        x, w = rng.integers(0, 256, x.shape).astype(float), (w * 0.4 + 0.6 / 3 ** (plant.rank + 1)).round(3)
    ones = (1,) * plant.rank
    form = Linear(x, w, None, Window(ones, ones, ((1, 1),) * plant.rank, (False,) * plant.rank))
    single = plant.number_format == "float32" or plant.number_format in DIGITS or plant.of_bytes
    return form.map(lambda each: each.astype(np.float32)) if single else form


def changes(plant: Plant) -> Transforms:
    """What is planted, in the order in which it applies."""
    ends = (OF_BYTES if plant.of_bytes else ENDINGS)[plant.ending]
    return (*conventions(plant.rank)[plant.convention], *ends)


def output(form: Linear, made: Transforms) -> np.ndarray:
    """What a system gives that does this."""
    return read(direct(applied(form, made)), beside(made, form), ())


def _control(plant: Plant, form: Linear) -> np.ndarray:
    """Outputs that nothing explains."""
    if plant.ending == "another kernel":
        rng = np.random.default_rng([9, plant.rank])
        y = direct(replace(form, w=rng.permutation(form.w.ravel()).reshape(form.w.shape)))
    else:
        y = controlled(plant.ending, direct(form), [9, plant.rank])
    return np.clip(np.rint(y), 0, 255) if plant.of_bytes else y


def case_of(form: Linear) -> Case:
    """The case that means `form`."""
    win, letters = form.window, LETTERS[form.rank]
    settings = {
        "means": "cross-correlation",
        "stride": win.stride,
        "dilation": win.dilation,
        "padding": win.padding,
        "groups": win.groups,
        "boundary": win.boundary,
        "fits": True,
    }
    arrays = {"input": Given(form.x, f"NC{letters}"), "kernel": Given(form.w, f"OI{letters}")}
    return Case(id="plant", path=Path("plant.yaml"), operation=convolution, arrays=arrays, settings=settings)


def same(plant: Plant, found: Transforms) -> bool:
    """Whether an explanation comes to what was planted, on other data."""
    form = drawn(plant, 1)
    one, other = output(form, changes(plant)), output(form, found)
    if one.shape != other.shape:
        return False
    if plant.of_bytes:
        apart = np.abs(one - other)
        return bool(np.mean(np.minimum(apart, 256 - apart) <= 1) >= ALIKE)
    return bool((np.abs(one - other) <= CLOSE * np.abs(one).max()).all())
