"""Systems that are exactly as their declarations say: what real ones are measured against."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from harness.canonical import layout
from harness.canonical.window import Linear, Window
from harness.case.read import Case
from harness.operations import convolution
from harness.operations.call import Call
from harness.operations.stated import Given
from harness.worker.entry import EntryPoint
from harness.worker.spans import padding_pair
from tests.plain import evaluate

LETTERS = {
    "input": lambda rank: layout.canonical("input", rank),
    "kernel": lambda rank: layout.canonical("kernel", rank),
    "bias": lambda rank: "O",
}


def case_of(conv: Linear, padding: Any = None) -> Case:
    """The case that means `conv`, whose padding may be said by a word."""
    win, rank = conv.window, conv.rank
    given = {"input": conv.x, "kernel": conv.w} | ({} if conv.bias is None else {"bias": conv.bias})
    return Case(
        id="made",
        path=Path("made.yaml"),
        operation=convolution,
        arrays={role: Given(values, LETTERS[role](rank)) for role, values in given.items()},
        settings={
            "means": "convolution" if win.reversal[0] else "cross-correlation",
            "stride": win.stride,
            "dilation": win.dilation,
            "padding": padding or win.padding,
            "groups": win.groups,
            "boundary": win.boundary,
            "constant": win.constant,
            "fits": True,
        },
    )


def simulated(call: Call) -> np.ndarray:
    """The native output of a system that is as its declaration says; fails where the call asks for more."""
    entry, settings = call.entry, call.settings
    rank = len(settings["stride"])
    x = layout.to_canonical(call.arrays["input"], layout.expand(entry.layouts["input"], rank), "input")
    w = layout.to_canonical(call.arrays["kernel"], layout.expand(entry.layouts["kernel"], rank), "kernel")
    assert str(x.dtype) in entry.dtypes
    assert entry.takes.stride or max(settings["stride"]) == 1
    assert entry.takes.dilation or max(settings["dilation"]) == 1
    assert entry.takes.together or max(settings["stride"]) == 1 or max(settings["dilation"]) == 1
    assert settings["groups"] == {"any": settings["groups"], "depthwise": x.shape[1], "one": 1}[entry.takes.groups]
    assert "bias" not in call.arrays or entry.takes.bias
    window = Window(
        stride=settings["stride"],
        dilation=settings["dilation"],
        padding=understood(entry, settings, x, w),
        reversal=(entry.takes.reversal,) * rank,
        groups=settings["groups"],
    ).bounded(*bounded(entry, settings))
    y = evaluate(Linear(x, w, call.arrays.get("bias"), window))
    return layout.from_canonical(y, layout.expand(entry.layouts["output"], rank), "output")


def bounded(entry: EntryPoint, settings: dict[str, Any]) -> tuple[str, float]:
    """The boundary that the entry point makes of its own word, and the number that it fills with."""
    names = [name for name, own in entry.takes.boundaries.items() if own == settings["boundary"]]
    if "constant" in settings:
        assert "constant" in names
        return "constant", settings["constant"]
    return next((name for name in names if name != "constant"), "zero"), 0.0


def understood(
    entry: EntryPoint, settings: dict[str, Any], x: np.ndarray, w: np.ndarray
) -> tuple[tuple[int, int], ...]:
    """(low, high) per axis that the entry point makes of the padding it is told."""
    if isinstance(settings["padding"], tuple):
        assert entry.takes.explicit == "uneven" or (
            entry.takes.explicit == "even" and all(a == b for a, b in settings["padding"])
        )
        assert all(side >= 0 for pair in settings["padding"] for side in pair)
        assert settings["boundary"] == entry.takes.boundaries.get("zero", "zero")
        return settings["padding"]
    word = next(own for own in entry.takes.words.values() if own.native == settings["padding"])
    assert word.strided or max(settings["stride"]) == 1
    axes = zip(x.shape[2:], w.shape[2:], settings["stride"], settings["dilation"], strict=True)
    return tuple(padding_pair(word.recipe, *axis) for axis in axes)
