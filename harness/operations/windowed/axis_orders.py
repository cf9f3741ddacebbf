"""Orders of axes that fit the shapes of arrays, where none are given or those that are given do not fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product

from harness.canonical.layout import SPATIAL, canonical, expand

Shapes = Mapping[str, Sequence[int]]
"""Role -> lengths of the axes in the order in which the array has them."""
Sizes = Callable[[Mapping[str, Sequence[int]]], Mapping[str, str]]
"""Usual settings by the spatial sizes of the arrays; stride `unknown` where none gives the output its sizes."""

ByLetter = Mapping[str, Mapping[str, int]]
"""Role -> letter -> length, 1 for a letter that a layout leaves out."""

PATTERNS = {
    "input": ("NC*", "N*C", "C*", "*C", "N*", "*", "*CN"),
    "kernel": ("OI*", "*IO", "IO*", "*OI", "O*I", "I*", "*I", "O*", "*O", "*"),
    "bias": ("O",),
}
"""Orders that systems have, the usual ones first."""
LAST = ("N*C", "*C", "*IO", "*I", "*O", "*")
"""Of them, those of systems whose channels stand last, which have them so in all arrays."""
MOST = 6
LONGEST = 16
"""Stride of a transposed convolution up to which an output is taken to fit."""


def layouts(shapes: Shapes, usual: Sizes) -> list[dict[str, str]]:
    """Orders of axes by role with which input, kernel and perhaps bias and output of a convolution fit each other.

    The likeliest first; `usual` are the settings that it would have.
    """
    return _layouts(shapes, usual, _fits)


def transposed(shapes: Shapes, usual: Sizes) -> list[dict[str, str]]:
    """The same of a transposed convolution without groups."""
    return _layouts(shapes, usual, _fits_transposed)


def _layouts(shapes: Shapes, usual: Sizes, fits: Callable[[ByLetter, str], bool]) -> list[dict[str, str]]:
    found = [
        (_oddity(patterns, sizes, usual), number, {role: expand(each, rank) for role, each in patterns.items()})
        for rank in (2, 1, 3)
        for number, patterns in enumerate(_patterns(shapes, rank))
        if fits(sizes := _by_letter(shapes, patterns, rank), SPATIAL[rank])
    ]
    return [letters for _, _, letters in sorted(found, key=lambda each: each[:2])[:MOST]]


def _patterns(shapes: Shapes, rank: int) -> Iterator[dict[str, str]]:
    """All orders for the numbers of axes that there are."""
    known = {role: PATTERNS["input" if role == "output" else role] for role in shapes}
    having = [
        [each for each in known[role] if len(each) - 1 + rank == len(shapes[role])] for role in shapes if role != "bias"
    ]
    roles = [role for role in shapes if role != "bias"]
    vectors = {"bias": "O"} if "bias" in shapes else {}
    for patterns in product(*having):
        yield {**dict(zip(roles, patterns)), **vectors}


def _by_letter(shapes: Shapes, patterns: Mapping[str, str], rank: int) -> ByLetter:
    """Of arrays in these orders."""
    found = {}
    for role, pattern in patterns.items():
        letters = "O" if role == "bias" else canonical(role, rank)
        given = dict(zip(expand(pattern, rank), shapes[role]))
        found[role] = {letter: given.get(letter, 1) for letter in letters}
    return found


def _fits(sizes: ByLetter, axes: str) -> bool:
    x, w = sizes["input"], sizes["kernel"]
    groups = x["C"] // max(w["I"], 1)
    grouped = groups > 0 and w["I"] * groups == x["C"] and not w["O"] % groups
    longest = {axis: x[axis] + w[axis] - 1 for axis in axes}
    return grouped and _outputs_fit(sizes, longest) and all(w[axis] <= x[axis] for axis in axes)


def _fits_transposed(sizes: ByLetter, axes: str) -> bool:
    x, w = sizes["input"], sizes["kernel"]
    longest = {axis: LONGEST * x[axis] + w[axis] for axis in axes}
    return x["C"] == w["I"] and _outputs_fit(sizes, longest)


def _outputs_fit(sizes: ByLetter, longest: Mapping[str, int]) -> bool:
    """Whether bias and output, if there are any, have the channels of the kernel, and no axis is too long."""
    outputs, batch = sizes["kernel"]["O"], sizes["input"]["N"]
    y = sizes.get("output", {"N": batch, "C": outputs})
    biased = "bias" not in sizes or sizes["bias"]["O"] == outputs
    return biased and (y["N"], y["C"]) == (batch, outputs) and all(y.get(axis, 1) <= longest[axis] for axis in longest)


def _oddity(patterns: Mapping[str, str], sizes: ByLetter, usual: Sizes) -> tuple[int, ...]:
    """How unlikely an order is: unusual settings, groups, channels last in some arrays only, and large kernels."""
    spatial = {
        role: [length for letter, length in each.items() if letter in SPATIAL[3]]
        for role, each in sizes.items()
        if role != "bias"
    }
    last = {pattern in LAST for role, pattern in patterns.items() if role != "bias" and pattern != "*"}
    return (
        int("output" in sizes and usual(spatial)["stride"] == "unknown"),
        int(sizes["input"]["C"] != sizes["kernel"]["I"]),
        len(last),
        math.prod(spatial["kernel"]),
    )
