"""Bounds on the rounding errors of sums, carried through what a system makes of each sum."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from harness.rounding.compare import distance
from harness.rounding.formats import DTYPES
from harness.rounding.ladder import EXACT, Fit, Ladder
from harness.worker.entry import Algorithm

OWN = 8
"""Roundings of a result that a function of it may take: libraries give tanh to a few units of the last place."""
EDGE = 64
"""How many times its error a sum must move what is made of it, for an edge to lie between: where a value is rounded."""
FEW = 1e-3
"""Share of values that may be at an edge where numbers that were read could have been others."""


class Made(NamedTuple):
    """What is made of sums. errors: of it by itself, in units of the roundoff, beyond OWN of the result.

    read: whether numbers in it were read from the output, so that hardly a value need be at an edge.
    """

    end: Callable[[np.ndarray], np.ndarray]
    errors: np.ndarray | float = 0.0
    read: bool = False


def fit(
    ladder: Ladder,
    made: Made,
    found: np.ndarray,
    dtype: str,
    extra: np.ndarray | float,
    known: np.ndarray | None,
    algorithm: Algorithm | None = None,
) -> tuple[Fit | None, float]:
    """The first rung of the sums that gives `found`, of `dtype`, when `made` is made of them; the largest distance.

    algorithm: of the sums; where it is not known, or what is made of them is not, no bound is wider than that of some
    order of summation. An element may lie as far from end(y) as end(y - bound) and end(y + bound) do, and its own
    rounding beyond.
    """
    expected = made.end(ladder.y)
    exact = expected.astype(dtype) if dtype in DTYPES else expected
    apart = distance(found, exact, known)
    largest = float(apart.max(initial=0.0))
    if not apart.any():
        return EXACT, largest
    own = DTYPES[dtype].u * (OWN * np.abs(expected) + made.errors) if dtype in DTYPES else np.zeros(())
    for name, bound in _bounds(ladder, algorithm):
        moved = _reach(made, ladder.y, bound, expected)
        edges = moved > EDGE * (bound + own)
        differing = edges & (apart > 0)
        if (made.read and differing.sum() > FEW * apart.size) or _on_edges(edges, differing, known):
            continue
        room = moved + own + extra
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = np.divide(apart, room, out=np.zeros_like(apart), where=apart > 0)
        if (share := float(shares.max(initial=0.0))) <= 1:
            return Fit(name, share), largest
    return None, largest


def _on_edges(edges: np.ndarray, differing: np.ndarray, known: np.ndarray | None) -> bool:
    """Whether most values of an output channel that differs are at an edge: there any of two is right, which refutes
    nothing. With sums of whole numbers and a bias of 1, rounding down would give all of them, and all of them plus 1.
    """
    if edges.ndim < 2 or not differing.any():
        return False
    looked = np.ones(edges.shape, bool) if known is None else np.broadcast_to(known, edges.shape)
    rest = (0, *range(2, edges.ndim))
    many = 2 * (edges & looked).sum(rest) > looked.sum(rest)
    return bool((many & differing.any(rest)).any())


def _bounds(ladder: Ladder, algorithm: Algorithm | None) -> Iterator[tuple[str, np.ndarray]]:
    """The rungs of the sums; of exact ones there is only the rounding of what is made of them."""
    if ladder.exact_data and algorithm != "fft":
        yield ladder.rungs[0].name, np.zeros(())
    for rung in ladder.rungs:
        if ladder.serves(rung, algorithm or "direct"):
            yield rung.name, ladder.bound(rung)


def _reach(made: Made, y: np.ndarray, bound: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """How far what is made of a sum moves when the sum moves by its bound."""
    nearest = np.clip(0.0, y - bound, y + bound)  # where functions turn
    moved = [np.abs(made.end(each) - expected) for each in (y - bound, y + bound, nearest)]
    return np.asarray(np.max(moved, axis=0))
