"""How fast `explain` rules hypotheses out, as JSON: `python -m benchmarks.explain`.

`core`: hypotheses a second of kernel variant x padding x stride x dilation, on one core. `search`: all levels of a
search that finds nothing, with everything around it.
"""

from __future__ import annotations

import itertools
import json
import time
from dataclasses import replace

import numpy as np

from harness.explain.outputs import Reading, Shift
from harness.explain.question import Question
from harness.explain.search import Search, _Trial
from harness.explain.variants import Variant
from harness.window import Convolution, Window

SIZES = {"3x3x3": (1, 3, 3), "16x16x3x3": (16, 16, 3)}
SECONDS = 2.0


def question(outputs: int, channels: int, taps: int) -> Question:
    rng = np.random.default_rng(0)
    window = Window((1, 1), (1, 1), ((1, 1), (1, 1)), (False, False))
    x, w = rng.normal(size=(1, channels, 12, 12)), rng.normal(size=(outputs, channels, taps, taps))
    return Question(Convolution(x, w, None, window), rng.normal(size=(1, outputs, 12, 12)), 1e-5)


def core(asked: Question) -> float:
    """Hypotheses a second."""
    search = Search(asked)
    side = search._sides[0]
    trials = []
    for stride, dilation in itertools.product((1, 2), (1, 2)):
        window = replace(asked.conv.window, stride=(stride,) * 2, dilation=(dilation,) * 2)
        variant = Variant((), replace(asked.conv, window=window))
        trials.append(_Trial(search, side, side.inputs[0], variant, Reading((), asked.observed.shape, tuple), Shift()))
    start, before = time.perf_counter(), search.tested
    while time.perf_counter() - start < SECONDS:
        for trial, shelf in itertools.product(trials, side.shelves):
            sized = trial._sized(shelf)
            if sized is not None:
                list(trial._hits(shelf, np.ones(len(shelf.counts), bool), sized[0], trial._lows(sized[0])))
    return (search.tested - before) / (time.perf_counter() - start)


def whole(asked: Question) -> dict[str, float]:
    start = time.perf_counter()
    search = Search(asked)
    for count in range(4):
        search.level(count)
    seconds = time.perf_counter() - start
    return {"hypotheses": search.tested, "seconds": seconds, "per_second": search.tested / seconds}


def main() -> None:
    found = {
        name: {"core_per_second": core(question(*sizes)), "search": whole(question(*sizes))}
        for name, sizes in SIZES.items()
    }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
