"""Cases of a dense layer that the harness writes: one to start from, and those of arrays and of nodes of models."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from harness.canonical.layout import SPATIAL
from harness.grammar.streams import RawStream

START = """\
kernel:
  layout: OHW                 # O output channels, and letters of the input in the order in which they are flattened
  integers: {shape: [2, 4, 4], seed: 1, low: -9, high: 9}
bias: [1, -1]                 # one number for each output channel; left out: none
"""
SETTINGS = """\
flattened: {flattened}    # letters of the input as they are flattened, slow to fast, as CHW or HWC; or unknown
"""
ASSUMED = {"flattened": "unknown"}
NODE_LAYOUTS = {"kernel": "OI", "bias": "O"}
SIZES = {"N": 4, "C": 3, "D": 4, "H": 5, "W": 6, "O": 7}


def settings(sizes: Mapping[str, Sequence[int]]) -> dict[str, str]:
    """Nothing follows from sizes: all orders have the same."""
    return ASSUMED


def layouts(shapes: Mapping[str, Sequence[int]]) -> list[dict[str, str]]:
    """Orders of axes that fit the shapes of the arrays, by role, the likeliest first."""
    roles = sorted(shapes, key=lambda role: role != "kernel")  # which tells most of the others
    every = itertools.product(*(_letters(role, len(shapes[role])) for role in roles))
    found = ({role: dict(zip(roles, each))[role] for role in shapes} for each in every)
    return [each for each in found if _fit(shapes, each)]


def _letters(role: str, axes: int) -> Iterator[str]:
    """Layouts of an array with so many axes."""
    space = SPATIAL.get(axes - 2, "")
    if axes == 1 and role == "bias":
        yield "O"
    elif axes == 2:
        yield from ("OI", "IO") if role == "kernel" else ("NC",)
    elif space and role == "kernel":
        yield from (f"OC{space}", f"{space}CO", f"O{space}C", f"C{space}O")
    elif space:
        yield from (f"NC{space}", f"N{space}C")


def _fit(shapes: Mapping[str, Sequence[int]], letters: Mapping[str, str]) -> bool:
    """Whether these are what is flattened, wholly or at each place, and what comes out."""
    sizes = {role: dict(zip(each, shapes[role])) for role, each in letters.items()}
    x, w = sizes["input"], sizes["kernel"]
    taken = prod(size for letter, size in w.items() if letter != "O")
    whole = taken == prod(size for letter, size in x.items() if letter != "N")
    y = {"N": x["N"], "C": w["O"], **({} if whole else {each: x[each] for each in x if each not in "NC"})}
    named = all(x.get(letter, 1) == size for letter, size in w.items() if letter not in "OI")
    fits = sizes.get("output", y) == y and sizes.get("bias", {}).get("O", w["O"]) == w["O"]
    return named and fits and (whole or taken == x["C"])


def drawn(letters: Sequence[str]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Input and kernel of whole numbers in these orders of axes, all sides of which differ."""
    stream = RawStream("PCG64", 0)
    inner = {**SIZES, "I": prod(SIZES[each] for each in letters[0] if each != "N")}
    yield tuple(  # type: ignore[misc]
        stream.integers(-9, 9, prod(shape)).reshape(shape).astype(np.float64)
        for shape in ([inner[each] for each in one] for one in letters[:2])
    )


def of_definition(text: str, rank: int, layer: str) -> dict[str, str]:
    raise ValueError("layers of this operation are not read from a definition; give its settings in the case")


def of_node(attributes: Mapping[str, Any]) -> dict[str, str]:
    """The attributes of a Gemm whose kernel is O I; raises ValueError for another."""
    if not attributes.get("transB", 0):
        raise ValueError("has transB 0, its kernel is I O; give its arrays by their names, with --layout NC,IO")
    if (
        attributes.get("transA", 0)
        or float(attributes.get("alpha", 1.0)) != 1
        or float(attributes.get("beta", 1.0)) != 1
    ):
        raise ValueError("has transA, alpha or beta, which no setting of a case says")
    return ASSUMED
