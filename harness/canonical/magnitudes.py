"""How large the terms of the outputs of a form are, and how many: what bounds on errors need."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, singledispatch
from typing import Any

import numpy as np

from harness.canonical.reference import Plain, exponent, summed


@dataclass(frozen=True, eq=False)
class Magnitudes:
    """How large the terms of each output element are; computed when first asked for, in plain float64."""

    plain: Plain
    """The convolution in float64."""

    @cached_property
    def A(self) -> np.ndarray:
        """|x| conv |w| + |bias|, (N, O, *spatial); 0 where it is not finite, since no error bound holds there."""
        return _finite_or_zero(summed(self.plain.map(np.abs)))

    @cached_property
    def P(self) -> np.ndarray:
        """sqrt(x^2 conv w^2 + bias^2), (N, O, *spatial); 0 where it is not finite."""
        small, unit = self.plain.in_units()
        return _finite_or_zero(np.ldexp(np.sqrt(summed(small.map(np.square))), unit))

    @property
    def n(self) -> int:
        """Terms summed into one output element, the bias among them."""
        return self.plain.terms + (self.plain.bias is not None)

    @property
    def channels(self) -> int:
        """Input channels summed into one output element."""
        return int(self.plain.W.shape[2])

    @property
    def taps(self) -> tuple[int, ...]:
        """Terms summed along each spatial axis."""
        return self.plain.W.shape[3:]

    @property
    def steps(self) -> frozenset[int]:
        """How far neighbouring outputs and neighbouring taps stand apart, along all axes."""
        return frozenset((*self.plain.stride, *self.plain.dilation))

    @property
    def samples(self) -> int:
        """Samples of the full convolution of padded input and dilated kernel, which is the length of its FFT."""
        return math.prod(size + extent - 1 for size, extent in zip(self.plain.X.shape[2:], self.plain.extents))

    @cached_property
    def x_norm(self) -> float:
        """Euclidean norm of the padded input."""
        return _norm(self.plain.X)

    @cached_property
    def w_norm(self) -> float:
        """Euclidean norm of the kernel."""
        return _norm(self.plain.W)


@singledispatch
def magnitudes(conv: Any) -> Any:
    """The magnitudes that error bounds need. Raises ValueError as `direct` does."""
    return Magnitudes(Plain.of(conv))


def _norm(values: np.ndarray) -> float:
    """The Euclidean norm, whose squares do not overflow."""
    unit = exponent(values)
    return float(np.ldexp(np.linalg.norm(np.ldexp(values, -unit)), unit))


def _finite_or_zero(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, 0.0)
