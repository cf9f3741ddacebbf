"""The known values by which hypotheses are told apart, and where each reading puts them in the output."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from harness.operations.windowed.search.outputs import Index, Places, Reading, Shift
from harness.operations.windowed.search.question import Question

SAMPLES = 8
"""Output elements that a hypothesis must give before it is evaluated in full."""
SPREAD = 300
"""Output elements among which those of one channel are looked for."""
ORDERED, DECISIVE = 12, 4
"""Output elements whose order a hypothesis must give that leaves open what is made of sums; those looked at first."""
FEWEST = 5
"""Different values from which on their order says something."""
WIDE, CHANNELS = 3000, 16
"""Output elements among which those are looked for, and channels."""
Kind = Literal["exact", "related", "ordered"]
ENOUGH = 3
"""Known values, besides one of each output channel, from which a bias or a scale that nobody stated may be inferred."""


@dataclass(frozen=True, eq=False)
class Seen:
    """Known values, and the elements (N, O, *spatial) of the output that a reading takes them for."""

    reading: Reading
    targets: tuple[float, ...]
    places: tuple[Index, ...]


@dataclass(frozen=True)
class Sight:
    """Readings with as many changes that one evaluation decides: they put the decisive samples at the same places.

    kind: "exact", values count as they are, and one decides; "related", what two have in common; "ordered", how they
    rise. enough: whether what all have in common can be inferred. shape: images and output channels.
    """

    count: int
    kind: Kind
    enough: bool
    shape: tuple[int, ...]
    targets: tuple[float, ...]
    places: tuple[Index, ...]
    seen: list[Seen] = field(default_factory=list, compare=False)

    def suits(self, shift: Shift) -> bool:
        """Whether a shift can be told by these samples; a scale by its name only where none can be inferred."""
        if shift.kind != "exact":
            return self.kind == ("ordered" if shift.kind == "ordered" else "related")
        return self.kind == "exact" and (shift.factor == 1 or not self.enough)


def sights(question: Question, readings: Iterable[Reading]) -> list[Sight]:
    """All readings, those together that one evaluation decides."""
    observed = question.observed
    if not np.isfinite(observed).any():
        return []
    few = samples(question)
    many = np.unique(np.concatenate([few, spread(observed)]), axis=0)
    many = many[np.argsort(-np.abs(observed[tuple(many.T)]), kind="stable")]  # the first is what others are compared to
    wide = _inside(question)
    found: dict[Sight, Sight] = {}
    for reading in readings:
        there = reading.places(many)
        channels, counts = np.unique(there[:, 1], return_counts=True)
        enough = bool((counts - 1).sum() >= ENOUGH)
        each: list[tuple[Kind, Places, Places]] = [("exact", few, reading.places(few))]
        if enough:
            one = np.flatnonzero(there[:, 1] == _telling(there[:, 1], channels[counts > 1]))[:SAMPLES]
            each.append(("related", many[one], there[one]))
        if (rising := _rising(observed, wide, reading, 2 * question.slack)) is not None:
            each.append(("ordered", rising, reading.places(rising)))
        for kind, at, places in each:
            seen = Seen(reading, tuple(observed[tuple(at.T)].tolist()), tuple(map(tuple, places.tolist())))
            decisive = {"exact": slice(1), "related": slice(2), "ordered": slice(None, None, ORDERED // DECISIVE)}[kind]
            count = question.count(reading.transforms)
            sight = Sight(count, kind, enough, reading.shape[:2], seen.targets[decisive], seen.places[decisive])
            found.setdefault(sight, sight).seen.append(seen)
    return list(found.values())


def _inside(question: Question) -> Places:
    """Places of known values all over the output, and of those the ones that see no padding, where there are enough."""
    observed, extents = question.observed, question.form.w.shape[2:]
    places = spread(observed, WIDE)
    edges = [min(extent - 1, size // 3) for extent, size in zip(extents, observed.shape[2:])]
    ends = [size - edge for edge, size in zip(edges, observed.shape[2:])]
    inside = places[((places[:, 2:] >= edges) & (places[:, 2:] < ends)).all(axis=1)]
    return inside if len(np.unique(observed[tuple(inside.T)])) >= 2 * ORDERED else places


def rises(question: Question) -> bool:
    """Whether so many different values are known that their order says something; limits leave few of them."""
    plain = Reading((), question.observed.shape)
    return _rising(question.observed, _inside(question), plain, 2 * question.slack) is not None


def _rising(observed: np.ndarray, wide: Places, reading: Reading, gap: float) -> Places | None:
    """Places of values of one output channel that rise by more than a gap; None for too few."""
    if not len(wide):
        return None
    channels, values = reading.places(wide)[:, 1], observed[tuple(wide.T)]
    best = np.zeros(0, np.intp)
    for channel in np.unique(channels)[:CHANNELS]:
        there = np.flatnonzero(channels == channel)
        there = there[np.argsort(values[there], kind="stable")]
        apart = _thinned(values[there], gap)
        best = there[apart] if len(apart) > len(best) else best
    if len(best) < FEWEST:
        return None
    even = np.unique(np.linspace(0, len(best) - 1, ORDERED).round().astype(int))
    return np.asarray(wide[best[even]])


def _thinned(rising: np.ndarray, gap: float) -> np.ndarray:
    """Indices of rising values each of which is by more than `gap` larger than the one before."""
    kept, last = [], -np.inf
    for index, value in enumerate(rising.tolist()):
        if value > last + gap:
            kept.append(index)
            last = value
    return np.array(kept, np.intp)


def _telling(where: np.ndarray, channels: np.ndarray) -> int:
    """That of the `channels` which comes first in `where`."""
    return int(where[np.isin(where, channels)][0])


def samples(question: Question) -> Places:
    """Places of known values in one image and channel: the first that sees more than padding, the largest, the ends."""
    observed, bias = question.observed, question.form.offsets
    known = np.isfinite(observed)
    counts = known.sum(axis=tuple(range(2, observed.ndim)))
    image, channel = np.unravel_index(0 if known[0, 0].all() else counts.argmax(), counts.shape)
    flat = np.where(known[image, channel], np.abs(observed[image, channel]), -1.0).ravel()
    empty = np.concatenate([[0], bias, 2 * bias])  # what a window in the padding gives
    first = int((~(np.abs(observed[image, channel].ravel() - empty[:, None]) <= question.slack)).all(axis=0).argmax())
    largest = np.argsort(flat, kind="stable")[::-1][: SAMPLES - 3].tolist()
    places = [place for place in dict.fromkeys([first, *largest, flat.size - 1, 0]) if flat[place] >= 0]
    at = np.transpose(np.unravel_index(places, observed.shape[2:]))
    return np.insert(at, 0, [[image], [channel]], axis=1)


def spread(observed: np.ndarray, most: int = SPREAD) -> Places:
    """Places of known values all over the output."""
    places = np.transpose(np.unravel_index(np.arange(0, observed.size, max(observed.size // most, 1)), observed.shape))
    return np.asarray(places[np.isfinite(observed[tuple(places.T)])])
