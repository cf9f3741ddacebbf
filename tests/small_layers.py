"""Case files of small layers: a text in which marks stand for the layouts of input and kernel, and for their shapes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.backends import TABLE
from harness.case.read import Case, load

RUN = {name for name in ("numpy", "torch") if TABLE[name].here()}
"""Systems that run the code that is shown: NumPy, and PyTorch where it is installed."""
TRANSPOSED = """
title: A small layer
operation: transposed_convolution
means: cross-correlation
input: {layout: LAYOUT_X, dtype: float64, integers: {shape: SHAPE_X, seed: 1, low: -9, high: 9}}
kernel: {layout: LAYOUT_W, integers: {shape: SHAPE_W, seed: input, low: -9, high: 9}}
"""
SIZES = {"N": 2, "C": 4, "I": 4, "O": 3, "D": 2, "H": 4, "W": 3}
TAPS = {"D": 2, "H": 3, "W": 4}


def transposed(folder: Path, x: str, w: str, settings: str) -> Case:
    """The case of a transposed convolution with these layouts and settings."""
    return small(folder, TRANSPOSED + settings, x, w, SIZES, TAPS)


def small(folder: Path, text: str, x: str, w: str, sizes: Mapping[str, int], taps: Mapping[str, int]) -> Case:
    """The case of `text`, written to `folder`; sizes, taps: lengths of the axes of input and kernel, by letter."""
    shapes = {"SHAPE_X": [sizes[each] for each in x], "SHAPE_W": [{**sizes, **taps}[each] for each in w]}
    for mark, said in {"LAYOUT_X": x, "LAYOUT_W": w, **shapes}.items():
        text = text.replace(mark, str(said))
    path = folder / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return next(load(path))
