"""A pair: an array of B, and those of A that its numbers come from, with the code that converts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.models.arrangement import Arrangement
from harness.models.change import as_json, in_words
from harness.worker import script

HALVES = {
    "float16": "{0}.astype(np.float16).astype(np.float32)",
    "bfloat16": "(({0}.view(np.uint32) + 0x7FFF + ({0}.view(np.uint32) >> 16 & 1)) & 0xFFFF0000).view(np.float32)",
}
"""Formats to which networks are rounded, and NumPy code that rounds a float32 to them: to nearest, ties to even."""


@dataclass(frozen=True)
class Pair:
    """What array of B holds the numbers of which arrays of A.

    a, b: names. transforms: what B has where A has the other, as JSON. order: of A's axes as they lie in B; None where
    no order is known. code: NumPy code that makes `b` of `a`, which is a list where A has several; "" where no code
    does. told: in words. among: other arrays of B that hold the same numbers, so that which is which cannot be told.
    alternatives: other orders of axes that fit as well.
    """

    a: tuple[str, ...]
    b: str
    transforms: tuple[Mapping[str, Any], ...]
    order: tuple[int, ...] | None
    code: str
    told: tuple[str, ...] = ()
    among: tuple[str, ...] = ()
    alternatives: tuple[tuple[int, ...], ...] = ()

    def converted(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        """What the code makes of the arrays of A, by running it."""
        a = arrays[0] if len(self.a) == 1 else list(arrays)
        return script.run(f"import numpy as np\n{self.code}\n", {"a": a}, "b")


def arranged(a: str, b: str, found: Sequence[Arrangement], among: tuple[str, ...] = ()) -> Pair:
    """The pair of two arrays, of which the first arrangement is taken to be meant; the rest fit as well."""
    first = found[0]
    changes = first.changes(alone=True)
    others = tuple(each.order for each in found[1:])
    return Pair(
        (a,), b, as_json(changes), first.order, f"b = {first.expression('a')}", in_words(changes), among, others
    )


def rounded(values: np.ndarray, half: str) -> np.ndarray:
    """The numbers as float32, rounded to a half format by the code that is shown for it."""
    program = f"import numpy as np\nb = {HALVES[half].format('a')}\n"
    with np.errstate(over="ignore"):
        return script.run(program, {"a": np.ascontiguousarray(values, np.float32)}, "b")
