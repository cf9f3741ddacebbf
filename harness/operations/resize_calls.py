"""How functions are told of a resize, and what a probe asks them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from harness.canonical.settled import Settled
from harness.operations.resize_formula import matrix
from harness.operations.resize_grid import lines_of, made
from harness.worker.entry import EntryPoint

SAME = 1e-14
"""Weights that differ by less are those of one formula, written in two ways."""


def written(form: Settled, entry: EntryPoint) -> Settled:
    """The size for the factor, or the factor for the size, as far as the entry point takes only one of them."""
    if "scale" not in entry.takes.free:
        return form.with_settings(scale=None, size=made(form.x.shape[2:], form.settings))
    return _by_factor(form) if "size" not in entry.takes.free else form


def _by_factor(form: Settled) -> Settled:
    """Without the size, where the factor gives it."""
    if form.settings.get("scale") is None:
        return form
    alone = form.with_settings(size=None)
    return alone if alone.output_shape == form.output_shape else form


def restated(form: Settled, entry: EntryPoint) -> Settled:
    """The form in settings that come to the same weights and that the function has."""
    return next((each for each in _said_otherwise(form, entry) if _the_same(each, form)), form)


def _said_otherwise(form: Settled, entry: EntryPoint) -> Iterator[Settled]:
    """The form in all settings that the function has, nearest ones first."""
    takes, settings = entry.takes, written(form, entry).settings
    choices = {key: [value] for key, value in {**takes.demands, **takes.keeps}.items() if key != "interpolation"}
    for key, words in takes.words.items():
        own = [_value(each) for each in words]
        choices[key] = sorted(own, key=lambda each, key=key: each != settings.get(key))  # type: ignore[misc]
    for values in itertools.product(*choices.values()):
        yield written(form, entry).with_settings(**dict(zip(choices, values)))


def _value(text: str) -> Any:
    """A value of a setting by its text."""
    return {"True": True, "False": False}.get(text, text)


def _the_same(one: Settled, other: Settled) -> bool:
    """Whether two forms of one input have the same size and, but for rounding, the same weights."""
    if one.settings["interpolation"] != other.settings["interpolation"] or one.output_shape != other.output_shape:
        return False
    return all(np.abs(a - b).max(initial=0.0) <= SAME for a, b in zip(_matrices(one), _matrices(other)))


def _matrices(form: Settled) -> list[np.ndarray]:
    return [matrix(line, form.settings) for line in lines_of(form.x.shape[2:], form.settings)]


def limits(form: Settled, entry: EntryPoint) -> Iterator[str]:
    """What a function has no such weights for: to enlarge one axis and to shrink another."""
    sizes, size = form.x.shape[2:], form.output_shape[2:]
    ways = {m > n for n, m in zip(sizes, size) if m != n}
    if "one way" in entry.takes.limits and len(ways) > 1:
        yield f"enlarges all axes or shrinks them; the case makes {size} of {sizes}"


# --- probes ----------------------------------------------------------------------------------------------------------

ASKED = (9, 5, 3)
"""Sizes of the input that a probe gives, axis by axis."""
MADE: Mapping[str, tuple[int, ...]] = {"larger": (14, 7, 4), "smaller": (4, 2, 2)}
"""Of odd inputs even sizes are made: no output then stands just between two samples, or as float32 has it."""
TRIED: Mapping[str, Sequence[Any]] = {
    "size": tuple(MADE),
    "scale": (1.6, 0.5),
    "cubic_coefficient": (-0.75, -0.5),
}


def along(key: str, value: Any, rank: int) -> Any:
    """Sizes that differ from axis to axis, a factor that is the same."""
    if key == "size":
        return MADE[value][:rank]
    return (value,) * rank if key == "scale" else value


def coded(entry: EntryPoint, settings: Mapping[str, Any]) -> Mapping[str, np.ndarray]:
    """Whole numbers of both signs."""
    shape = (1, 2, *ASKED[: max(entry.ranks)])
    return {"input": np.random.Generator(np.random.PCG64(7)).integers(-60, 60, shape).astype(np.float64)}
