"""A walk through two models as a page and as markdown: the faults on top, then both networks as a column of layers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness.models.walk import Judged, Walked
from harness.output import replacing
from harness.report import walked as told
from harness.report.page import templates
from harness.report.text import code, difference, fenced, plain, share

OURS = re.compile(b"<!DOCTYPE html>.*<title>Two models|# Two models", re.DOTALL)
"""What a page of a walk begins with."""
SHADES = 5
Page = Callable[[Walked, tuple[str, str], Path], None]


def html(walked: Walked, names: tuple[str, str], path: Path) -> None:
    """Writes the page; names: what A and B are called. Raises OSError."""
    _write("walk.html.j2", walked, names, path)


def markdown(walked: Walked, names: tuple[str, str], path: Path) -> None:
    """Writes the same as markdown. Raises OSError."""
    _write("walk.md.j2", walked, names, path)


PAGES: Mapping[str, Page] = {"walk.html": html, "walk.md": markdown}


def _write(template: str, walked: Walked, names: tuple[str, str], path: Path) -> None:
    known = templates()
    known.autoescape = template.endswith(".html.j2")
    known.filters |= {"plain": plain, "span": code, "fenced": fenced, "share": share, "difference": difference}
    shown: dict[str, Any] = {
        "walked": walked,
        "names": names,
        "headline": told.headline(walked),
        "ends": list(told.ends(walked)),
        "remarks": list(told.remarks(walked)),
        "place": told.place,
        "alternatives": told.alternatives,
        "layers": told.layers,
        "told": told.told,
        "verdict": told.verdict,
        "colour": _colour,
        "shades": shades,
    }
    with replacing(path) as file:
        file.writelines(known.get_template(template).generate(**shown))


def _colour(each: Judged) -> str:
    """The class of a verdict."""
    if each.verdict == "agrees":
        return "exact" if each.rung == "exact" else "rounding"
    return {"not judged": "declined"}.get(each.verdict, each.verdict)


def shades(map_: tuple[tuple[float, ...], ...]) -> list[list[int]]:
    """Each difference of a map as a shade: 0 for none, up to SHADES - 1 for the largest."""
    largest = max((max(row) for row in map_), default=0.0)
    return [[min(int(SHADES * each / largest), SHADES - 1) if largest else 0 for each in row] for row in map_]
