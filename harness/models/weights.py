"""Two sets of parameters, paired without names: what `harness weights` answers.

Levels, each over what those before it left: the same numbers in any order; the same once they are rounded; one array
that is several joined, or a sum of two; rows scaled. What is left is not paired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.grammar.files.stored import WIDE, Stored
from harness.models.joined import added, joined
from harness.models.pair import Pair, rounded
from harness.models.pairing_by_values import Side, rounded_numbers, same_numbers
from harness.models.scaled import close, scaled
from harness.output import naming
from harness.worker.archive import Archive

Level = Callable[[Side, Side], Iterator[Pair]]
LEVELS: tuple[Level, ...] = (same_numbers, rounded_numbers, joined, added, scaled)


@dataclass(frozen=True)
class Pairing:
    """What pairs two sets of parameters, in the order of B, and the names that were left on each side."""

    pairs: tuple[Pair, ...]
    unpaired_a: tuple[str, ...]
    unpaired_b: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether every array has its partner, and code that converts it."""
        return not (self.unpaired_a or self.unpaired_b) and all(pair.code for pair in self.pairs)


def paired(a: Mapping[str, Stored], b: Mapping[str, Stored]) -> Pairing:
    """The pairs of two sets of arrays, by name. Raises FileError, which names the array, where one cannot be read."""
    sides = Side(a), Side(b)
    pairs = [pair for level in LEVELS for pair in _taken(level, *sides)]
    place = {name: index for index, name in enumerate(b)}
    pairs.sort(key=lambda pair: place[pair.b])
    used = {name for pair in pairs for name in pair.a}
    return Pairing(tuple(pairs), tuple(name for name in a if name not in used), tuple(sides[1].left))


def _taken(level: Level, a: Side, b: Side) -> Iterator[Pair]:
    """The pairs of a level, each of an array of B that had no partner; those that have one count for no more levels."""
    parts = set()
    for pair in level(a, b):
        if pair.b in b.left and all(name in a.left for name in pair.a):
            yield pair
            del b.left[pair.b]
            parts |= {*pair.a}
    for name in parts:
        a.left.pop(name, None)


Arrays = Mapping[str, Stored]


def proven(pairing: Pairing, a: Arrays, b: Arrays) -> Pairing:
    """The same with the code of each pair run on A's arrays; where it does not give B's, that is said instead."""
    return replace(pairing, pairs=tuple(pair if _holds(pair, a, b) else _refuted(pair) for pair in pairing.pairs))


def _holds(pair: Pair, a: Arrays, b: Arrays) -> bool:
    if not pair.code:
        return True
    made, wanted = _converted(pair, a), b[pair.b].taken()
    lost = next((each["dtype"] for each in pair.transforms if each.get("side") == "a" and each["id"] == "cast"), "")
    wanted = rounded(wanted, lost) if lost else wanted
    return np.array_equal(made, wanted, equal_nan=True) or close(made, wanted)


def _converted(pair: Pair, a: Arrays) -> np.ndarray:
    return pair.converted([a[name].taken() for name in pair.a])


def _refuted(pair: Pair) -> Pair:
    return replace(pair, code="", told=(*pair.told, "the code for it did not give B's numbers, and is not shown"))


def write(path: Path, pairing: Pairing, a: Arrays, b: Arrays) -> None:
    """Writes what the code makes of A's arrays under B's names, in B's dtypes; pairs without code are left out."""
    with naming(path), Archive(path) as archive:
        for pair in pairing.pairs:
            if pair.code:
                dtype = b[pair.b].dtype
                archive.add(pair.b, _converted(pair, a).astype("float32" if dtype == WIDE else dtype))


def told(pairing: Pairing, left_out: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The answer as JSON."""
    remarks = [f"{name}: {', '.join(names)} are no floating-point numbers" for name, names in left_out.items() if names]
    unpaired = {"a": list(pairing.unpaired_a), "b": list(pairing.unpaired_b)}
    return {"pairs": list(map(_told, pairing.pairs)), "unpaired": unpaired, "remarks": remarks}


def _told(pair: Pair) -> dict[str, Any]:
    return {
        "a": pair.a[0] if len(pair.a) == 1 else list(pair.a),
        "b": pair.b,
        "transforms": list(pair.transforms),
        "order": None if pair.order is None else list(pair.order),
        "code": pair.code or None,
        "words": list(pair.told),
        "among": list(pair.among),
        "alternatives": list(map(list, pair.alternatives)),
    }
