"""The figure of docs/verdicts.md: the error of every output against its bound, for each framework on one case.

    python -m benchmarks.verdict_figure [docs/verdicts.svg]

Below the frameworks that are here stand the same case in reduced precision and with a reversed kernel, both simulated.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from harness.canonical.reference import direct
from harness.case.read import Case, load
from harness.judge.verdict import Judge, Reading
from harness.operations.transforms.arrays import ReverseKernel
from harness.operations.windowed.lowering import normalized
from harness.parent.outcome import Answered
from harness.parent.pool import Pool
from harness.rounding.compare import distance
from harness.rounding.formats import BFLOAT16, TF32, Rounding
from harness.rounding.rungs import RUNGS
from harness.systems import selection
from harness.worker.entry import Algorithm

CASE = """
title: random data in two dimensions
means: cross-correlation
padding: same
input: {layout: NCHW, dtype: float32, random: {shape: [1, 16, 8, 8], seed: 1}}
kernel: {layout: OIHW, random: {shape: [2, 16, 3, 3], seed: 2}}
"""
SHOWN = (
    "scipy.signal.correlate2d",
    "scipy.signal.correlate",
    "tensorflow.nn.conv2d",
    "torch.nn.functional.conv2d",
    "jax.lax.conv_general_dilated",
)
LEAST, MOST = -4, 6
"""Decades of the scale: errors as a share of the statistical bound."""
WIDTH, ROW, LEFT, RIGHT, TOP = 860, 30, 250, 210, 40
STYLE = (
    "text{font:13px sans-serif;fill:#222}.small{font-size:11px;fill:#666}"
    ".dot{stroke:#26a;stroke-width:6;stroke-linecap:round;stroke-opacity:.35}.off{stroke:#b32}"
    ".line{stroke:#ccc}.bound{stroke:#222}"
)

Row = tuple[str, np.ndarray, str]


def main(path: Path) -> None:
    """Writes the figure."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "case.yaml"
        file.write_text(CASE, encoding="utf-8")
        (case,) = load(file)
    path.write_text(svg(live(case) + simulated(case)), encoding="utf-8")


def live(case: Case) -> list[Row]:
    """The rows of the frameworks that are here, normalized."""
    rows = []
    with Pool(selection.backends([])) as pool:
        entries = [(backend, entry) for backend, entry in pool.entry_points() if entry.name in SHOWN]
        for backend, entry in entries:
            call = normalized(case, entry)
            pool.submit(backend, call, call)
        pool.flush()
        for _ in entries:
            call, outcome = pool.collect()
            if isinstance(outcome, Answered):
                rows.append(row(case, call.entry.name, call.canonical(outcome.array), call.entry.algorithm))
    return sorted(rows, key=lambda each: SHOWN.index(each[0]))


def simulated(case: Case) -> list[Row]:
    """The rows of systems in another arithmetic, and of one that follows another convention."""
    conv = case.meant()

    def rounded(rounding: Rounding) -> np.ndarray:
        return direct(replace(conv, x=rounding(conv.x), w=rounding(conv.w))).astype(np.float32)

    return [
        row(case, "TF32 (simulated)", rounded(TF32.round)),
        row(case, "bfloat16 (simulated)", rounded(BFLOAT16.round)),
        row(case, "reversed kernel (simulated)", direct(ReverseKernel((0, 1)).differ(conv)).astype(np.float32)),
    ]


def row(case: Case, name: str, found: np.ndarray, algorithm: Algorithm = "direct") -> Row:
    """(name, error of each output as a share of the statistical bound, verdict in words)."""
    ladder = Reading(case).ladder("float32")
    verdict = Judge(case).live(found, algorithm)
    why = verdict.fit.rung if verdict.fit and verdict.fit.finding else ", ".join(each.id for each in verdict.transforms)
    return name, distance(found, ladder.expected) / ladder.bound(RUNGS[0]), f"{verdict.kind}: {why or verdict.fit.rung}"


def svg(rows: list[Row]) -> str:
    """The rows below each other, on one logarithmic scale; equal outputs stand at its lower end."""
    bottom = TOP + ROW * len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 44}" role="img">',
        "<title>Error of every output against its bound, for each framework on one case</title>",
        f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>',
    ]
    for decade in range(LEAST, MOST + 1):
        style = "line bound" if decade == 0 else "line"
        label = {LEAST: "equal", 0: "the bound"}.get(decade, f"10^{decade}")
        x = across(10.0**decade)
        parts.append(f'<line class="{style}" x1="{x}" y1="{TOP - 8}" x2="{x}" y2="{bottom}"/>')
        parts.append(f'<text class="small" text-anchor="middle" x="{x}" y="{TOP - 14}">{label}</text>')
    for number, (name, shares, verdict) in enumerate(rows):
        y = TOP + ROW * number + ROW // 2
        parts.append(f'<text text-anchor="end" x="{LEFT - 12}" y="{y + 4}">{name}</text>')
        parts.append(f'<text x="{WIDTH - RIGHT + 12}" y="{y + 4}">{verdict}</text>')
        style = "dot" if verdict.startswith("agrees") else "dot off"
        dots = "".join(f"M{across(share)} {y}h0" for share in shares.ravel())
        parts.append(f'<path class="{style}" d="{dots}"/>')
    middle, caption = (LEFT + WIDTH - RIGHT) / 2, "error of each output, as a share of its bound 4 u sqrt(n) (|y| + P)"
    parts.append(f'<text class="small" text-anchor="middle" x="{middle}" y="{bottom + 24}">{caption}</text>')
    return "\n".join([*parts, "</svg>", ""])


def across(share: float) -> float:
    """Where a share stands."""
    decades = np.log10(max(share, 10.0**LEAST))
    return round(LEFT + (WIDTH - LEFT - RIGHT) * (decades - LEAST) / (MOST - LEAST), 1)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/verdicts.svg"))
