"""What the harness costs: a whole run against a plain script that makes the same calls.

    python -m benchmarks.overhead [--cases 1000]

Both see the same small cases and call the same functions of five frameworks on the same arrays, each as a process of
its own, imports included. The plain script calls one after another in one process and does nothing with the results;
the harness lowers, calls, evaluates the reference, compares, judges and writes its reports. Prints one JSON object:

    ratio   harness / plain script, JAX's compiled code not there yet (cold for both)
    warm    the same with the compiled code of an earlier run (the harness keeps it; the plain script has no such cache)
    per_call_ms   the harness's own cost of a call, in milliseconds: processor time of the parent that a run on all five
            frameworks takes more than one on PyTorch alone, divided by the calls that it makes more
    per_case_ms   its own cost of a case, whatever the number of calls: reading, reference, power, reports

Results are never remembered: every run makes every call. Modules are compiled before, as an installer leaves them.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

import harness
from harness.case.read import load

BACKENDS = ("numpy", "scipy", "tensorflow", "torch", "jax")
JAX = "jax.lax.conv_general_dilated"
ENTRIES = {
    1: ("numpy.correlate", "scipy.signal.correlate", "tensorflow.nn.conv1d", "torch.nn.functional.conv1d", JAX),
    2: ("scipy.signal.correlate2d", "tensorflow.nn.conv2d", "torch.nn.functional.conv2d", JAX),
}


def write_cases(folder: Path, count: int) -> int:
    """Writes `count` case files, no two of one shape, and their arrays; returns the number of calls to make."""
    arrays, calls = {}, 0
    for number, (rank, size, kernel, channels) in enumerate(random.Random(0).sample(list(_shapes()), count)):
        spatial = "HW"[-rank:]
        path = folder / f"case-{number:04}.yaml"
        path.write_text(
            f"title: small case {number}\nwhy: benchmark\nmeans: cross-correlation\npadding: valid\n"
            f"input: {{layout: NC{spatial}, random: {{shape: {[1, channels, *size]}, seed: {number}}}}}\n"
            f"kernel: {{layout: OI{spatial}, random: {{shape: {[2, channels, *kernel]}, seed: {number + count}}}}}\n"
        )
        case = next(load(path))
        arrays[f"x{number}"], arrays[f"w{number}"] = case.values("input"), case.values("kernel")
        calls += len(ENTRIES[rank])
    np.savez(folder / "arrays.npz", **arrays)
    return calls


def _shapes() -> Iterator[tuple[int, tuple[int, ...], tuple[int, ...], int]]:
    """(rank, size, kernel, channels): half of them 1-D, half 2-D."""
    for channels in (1, 2, 3):
        for n in range(20, 120):
            for k in (2, 3, 5):
                yield 1, (n,), (k,), channels
        for h in range(8, 18):
            for w in range(8, 18):
                for k in (2, 3, 5):
                    yield 2, (h, w), (k, k), channels


def harness_seconds(folder: Path, cache: Path, backends: Sequence[str] = BACKENDS) -> tuple[float, float]:
    """(seconds of a whole run of the cases in `folder`, processor seconds of its parent process)."""
    entries = [name for names in ENTRIES.values() for name in names if name.split(".")[0] in backends]
    command = [sys.executable, "-m", "benchmarks.parent_time", "run", str(folder), "--out", str(folder / "out")]
    command += [word for name in entries for word in ("--entry", name)]
    command += [word for name in backends for word in ("--backend", name)]
    start = time.perf_counter()
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"the run did not come out as expected:\n{done.stdout}{done.stderr}")
    return seconds, float(done.stdout.rsplit(maxsplit=1)[-1])


def plain_seconds(folder: Path) -> float:
    """Seconds of the plain script."""
    command = [sys.executable, "-m", "benchmarks.plain_script", str(folder / "arrays.npz")]
    start = time.perf_counter()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=1000)
    count = parser.parse_args().cases
    compileall.compile_dir(Path(harness.__file__).parent, quiet=1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        calls = write_cases(folder, count)
        plain = plain_seconds(folder)
        cold, _ = harness_seconds(folder, folder / "cache")
        warm, whole = harness_seconds(folder, folder / "cache")
        _, alone = harness_seconds(folder, folder / "cache", ["torch"])
    per_call = (whole - alone) / (calls - count)
    result = {
        "ratio": round(cold / plain, 3),
        "warm": round(warm / plain, 3),
        "per_call_ms": round(per_call * 1000, 3),
        "per_case_ms": round((alone / count - per_call) * 1000, 3),
        "calls": calls,
        "seconds": {
            "plain": round(plain, 2),
            "cold": round(cold, 2),
            "warm": round(warm, 2),
            "parent_cpu": round(whole, 2),
        },
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
