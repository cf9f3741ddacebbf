"""Settled forms that are linear in their input: a matrix product of what is told by settings.

What such a form computes is a `Linear` form whose window is one sample. So it has the reference of those, their bounds,
and what they say of data that are rounded or not known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from harness.canonical import axis, gaps, magnitudes, reference, slack
from harness.canonical.settled import Meaning, Settled
from harness.canonical.window import Linear


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
    def factors(self) -> tuple[str, ...]:
        return self.linear.factors

    @property
    def places(self) -> int:
        return self.linear.places

    @property
    def terms(self) -> int:
        return self.linear.terms

    @property
    def largest(self) -> float:
        return self.linear.largest

    def drawn(self, draw: Callable[[int], np.ndarray]) -> Product:
        """Whole numbers, whose sums are exact."""
        return replace(self, arrays={name: draw(a.size).reshape(a.shape) for name, a in self.arrays.items()}, _kept={})

    def first(self, channels: int) -> Product:
        """Of all images, as an order of the axes may mix them."""
        arrays = {name: each if name == "x" else each[:channels] for name, each in self.arrays.items()}
        factor, offset = (None if each is None else each[:channels] for each in (self.factor, self.offset))
        return replace(self, arrays=arrays, factor=factor, offset=offset)

    def exact_in(self, digits: int) -> bool:
        return self.linear.exact_in(digits)


@reference.evaluated.register
def _evaluated(form: Product, most: float) -> tuple[np.ndarray, int]:
    """Rounded once, as those of a linear form are."""
    return reference.evaluated(form.linear, most)


@reference.direct.register
def _direct(form: Product) -> np.ndarray:
    return reference.direct(form.linear)


@magnitudes.magnitudes.register
def _magnitudes(form: Product) -> Any:
    return magnitudes.magnitudes(form.linear)


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
