"""Case files of small layers: a text in which marks stand for the layouts of input and kernel, and for their shapes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.case.read import Case, load


def small(folder: Path, text: str, x: str, w: str, sizes: Mapping[str, int], taps: Mapping[str, int]) -> Case:
    """The case of `text`, written to `folder`; sizes, taps: lengths of the axes of input and kernel, by letter."""
    shapes = {"SHAPE_X": [sizes[each] for each in x], "SHAPE_W": [{**sizes, **taps}[each] for each in w]}
    for mark, said in {"LAYOUT_X": x, "LAYOUT_W": w, **shapes}.items():
        text = text.replace(mark, str(said))
    path = folder / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return next(load(path))
