"""Whole numbers at the end of a dtype's range: one of them must not change the outputs that do not see it.

The smallest number of a signed dtype has no absolute value in that dtype, so a system that looks at absolute values to
choose how it computes is misled by it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.operations.card import Fault
from harness.operations.windowed.probes.algorithm import LADDER, Size
from harness.operations.windowed.probes.faults import call_in_words
from harness.operations.windowed.probes.subject import Subject
from harness.parent.asking import Asking
from harness.parent.outcome import Outcome

SIGNED = ("int8", "int16", "int32", "int64")
WORDS = "the smallest number of its dtype changes outputs that do not see it"


def integers(subject: Subject, dtypes: Sequence[str]) -> Asking[list[Fault]]:
    """The fault of the first size and dtype where outputs that see only ones are not the number of taps."""
    tried = [(size, dtype) for size in LADDER[subject.rank] for dtype in dtypes if dtype in SIGNED]
    questions = [subject.ask(*_arrays(subject, size, dtype)) for size, dtype in tried]
    outcomes = yield questions
    for (size, dtype), question, outcome in zip(tried, questions, outcomes):
        if _changed(subject, size, outcome):
            call = f"{call_in_words(question)}; x is ones and one {question.arrays['input'].min()}, w is ones"
            return [Fault(WORDS, call, excluded=dtype not in subject.entry.dtypes)]
    return []


def _arrays(subject: Subject, size: Size, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Ones, the first sample of the input being the smallest number."""
    x = np.ones((1, 1, *(size.n,) * subject.rank), dtype)
    x.flat[0] = np.iinfo(dtype).min
    return x, np.ones((1, 1, *(size.k,) * subject.rank), dtype)


def _changed(subject: Subject, size: Size, outcome: Outcome) -> bool:
    """Whether an output from the middle, far from the first sample and from the border, is not the number of taps."""
    y = subject.read(outcome)
    if y is None or not y.size:
        return False
    middle = y[(0, 0, *(count // 2 for count in y.shape[2:]))]
    taps = np.array(size.k**subject.rank)
    return bool(middle != taps.astype(y.dtype)) and size.n >= 2 * size.k
