"""Zeros around a tensor, and a convolution that pads nothing: one convolution, which pads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PADS, TAKES = "padding", "convolution"
NONE = ("valid", 0, None)


def padded(
    first: str | None, pads: Mapping[str, Any], second: str | None, settings: Mapping[str, Any], letters: str
) -> dict[str, Any] | None:
    """The settings of the second with the padding of the first; None where that is no such pair.

    letters: of the axes of what is padded. The padding of either may be a number, pairs or those of axes by letter.
    """
    if (first, second) != (PADS, TAKES) or settings.get("padding") not in NONE or "boundary" in settings:
        return None
    given = pads.get("padding")
    if not isinstance(given, Mapping) or pads.get("boundary", "constant") != "constant" or pads.get("constant", 0):
        return None
    space = [letter for letter in "DHW" if letter in letters]
    if not {*given} <= {*space} or any(min(each) < 0 for each in given.values()):
        return None
    return {**settings, "padding": [list(given.get(letter, (0, 0))) for letter in space]}
