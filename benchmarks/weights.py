"""How fast two sets of parameters are paired, as JSON: `python -m benchmarks.weights`.

A residual network of 25 million parameters in two forms, PyTorch's and Keras's. `ratio`: processor time of the pairing,
code run, over that of sorting the numbers of one side once, which is the least that a pairing by sorted values costs.
"""

from __future__ import annotations

import itertools
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from harness.models import parameters, weights

BLOCKS = ((3, 64), (4, 128), (6, 256), (3, 512))
"""Blocks of three layers, and their channels, of ResNet50 (He, Zhang, Ren & Sun 2016)."""
Arrays = dict[str, np.ndarray]


def network(channels: Sequence[int], seed: int = 0, kernel: int = 3) -> tuple[Arrays, Arrays]:
    """A chain of convolutions with these channels, each with a batch norm, in both forms."""
    shapes = [(out, into, kernel, kernel) for into, out in itertools.pairwise(channels)]
    return _forms(shapes, np.random.default_rng(seed))


def resnet50() -> tuple[Arrays, Arrays]:
    """All 25.6 million parameters of a ResNet50, drawn."""
    return _forms([(64, 3, 7, 7), *_bottlenecks(), (1000, 2048)], np.random.default_rng(0))


def _bottlenecks() -> Iterator[tuple[int, ...]]:
    width = 64
    for count, channels in BLOCKS:
        for block in range(count):
            yield from ((channels, width, 1, 1), (channels, channels, 3, 3), (4 * channels, channels, 1, 1))
            yield from [(4 * channels, width, 1, 1)][: not block]
            width = 4 * channels


def _forms(shapes: Sequence[tuple[int, ...]], rng: np.random.Generator) -> tuple[Arrays, Arrays]:
    a: Arrays = {}
    b: Arrays = {}
    for index, shape in enumerate(shapes):
        values = rng.normal(size=shape).astype(np.float32)
        a[f"layers.{index}.weight"] = values
        b[f"layer_{index}/kernel"] = np.ascontiguousarray(
            values.transpose(2, 3, 1, 0) if values.ndim == 4 else values.T
        )
        for name, other in (
            ("weight", "gamma"),
            ("bias", "beta"),
            ("running_mean", "mean"),
            ("running_var", "variance"),
        ):
            vector = np.abs(rng.normal(size=shape[0])).astype(np.float32)
            a[f"norms.{index}.{name}"], b[f"norm_{index}/{other}"] = vector, vector
    return a, b


def measured(a: Arrays, b: Arrays) -> dict[str, float]:
    """Seconds of the processor, and the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        for name, arrays in (("a", a), ("b", b)):
            np.savez(Path(folder, f"{name}.npz"), **arrays)
        start = time.process_time()
        with parameters.opened(Path(folder, "a.npz")) as one, parameters.opened(Path(folder, "b.npz")) as other:
            found = weights.proven(weights.paired(one.arrays, other.arrays), one.arrays, other.arrays)
        seconds = time.process_time() - start
    assert found.whole, "a pair is missing"
    start = time.process_time()
    for values in a.values():
        np.sort(values, axis=None)
    sorting = time.process_time() - start
    count = sum(values.size for values in a.values())
    return {"parameters": count, "seconds": seconds, "sorting": sorting, "ratio": seconds / sorting}


if __name__ == "__main__":
    print(json.dumps(measured(*resnet50()), indent=1))
