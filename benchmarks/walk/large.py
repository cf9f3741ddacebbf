"""Whole networks of `keras.applications` against their twins in PyTorch: `python -m benchmarks.walk.large [NAME ...]`.

For size, at 224 x 224 and with drawn weights. Prints as JSON what pairing the parameters and the walk take, and ends
with 1 where a limit is passed or something does not agree.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.walk.planted import HERE, family
from harness.models import tracing_runs, weights
from harness.models.traced import Trace
from harness.models.traces import opened
from harness.models.walk import walk

NAMES = ("resnet50", "mobilenet")
PAIRED, WALKED, MEGABYTES = 5, 60, 2000
"""Limits: seconds of the processor for the pairs of parameters, and for the walk; what both may hold at most."""


def measured(name: str, folder: Path) -> dict[str, Any]:
    """What a network takes."""
    paths = _traced(name, folder)
    with opened(paths[0]) as a, opened(paths[1]) as b:
        start = time.process_time()
        pairing = weights.paired(*map(_parameters, (a, b)))
        paired = time.process_time()
        walked = walk(a, b)
        seconds = time.process_time() - paired
        return {
            "network": name,
            "parameters": sum(int(np.prod(each.shape)) for each in _parameters(a).values()),
            "arrays without a pair": [*pairing.unpaired_a, *pairing.unpaired_b],
            "seconds for the pairs of arrays": round(paired - start, 1),
            "pairs of layers": len(walked.pairs),
            "not agreeing": [each.b for each in walked.pairs if each.verdict != "agrees"],
            "share of the bound": walked.repaired.share if walked.repaired else None,
            "seconds": round(seconds, 1),
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }


def _traced(name: str, folder: Path) -> tuple[Path, Path]:
    x = np.random.default_rng(0).normal(size=family(name).SHAPE).astype(np.float32)
    port, paths = folder / "b.keras", (folder / "a.npz", folder / "b.npz")
    command = [sys.executable, "-m", "benchmarks.walk.porting", name, json.dumps({str(port): []})]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "KERAS_BACKEND": "torch"})
    for source, given, out in zip((f"torch:{HERE / name}.py:make", str(port)), (x, x.transpose(0, 2, 3, 1)), paths):
        tracing_runs.traced(tracing_runs.source([source]), {"": np.ascontiguousarray(given)}, out, ())
    return paths


def _parameters(trace: Trace) -> dict[str, Any]:
    names = (name for layer in trace.layers for name in layer.parameters.values())
    return {name: trace.arrays[name] for name in names}


def _is_well(found: dict[str, Any]) -> bool:
    within = found["seconds for the pairs of arrays"] < PAIRED and found["seconds"] < WALKED
    return within and found["megabytes"] < MEGABYTES and not found["not agreeing"] and found["share of the bound"] <= 1


def main(names: Sequence[str]) -> int:
    """Measures, prints, and says by its result whether all is within its limits."""
    os.environ["KERAS_BACKEND"] = "torch"
    every = []
    for name in names or NAMES:
        with tempfile.TemporaryDirectory() as folder:
            every.append(measured(name, Path(folder)))
            print(json.dumps(every[-1], indent=1), flush=True)
    return int(not all(map(_is_well, every)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
