"""What systems have otherwise of a padding, how functions are told of it, and its calls as code."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from harness.canonical.layout import canonical
from harness.canonical.settled import Settled
from harness.operations.by_settings.inferring import constant
from harness.operations.by_settings.own_names import Changes
from harness.operations.by_settings.writing import called
from harness.operations.padding_formula import (
    FILLED,
    PLACES,
    cropped,
    grown,
    kept,
    of_numpy,
    pairs_of,
    sides_of,
    sources,
    told,
)
from harness.operations.transforms.transform import Transform
from harness.worker.entry import EntryPoint

Pairs = tuple[tuple[int, int], ...]
MOST = 12
"""Samples along an axis of which every division between its sides is tried."""


# --- alternatives ----------------------------------------------------------------------------------------------------


def alternatives(form: Settled) -> Iterator[Changes]:
    """Other boundaries; sides exchanged, orders of the axes and of the numbers; other divisions; axes left out."""
    settings, rank = form.settings, form.rank
    for each in PLACES:
        if each not in (settings["boundary"], "constant"):
            yield {"boundary": each, "constant": None}
    if settings["boundary"] == "constant":
        yield from ({"constant": each} for each in (0.0, 1.0, -1.0) if each != settings["constant"])
    meant = pairs_of(settings, rank)
    for pairs in dict.fromkeys(_paddings(meant)):
        changed: Changes = {"padding": sides_of(pairs, rank)}
        if pairs != meant and min(form.with_settings(**changed).output_shape) > 0:
            yield changed


def _paddings(meant: Pairs) -> Iterator[Pairs]:
    axes = range(len(meant))
    yield tuple((high, low) for low, high in meant)
    yield (*meant[:2], *meant[:1:-1])
    yield meant[::-1]
    yield (meant[0], *meant[2:], meant[1])
    yield (meant[0], meant[-1], *meant[1:-1])
    yield from (tuple(meant[each] for each in order) for order in itertools.permutations(axes))
    yield from _read_otherwise(meant)
    for axis in axes:
        yield from ((*meant[:axis], pair, *meant[axis + 1 :]) for pair in _divisions(*meant[axis]))


def _read_otherwise(meant: Pairs) -> Iterator[Pairs]:
    """All that is before, then all that is behind, taken for pairs, and the reverse; of all axes or those of space."""
    for first in (0, 2):
        own = meant[first:]
        flat = [each for pair in own for each in pair]
        listed = [low for low, _ in own] + [high for _, high in own]
        half = len(own)
        yield (*meant[:first], *zip(listed[::2], listed[1::2]))
        yield (*meant[:first], *zip(flat[:half], flat[half:]))


def _divisions(low: int, high: int) -> Iterator[tuple[int, int]]:
    """The sides exchanged; as even as can be; all divisions of as many samples; nothing."""
    total = low + high
    yield high, low
    if low >= 0 and high >= 0:
        yield total // 2, total - total // 2
        yield total - total // 2, total // 2
        steps = range(total + 1) if total <= MOST else (low - 1, low + 1)
        yield from ((each, total - each) for each in steps)
    if total:
        yield 0, 0


def fitted(form: Settled, seen: np.ndarray, room: np.ndarray) -> Iterator[Changes]:
    """What the padding is filled with, where it is one number."""
    outside = ~_inside(form)
    found = constant(seen, room, outside, np.arange(seen.size).reshape(seen.shape))
    own = form.settings.get("constant", 0.0) if form.settings["boundary"] in FILLED else None
    if found and found != own:
        yield (
            {"boundary": "constant", "constant": found}
            if own is None or "constant" not in form.settings
            else {"constant": found}
        )


def _inside(form: Settled) -> np.ndarray:
    """Which elements of the output are some of the input."""
    pairs = pairs_of(form.settings, form.rank)
    each = [sources(size, pair, "edge")[1] for size, pair in zip(form.x.shape, pairs)]
    return np.asarray(np.logical_and.reduce(np.meshgrid(*each, indexing="ij")))


# --- calls -----------------------------------------------------------------------------------------------------------


def written(form: Settled, entry: EntryPoint) -> Settled:
    """As it stands."""
    return form


def restated(form: Settled, entry: EntryPoint) -> Settled:
    """Zeros for a constant of zero, and where nothing is added, which every function has."""
    settings = form.settings
    idle = all(low <= 0 and high <= 0 for low, high in pairs_of(settings, form.rank))
    if idle or settings.get("constant") == 0:
        return form.with_settings(boundary="zero", constant=None)
    return form


def remedies(form: Settled, entry: EntryPoint) -> Iterable[Transform]:
    """None: of a padding by hand nothing would be left of the call."""
    return ()


def limits(form: Settled, entry: EntryPoint) -> Iterator[str]:
    """What a function refuses: amounts below zero, other axes than those of space, more than an axis holds."""
    known, boundary, pairs = entry.takes.limits, form.settings["boundary"], pairs_of(form.settings, form.rank)
    if ("constant" in form.settings) != (boundary == "constant"):
        yield "takes a constant beside that boundary, and no other"
    if "grow" in known and any(min(pair) < 0 for pair in pairs):
        yield "crops nothing; the case has amounts below 0"
    if ("space" in known or ("space of values" in known and boundary not in FILLED)) and any(map(any, pairs[:2])):
        yield "pads the axes of space only; the case pads N or C"
    if boundary in known:
        sizes = (stop - start for start, stop in map(kept, form.x.shape, pairs))
        spare = 1 if boundary == "reflect" else 0
        if any(max(pair) > size - spare for size, pair in zip(sizes, pairs)):
            yield f"continues an axis once only by {boundary}; the case adds more than it holds"


def along(key: str, value: Any, rank: int) -> Any:
    """(letter, low, high) of the axes that there are."""
    letters = canonical("input", rank)
    return tuple(side for side in value if side[0] in letters) if key == "padding" else value


# --- code ------------------------------------------------------------------------------------------------------------

TORCH = {"zero": "constant", "constant": "constant", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}
TENSORFLOW = {"zero": "CONSTANT", "constant": "CONSTANT", "reflect": "REFLECT", "symmetric": "SYMMETRIC"}


def _once(form: Settled) -> bool:
    """Whether no axis is continued by more than it holds without its edge."""
    pairs = pairs_of(form.settings, form.rank)
    return all(max(pair) < min(stop - start, size) for size, pair, (start, stop) in _cuts(form, pairs))


def _cuts(form: Settled, pairs: Pairs) -> Iterator[tuple[int, tuple[int, int], tuple[int, int]]]:
    return ((size, pair, kept(size, pair)) for size, pair in zip(form.x.shape, pairs))


def _torch(form: Settled) -> Sequence[str]:
    settings, pairs = form.settings, pairs_of(form.settings, form.rank)
    boundary = settings["boundary"]
    filled = boundary in FILLED
    if boundary not in TORCH or not (filled or (_once(form) and not any(map(any, pairs[:2])))):
        return ()
    own = pairs if any(map(any, pairs[:2])) else pairs[2:]
    flat = tuple(each for pair in own[::-1] for each in pair)
    fill = f", value={settings['constant']!r}" if settings.get("constant") else ""
    return called("torch", f"torch.nn.functional.pad(x, {flat}, mode={TORCH[boundary]!r}{fill})")


def _tensorflow(form: Settled) -> Sequence[str]:
    settings = form.settings
    boundary, crops = settings["boundary"], cropped(form)
    if boundary not in TENSORFLOW or crops or not (boundary in FILLED or _once(form)):
        return ()
    fill = f", constant_values={settings['constant']!r}" if settings.get("constant") else ""
    pairs = [list(pair) for pair in grown(settings, form.rank)]
    return called("tensorflow", f"tf.pad(x, {pairs}, {TENSORFLOW[boundary]!r}{fill})")


def _jax(form: Settled) -> Sequence[str]:
    return [
        *cropped(form),
        *called("jax", f"jax.numpy.pad(x, {grown(form.settings, form.rank)}, {told(form.settings)})"),
    ]


PROGRAMS: Mapping[str, Callable[[Settled], Sequence[str]]] = {
    "numpy": of_numpy,
    "torch": _torch,
    "tensorflow": _tensorflow,
    "jax": _jax,
}


# --- probes ----------------------------------------------------------------------------------------------------------

TRIED: Mapping[str, Sequence[Any]] = {
    "padding": (
        (("D", 1, 0), ("H", 2, 1), ("W", 0, 3)),
        (("C", 0, 1), ("W", 9, 8)),
        (("H", -1, 2), ("W", 1, -2)),
    ),
    "constant": (None, 0.5),
}


def coded(entry: EntryPoint, settings: Mapping[str, Any]) -> Mapping[str, np.ndarray]:
    """Every number another."""
    shape = (2, 3, *(3, 4, 5)[3 - max(entry.ranks) :])
    return {"input": np.arange(math.prod(shape), dtype=np.float64).reshape(shape) + 2}
