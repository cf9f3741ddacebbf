"""What the rest of the house needs of a canonical form, whichever it is.

Two are there: `window.Linear`, which is linear in its input, and `settled.Settled`, a formula with settings. How they
are evaluated is said by functions that choose by the form's type: `evaluate` and `direct` of `reference`,
`magnitudes`, `gaps.computable`, `slack.slack_of` and `running_error.moved`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, Self

import numpy as np


class Form(Protocol):
    """One instance of a canonical form. All arrays have canonical axes; `x` is the input, (N, C, *spatial)."""

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name, `x` among them."""

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the arrays that are multiplied with each other, or what else is not merely added."""

    @property
    def rank(self) -> int:
        """Number of spatial axes."""

    @property
    def output_shape(self) -> tuple[int, ...]:
        """(N, O, *spatial) of the output."""

    @property
    def places(self) -> int:
        """Decimal places to which outputs of drawn data are equal that are meant to be."""

    @property
    def terms(self) -> int:
        """Terms that make up one output element."""

    @property
    def largest(self) -> float:
        """What the magnitudes of an output's terms sum to at most."""

    def map(self, function: Callable[[np.ndarray], np.ndarray], *names: str) -> Self:
        """The same form of `function(array)` for the arrays of these names, for all of `arrays` without names."""

    def of_prepared(self, prepare: Callable[[np.ndarray], np.ndarray], added: float) -> Self:
        """The same of an input that was prepared, by one rounding of each number; added: the most that was added."""

    def drawn(self, draw: Callable[[int], np.ndarray]) -> Self:
        """The same form of fresh data that show all it does; `draw` gives so many whole numbers from 1 to 99."""

    def of_other_sizes(self, draw: Callable[[int], np.ndarray]) -> Iterable[Self]:
        """The same of inputs of other sizes, drawn so, where what comes to the same may be another thing there."""

    def first(self, channels: int) -> Self:
        """The same of the first image and so many output channels, as far as each can be computed by itself."""

    def exact_in(self, digits: int) -> bool:
        """Whether every step is exact in numbers of so many binary digits, in whatever order it is computed."""

    def with_bias(self, bias: np.ndarray | None) -> Self:
        """The same with another bias, (O,), or with none."""

    def scaled(self, factors: np.ndarray) -> Self:
        """The same with each output channel multiplied by its factor, (O,)."""

    def shifted(self, offsets: np.ndarray) -> Self:
        """The same with an offset added to each output channel, (O,)."""
