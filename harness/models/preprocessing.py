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
    if np.array_equal(x, y):
        return Preparation("agrees", letters=letters)
    u = max(DTYPES.get(each.dtype, FLOAT64).u for each in (a, b))
    for order in _orders(len(x)):
        factors, offsets = _affine(x[list(order)], y, u)
        if _fits(x[list(order)], y, factors, offsets, u):
            found = tuple(_changes(order, factors, offsets))
            words = "; ".join(map(_words, found))
            return Preparation("convention" if found else "agrees", found, words, letters)
    words = "B's input is not A's in another channel order, scale or offset"
    return Preparation("unexplained", (), words, letters)


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


def _affine(x: np.ndarray, y: np.ndarray, u: float) -> tuple[np.ndarray, np.ndarray]:
    """Factor and offset of each channel by least squares, simple ones where they fit as well."""
    if _fits(x, y, np.ones(len(x)), np.zeros(len(x)), u):
        return np.ones(len(x)), np.zeros(len(x))
    centre, mean = x.mean(1), y.mean(1)
    spread = ((x - centre[:, None]) ** 2).sum(1)
    common = ((x - centre[:, None]) * (y - mean[:, None])).sum(1)
    factors = np.divide(common, spread, out=np.ones(len(x)), where=spread > 0)
    squares = (x**2).sum(1)
    plain = np.divide((x * y).sum(1), squares, out=np.ones(len(x)), where=squares > 0)
    if _fits(x, y, plain, np.zeros(len(x)), u):
        return plain, np.zeros(len(x))
    if _fits(x, y, np.ones(len(x)), mean - centre, u):
        return np.ones(len(x)), mean - centre
    return factors, mean - factors * centre


def _fits(x: np.ndarray, y: np.ndarray, factors: np.ndarray, offsets: np.ndarray, u: float) -> bool:
    scaled = factors[:, None] * x
    room = ROUNDINGS * u * (np.abs(scaled).max(1) + np.abs(offsets) + np.abs(y).max(1))
    return bool((np.abs(scaled + offsets[:, None] - y) <= room[:, None]).all())


def _changes(order: tuple[int, ...], factors: np.ndarray, offsets: np.ndarray) -> Iterator[dict[str, Any]]:
    if list(order) != sorted(order):
        yield {"id": "channel_order", "order": list(order)}
    if (np.abs(factors - 1) > SAME).any():
        yield {"id": "scale", "factors": _short(factors)}
    if offsets.any():
        yield {"id": "offset", "offsets": _short(offsets)}


def _short(values: np.ndarray) -> list[float]:
    """One number where all are the same."""
    alike = np.ptp(values) <= SAME * np.abs(values).max()
    return [float(each) for each in (values[:1] if alike else values)]


def _words(change: Mapping[str, Any]) -> str:
    if change["id"] == "channel_order":
        return f"B's input has the channels in the order {change['order']} of A's"
    if change["id"] == "scale":
        return f"B's input is A's times {_numbers(change['factors'])}"
    return f"B's input has {_numbers(change['offsets'])} added"


def _numbers(values: list[float]) -> str:
    return ", ".join(f"{each:.6g}" for each in values[:4])
