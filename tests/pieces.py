"""Results of cases, built by hand: what the tests of the reports are fed with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from harness.array_json import describe
from harness.report.results import Json, piece
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
