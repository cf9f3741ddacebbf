"""Is the ladder sound, and is it sharp? Simulated arithmetics and planted faults, and the rungs that they are given.

    python -m benchmarks.ladder [--full] [--json FILE]

Every arithmetic computes the same valid 2-D cross-correlations (two output channels of 8 x 8) over channels and kernel
sizes, on normally distributed data and on positive data, as images are. Prints a markdown table:

    right    correct arithmetic: no rung above its own; low precision: named; a fault: flagged, that is no agreement
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft

from harness.canonical.magnitudes import magnitudes
from harness.canonical.reference import evaluate
from harness.canonical.window import Linear, Window
from harness.rounding import winograd
from harness.rounding.formats import BFLOAT16, FLOAT16, TF32
from harness.rounding.ladder import Fit, Ladder

OUTPUTS, SIDE, BLOCK = 2, 8, 64
QUICK = {"channels": (1, 3, 16, 64, 256), "kernels": (1, 2, 3, 5, 7), "seeds": 4}
FULL = {"channels": (1, 2, 3, 8, 16, 64, 256, 512, 1024, 2048), "kernels": (1, 2, 3, 4, 5, 6, 7), "seeds": 6}
VALID = Window((1, 1), (1, 1), ((0, 0), (0, 0)), (False, False))
ULPS = 2 * 64


@dataclass(frozen=True, eq=False)
class Problem:
    """One convolution: x is (1, C, 8 + k - 1, 8 + k - 1), w is (2, C, k, k), both float32."""

    x: np.ndarray
    w: np.ndarray
    seed: int

    @property
    def conv(self) -> Linear:
        return Linear(self.x, self.w, None, VALID)

    @cached_property
    def ladder(self) -> Ladder:
        return Ladder.of(self.conv, magnitudes(self.conv), evaluate(self.conv), "float32")

    @cached_property
    def factors(self) -> tuple[np.ndarray, np.ndarray]:
        """The factors of each term: (n, 1, 64) of the input and (n, 2, 1) of the kernel."""
        k = self.w.shape[-1]
        windows = sliding_window_view(self.x[0], (k, k), axis=(1, 2))
        x = windows.transpose(0, 3, 4, 1, 2).reshape(-1, 1, SIDE * SIDE)
        return np.ascontiguousarray(x), np.ascontiguousarray(self.w.reshape(OUTPUTS, -1, 1).swapaxes(0, 1))

    @property
    def terms(self) -> np.ndarray:
        """(n, 2, 64) float32."""
        x, w = self.factors
        return np.asarray(x * w)

    def rounded(self, rounding: Callable[[np.ndarray], np.ndarray]) -> Problem:
        return replace(self, x=rounding(self.x).astype(np.float32), w=rounding(self.w).astype(np.float32))


def problems(channels: int, kernel: int, seeds: int) -> Iterator[Problem]:
    for seed in range(seeds):
        rng = np.random.default_rng([channels, kernel, seed])
        draw = rng.standard_normal if seed % 2 else rng.random
        x = draw((1, channels, SIDE + kernel - 1, SIDE + kernel - 1))
        yield Problem(x.astype(np.float32), rng.standard_normal((OUTPUTS, channels, kernel, kernel)).astype("f"), seed)


# --- arithmetics: Problem -> (1, 2, 8, 8) ----------------------------------------------------------------------------


def shaped(sums: np.ndarray) -> np.ndarray:
    return sums.reshape(1, OUTPUTS, SIDE, SIDE)


def sequential(problem: Problem) -> np.ndarray:
    return shaped(problem.terms.sum(axis=0))  # along the first axis NumPy adds one row after another


def random_order(problem: Problem) -> np.ndarray:
    return shaped(np.random.default_rng(problem.seed).permutation(problem.terms).sum(axis=0))


def pairwise(problem: Problem) -> np.ndarray:
    terms = problem.terms
    while len(terms) > 1:
        if len(terms) % 2:
            terms = np.concatenate([terms, np.zeros_like(terms[:1])])
        terms = terms[::2] + terms[1::2]
    return shaped(terms)


def blocked(problem: Problem) -> np.ndarray:
    terms = problem.terms
    starts = range(0, len(terms), BLOCK)
    return shaped(np.stack([terms[start : start + BLOCK].sum(axis=0) for start in starts]).sum(axis=0))


def fused(problem: Problem) -> np.ndarray:
    total = np.zeros((OUTPUTS, SIDE * SIDE), np.float32)
    for x, w in zip(*problem.factors):
        total = (total + x.astype(np.float64) * w).astype(np.float32)
    return shaped(total)


def half_sums(problem: Problem) -> np.ndarray:
    x, w = (factor.astype(np.float16) for factor in problem.factors)
    return shaped((x * w).sum(axis=0)).astype(np.float32)


def tiles(m: int, problem: Problem) -> np.ndarray:
    """Winograd's F(m x m, 3 x 3) with every step in float32."""
    AT, G, BT = (matrix.astype(np.float32) for matrix in winograd.matrices(m, 3))
    cut = sliding_window_view(problem.x[0], (m + 2, m + 2), axis=(1, 2))[:, ::m, ::m]
    seen, kernels = BT @ cut @ BT.T, G @ problem.w @ G.T
    products = kernels[:, :, None, None] * seen
    y = AT @ products.swapaxes(0, 1).sum(axis=0) @ AT.T
    return np.asarray(y.swapaxes(2, 3).reshape(1, OUTPUTS, SIDE, SIDE))


