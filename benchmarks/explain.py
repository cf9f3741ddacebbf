"""How fast `explain` rules hypotheses out, as JSON: `python -m benchmarks.explain`.

`core`: hypotheses a second of kernel variant x padding x stride x dilation, on one core. `search`: all levels of a
search that finds nothing, with everything around it; `nothing_fits` the same for other ranks, in seconds of the
processor. A search is over before the rate of the core would show in it: it has so many hypotheses and no more.
`mixed`: questions a second of those of `benchmarks.plants`, controls among them, and the slowest, in seconds and in
evaluations in float64 of the convolution that is asked about.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from benchmarks.plants.counting import asked
from benchmarks.plants.sums import drawn, plants
from harness.canonical.reference import direct
from harness.canonical.window import Linear, Window
from harness.operations.budget import Budget
from harness.operations.windowed.search import DEEPEST, Question, Search
from harness.operations.windowed.search.outputs import Shift
from harness.operations.windowed.search.response import Point, Response
from harness.operations.windowed.search.sides import Side
from harness.operations.windowed.search.units import of_output
from harness.operations.windowed.search.variants import Variant

SIZES = {"3x3x3": (1, 3, (3, 3)), "16x16x3x3": (16, 16, (3, 3))}
NOTHING_FITS = {"4x3x3": (4, 3, (3,)), "4x3x3x3": (4, 3, (3, 3)), "4x2x3x3x3": (4, 2, (3, 3, 3))}
"""(output channels, input channels, spatial sizes) of the kernels."""
INPUT = {1: 12, 2: 12, 3: 6}
"""Samples along each axis of the input, by rank."""
SECONDS = 2.0
MIXED, EVALUATIONS = 200, 20
"""Questions of all kinds; evaluations of which one is timed."""


def question(outputs: int, channels: int, taps: tuple[int, ...]) -> Question:
    rng = np.random.default_rng(0)
    rank = len(taps)
    sizes = (INPUT[rank],) * rank
    window = Window((1,) * rank, (1,) * rank, ((1, 1),) * rank, (False,) * rank)
    x, w = rng.normal(size=(1, channels, *sizes)), rng.normal(size=(outputs, channels, *taps))
    return Question(Linear(x, w, None, window), rng.normal(size=(1, outputs, *sizes)), 1e-5)


def core(asked: Question, seconds: float = SECONDS) -> float:
    """Hypotheses a second: two elements in the corner and their values, for strides 1 and 2 and dilations 1 and 2."""
    side = Side(asked, Variant((), asked.form), DEEPEST, False, (), of_output(asked))
    rank = asked.form.rank
    corner = Point(0, 0, (0,) * rank)
    tested, start = 0, time.process_time()
    while not tested or time.process_time() - start < seconds:
        for dilation, shelf in itertools.product((1, 2), side.shelves):
            for changes in shelf.numbers if side.fits(side.batches[0], shelf) else ():
                grid = side.grid((dilation,) * rank, shelf.spatial, asked.form.x.shape[2:], True)
                kernels, field = side.kernels(shelf, changes), ((dilation,) * rank, "zero", (1,) * rank)
                response = Response(side.batches[0], kernels, *field, grid, asked.slack, kernels.noise, Budget())
                hits = response.near(corner, Shift(), 1.0)
                for stride in (1, 2):
                    response.fits(response.at(replace(corner, start=(stride,) * rank), hits, 1), Shift(), 1.0)
                    tested += int(np.prod(response.shape))
    return tested / (time.process_time() - start)


def search(asked: Question) -> dict[str, float]:
    start = time.process_time()
    found = Search(asked)
    for count in range(DEEPEST + 1):
        found.level(count)
    seconds = time.process_time() - start
    return {"hypotheses": found.tested, "seconds": seconds, "per_second": found.tested / seconds}


def mixed(count: int) -> dict[str, float]:
    """So many questions of all kinds, taken evenly, each beside evaluations of its convolution."""
    every = [*plants()]
    chosen = [every[number * len(every) // count] for number in range(count)]
    spent = {plant: (_seconds(partial(asked, plant)), _evaluation(drawn(plant, 0))) for plant in chosen}
    slowest = max(seconds for seconds, _ in spent.values())
    return {
        "questions": count,
        "per_second": count / sum(seconds for seconds, _ in spent.values()),
        "slowest_seconds": slowest,
        "median_in_evaluations": float(np.median([seconds / one for seconds, one in spent.values()])),
        "slowest_in_evaluations": max(seconds / one for seconds, one in spent.values()),
    }


def _evaluation(form: Linear) -> float:
    """Seconds that one evaluation in float64 takes, of several."""
    return _seconds(lambda: [direct(form) for _ in range(EVALUATIONS)]) / EVALUATIONS


def _seconds(does: Callable[[], object]) -> float:
    start = time.process_time()
    does()
    return max(time.process_time() - start, float(np.finfo(float).tiny))


def main() -> None:
    found = {
        name: {"core_per_second": core(question(*sizes)), "search": search(question(*sizes))}
        for name, sizes in SIZES.items()
    }
    nothing_fits = {name: search(question(*sizes)) for name, sizes in NOTHING_FITS.items()}
    print(json.dumps({**found, "nothing_fits": nothing_fits, "mixed": mixed(MIXED)}, indent=1))


if __name__ == "__main__":
    main()
