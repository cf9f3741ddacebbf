"""What is asked: an intended convolution and an output that it does not account for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.canonical import layout
from harness.canonical.window import OF_SAMPLES, Linear, Pairs, Window
from harness.operations.left_open import LeftOpen
from harness.operations.transforms.settings import OtherOperation, Stride
from harness.operations.transforms.transform import Transform
from harness.operations.windowed.transposing import cuts
from harness.worker.spans import cut_pair, padding_pair, span

OF_BOTH = {"same": "same", "same_upper": "same", "same_lower": "same_lower", "valid": "valid"}
"""Words for a padding of a convolution, and those for what a transposed one cuts off."""


@dataclass(frozen=True, eq=False)
class Question(LeftOpen):
    """An intended call and what was observed.

    observed: canonical (N, O, *spatial), float64, NaN where an element is not known. slack: the absolute error that no
    value of it exceeds. recipe: the word for the padding, None where it was given by numbers. unknown: settings that
    are left open.
    room: the absolute error of each value of observed where it is known to be smaller. dtype: of what was observed.
    """

    form: Linear
    observed: np.ndarray
    slack: float
    input_layout: str = ""
    kernel_layout: str = ""
    recipe: str | None = None
    unknown: frozenset[str] = frozenset()
    room: np.ndarray | None = None
    dtype: str = ""

    def pads(self, window: Window, sizes: tuple[int, ...], taps: tuple[int, ...]) -> list[Pairs]:
        """What the intended padding comes to in `window`: as it is, and its word applied to these sizes."""
        if self.recipe is None:
            return [window.padding]
        axes = zip(sizes, taps, window.stride, window.dilation)
        anew = tuple(padding_pair(self.recipe, *axis) for axis in axes)
        return list(dict.fromkeys([window.padding, anew]))

    def settled(self) -> Question:
        """The question whose padding is numbers where a known change made another one of it than its word comes to."""
        conv = self.form
        as_word = len(self.pads(conv.window, conv.x.shape[2:], conv.w.shape[2:])) == 1
        return self if as_word else replace(self, recipe=None)

    @property
    def boundaries(self) -> Sequence[str]:
        """What a padding may be filled with, but for a number, which is read from what was observed (`preparation`)."""
        return ("zero", *OF_SAMPLES)

    def strides(self, window: Window, steps: Iterable[tuple[int, ...]]) -> list[Stride]:
        """The changes of the stride to other `steps`."""
        return [Stride(each, window.padding) for each in steps if each != window.stride]

    def named(self, changes: list[Transform], conv: Linear) -> list[Transform]:
        """Names of one change of the padding of `conv`, a candidate but for it, as the operation has them."""
        return changes

    def other(self) -> Iterator[OtherOperation]:
        """What was computed where another operation was given by mistake."""
        win = self.form.window
        if max(win.stride) > 1 and win.boundary == "zero":
            turned = tuple(not flag for flag in win.reversal)
            ones = (1,) * self.form.rank
            for padding in dict.fromkeys((*self._transposed(), cuts(self.form))):
                window = replace(win, stride=ones, base_dilation=win.stride, padding=padding, reversal=turned)
                yield OtherOperation("transposed_convolution", window)

    def _transposed(self) -> Iterator[Pairs]:
        """What the word for the padding comes to in a transposed convolution, as padding of the canonical form."""
        if self.recipe in OF_BOTH:
            win, taps = self.form.window, self.form.w.shape[2:]
            axes = zip(map(span, taps, win.dilation), taps, win.stride, win.dilation)
            cut = ((extent - 1, cut_pair(OF_BOTH[self.recipe], *axis)) for extent, *axis in axes)
            yield tuple((reach - low, reach - high) for reach, (low, high) in cut)

    def stated(self, role: str) -> str:
        """The layout in which the case gives the array of a role; "" for the output."""
        return {"input": self.input_layout, "kernel": self.kernel_layout}.get(role, "")

    def layouts(self, role: str) -> list[str]:
        """Layouts in which the array of a role may have been kept: the stated one, canonical, and the usual others."""
        rank = self.form.rank
        stated = self.stated(role)
        letters = layout.canonical(role, rank)
        a, b, space = letters[0], letters[1], letters[2:]
        usual = [a + b + space, space + b + a, a + space + b, space + a + b, b + a + space, b + space + a]
        whole = "".join(letter for letter in letters if letter not in stated) + stated if stated else letters
        return list(dict.fromkeys([whole, *usual]))
