"""Settled forms that are linear in their input: a matrix product of what is told by settings.

What such a form computes is a `Linear` form whose window is one sample. So it has the reference of those, their bounds,
and what they say of data that are rounded or not known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from harness.canonical import axis, gaps, magnitudes, reference, running_error, slack
from harness.canonical.settled import Meaning, Settled
from harness.canonical.window import Linear

PART = 2**22
"""Numbers of a kernel that are looked at together."""


class LinearMeaning(Meaning, Protocol):
    """What an operation computes that is a product: its module has this name, too."""

    def linear(self, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Linear:
        """What it comes to; the arrays are those of the form, by name."""


@dataclass(frozen=True, eq=False)
class Product(Settled):
    """One instance. arrays: `x`, `w` and perhaps `bias`."""

    meaning: LinearMeaning

    @property
    def linear(self) -> Linear:
        """The same as a linear form, its factor and offset done."""
        found = self.meaning.linear(self.arrays, self.settings)
        found = found if self.factor is None else found.scaled(self.factor)
        return found if self.offset is None else found.shifted(self.offset)

    @property
    def times(self) -> int:
        """None: the bias is one of the terms."""
        return 0

    @property
    def unbiased(self) -> Product:
        """All of it: the formula has the bias."""
        return self

    @property
    def factors(self) -> tuple[str, ...]:
        return self.linear.factors

    @property
    def places(self) -> int:
        return self.linear.places

    @property
    def terms(self) -> int:
        return self.linear.terms

    @property
    def work(self) -> int:
        return self.terms

    @property
    def largest(self) -> float:
        return self.linear.largest

    def drawn(self, draw: Callable[[int], np.ndarray]) -> Product:
        """Whole numbers, whose sums are exact."""
        return replace(self, arrays={name: draw(a.size).reshape(a.shape) for name, a in self.arrays.items()}, _kept={})

    def of_other_sizes(self, draw: Callable[[int], np.ndarray]) -> Iterator[Product]:
        """None: the kernel is as large as what is flattened."""
        return iter(())

    def first(self, channels: int) -> Product:
        """Of all images, as an order of the axes may mix them."""
        arrays = {name: each if name == "x" else each[:channels] for name, each in self.arrays.items()}
        factor, offset = (None if each is None else each[:channels] for each in (self.factor, self.offset))
        return replace(self, arrays=arrays, factor=factor, offset=offset)

    def exact_in(self, digits: int) -> bool:
        return self.linear.exact_in(digits)


def _parts(form: Product) -> list[Linear]:
    """The same, some output channels at a time: a large kernel is not held in float64 as a whole."""
    linear = form.linear
    step = max(PART // max(linear.terms, 1), 1)
    return [linear.channels(slice(start, start + step)) for start in range(0, len(linear.w), step)]


@reference.evaluated.register
def _evaluated(form: Product, most: float) -> tuple[np.ndarray, int]:
    """Rounded once, as those of a linear form are; of what is too large for that, the first images."""
    parts, exact = _parts(form), math.prod(form.output_shape)
    images = form.x.shape[0]
    if exact * form.terms > most:
        images = int(most // max(exact // images * form.terms, 1))
    if images < form.x.shape[0]:
        exact = exact // form.x.shape[0] * images
    first = [part.map(lambda x: x[:images], "x") for part in parts] if images else []
    rest = [part.map(lambda x: x[images:], "x") for part in parts] if images < form.x.shape[0] else []
    found = [[reference.evaluate(each) for each in first], [reference.direct(each) for each in rest]]
    return np.concatenate([np.concatenate(each, axis=1) for each in found if each]), exact


@reference.direct.register
def _direct(form: Product) -> np.ndarray:
    return np.concatenate([reference.direct(each) for each in _parts(form)], axis=1)


@dataclass(frozen=True, eq=False)
class InParts(magnitudes.Magnitudes):
    """The magnitudes of a form that is looked at in parts, of which `plain` is the first."""

    parts: tuple[Linear, ...]

    @cached_property
    def A(self) -> np.ndarray:
        return np.concatenate([magnitudes.magnitudes(each).A for each in self.parts], axis=1)

    @cached_property
    def P(self) -> np.ndarray:
        return np.concatenate([magnitudes.magnitudes(each).P for each in self.parts], axis=1)

    @cached_property
    def w_norm(self) -> float:
        return math.hypot(*(magnitudes.magnitudes(each).w_norm for each in self.parts))


@magnitudes.magnitudes.register
def _magnitudes(form: Product) -> InParts:
    parts = _parts(form)
    return InParts(reference.Plain.of(parts[0]), tuple(parts))


@axis.outputs_at.register
def _outputs_at(form: Product, places: np.ndarray) -> np.ndarray:
    """Of large kernels only the rows are read that are needed."""
    channels, own = np.unique(places[:, 1], return_inverse=True)
    moved = np.concatenate([places[:, :1], own.reshape(-1, 1), places[:, 2:]], axis=1)
    return axis.outputs_at(form.linear.channels(channels), moved)


@gaps.computable.register
def _computable(form: Product) -> np.ndarray:
    """Only those that see a value which is not known are not known either."""
    return gaps.computable(form.linear)


@slack.slack_of.register
def _slack(form: Product, wide: Product) -> np.ndarray:
    return slack.slack_of(form.linear, wide.linear)


@running_error.moved.register
def _moved(form: Product, y: np.ndarray, spread: np.ndarray, signs: running_error.Signs) -> np.ndarray:
    """That of the sums, whose input is in another shape."""
    sums = replace(form, arrays={**form.arrays, "x": spread}, _kept={}).linear
    return running_error.moved(sums, y, sums.x, signs)