def fourier(problem: Problem) -> np.ndarray:
    size = fft.next_fast_len(problem.x.shape[-1], real=True)
    spectrum = fft.rfft2(problem.x, (size, size)) * np.conj(fft.rfft2(problem.w, (size, size)))
    return np.asarray(fft.irfft2(spectrum.sum(axis=1), (size, size))[None, :, :SIDE, :SIDE])


# --- faults, planted into a good sum ---------------------------------------------------------------------------------


def reversed_kernel(problem: Problem) -> np.ndarray:
    return pairwise(replace(problem, w=problem.w[..., ::-1, ::-1]))


def shifted(problem: Problem) -> np.ndarray:
    return np.roll(pairwise(problem), 1, axis=-1)


def wrong_tap(problem: Problem) -> np.ndarray:
    w = problem.w.copy()
    rng = np.random.default_rng(problem.seed)
    w[tuple(rng.integers(w.shape))] += rng.choice([-1, 1]) * np.float32(w.std() + 0.5)
    return pairwise(replace(problem, w=w))


def missing_channel(problem: Problem) -> np.ndarray:
    w = problem.w.copy()
    w[:, np.random.default_rng(problem.seed).integers(w.shape[1])] = 0
    return pairwise(replace(problem, w=w))


def one_element(rank: int, problem: Problem) -> np.ndarray:
    """One element off by ULPS of its last places: that of a rank among the sizes of all, -1 for the largest."""
    y = pairwise(problem)
    where = np.abs(y).ravel().argsort()[rank]
    y.flat[where] += ULPS * np.spacing(y.flat[where])
    return y


@dataclass(frozen=True)
class Entry:
    """An arithmetic or a fault; the rungs that are right for it, None for no agreement; the problems that it takes."""

    name: str
    compute: Callable[[Problem], np.ndarray]
    right: tuple[str, ...] | None
    takes: Callable[[Problem], bool] = lambda problem: True
    algorithm: str = "direct"


DIRECT = ("exact", "statistical", "summation order")
TILES = (*DIRECT, "Winograd F(2,3)", "Winograd F(4,3)")


def is_3x3(problem: Problem) -> bool:
    return problem.w.shape[-1] == 3


def has_taps(problem: Problem) -> bool:
    return problem.w.shape[-1] > 1


def has_channels(problem: Problem) -> bool:
    return problem.w.shape[1] > 1


