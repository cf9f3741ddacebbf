"""A call in the terms of one system, and the way back to canonical form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.canonical import layout
from harness.operations.transforms.transform import Transform
from harness.worker.entry import EntryPoint

MODES = ("as_written", "normalized")


class Unsupported(Exception):
    """The entry point does not offer what the case needs; the text says what."""


class RefusedHere(Unsupported):
    """The entry point offers it elsewhere, and not here: on this machine, or in this version of the system."""


def refused_at(claim: str, places: Iterable[tuple[int, str]], ranks: Sequence[int]) -> str:
    """Where a claim is refused: in which dtypes, of which it may be one, and at which ranks, where not at all."""
    at: dict[str, list[int]] = {}
    for rank, dtype in places:
        at.setdefault(dtype, []).append(rank)
    where: dict[str, list[str]] = {}
    for dtype, found in at.items():
        told = "" if set(found) >= set(ranks) else " and ".join(f"{rank}-D" for rank in found)
        where.setdefault(told, []).extend([dtype] if dtype != claim else [])
    return ", ".join(" in ".join(filter(None, [", ".join(dtypes), told])) for told, dtypes in where.items())


@dataclass(frozen=True, eq=False)
class Call:
    """One call: native arrays and settings for the worker, and what leads back to the canonical output.

    then: what the harness makes of the output of the call itself.
    """

    entry: EntryPoint
    arrays: Mapping[str, np.ndarray]
    settings: dict[str, Any]
    transforms: tuple[Transform, ...]
    rank: int
    then: Transform | None = None

    def canonical(self, output: np.ndarray) -> np.ndarray:
        """What is made of the native output of the call, as N C *spatial, every transform undone.

        Raises LayoutError on a wrong rank.
        """
        y = layout.to_canonical(output, layout.expand(self.entry.layouts["output"], self.rank), "output", self.rank)
        for transform in reversed(self.transforms):
            y = transform.finish(y)
        return y if self.then is None else self.then.end(y)
