"""The power of a case: the settings whose other values its data can tell from what it means."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from harness.canonical.gaps import output
from harness.canonical.layout import from_canonical, to_canonical
from harness.canonical.settled import Settled
from harness.grammar.streams import RawStream
from harness.operations.by_settings.own_names import Changes, Layer, alternatives
from harness.operations.stated import Stated
from harness.operations.transforms.sayings import shown
from harness.operations.transforms.transform import Transform

TELLING = 4
"""Output channels by which drawn data tell settings apart, where each is computed by itself."""
DRAWN = (-9, 9)
"""Range of the whole numbers of an input that sees more."""


@dataclass(frozen=True)
class Seen:
    """`sees` and `blind`: settings, in words, that the data can and cannot tell from what the case means."""

    sees: tuple[str, ...]
    blind: tuple[str, ...]


class Seeing:
    """The power of cases of one operation."""

    def __init__(self, layer: Layer) -> None:
        self._layer = layer

    def power(self, form: Settled, partial: bool = False, then: Transform | None = None) -> Seen:
        """The power of the data of `form`; what random data do not see either is left out."""

        def made(of: Settled) -> np.ndarray:
            return output(of) if then is None else then.end(output(of))

        meant, random = made(form), form.first(TELLING).drawn(lambda size: RawStream("PCG64", 2).integers(1, 99, size))
        found: dict[bool, list[str]] = {True: [], False: []}
        for changes in alternatives(self._layer, form):
            seen = not _close(meant, made(form.with_settings(**changes)))
            if seen or not _close(output(random), output(random.with_settings(**changes))):
                found[seen].append(named(changes))
        return Seen(tuple(dict.fromkeys(found[True])), tuple(dict.fromkeys(found[False])))

    def strengthened(self, stated: Stated) -> str:
        """Lines for the case file: an input of the same shape with fewer blind spots, "" where there is none."""
        form: Settled = stated.meant()
        blind = self.power(form, bool(stated.partial), stated.then).blind
        for seed in range(5) if blind else ():
            values, text = _drawn(stated, seed)
            drawn = stated.given(input=values).meant()
            if len(self.power(drawn, then=stated.then).blind) < len(blind):
                return text
        return ""


def _drawn(stated: Stated, seed: int) -> tuple[np.ndarray, str]:
    """An input, and what the case file says for it."""
    given = stated.arrays["input"]
    shape = from_canonical(given.values, given.layout, "input").shape
    low, high = DRAWN if np.dtype(stated.dtype).kind != "u" else (0, DRAWN[1])
    values = RawStream("PCG64", seed).integers(low, high, math.prod(shape)).reshape(shape).astype(stated.dtype)
    recipe = f"  integers: {{shape: {list(shape)}, seed: {seed}, low: {low}, high: {high}}}"
    head = f"input:\n  layout: {given.layout}\n  dtype: {stated.dtype}"
    return to_canonical(values, given.layout, "input"), f"{head}\n{recipe}"


def named(changes: Changes) -> str:
    """A change of settings in few words."""
    return ", ".join(f"{key} {shown(value)}" for key, value in _said(changes))


def _said(changes: Changes) -> Iterator[tuple[str, object]]:
    return ((key, value) for key, value in changes.items() if value is not None)


def _close(meant: np.ndarray, other: np.ndarray) -> bool:
    """Whether float32 arithmetic could hide the difference everywhere; NaN is close to everything."""
    if meant.shape != other.shape:
        return False
    with np.errstate(invalid="ignore"):
        size = np.where(np.isfinite(meant), np.abs(meant), 0.0)
        close = (np.abs(meant - other) <= 2.0**-21 * size + 2.0**-23 * size.max(initial=0.0)) | (meant == other)
    return bool((close | np.isnan(meant) | np.isnan(other)).all())
