"""An entry point that transposes a convolution, as the probes of convolutions see it.

At stride 1 without a cut it is a cross-correlation with a kernel that is read backwards where the stamp is not, and an
input that is padded by all but one sample of the kernel: so axes, precision and algorithm are measured as there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.operations.windowed.probes.subject import Subject, native, usual
from harness.operations.windowed.transposing import ungrouped
from harness.parent.asking import Question
from harness.worker.entry import EntryPoint
from harness.worker.spans import span


class Stamping(Subject):
    """A `Subject` whose kernel stamps backwards where `reversal` is false."""

    @staticmethod
    def question(
        entry: EntryPoint, x: np.ndarray, w: np.ndarray, input_: str, kernel: str, padding: Any = None, **settings: Any
    ) -> Question:
        """The call with canonical arrays, for a system of these axes; it is told the size of the full output."""
        said = {**usual(entry, x, padding), "output_padding": (0,) * (x.ndim - 2), **settings}
        said.setdefault("output_size", full_sizes(x.shape[2:], w.shape[2:], said["stride"], said["dilation"]))
        return Question(entry, native(x, ungrouped(w, said["groups"]), input_, kernel), said)


def full_sizes(
    sizes: Sequence[int], taps: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> tuple[int, ...]:
    """Samples of the full output along each axis."""
    axes = zip(sizes, taps, stride, dilation)
    return tuple(max(span(n, s) - 1 + span(k, d), 0) for n, k, s, d in axes)
