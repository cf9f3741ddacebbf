"""The inputs of two models: whether one is the other, in another layout, channel order or range.

    b[c] = factor[c] * a[order[c]] + offset[c]

Whoever ports a network prepares its pictures anew, so this is where to look first.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.models.carried import Signal, orders
from harness.models.change import Change, as_json, in_words
from harness.models.fitting import placed
from harness.rounding.formats import DTYPES, FLOAT64

MOST_CHANNELS = 4
"""Channels up to which every order is tried; beyond, the reversed one."""
ROUNDINGS = 8
"""Units of roundoff, of what is added, by which a prepared picture may be off."""
SAME = 1e-6
"""Relative difference up to which a factor is 1, or all factors are one."""


@dataclass(frozen=True)
class Preparation:
    """What was done to B's input that was not done to A's.

    verdict: agrees, convention or unexplained. transforms: the changes, as JSON has them. letters: the layouts of both.
    """

    verdict: str
    transforms: tuple[Mapping[str, Any], ...] = ()
    words: str = ""
    letters: tuple[str, str] = ("", "")


def compared(a: Signal, b: Signal) -> Preparation:
    """How the input of B is made of that of A, in the layouts of which most is known."""
    tried = [_in_layouts(*pair) for pair in _layouts(a, b)]
    if not tried:
        return Preparation("unexplained", (), f"shapes {a.values.shape} and {b.values.shape} do not fit")
    return min(tried, key=lambda each: (each.verdict == "unexplained", len(each.transforms)))


def _layouts(a: Signal, b: Signal) -> Iterator[tuple[Signal, Signal]]:
    """The two with layouts: those that are said, or else what their shapes allow, the usual ones first."""
    for letters in [a.letters] if a.letters else _usual(a.values.ndim):
        mine = replace(a, letters=letters)
        allowed = [b.letters] if b.letters else [*orders(b.values.shape, mine.values.shape, letters)]
        for its in sorted(allowed, key=lambda each: each not in _usual(len(each))):
            if placed(replace(b, letters=its), mine) is not None:
                yield mine, replace(b, letters=its)


def _usual(axes: int) -> tuple[str, ...]:
    space = "DHW"[3 - max(axes - 2, 0) :] if axes >= 2 else ""
    return (f"NC{space}", f"N{space}C") if 2 < axes <= 5 else ("NC"[:axes],)


def _in_layouts(a: Signal, b: Signal) -> Preparation:
    values = placed(b, a)
    assert values is not None
    letters = a.letters, b.letters
    x, y = (_by_channel(each.astype(np.float64), a.letters) for each in (a.values, values))
    found = changes(x, y, roundoff(a, b))
    if found is None:
        return Preparation("unexplained", (), "B's input is not A's in another channel order, scale or offset", letters)
    return Preparation("convention" if found else "agrees", as_json(found), "; ".join(in_words(found)), letters)


def roundoff(a: Signal, b: Signal) -> float:
    """The unit roundoff of the coarser of two tensors."""
    return max(DTYPES.get(each.dtype, FLOAT64).u for each in (a, b))


def changes(x: np.ndarray, y: np.ndarray, u: float) -> tuple[Change, ...] | None:
    """The channel order, factors and offsets that make `y` of `x`, both (C, rest); None where none do."""
    if np.array_equal(x, y):
        return ()
    for order in _orders(len(x)):
        for factors, offsets in _affine(x[list(order)], y):
            if _fits(x[list(order)], y, factors, offsets, u):
                return tuple(_changes(order, factors, offsets))
    return None


def _by_channel(values: np.ndarray, letters: str) -> np.ndarray:
    """(C, rest); all in one where there are no channels."""
    if "C" not in letters:
        return values.reshape(1, -1)
    return np.moveaxis(values, letters.index("C"), 0).reshape(values.shape[letters.index("C")], -1)


def _orders(channels: int) -> Iterator[tuple[int, ...]]:
    plain = tuple(range(channels))
    yield plain
    if channels > 1:
        yield plain[::-1]
    if channels <= MOST_CHANNELS:
        yield from (each for each in itertools.permutations(plain) if each not in (plain, plain[::-1]))


def _affine(x: np.ndarray, y: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Factor and offset of each channel by least squares, simple ones first.

    Those of all channels together come first; those of one only where it has more values than are fitted to it, as
    any two values are others times a factor with an offset.
    """
    ones, zeros = np.ones(len(x)), np.zeros(len(x))
    yield ones, zeros
    for rows in (1, len(x)):
        taken, given = x.reshape(rows, -1), y.reshape(rows, -1)
        for free, fit in ((1, _factor), (1, _offset), (2, _both)):
            if taken.shape[1] > free:
                factors, offsets = fit(taken, given)
                yield factors * ones, offsets + zeros


def _factor(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    squares = (x**2).sum(1)
    return np.divide((x * y).sum(1), squares, out=np.ones(len(x)), where=squares > 0), np.zeros(len(x))


def _offset(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.ones(len(x)), y.mean(1) - x.mean(1)


def _both(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    centre, mean = x.mean(1), y.mean(1)
    spread = ((x - centre[:, None]) ** 2).sum(1)
    common = ((x - centre[:, None]) * (y - mean[:, None])).sum(1)
    factors = np.divide(common, spread, out=np.ones(len(x)), where=spread > 0)
    return factors, mean - factors * centre


def _fits(x: np.ndarray, y: np.ndarray, factors: np.ndarray, offsets: np.ndarray, u: float) -> bool:
    scaled = factors[:, None] * x
    room = ROUNDINGS * u * (np.abs(scaled).max(1) + np.abs(offsets) + np.abs(y).max(1))
    return bool((np.abs(scaled + offsets[:, None] - y) <= room[:, None]).all())


def _changes(order: tuple[int, ...], factors: np.ndarray, offsets: np.ndarray) -> Iterator[Change]:
    if list(order) != sorted(order):
        words = f"B's input has the channels in the order {list(order)} of A's"
        yield Change({"id": "channel_order", "order": list(order)}, words)
    if (np.abs(factors - 1) > SAME).any():
        several = _short(factors)
        yield Change({"id": "scale", "factors": several}, f"B's input is A's times {_numbers(several)}")
    if offsets.any():
        several = _short(offsets)
        yield Change({"id": "offset", "offsets": several}, f"B's input has {_numbers(several)} added")


def _short(values: np.ndarray) -> list[float]:
    """One number where all are the same."""
    alike = np.ptp(values) <= SAME * np.abs(values).max()
    return [float(each) for each in (values[:1] if alike else values)]


def _numbers(values: list[float]) -> str:
    return ", ".join(f"{each:.6g}" for each in values[:4])
