"""Whether a tensor is what it is meant to be: a layer of one model on the other's own input, or several in a row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.canonical.layout import LayoutError
from harness.judge.verdict import Judge, Observation
from harness.models import affine
from harness.models.carried import Signal, canonical_letters, ordered, orders
from harness.models.graph import Graph
from harness.models.layer_case import Letters, NotJudged, case_of
from harness.models.meaning import Meaning
from harness.models.traced import Layer
from harness.operations import TABLE
from harness.rounding.compare import distance
from harness.rounding.ladder import EXACT, Fit
from harness.rounding.rungs import RUNGS, STEPS

RUNNING = "running error"
"""The rung of what went through several layers."""
NARROW = (EXACT.rung, RUNGS[0].name, STEPS[0].name)
"""Rungs that excuse no fault which anybody would see; wider ones might excuse a small factor or offset."""


NEAR = 1e-3
"""Distance (`Outcome.far`) up to which a layout that nobody says is shown by the values."""
MAP = 16
"""Rows and columns of a map of differences, at most."""
Map = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of a comparison.

    fit: the bound that holds, None where none does. far: the distance as a share of the size of what is meant, both
    root mean squares; infinite for another shape. largest: the largest distance. share: of the bound, the largest.
    judge, seen: of a single layer that is an operation, what explanations start from. why: what kept it from being
    judged. map: where it is off, as `coarse` shows it. letters: of the axes, where the tensor does not say them.
    """

    fit: Fit | None = None
    far: float = math.inf
    largest: float = math.inf
    share: float = math.inf
    judge: Judge | None = None
    seen: Observation | None = None
    why: str = ""
    map: Map = ()
    letters: str = ""

    @property
    def agrees(self) -> bool:
        return self.fit is not None and not self.fit.finding

    @property
    def settled(self) -> Outcome:
        """Without what explanations start from where there is nothing to explain: that is large."""
        return replace(self, judge=None, seen=None) if self.agrees else self


def of_layer(meaning: Meaning, layer: Layer, taken: Sequence[Signal], seen: Signal) -> Outcome:
    """What a layer makes of `taken`, against `seen`."""
    try:
        if layer.operation in TABLE:
            return _of_operation(meaning.graph, layer, taken[0], seen)
        return of_signal(meaning.of_layer(layer, taken), seen)
    except NotJudged as problem:
        return Outcome(why=str(problem))


def _of_operation(graph: Graph, layer: Layer, taken: Signal, seen: Signal) -> Outcome:
    judge = Judge(case_of(graph, layer, taken))
    axes = Letters.of(graph, layer).back(canonical_letters(judge.intended.y.ndim))
    meant = Signal(judge.intended.y, axes, seen.dtype)
    values = placed(seen, meant)
    if values is None:
        other = _of_another_shape(seen, meant)
        return Outcome(judge=judge, seen=None if other is None else Observation(other, seen.dtype, "winograd"))
    observed = Observation(values, seen.dtype, "winograd")
    fit, largest = judge.fit(observed, judge.intended)
    if fit and fit.rung not in NARROW and not fit.finding and affine.is_systematic(values, meant.values):
        fit = None
    share, shown = fit.share if fit else math.inf, coarse(distance(values, meant.values))
    letters = seen.letters or layout_of(seen, meant)
    return Outcome(fit, _far(values, meant.values), largest, share, judge, observed, map=shown, letters=letters)


def _of_another_shape(seen: Signal, meant: Signal) -> np.ndarray | None:
    """A tensor with the axes of what is meant, though not of their lengths; None where it has other axes."""
    try:
        return ordered(seen.values, seen.letters, meant.letters)
    except LayoutError:
        return None


def of_signal(meant: Signal, seen: Signal) -> Outcome:
    """What was worked out through several layers, against `seen`."""
    values = placed(seen, meant)
    if values is None:
        return Outcome()
    letters = seen.letters or layout_of(seen, meant)
    apart = distance(values, meant.values)
    far, largest = _far(values, meant.values), float(apart.max(initial=0.0))
    if not apart.any():
        return Outcome(EXACT, far, largest, 0.0, letters=letters)
    shares = np.divide(apart, meant.error, out=np.full(apart.shape, np.inf), where=meant.error > 0)
    share = float(shares[apart > 0].max())
    return Outcome(Fit(RUNNING, share) if share <= 1 else None, far, largest, share, map=coarse(apart), letters=letters)


def placed(seen: Signal, meant: Signal) -> np.ndarray | None:
    """A tensor with the axes of what is meant; None where it has another shape.

    Where nobody says its axes, those are taken that bring it nearest.
    """
    wanted = meant.values.shape
    letters = seen.letters or layout_of(seen, meant)
    try:
        values = ordered(seen.values, letters, meant.letters)
    except LayoutError:
        return None
    return values if values.shape == wanted else None


def layout_of(seen: Signal, meant: Signal) -> str:
    """The layout of a tensor whose axes nobody says; "" where none fits.

    It is the one that brings it near to what is meant, or else that of others.
    """
    allowed = list(orders(seen.values.shape, meant.values.shape, meant.letters))
    far = {each: _far(ordered(seen.values, each, meant.letters), meant.values) for each in allowed}
    nearest = min(allowed, key=lambda each: far[each], default="")
    return seen.perhaps if seen.perhaps in far and far[nearest] > NEAR else nearest


def coarse(apart: np.ndarray) -> Map:
    """The largest differences by place, over all images and channels, each of blocks where there are many places."""
    if apart.ndim < 3 or not apart.size:
        return ()
    plane = apart.max(axis=(0, 1)).reshape(apart.shape[2], -1)
    for axis in (0, 1):
        starts = np.linspace(0, plane.shape[axis], min(plane.shape[axis], MAP), endpoint=False).astype(int)
        plane = np.maximum.reduceat(plane, starts, axis=axis)
    return tuple(tuple(float(each) for each in row) for row in plane)


def _far(values: np.ndarray, meant: np.ndarray) -> float:
    size = float(np.sqrt(np.mean(np.square(meant.astype(np.float64)))))
    off = float(np.sqrt(np.mean(np.square(values.astype(np.float64) - meant))))
    return off / size if size else off
