"""A seeded sample of what `benchmarks.plants` counts in full: all named, and nothing wrong for certain."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from benchmarks.plants import layers
from benchmarks.plants.counting import CONTROL, DIGITS, asked, counted, seen
from benchmarks.plants.meant import MEANT
from benchmarks.plants.sums import CONTROLS, FORMATS, OF_BYTES, Plant, plants

SAMPLE = 8
EVERY = [*plants()]
random.Random(1).shuffle(EVERY)


def of_layers(operation: str) -> layers.LayerPlant:
    """One of an operation, whose parts show."""
    shuffled = [*layers.every(operation)]
    random.Random(f"2 {operation}").shuffle(shuffled)
    return next(filter(layers.shows, shuffled))


@pytest.mark.parametrize(
    "plant",
    [*EVERY[:SAMPLE], *map(of_layers, MEANT)],
    ids=lambda plant: "-".join(map(str, vars(plant).values())),
)
def test_what_is_planted_is_named_and_what_nothing_explains_is_not(plant):
    assert counted(plant, asked(plant)) == "named"


MENDED = [
    ("softmax", 1, "printed 6", "", "tanh"),
    ("softmax", 1, "printed 4", "", "mean and deviation"),
    ("softmax", 0, "printed 5", "", "mean and deviation"),
    ("softmax", 0, "printed 6", "log True", "mean and deviation"),
    ("pooling", 1, "printed 6", "padding ((2, 0), (2, 0))", "reshaped"),
    ("pooling", 1, "printed 4", "padding ((0, 2), (0, 2))", "pixels"),
    ("pooling", 2, "printed 5", "", "leaky"),
    ("pooling", 3, "printed 5", "", "leaky"),
    ("resize", 5, "printed 6", CONTROL, "zeros"),
    ("dense", 1, "printed 5", "", "mean and deviation"),
    ("dense", 1, "printed 5", "bias twice the stated", "mean and deviation"),
    ("transposed_convolution", 0, "printed 4", "transposed", "mean and deviation"),
    ("transposed_convolution", 0, "printed 5", "reversed", "mean and deviation"),
    ("padding", 0, "printed 5", "boundary constant, constant 0.7", "bias"),
    ("padding", 0, "float32", "padding (('H', 2, 1), ('W', 3, 0))", "mean and deviation"),
    ("padding", 0, "printed 4", "padding (('H', 2, 1), ('W', 3, 0))", "mean and deviation"),
    ("activation", 0, "float32", "slope 0.07", "scale"),
    ("activation", 4, "float64", "function leaky_relu, slope 0.01", "scale per channel"),
    ("activation", 5, "printed 6", "function gelu, approximate none", "tanh"),
    ("activation", 1, "printed 6", "approximate tanh", "column-major"),
    ("local_response_normalization", 0, "float64", "divided none", "mean and deviation"),
    ("local_response_normalization", 2, "printed 5", "divided size", "mean and deviation"),
    ("rearrange", 0, "float32", "channels reversed in the output", "permuted"),
    ("rearrange", 0, "float64", "blocks axes exchanged", "scale per channel"),
]
"""What was not named once, each of a kind of its own: numbers that all printed digits allow; an input that was prepared
in float32 where nothing else rounds; what most elements of each channel have beside what the others show; a usual slope
that two values show. And a factor of each of as many channels as an axis has that other sizes make longer."""


@pytest.mark.parametrize("open_once", MENDED, ids=lambda each: "-".join(map(str, each)))
def test_what_was_open_once_is_named(open_once):
    plant = layers.LayerPlant(*open_once)
    answer = asked(plant)
    assert counted(plant, answer) == "named"
    assert not any("exact numbers do not fit" in each for each in answer.remarks)


def test_an_output_of_one_number_is_no_plant():
    assert not layers.shows(layers.LayerPlant("softmax", 1, "float32", "", "ReLU"))


def test_every_ending_stands_alone_and_with_each_convention_in_every_format():
    counts = Counter(plant.number_format for plant in EVERY if plant.convention != "control")
    assert set(counts) == set(FORMATS)
    assert len(set(EVERY)) == len(EVERY)
    assert sum(plant.convention == "control" for plant in EVERY) == 3 * len(FORMATS) * len(CONTROLS)


@pytest.mark.parametrize("name", DIGITS)
def test_printed_numbers_have_their_digits_and_lie_within_them(name):
    plant = Plant(2, name, "scale", "")
    printed, exact = seen(plant), plant.output()
    assert np.all(np.abs(printed.values - exact) <= printed.slack)
    digits = [len(f"{abs(value):.12g}".replace(".", "").lstrip("0")) for value in printed.values.ravel()]
    assert max(digits) == DIGITS[name]


@pytest.mark.parametrize("ending", OF_BYTES)
def test_bytes_reach_beyond_their_range_or_nothing_would_be_cut_off(ending):
    plant = Plant(2, "uint8", ending, "")
    found = seen(plant).values
    assert found.dtype == "uint8" and len(np.unique(found)) > 50
