"""What the difference looks like that no change explains, in sentences, and what to print next."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.canonical.layout import canonical
from harness.canonical.window import Linear
from harness.operations.windowed.search.agreement import AXES, indices, listed
from harness.operations.windowed.search.units import of_one_size

MOST = 0.9
"""Share of the known values of which something must be true for it to be said of them."""
ENOUGH = 12
"""Known values from which on their differences have a look."""
STEPS, STRAIGHT = 5, 0.95
"""Samples of an axis, at least, along which a difference grows; its correlation with the index, at least."""
CLOSE, LITTLE, CHANCE = 0.98, 2.0, 5.0
"""Correlation from which on values follow each other; standard deviations of that of values that do not, up to which
they may have nothing in common, and beyond which they have something."""
FEW = 3
"""Elements that are named as standing out."""
NEXT = "next: give both systems zeros with a single 1 in the middle; what they print is the kernel as they apply it"


def looks(conv: Linear, seen: np.ndarray, meant: np.ndarray, room: np.ndarray | float) -> Iterator[str]:
    """What `seen` less `meant`, (N, O, *spatial) with NaN where one is not known, looks like; room: what may be off."""
    off = seen - meant
    known = np.isfinite(off)
    differ = known & (np.abs(off) > room)
    if np.count_nonzero(known) >= ENOUGH and np.count_nonzero(differ) > 1:
        alone = [
            *_copied(conv, seen, differ),
            *_silent(seen, meant, known),
            *_constant(off, known, room),
            *_standing_out(off, differ),
        ]
        yield from alone or _growing(off, known)
        yield from () if alone else _related(seen[known], meant[known])
    if np.count_nonzero(differ) > 1:
        yield NEXT


def _copied(conv: Linear, seen: np.ndarray, differ: np.ndarray) -> Iterator[str]:
    """Whether all that differs is the input at its place."""
    x = conv.x.astype(np.float64)
    fits = x.shape[2:] == seen.shape[2:] and x.shape[1] in (1, seen.shape[1])
    if fits and not differ.all() and (seen == x)[differ].all():
        yield "all that differs is the input itself, at its place: the system copies the border and computes the rest"


def _silent(seen: np.ndarray, meant: np.ndarray, known: np.ndarray) -> Iterator[str]:
    """Channels in which all that was observed is one number, though what is meant varies."""
    said: dict[float, list[int]] = {}
    for channel in range(seen.shape[1]):
        there = known[:, channel]
        values = seen[:, channel][there]
        if values.size > 1 and np.ptp(values) == 0 < np.ptp(meant[:, channel][there]):
            said.setdefault(float(values[0]), []).append(channel)
    for value, channels in said.items():
        where = indices("output channel", channels)
        yield f"{where}: all values are {value:.6g}, whatever the input: look at what is done behind the sums"


def _constant(off: np.ndarray, known: np.ndarray, room: np.ndarray | float) -> Iterator[str]:
    """Whether most values of each channel are off by one number."""
    axes = (0, *range(2, off.ndim))
    middle = np.nanmedian(np.where(known, off, np.nan), axis=axes, keepdims=True)
    there = known & (np.abs(off - middle) <= room)
    if np.count_nonzero(there) < MOST * np.count_nonzero(known) or not (np.abs(middle) > room).any():
        return
    numbers = ", ".join(f"{value:.6g}" for value in middle.ravel()[:8])
    rest = known & ~there
    others = f", all but {_named(rest)}" if rest.any() else ""
    yield f"the values of each channel are off by one number ({numbers}){others}: check what is added to the sums"


def _standing_out(off: np.ndarray, differ: np.ndarray) -> Iterator[str]:
    """Few elements that differ, where others agree."""
    if np.count_nonzero(differ) <= FEW:
        sizes = ", ".join(f"{value:.6g}" for value in off[differ])
        yield f"only {_named(differ)} differ, by {sizes}: look at these elements, not at the settings"


def _named(elements: np.ndarray) -> str:
    count = np.count_nonzero(elements)
    return f"{listed(elements)}" if count <= FEW else f"{count} elements"


def _growing(off: np.ndarray, known: np.ndarray) -> Iterator[str]:
    """Axes along which the difference grows, or falls, from sample to sample."""
    size = np.where(known, np.abs(off), np.nan)
    for axis, letter in enumerate(canonical("output", off.ndim - 2)):
        rest = tuple(each for each in range(off.ndim) if each != axis)
        if axis < 2 or off.shape[axis] < STEPS or not known.any(axis=rest).all():
            continue
        profile = np.nanmean(size, axis=rest)
        if abs(_correlation(np.arange(len(profile)), profile)) >= STRAIGHT:
            does = "grows" if profile[-1] > profile[0] else "falls"
            yield (
                f"the difference {does} from {AXES[letter]} to {AXES[letter]}, from {profile[0]:.3g} to "
                f"{profile[-1]:.3g} on average: a step or a size along axis {letter} differs"
            )


def _related(seen: np.ndarray, meant: np.ndarray) -> Iterator[str]:
    """How what was observed goes with what is meant."""
    found = _correlation(meant, seen)
    if abs(found) >= CLOSE:
        yield f"what was observed follows what is meant (correlation {found:.5g}): some data or the arithmetic differ"
    elif abs(found) <= LITTLE / np.sqrt(len(seen)):
        yield f"what was observed has nothing of what is meant (correlation {found:.2f}): check which arrays were used"
    elif abs(found) > CHANCE / np.sqrt(len(seen)):
        yield f"what was observed goes with what is meant in part (correlation {found:.2f})"


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's; 0 where one of the two is constant."""
    a, b = (each - each.mean() for each in map(of_one_size, (one, other)))
    norm = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / norm if norm else 0.0
