"""Results of cases, built by hand: what the tests of the reports are fed with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from harness.array_json import describe
from harness.report.results import Json, piece
from harness.report.view import MODES
from harness.result import CaseReport, Result

HEADER = {
    "harness": "0.0",
    "created": "2000-01-01T00:00:00+00:00",
    "environment": {
        "python": "3.11.0",
        "platform": "Linux",
        "processor": "a processor",
        "backends": {"torch": {"version": "2.0", "python": "3.11.0"}},
        "unavailable": {"jax": "jax is not installed"},
    },
}


def result(
    entry_point: str = "torch.conv2d", mode: str = "as_written", verdict: str = "agrees", **fields: Any
) -> Result:
    """A result that agrees exactly, unless told otherwise."""
    answered = {"outcome": "answered", "rung": "exact", "bound_share": 0.0, "max_abs": 0.0, "seconds": 1e-6}
    silent = {"outcome": verdict, "reason": "a reason"}
    usual = silent if verdict in ("declined", "raised", "died", "broken") else answered
    return Result(
        **{"entry_point": entry_point, "backend": "torch", "mode": mode, "verdict": verdict, **usual, **fields}
    )


def both(*results: Result) -> tuple[Result, ...]:
    """The results, and one that agrees exactly for each as normalized."""
    return (*results, *(result(each.entry_point, "normalized") for each in results))


def report(name: str = "cases/a.yaml", results: tuple[Result, ...] = (), **info: Any) -> CaseReport:
    """One case; answers with one verdict are one class and have one output, the input plus its number."""
    failures = info.pop("failures", ())
    x = info.pop("x", np.arange(6, dtype="float32").reshape(1, 1, 2, 3))
    results = results or both(result())
    classes: dict[str, dict[str, list[str]]] = {"as_written": {}, "normalized": {}}
    verdicts: list[str] = []
    for each in results:
        if each.outcome == "answered" and each.mode in classes:
            classes[each.mode].setdefault(each.verdict, []).append(each.entry_point)
            verdicts += [each.verdict] * (each.verdict not in verdicts)
            each.output = verdicts.index(each.verdict)
    about = {
        "id": name,
        "title": "X does Y",
        "why": "",
        "text": "",
        "source": "",
        "power": {"sees": ["a"], "blind": []},
        "settings": settings(),
        "input": describe(x),
        "kernel": describe(x),
        "reference": describe(x.astype("float64")),
    }
    return CaseReport(
        {**about, **info},
        results,
        {mode: list(found.values()) for mode, found in classes.items()},
        [describe(x + number) for number in range(len(verdicts))],
        failures,
    )


def saved(path: Path, *reports: CaseReport, header: dict[str, Any] = HEADER) -> None:
    """Writes these cases as JSON."""
    json = Json(header)
    for each in reports:
        json.add(piece(each))
    json.write(path)


def settings(**changes: Any) -> dict[str, Any]:
    plain = {"stride": [1, 1], "dilation": [1, 1], "padding": "valid", "padding_pairs": [[0, 0], [0, 0]], "groups": 1}
    return {"means": "cross-correlation", "dtype": "float32", "boundary": "zero", "bias": False, **plain, **changes}


def whole(path: Path) -> str:
    """The index, and all files beside it."""
    return "".join(each.read_text("utf-8") for each in [path, *sorted(path.with_suffix("").rglob("*.md"))])


CODE = """\
import numpy as np
# x: HWC, w: HWIO; y: NCHW
x = x.transpose(2, 0, 1)[None]
w = w.transpose(3, 2, 0, 1)
# reverse the kernel along both spatial axes (rotate it by 180 degrees)
w = np.flip(w, (2, 3))  # the call below does not reverse the kernel
x = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)])
x = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
y = np.einsum("ncHWhw,ochw->noHW", x, w)
"""


def as_of_many_systems(number: int, systems: int = 12, functions: int = 45) -> Json:
    """A case as large as those of the registry: so many entry points with long names, 5 x 6 arrays.

    A quarter declines. Of each class there are four outputs that differ in rounding, and one comes with code.
    """
    x = np.random.default_rng(number).normal(size=(1, 1, 5, 6)).astype("float32")
    turned = {"verdict": "convention", "transforms": ("reverse_kernel",), "max_abs": 3.1, "bound_share": 0.2}
    near = {"rung": "statistical", "bound_share": 0.3, "max_abs": 1e-6}
    steps = {"words": ("reverse the kernel along both spatial axes (rotate it by 180 degrees)",)}
    kinds: list[dict[str, Any]] = [turned | steps, {}, near, {"verdict": "declined", "reason": "is 1-D, not 2-D"}]
    found = []
    for mode in MODES:
        for index in range(functions):
            backend = f"framework{index % systems}"
            fields = kinds[index % 4] if mode == "as_written" or index % 4 > 1 else steps
            found.append(result(f"{backend}.nn.functional.conv_general_{index}d", mode, backend=backend, **fields))
    whole_piece = piece(report(f"cases/folder/{number}.yaml", tuple(found), x=x))
    noise = np.random.default_rng(0).integers(-3, 4, (4, *x.shape)) * np.spacing(x)
    whole_piece["outputs"] = [describe(base + each) for base in (x, -x) for each in noise.astype("float32")]
    for index, each in enumerate(whole_piece["results"]):
        if each["output"] is not None:
            each["output"] = index // 4 % 4 + 4 * (each["verdict"] == "convention")
    whole_piece["results"][0]["explanations"] = [
        {"words": "turn it", "code": {"numpy": CODE, "torch": CODE}, "tied": False}
    ]
    return whole_piece
