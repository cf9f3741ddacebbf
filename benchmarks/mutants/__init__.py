"""Mutants of case files, of the files beside them and of command lines, each made by its seed alone.

A mutant begins as a small case that is well formed, or as one of the shipped ones. Mutators know the grammar: they put
known keys and words in wrong places and strange scalars in right ones; text and files break last.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.mutants import cases, files, trees

SHIPPED = sorted(path for path in (Path(__file__).parents[2] / "cases").glob("*/*.yaml") if path.stat().st_size < 5000)
"""Shipped cases that are small."""


@dataclass(frozen=True)
class Mutant:
    """Files by name; `case.yaml` is the one that is read."""

    files: dict[str, bytes] = field(default_factory=dict)


def mutant(seed: str) -> Mutant:
    """The mutant of a seed."""
    rng = random.Random(seed)
    if rng.random() < 0.15:
        return Mutant(files.broken(rng, {"case.yaml": rng.choice(SHIPPED).read_bytes()}, 1))
    tree, beside = cases.plain(rng)
    for _ in range(min(int(rng.expovariate(0.7)), 6)):
        trees.mutate(rng, tree)
    beside["case.yaml"] = trees.written(tree, rng.random() < 0.5).encode("utf-8", "surrogatepass")
    return Mutant(files.broken(rng, beside, 0.35))


def slight(seed: str) -> Mutant:
    """A mutant that most likely is well formed: odd values and settings, but the grammar kept."""
    rng = random.Random(seed)
    tree, beside = cases.plain(rng)
    for _ in range(rng.randrange(4)):
        rng.choice(trees.SLIGHT)(rng, tree)
    beside["case.yaml"] = trees.written(tree, True).encode()
    return Mutant(beside)
