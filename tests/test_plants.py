"""A seeded sample of what `benchmarks.plants` counts in full: all named, and nothing wrong for certain."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from benchmarks.plants import layers
from benchmarks.plants.counting import DIGITS, asked, counted, seen
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


@pytest.mark.parametrize(
    ("number", "number_format", "array"),
    [(1, "printed 6", "tanh"), (1, "printed 4", "mean and deviation"), (0, "printed 5", "mean and deviation")],
)
def test_what_was_made_of_a_softmax_and_of_its_input_is_read_from_printed_digits(number, number_format, array):
    plant = layers.LayerPlant("softmax", number, number_format, "", array)
    assert counted(plant, asked(plant)) == "named"


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
