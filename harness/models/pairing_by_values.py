"""Arrays of two sets of parameters that hold the same numbers, in any order, or the same once they are rounded.

Names help where values cannot tell, and only there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from harness.grammar.files.stored import Stored
from harness.models.arranging import arrangements
from harness.models.fingerprints import fingerprint
from harness.models.neighbours import Neighbours
from harness.models.pair import HALVES, Pair, arranged, rounded
from harness.models.traced import numbers

Print = tuple[int, int]
"""Number of elements, and fingerprint."""


@dataclass
class Side:
    """One set of parameters. left: the fingerprint of each array that has no partner yet, in the order of the file."""

    arrays: Mapping[str, Stored]
    left: dict[str, Print] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.arrays:
            values = self.read(name)
            self.left[name] = values.size, fingerprint(values)

    def read(self, name: str) -> np.ndarray:
        """The numbers of an array. Raises FileError, which names it."""
        return numbers(self.arrays, name)

    def size(self, name: str) -> int:
        return self.left[name][0]

    def vectors(self, length: int) -> list[str]:
        """Arrays that have no partner yet and so many numbers along their only axis; others may have length 1."""
        return [name for name in self.left if self.size(name) == length == max(self.arrays[name].shape, default=0)]


def same_numbers(a: Side, b: Side) -> Iterator[Pair]:
    """Arrays that hold the same numbers; the only ones of their values first, then those that only names tell apart."""
    groups: dict[Print, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for index, side in enumerate((a, b)):
        for name, held in side.left.items():
            groups[held][index].append(name)
    neighbours = Neighbours(list(a.left), list(b.left))
    shared = [group for group in groups.values() if all(group)]
    for names_a, names_b in (group for group in shared if len(group[0]) == len(group[1]) == 1):
        neighbours.met(names_a[0], names_b[0])
        yield _paired(a, b, names_a[0], names_b[0], ())
    for names_a, names_b in (group for group in shared if len(group[0]) + len(group[1]) > 2):
        for one, other in neighbours.assigned(names_a, names_b):
            yield _paired(a, b, one, other, tuple(each for each in names_b if each != other))


def _paired(a: Side, b: Side, one: str, other: str, among: tuple[str, ...]) -> Pair:
    """The pair of two arrays with the same fingerprint."""
    values_a, values_b = a.read(one), b.read(other)
    for cast in ("", "float32") if "float64" in (values_a.dtype, values_b.dtype) else ("",):
        source = values_a.astype(cast) if cast else values_a
        target = values_b.astype(cast) if cast else values_b
        if found := arrangements(source, target):
            pair = arranged(one, other, found, among)
            return _cast(pair, cast) if cast else pair
    unknown = "the same numbers, in an order that is none of axes, cuts or gates; no code converts them"
    return Pair((one,), other, ({"id": "unknown_order"},), None, "", (unknown,), among)


def _cast(pair: Pair, dtype: str) -> Pair:
    """The same pair, behind a rounding to a format of fewer digits."""
    source = HALVES[dtype].format("a.astype(np.float32)") if dtype in HALVES else f"a.astype(np.{dtype})"
    code = pair.code.replace("b = a", f"b = {source}", 1)
    transforms = (*pair.transforms, {"id": "cast", "dtype": dtype})
    return replace(pair, transforms=transforms, code=code, told=(*pair.told, f"rounded to {dtype}"))


def rounded_numbers(a: Side, b: Side) -> Iterator[Pair]:
    """Arrays of which one holds the numbers of the other, rounded to a half format."""
    for half in HALVES:
        for source, target, turned in ((a, b, False), (b, a, True)):
            held = _rounded_prints(source, {target.size(name) for name in target.left}, half)
            for name, print_ in list(target.left.items()):
                if len(held.get(print_, ())) == 1:
                    pair = (name, held[print_][0]) if turned else (held[print_][0], name)
                    if found := _of_rounded(a, b, *pair, half, turned):
                        yield found


def _rounded_prints(side: Side, sizes: set[int], half: str) -> dict[Print, list[str]]:
    found: dict[Print, list[str]] = defaultdict(list)
    for name, (size, before) in side.left.items():
        if size in sizes:
            values = rounded(side.read(name), half)
            if (after := (size, fingerprint(values))) != (size, before):
                found[after].append(name)
    return found


def _of_rounded(a: Side, b: Side, one: str, other: str, half: str, turned: bool) -> Pair | None:
    """The pair where B (`turned`: A) was rounded."""
    values_a, values_b = a.read(one).astype(np.float32), b.read(other).astype(np.float32)
    if turned:
        found = arrangements(values_a, rounded(values_b, half))
        transform = {"id": "cast", "dtype": half, "side": "a"}
        told = f"A's numbers are rounded to {half}; B has the digits that A has lost"
        return _noted(arranged(one, other, found), transform, told) if found else None
    found = arrangements(rounded(values_a, half), values_b)
    return _cast(arranged(one, other, found), half) if found else None


def _noted(pair: Pair, transform: Mapping[str, object], told: str) -> Pair:
    return replace(pair, transforms=(*pair.transforms, transform), told=(*pair.told, told))
