"""What a system made of each value of an output: a factor and an offset of each channel, a function.

Numbers are read from the values where enough of them confirm it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from harness.canonical.settled import BIAS, Settled, column
from harness.operations.activation_family import USUAL_VALUES
from harness.operations.activation_search import STEEP, read_off
from harness.operations.by_settings.end_numbers import (
    MEANT,
    as_end,
    confirmed,
    ended,
    fits,
    lines,
    one_or_each,
    useful,
)
from harness.operations.by_settings.inferring import CONFIRMING
from harness.operations.by_settings.orders import Transforms
from harness.operations.by_settings.whole_numbers import is_whole, keeps, rounded_or_held
from harness.operations.transforms.endings import Activation, relu
from harness.operations.transforms.functions import FUNCTIONS
from harness.operations.transforms.values import Bias
from harness.operations.windowed.search.naming import of_stated

WITH_NUMBERS = ("identity", "clip", "leaky_relu", "celu", "hard_sigmoid", "threshold")
"""What changes nothing, and functions whose numbers have no usual values."""
RELU6 = FUNCTIONS["relu6"].high
PLAIN = tuple(name for name, each in FUNCTIONS.items() if not each.usual and name not in WITH_NUMBERS)
"""Functions without numbers that change something."""
FIRST = ("relu", "tanh", "sigmoid")
"""Functions before which numbers are read, too."""


def holds(y: np.ndarray, end: Transforms, seen: np.ndarray, room: np.ndarray) -> bool:
    """Whether changes of the values of an output give what was seen."""
    return keeps(y, end, seen, room) if is_whole(end) else fits(ended(y, end), seen, room)


def apart(y: np.ndarray, seen: np.ndarray, room: np.ndarray, terms: int) -> bool:
    """Whether they differ by more than what errors of rounding come to, which no factor or offset is to explain.

    terms: of which each element is the sum, and for all of which `room` is.
    """
    with np.errstate(invalid="ignore"):
        return bool((np.abs(y - seen) > max(MEANT / terms, 1) * room).any())


def ends(
    y: np.ndarray, seen: np.ndarray, room: np.ndarray, count: int = 1, functions: bool = True
) -> Iterator[Transforms]:
    """A factor, an offset or a function that fits, or both numbers, where enough different values confirm them; what
    makes whole numbers of the values."""
    yield from rounded_or_held(y, seen, room, count)
    if count > 1:
        yield from lines(y, seen, room) if count == 2 else ()
        yield from _with_function(y, seen, room, count - 1) if functions else ()
        return
    for kind in ("factor", "offset"):
        values = one_or_each(kind, y, seen, room)
        if useful(values, kind):
            yield (as_end(kind, values),)
    yield from ((each,) for each in _functions(y, seen, room)) if functions else ()


def _with_function(y: np.ndarray, seen: np.ndarray, room: np.ndarray, count: int) -> Iterator[Transforms]:
    """So many numbers, and a function of FIRST of what they make."""
    for made in map(Activation, FIRST):
        if made.gives(seen, room) and (made.one_to_one or bool((np.abs(seen) <= room).any())):
            with np.errstate(all="ignore"):
                sums, off = made.sums(seen, room, STEEP)
            made = relu(seen) if made.function == "relu" else made
            yield from ((*way, made) for way in ends(y, sums, off, count, functions=False) if not is_whole(way))


def functions_of(way: Transforms) -> Iterator[Activation]:
    """The functions among changes."""
    return (each for each in way if isinstance(each, Activation))


def _functions(y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> Iterator[Activation]:
    """Functions of which each value was made: those with usual numbers, and those whose numbers the values tell."""
    if not _rises(y, seen, room):
        return
    usual = [(name, each.usual) for name, each in FUNCTIONS.items() if name in PLAIN or each.usual]
    usual += [("leaky_relu", {"slope": slope}) for slope in USUAL_VALUES["slope"] if slope]
    with np.errstate(all="ignore"):
        told = list(read_off(y, seen, room))
    for name, numbers in itertools.chain(usual, _with_limits(told)):
        made = relu(seen) if name == "relu" else Activation(name, _numbers_of(numbers))
        if made.gives(seen, room) and _reached(made, seen, room):
            yield made


def _numbers_of(given: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    return tuple((key, float(value)) for key, value in given.items())


def _rises(y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> bool:
    """Whether larger ones of the values above zero were made into no smaller ones, as every function does.

    Of values that are all below zero nothing is asked but that they were made into several.
    """
    known = np.isfinite(y) & np.isfinite(seen)
    above = known & (y > 0)
    if known.any() and not above.any():
        return confirmed(seen, y, room)
    order = np.argsort(y[above])
    values, off = seen[above][order], 2 * room[above].max(initial=0.0)
    return bool((np.diff(values) >= -off).all()) and values.size > CONFIRMING


def _with_limits(found: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Those that have one slope, or limits, of which one that is not told is none; without ReLU and ReLU6."""
    for name, numbers in found:
        if name == "clip" and (numbers.get("low"), numbers.get("high", RELU6)) != (0, RELU6):
            yield name, {"low": -np.inf, "high": np.inf, **numbers}
        sloped = name in ("elu", "celu") or (name == "leaky_relu" and numbers["slope"] != -1)  # which makes magnitudes
        if name == "hard_sigmoid" or (sloped and any(numbers.values())):
            yield name, numbers


def _reached(made: Activation, seen: np.ndarray, room: np.ndarray) -> bool:
    """Whether what it holds at a limit is seen there, of a function that differs from others by that limit."""
    return made.function != "relu6" or bool((np.abs(seen - RELU6) <= room).any())


def unnamed(
    form: Settled, y: np.ndarray, seen: np.ndarray, room: np.ndarray, count: int = 1, functions: bool = True
) -> Iterator[Transforms]:
    """The same; an offset that is the bias of the form once less or more has that name, and is left out."""
    for way in ends(y, seen, room, count, functions):
        biased = BIAS in form.arrays and any(isinstance(end, Bias) and _named(form, end, room) for end in way)
        if not biased:
            yield way


def reordered(form: Settled, way: Transforms, room: np.ndarray) -> Transforms:
    """The same, where an offset that makes the bias of the form another order of it has that name."""
    return tuple(_in_order(form, each, room) if isinstance(each, Bias) else each for each in way)


def _in_order(form: Settled, end: Bias, room: np.ndarray) -> Bias:
    stated = form.arrays.get(BIAS)
    if stated is None or BIAS in form.settings or len(stated) != len(end.values):
        return end
    off = MEANT * float(np.nanmax(room, initial=0))
    permuted = of_stated(np.asarray(end.values), np.full(len(stated), off), stated.astype(np.float64), 0)
    return next((each for each in permuted if each.kind == "permuted"), end)


def _named(form: Settled, end: Bias, room: np.ndarray) -> bool:
    """Whether an offset is the bias once less or more, or comes to another beside one that is."""
    apart = np.abs(np.abs(end.values) - np.abs(form.arrays[BIAS]))
    return BIAS in form.settings or bool((apart <= MEANT * np.nanmax(room, initial=0)).all())


def before_bias(form: Settled, seen: np.ndarray, room: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What was seen, and its errors, before the bias of the form was added."""
    if not form.times:
        return seen, room
    bias = form.times * form.arrays[BIAS].astype(np.float64)
    lost = np.spacing(np.nan_to_num(np.abs(seen)).astype(np.float64))
    return seen - column(bias, form.rank), room + lost
