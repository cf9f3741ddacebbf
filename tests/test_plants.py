"""A seeded sample of what `benchmarks.plants` counts in full: all named, and nothing wrong for certain."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from benchmarks.plants import CONTROLS, DIGITS, FORMATS, OF_BYTES, Plant, asked, counted, drawn, plants, seen

SAMPLE = 12
EVERY = [*plants()]
random.Random(1).shuffle(EVERY)


@pytest.mark.parametrize("plant", EVERY[:SAMPLE], ids=lambda plant: "-".join(map(str, vars(plant).values())))
def test_what_is_planted_is_named_and_what_nothing_explains_is_not(plant):
    assert counted(plant, asked(plant)) == "named"


def test_every_ending_stands_alone_and_with_each_convention_in_every_format():
    counts = Counter(plant.number_format for plant in EVERY if plant.convention != "control")
    assert set(counts) == set(FORMATS)
    assert len(set(EVERY)) == len(EVERY)
    assert sum(plant.convention == "control" for plant in EVERY) == 3 * len(FORMATS) * len(CONTROLS)


@pytest.mark.parametrize("name", DIGITS)
def test_printed_numbers_have_their_digits_and_lie_within_them(name):
    plant = Plant(2, name, "scale", "")
    form = drawn(plant, 0)
    printed, exact = seen(plant, form), seen(Plant(2, "float64", "scale", ""), form)
    assert np.all(np.abs(printed.values - exact.values) <= printed.slack)
    digits = [len(f"{abs(value):.12g}".replace(".", "").lstrip("0")) for value in printed.values.ravel()]
    assert max(digits) == DIGITS[name]


@pytest.mark.parametrize("ending", OF_BYTES)
def test_bytes_reach_beyond_their_range_or_nothing_would_be_cut_off(ending):
    plant = Plant(2, "uint8", ending, "")
    found = seen(plant, drawn(plant, 0)).values
    assert found.dtype == "uint8" and len(np.unique(found)) > 50
