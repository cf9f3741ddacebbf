"""Random calls of a transposed convolution, over all that a case can say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from harness.operations.stated import Stated
from harness.operations.windowed.draws import DTYPES, RANKS, Draw, of_window
from harness.operations.windowed.keys import CUT_WORDS, MEANINGS
from harness.operations.windowed.trials import NUMBERS, Range, drawn, pick


@dataclass(frozen=True)
class TransposedDraw(Draw):
    """One call; `added` samples stand behind the output."""

    added: int = 0

    def _channels(self) -> tuple[int, int]:
        return self.outputs, self.groups * self.inputs

    def settings(self) -> Mapping[str, Any]:
        return {**self._common(), "output_padding": (self.added,) * len(self.axes), "output_size": None}

    def smaller(self) -> Iterator[Self]:
        yield from super().smaller()
        if self.added:
            yield replace(self, added=self.added - 1)

    def weight(self) -> int:
        return super().weight() + self.added

    def matters(self) -> tuple[str, ...]:
        return (*super().matters(), *(["output padding"] if self.added else []))


def draw(stream: np.random.Generator) -> TransposedDraw:
    """A call of anything that a case can say."""
    may = Range(
        rank=pick(stream, RANKS),
        words=[*CUT_WORDS, NUMBERS],
        dtypes=DTYPES,
        sizes=(1, 2, 3, 4, 5, 7),
        taps=(1, 2, 3, 4),
        strides=(1, 2, 3),
        dilations=(1, 1, 2, 3),
        pads=(0, 1, 2),
        wide=(1, 2, 3),
        alike=0.7,
        batch=(1, 2),
        groups=(1, 1, 2),
    )
    found = TransposedDraw(**drawn(stream, may))
    by_numbers = not isinstance(found.padding, str)
    return replace(
        found,
        means=pick(stream, MEANINGS),
        biased=pick(stream, (False, False, True)),
        added=pick(stream, range(min(axis.stride for axis in found.axes) if by_numbers else 1)),
    )


def of_case(stated: Stated) -> TransposedDraw:
    """The call of a case; a size of the output that it gives is left to what the other settings come to."""
    outputs, inputs = stated.arrays["kernel"].values.shape[:2]
    groups, added = stated.settings["groups"], stated.settings["output_padding"]
    return TransposedDraw(added=max(added), **of_window(stated, (outputs * groups, inputs // groups)))
