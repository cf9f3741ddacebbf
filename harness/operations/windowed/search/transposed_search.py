"""The search for what explains an output of a transposed convolution: that of `search`, told in this operation's terms.

What is found as another padding of the canonical form is told as another cut off the full output, samples behind it, or
a padding of the zero-filled input that was taken for that of the forward operation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.canonical.window import Linear, Pairs, Window, numbers_text, pairs_text
from harness.operations.stated import Stated
from harness.operations.transforms.settings import (
    OtherOperation,
    OutputPadding,
    PaddingChange,
    PaddingSplit,
    RawPadding,
    Stride,
)
from harness.operations.transforms.transform import Transform, changed
from harness.operations.windowed import search
from harness.operations.windowed.search import Search as Search
from harness.operations.windowed.search import besides as besides
from harness.operations.windowed.search import explanations as explanations
from harness.operations.windowed.search import hidden as hidden
from harness.operations.windowed.search import marks as marks
from harness.operations.windowed.search import of_recordings as of_recordings
from harness.operations.windowed.search import other_values as other_values
from harness.operations.windowed.search import pattern as pattern
from harness.operations.windowed.search import possible as possible
from harness.operations.windowed.search import quick as quick
from harness.operations.windowed.search.candidates import DEEPEST as DEEPEST
from harness.operations.windowed.search.question import OF_BOTH, Question
from harness.operations.windowed.transposing import cuts
from harness.worker.spans import cut_pair, padding_pair, span

RAW = 4.0
"""Bits: a cut has its own name first where it can be called by several."""


@dataclass(frozen=True, eq=False)
class Transposing(Question):
    """A question about a transposed convolution.

    cuts: what its padding cuts off the full output, unless `recipe` says it; more: the samples behind the output.
    """

    cuts: Pairs = ()
    more: tuple[int, ...] = ()

    def settled(self) -> Transposing:
        win, more = self.form.window, self.more
        if len(more) != self.form.rank or len(self.pads(win, self.form.x.shape[2:], self.form.w.shape[2:])) == 1:
            return self
        told = tuple((low, high + own) for (low, high), own in zip(cuts(self.form), more))
        return replace(self, recipe=None, cuts=told)

    @property
    def boundaries(self) -> Sequence[str]:
        return ("zero",)

    def pads(self, window: Window, sizes: tuple[int, ...], taps: tuple[int, ...]) -> list[Pairs]:
        """What the intended cut comes to in `window`; that of another operation is as it stands."""
        if max(window.stride) > 1 or len(taps) != len(self.more):
            return [window.padding]
        told = self.cuts
        if self.recipe is not None:
            told = tuple(cut_pair(self.recipe, *axis) for axis in zip(taps, window.base_dilation, window.dilation))
        extents = map(span, taps, window.dilation)
        axes = zip(extents, told, self.more)
        anew = tuple((extent - 1 - low, extent - 1 - high + more) for extent, (low, high), more in axes)
        return list(dict.fromkeys([window.padding, anew]))

    def strides(self, window: Window, steps: Iterable[tuple[int, ...]]) -> list[Stride]:
        return [Stride(each, window.padding, of_input=True) for each in steps if each != window.base_dilation]

    def named(self, changes: list[Transform], conv: Linear) -> list[Transform]:
        """Names of one change: samples behind the output, forgotten or put before it, a raw padding, or another cut."""
        found = next((each for each in changes if isinstance(each, PaddingChange)), None)
        if found is None:
            return []
        cut = cuts(changed(conv, padding=found.actual))
        before = tuple((low - more, high) for (low, high), more in zip(self.cuts, self.more))
        kinds: list[type[PaddingChange]] = []
        if any(self.more) and cut in (self.cuts, before):  # put before the output, it is what a cut elsewhere gives
            kinds = [OutputPadding] if cut == self.cuts else [PaddingSplit, OutputPadding]
        if found.actual == self.cuts:
            kinds.append(RawPadding)
        elif not kinds:
            same_low = [low for low, _ in cut] == [low for low, _ in cuts(self.form)]
            kinds.append(OutputPadding if same_low else PaddingSplit)
        meant = cuts(self.form)
        return [kind(found.intended, found.actual, also=place, cuts=(meant, cut)) for place, kind in enumerate(kinds)]

    def other(self) -> Iterator[OtherOperation]:
        win, ones = self.form.window, (1,) * self.form.rank
        turned = tuple(not flag for flag in win.reversal)
        for padding in dict.fromkeys((*self._forward(), self.cuts)):
            window = replace(win, stride=win.base_dilation, base_dilation=ones, padding=padding, reversal=turned)
            yield OtherOperation("convolution", window)

    def _forward(self) -> Iterator[Pairs]:
        """What the word for the padding comes to in a convolution of this input."""
        if self.recipe in OF_BOTH:
            win = self.form.window
            axes = zip(self.form.x.shape[2:], self.form.w.shape[2:], win.base_dilation, win.dilation)
            yield tuple(padding_pair(str(self.recipe), *axis) for axis in axes)


def question(
    stated: Stated, form: Linear, observed: np.ndarray, slack: float, room: np.ndarray | None, dtype: str = ""
) -> Transposing:
    """The question what changes of `form`, which is what is stated or a known change of it, give `observed`."""
    plain = search.question(stated, form, observed, slack, room, dtype)
    told = stated.operation.told(stated)
    given = tuple((low, high) for low, high in told["padding_pairs"])
    word = padding if isinstance(padding := stated.settings["padding"], str) else None
    own = {"recipe": word, "cuts": given, "more": tuple(told["output_padding"])}
    return Transposing(**{**vars(plain), **own}).settled()


def came_to(form: Linear) -> dict[str, str]:
    """Settings that may be unknown, and what they are in `form`."""
    win = form.window
    return {
        "stride": numbers_text(win.base_dilation),
        "dilation": numbers_text(win.dilation),
        "padding": f"{pairs_text(cuts(form))} (low:high per axis, cut off the full output)",
    }