ENTRIES = (
    Entry("float32, one after another", sequential, DIRECT),
    Entry("float32, random order", random_order, DIRECT),
    Entry("float32, pairwise", pairwise, DIRECT),
    Entry("float32, in blocks", blocked, DIRECT),
    Entry("float32, fused multiply-add", fused, DIRECT),
    Entry("Winograd F(2,3)", partial(tiles, 2), TILES[:-1], is_3x3, "winograd"),
    Entry("Winograd F(4,3)", partial(tiles, 4), TILES, is_3x3, "winograd"),
    Entry("FFT, float32", fourier, (*DIRECT, "fft"), algorithm="fft"),
    Entry("TF32 inputs", lambda p: sequential(p.rounded(TF32.round)), ("TF32 inputs",)),
    Entry("TF32 inputs, cut off", lambda p: blocked(p.rounded(TF32.roundings[2])), ("TF32 inputs",)),
    Entry("bfloat16 inputs", lambda p: sequential(p.rounded(BFLOAT16.round)), ("bfloat16 inputs",)),
    Entry(
        "bfloat16 inputs and output", lambda p: BFLOAT16.round(blocked(p.rounded(BFLOAT16.round))), ("bfloat16 inputs",)
    ),
    Entry("float16 inputs", lambda p: sequential(p.rounded(FLOAT16.round)), ("float16 inputs", "TF32 inputs")),
    Entry("float16 inputs and output", lambda p: FLOAT16.round(blocked(p.rounded(FLOAT16.round))), ("float16 inputs",)),
    Entry("float16 accumulation", half_sums, ("float16 accumulation", "float16 inputs")),
    Entry("fault: kernel reversed", reversed_kernel, None, has_taps),
    Entry("fault: shifted by one", shifted, None),
    Entry("fault: one wrong tap", wrong_tap, None),
    Entry("fault: one missing channel", missing_channel, None, has_channels),
    Entry(f"fault: largest element off by {ULPS} ulp", partial(one_element, -1), None),
    Entry(f"fault: median element off by {ULPS} ulp", partial(one_element, OUTPUTS * SIDE * SIDE // 2), None),
)


def judge(entry: Entry, problem: Problem) -> Fit | None:
    """The ladder's answer to what an arithmetic gives."""
    found = entry.compute(problem).astype(np.float32)
    difference = np.abs(found.astype(np.float64) - problem.ladder.expected)
    return problem.ladder.fit(difference, 0.0, entry.algorithm, found)  # type: ignore[arg-type]


def is_right(entry: Entry, fit: Fit | None) -> bool:
    if entry.right is None:
        return fit is None or fit.finding
    return fit is not None and fit.rung in entry.right


def measure(channels: tuple[int, ...], kernels: tuple[int, ...], seeds: int) -> list[dict[str, object]]:
    """One row for each entry: runs, the rungs given, the share that is right, and the worst share at one size."""
    rungs: dict[str, Counter[str]] = defaultdict(Counter)
    right: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    shares: dict[str, float] = defaultdict(float)
    for count in channels:
        for kernel in kernels:
            for problem in problems(count, kernel, seeds):
                for entry in ENTRIES:
                    if entry.takes(problem):
                        fit = judge(entry, problem)
                        rungs[entry.name][fit.rung if fit else "none"] += 1
                        right[entry.name][f"{count} channels, {kernel} x {kernel}"].append(is_right(entry, fit))
                        shares[entry.name] = max(shares[entry.name], fit.share if fit else 0.0)
    return [
        {
            "name": entry.name,
            "runs": rungs[entry.name].total(),
            "rungs": dict(rungs[entry.name].most_common()),
            "right": float(np.mean([flag for flags in right[entry.name].values() for flag in flags])),
            "worst_size": min((float(np.mean(flags)), size) for size, flags in right[entry.name].items()),
            "largest_share": round(shares[entry.name], 3),
        }
        for entry in ENTRIES
    ]


def table(rows: list[dict[str, object]]) -> str:
    """The rows as markdown."""
    lines = ["| arithmetic or fault | runs | rungs given | right |", "|---|---|---|---|"]
    for row in rows:
        given = ", ".join(f"{rung} {count}" for rung, count in row["rungs"].items())  # type: ignore[attr-defined]
        lines.append(f"| {row['name']} | {row['runs']} | {given} | {100 * row['right']:.1f} % |")  # type: ignore[operator]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="The rungs that simulated arithmetics and planted faults are given.")
    parser.add_argument("--full", action="store_true", help="all sizes: channels to 2048, kernels 1 to 7")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    rows = measure(**(FULL if options.full else QUICK))  # type: ignore[arg-type]
    print(table(rows))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
