"""Plants what systems do after a sum, alone and with each convention, and counts what `explain` makes of it, as JSON.

    python -m benchmarks.plants [--every N] [--show]

Ranks 1 to 3, each ending of `ENDINGS` alone and with each convention, in each number format of `FORMATS`; and controls
that nothing explains. `named`: the first explanation, or one that ties with it, comes to the same on other data;
`wrong`: a certain one that does not. `--every N` takes every N-th question; `--show` tells which are not named.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from harness.canonical.reference import direct
from harness.canonical.window import Linear, Window
from harness.case.read import Case
from harness.explanation.diagnosis import Answer, diagnose
from harness.judge.verdict import Judge, Observation
from harness.operations import convolution
from harness.operations.stated import Given
from harness.operations.transforms.arrays import KernelAxes, ReverseKernel, TransposeKernelSpatial
from harness.operations.transforms.endings import Activation, OutputRounding, Overflow
from harness.operations.transforms.grouping import ChannelOrder
from harness.operations.transforms.settings import Boundary, Dilation, PaddingSplit, Stride
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
DIGITS = {f"printed {digits}": digits for digits in (4, 5, 6)}
FORMATS = ("float32", "float64", *DIGITS, "uint8")
CONTROLS = ("random", "one wrong", "another kernel", "zeros", "constant")
CLOSE = 0.01
"""Share of the largest value by which outputs on other data may differ that come to the same: numbers are fitted."""
ALIKE = 0.9
"""Share of whole outputs that differ by no more than 1, for the same reason."""


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
            yield from (Plant(rank, number_format, ending, name) for name in conventions(rank))
    for rank, number_format, control in itertools.product(SIZES, FORMATS, CONTROLS):
        yield Plant(rank, number_format, control, "control")


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


def seen(plant: Plant, form: Linear) -> Observation:
    """What is recorded of a plant."""
    y = _control(plant, form) if plant.convention == "control" else output(form, changes(plant))
    known, slack = np.ones(y.shape, bool), np.zeros(y.shape)
    if plant.number_format in DIGITS:
        texts = [f"{value:#.{DIGITS[plant.number_format]}g}" for value in y.ravel().tolist()]
        places = [_place(text) for text in texts]
        slack = 0.5 * 10.0 ** np.reshape(places, y.shape)
        return Observation(np.reshape([float(text) for text in texts], y.shape), "float64", "any", known, slack)
    return Observation(y.astype(plant.number_format), plant.number_format, "any", known, slack)


def _place(text: str) -> int:
    """The power of ten of the last digit of a printed number."""
    mantissa, _, exponent = text.partition("e")
    return int(exponent or 0) - len(mantissa.partition(".")[2])


def _control(plant: Plant, form: Linear) -> np.ndarray:
    """Outputs that nothing explains."""
    rng = np.random.default_rng([9, plant.rank])
    y = direct(form)
    spread = {"random": rng.normal(size=y.shape) * y.std() + y.mean(), "zeros": y * 0, "constant": y * 0 + 2.0}
    if plant.ending == "one wrong":
        y.flat[y.size // 3] += 3 * y.std()
    elif plant.ending == "another kernel":
        y = direct(replace(form, w=rng.permutation(form.w.ravel()).reshape(form.w.shape)))
    else:
        y = spread[plant.ending]
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


def asked(plant: Plant) -> Answer:
    """What is answered about a plant."""
    form = drawn(plant, 0)
    return diagnose(Judge(case_of(form)), seen(plant, form))


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


def counted(plant: Plant, answer: Answer) -> str:
    """`named`, `wrong` (a certain one that is not so) or `open`."""
    certain = bool(answer.explanations) and not answer.ambiguous
    if plant.convention == "control":
        first = answer.explanations[:1]
        return "wrong" if certain and all(each.by_conventions and each.transforms for each in first) else "named"
    tied = [each for number, each in enumerate(answer.explanations) if not number or each.tied]
    right = [same(plant, each.changes) for each in tied]
    if certain and not right[0]:
        return "wrong"
    return "named" if any(right) else "open"


def measured(chosen: Sequence[Plant], show: bool = False) -> dict[Plant, str]:
    """Each question, and what became of it; what is not named is told at once where that is to be shown."""
    found = {}
    for plant in chosen:
        found[plant] = counted(plant, asked(plant))
        if show and found[plant] != "named":
            print(f"{found[plant]}: {plant}", file=sys.stderr, flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="What explain makes of planted endings and conventions.")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take every N-th question")
    parser.add_argument("--show", action="store_true", help="name the questions that are not named")
    options = parser.parse_args()
    found = measured([*plants()][:: options.every], options.show)
    planted = {plant: each for plant, each in found.items() if plant.convention != "control"}
    parts = {"planted": planted, "controls": {plant: found[plant] for plant in found if plant not in planted}}
    print(json.dumps({name: Counter(some.values()) for name, some in parts.items()}, indent=1))


if __name__ == "__main__":
    main()
