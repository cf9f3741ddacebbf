"""Arrays that are generated: random numbers, whole numbers, an impulse, numbers at equal distances."""

from __future__ import annotations

import math

import numpy as np

from harness.grammar.kinds import Field, Record, either, integer, list_of, number, record, word
from harness.grammar.limits import LARGEST, LARGEST_MADE
from harness.grammar.streams import STREAMS, Stream

FOLLOWS = "input"
INT64 = (-(2**63), 2**63 - 1)
SHAPE = list_of(integer(1, LARGEST), shortest=1)
SEED = either(
    (lambda item: isinstance(item.scalar, int), integer(0, 2**63)),
    (lambda item: isinstance(item.scalar, str), word(FOLLOWS)),
    words=f"a whole number of at least 0, or {FOLLOWS!r}: the stream that made the input goes on",
)
_DRAWN = {
    "shape": Field(SHAPE, "lengths of the axes, in the order of the layout", required=True),
    "seed": Field(SEED, "seed of the stream; `input` goes on with the stream that made the input", required=True),
    "generator": Field(word("PCG64", "Philox", "RandomState"), "NumPy bit generator", default="PCG64"),
}
RANDOM = record(
    {
        **_DRAWN,
        "distribution": Field(word("normal", "uniform"), "shape of the distribution", default="normal"),
        "low": Field(number(), "uniform: smallest value", default=0.0),
        "high": Field(number(), "uniform: end of the range", default=1.0),
        "mean": Field(number(), "normal: mean", default=0.0),
        "std": Field(number(0), "normal: standard deviation", default=1.0),
    }
)
INTEGERS = record(
    {
        **_DRAWN,
        "low": Field(integer(*INT64), "smallest value", required=True),
        "high": Field(integer(*INT64), "largest value, which is drawn too", required=True),
    }
)
IMPULSE = record(
    {
        "shape": Field(SHAPE, "lengths of the axes, in the order of the layout", required=True),
        "at": Field(list_of(integer(0)), "index of the only element that is not zero", required=True),
        "value": Field(number(), "value of that element", default=1.0),
    }
)
ARANGE = record(
    {
        "shape": Field(
            SHAPE, "lengths of the axes, in the order of the layout; the last one runs fastest", required=True
        ),
        "start": Field(number(), "first value", default=0.0),
        "step": Field(number(), "difference of neighbours", default=1.0),
    }
)
GENERATORS = {
    "random": Field(RANDOM, "normal or uniform numbers"),
    "integers": Field(INTEGERS, "whole numbers, each of a range equally likely"),
    "impulse": Field(IMPULSE, "zero but for one element"),
    "arange": Field(ARANGE, "start, start + step, start + 2 step ..."),
}

Follows = tuple[str, Stream]
"""The name of a generator, and its stream where it stands."""


def generate(key: str, recipe: Record, axes: int, follows: Follows | None) -> tuple[np.ndarray, Follows | None]:
    """The array of a recipe of GENERATORS, and what goes on where it was drawn.

    `follows` is the stream that `seed: input` goes on with. Raises CaseError for what does not fit.
    """
    count, stream = elements(recipe, axes), None
    if key in ("random", "integers"):
        stream = _stream(recipe, follows)
        flat = _draw(recipe, key, stream[1], count)
    else:
        flat = _impulse(recipe, count) if key == "impulse" else recipe["start"] + recipe["step"] * np.arange(count)
    return flat.reshape(recipe["shape"]), stream


def elements(recipe: Record, axes: int) -> int:
    """How many elements the key `shape` says, which must have as many lengths as there are axes."""
    shape: tuple[int, ...] = recipe["shape"]
    if len(shape) != axes:
        raise recipe.at("shape").error(
            f"expected {axes} lengths, one for each letter of the layout, found {len(shape)}"
        )
    count = math.prod(shape)
    if count > LARGEST_MADE:
        raise recipe.at("shape").error(
            f"{count} elements; a generated array may have {LARGEST_MADE}, one in a file {LARGEST}"
        )
    return count


def _stream(recipe: Record, follows: Follows | None) -> Follows:
    if recipe["seed"] != FOLLOWS:
        if recipe["generator"] == "RandomState" and recipe["seed"] >= 2**32:
            raise recipe.at("seed").expected("a seed below 2**32, the largest that RandomState takes")
        return recipe["generator"], STREAMS[recipe["generator"]](recipe["generator"], recipe["seed"])
    if follows is None:
        raise recipe.at("seed").error(
            "`input` goes on with the stream of the input, which was not drawn; give a number"
        )
    if "generator" in recipe and recipe["generator"] != follows[0]:
        raise recipe.at("generator").error(
            f"the input was drawn from {follows[0]}, and its stream goes on; leave this out"
        )
    return follows


def _draw(recipe: Record, key: str, stream: Stream, count: int) -> np.ndarray:
    if key == "integers":
        low, high = recipe["low"], recipe["high"]
        if not 0 <= high - low < 2**63:
            raise recipe.at("high").error(f"expected {low} or more, and a range shorter than 2**63, found {high}")
        return stream.integers(low, high, count)
    allowed = {"normal": ("mean", "std"), "uniform": ("low", "high")}[recipe["distribution"]]
    for other in {"mean", "std", "low", "high"}.difference(allowed):
        if other in recipe:
            raise recipe.at(other).key_error(
                f"a {recipe['distribution']} distribution has {' and '.join(allowed)} only"
            )
    if recipe["distribution"] == "normal":
        start, width, unit = recipe["mean"], recipe["std"], stream.normal(count)
    else:
        start, width, unit = recipe["low"], recipe["high"] - recipe["low"], stream.uniform(count)
    drawn: np.ndarray = start + width * unit
    return drawn


def _impulse(recipe: Record, count: int) -> np.ndarray:
    shape, at = recipe["shape"], recipe["at"]
    if len(at) != len(shape) or any(index >= length for index, length in zip(at, shape)):
        raise recipe.at("at").error(f"expected an index inside shape {list(shape)}, found {list(at)}")
    flat = np.zeros(count)
    flat[np.ravel_multi_index(at, shape)] = recipe["value"]
    return flat
