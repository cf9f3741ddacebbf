"""The pictures that two models were given, where one is not the other in another range: another place or side.

What is named is proven on all values: one side mirrored, or cropped elsewhere.
Two pictures that were made of a third, which is not here, tell nothing of how; that they are nearly the same is said.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from harness.models.carried import Signal
from harness.models.change import Change, as_json, in_words
from harness.models.preprocessing import Preparation, changes, roundoff

SPACE = "DHW"
FARTHEST = 2
"""Places by which one picture may be cropped beside the other."""
SAMPLE = 4096
"""Values of a channel that are looked at first."""
ALIKE = 0.9
"""Correlation of two pictures, channel by channel, from which on they are told to be nearly the same."""


@dataclass(frozen=True)
class _Mirror:
    """B's picture is read backwards along these axes."""

    axes: tuple[str, ...]

    @property
    def change(self) -> Change:
        words = f"B's input is A's mirrored along {' and '.join(self.axes)}"
        return Change({"id": "mirror", "axes": list(self.axes)}, words)

    def overlap(self, a: Signal, b: Signal) -> tuple[np.ndarray, np.ndarray]:
        """The parts of both that show the same if this was done to B's."""
        return np.flip(a.values, tuple(a.letters.index(axis) for axis in self.axes)), b.values


@dataclass(frozen=True)
class _Shift:
    """B's picture begins so many places further on along each axis."""

    by: Mapping[str, int]

    @property
    def change(self) -> Change:
        places = (f"{abs(by)} further {'on' if by > 0 else 'back'} along {axis}" for axis, by in self.by.items() if by)
        words = f"B's input was cropped beside A's: it begins {', '.join(places)}"
        return Change({"id": "shift", "by": dict(self.by)}, words)

    def overlap(self, a: Signal, b: Signal) -> tuple[np.ndarray, np.ndarray]:
        """The parts of both that show the same if this was done to B's."""
        by = [self.by.get(letter, 0) for letter in a.letters]
        return a.values[tuple(map(_from, by))], b.values[tuple(_from(-each) for each in by)]


def compared(a: Signal, b: Signal) -> Preparation | None:
    """What was done to one of these pictures and not to the other; None where nothing can be said."""
    if not (a.letters and sorted(a.letters) == sorted(b.letters) and "C" in a.letters and set(SPACE) & {*a.letters}):
        return None
    letters = a.letters, b.letters
    b = b.ordered(a.letters)
    if a.values.shape != b.values.shape:
        words = f"B's picture has {_sizes(b)} places, A's {_sizes(a)}: give both models one of the same size"
        return Preparation("unexplained", (), words, letters)
    return _moved(a, b, letters) or _nearly(a, b, letters)


def _sizes(picture: Signal) -> str:
    return " x ".join(str(size) for letter, size in zip(picture.letters, picture.values.shape) if letter in SPACE)


def _moved(a: Signal, b: Signal, letters: tuple[str, str]) -> Preparation | None:
    """One picture mirrored, or cropped a few places beside the other; their ranges may differ, too."""
    axes = [letter for letter in a.letters if letter in SPACE]
    moves: list[_Mirror | _Shift] = [*_mirrors(axes), *_shifts(axes)]
    for move in moves:
        x, y = (_channels(each, a.letters) for each in move.overlap(a, b))
        step = max(x.shape[1] // SAMPLE, 1)
        if not np.ptp(x) or changes(x[:, ::step], y[:, ::step], roundoff(a, b)) is None:
            continue
        rest = changes(x, y, roundoff(a, b))
        if rest is not None:
            found = (move.change, *rest)
            return Preparation("convention", as_json(found), "; ".join(in_words(found)), letters)
    return None


def _mirrors(axes: list[str]) -> Iterator[_Mirror]:
    for count in range(1, len(axes) + 1):
        yield from map(_Mirror, itertools.combinations(axes, count))


def _shifts(axes: list[str]) -> Iterator[_Shift]:
    """The nearer ones first."""
    reach = range(-FARTHEST, FARTHEST + 1)
    for by in sorted(itertools.product(reach, repeat=len(axes)), key=lambda each: sum(map(abs, each))):
        if any(by):
            yield _Shift(dict(zip(axes, by)))


def _from(by: int) -> slice:
    return slice(max(by, 0), min(by, 0) or None)


def _channels(values: np.ndarray, letters: str) -> np.ndarray:
    """(C, rest), in float64."""
    at = letters.index("C")
    return np.moveaxis(values, at, 0).reshape(values.shape[at], -1).astype(np.float64)


def _nearly(a: Signal, b: Signal, letters: tuple[str, str]) -> Preparation | None:
    """That both show the same, where they do."""
    x, y = _channels(a.values, a.letters), _channels(b.values, a.letters)
    alike, turned = _correlation(x, y), _correlation(x[::-1], y)
    if max(alike, turned) < ALIKE:
        return None
    order = "" if alike >= turned else ", with its channels reversed"
    words = (
        f"B's input is nearly A's{order} (correlation {max(alike, turned):.4f}): another function cropped it,"
        " scaled or decoded it. Give both models the same array, or prepare the picture with one function"
    )
    return Preparation("unexplained", (), words, letters)


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    """The smallest of the channels; 0 where one of them is constant."""
    x, y = (each - each.mean(1, keepdims=True) for each in (x, y))
    size = np.sqrt((x**2).sum(1) * (y**2).sum(1))
    return float(np.divide((x * y).sum(1), size, out=np.zeros(len(x)), where=size > 0).min(initial=1.0))
