"""What is made of each value of an output: numbers and functions, told by the values."""

from __future__ import annotations

import numpy as np
import pytest

import harness.operations.by_settings.end_numbers as module
from harness.operations.by_settings.ends import ends
from harness.operations.transforms.endings import Activation, relu
from harness.operations.transforms.functions import FUNCTIONS
from harness.operations.transforms.values import Bias, Scale
from harness.operations.windowed.search.inference import inferred

RNG = np.random.default_rng(17)
Y = np.random.default_rng(3).normal(size=(2, 3, 5, 6)) * 3
ROOM = np.full(Y.shape, 1e-6)
EACH = np.reshape([0.5, -1.25, 2.0], (1, 3, 1, 1))


def found(seen: np.ndarray, count: int = 1, **more: bool) -> list[tuple[str, ...]]:
    return [tuple(each.function if isinstance(each, Activation) else each.id for each in way)
            for way in ends(Y, seen, ROOM, count, **more)]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("relu", {}),
        ("relu6", {}),
        ("tanh", {}),
        ("sigmoid", {}),
        ("absolute", {}),
        ("gelu", {}),
        ("gelu_tanh", {}),
        ("silu", {}),
        ("leaky_relu", {"slope": 0.07}),
        ("elu", {"alpha": 0.6}),
        ("clip", {"low": -1.5, "high": 2.25}),
        ("hard_sigmoid", {"alpha": 0.2, "beta": 0.5}),
    ],
)
def test_a_function_is_named_with_its_numbers(name, numbers):
    seen = FUNCTIONS[name].of(Y, **numbers)
    made = [way[0] for way in ends(Y, seen, ROOM) if np.abs(way[0].end(Y) - seen).max() <= 1e-5]
    assert [each.function for each in made if isinstance(each, Activation)] == [name]
    assert dict(made[-1].parameters) == pytest.approx(numbers)
    assert not [each for each in found(seen, functions=False) if each not in (("scale",), ("bias",))]


def test_a_limit_that_nothing_reaches_is_not_named():
    assert ("relu6",) not in found(np.maximum(Y / 10, 0) * 10 * (Y < 5))
    assert found(np.maximum(Y, 0))[0] == ("relu",)


@pytest.mark.parametrize(("most", "others"), [(5.9, ("relu6",)), (6.0, ("relu6",)), (6.1, ())])
def test_relu_is_not_told_from_relu6_where_no_value_is_beyond_its_limit(most, others):
    assert relu(np.array([np.nan, 0.0, most])).others == others
    seen = np.maximum(Y, 0) * (most / Y.max())
    made = [way[0] for way in ends(Y * (most / Y.max()), seen, ROOM)]
    assert [each.others for each in made if getattr(each, "function", "") == "relu"] == [others]


@pytest.mark.parametrize(("factor", "offset"), [(1 / 255, 0.5), (EACH, 2 * EACH)], ids=["one", "each"])
def test_a_factor_and_an_offset_are_told_together(factor, offset):
    ((scale, bias),) = ends(Y, Y * factor + offset, ROOM, 2)
    assert isinstance(scale, Scale) and isinstance(bias, Bias)
    assert np.allclose(scale.factors, np.ravel(factor)) and np.allclose(bias.values, np.ravel(offset))
    assert (scale.name == "1 / 255") is (np.ndim(factor) == 0)


def test_noise_is_nothing():
    assert (
        found(np.random.default_rng(5).normal(size=Y.shape))
        == found(np.random.default_rng(6).normal(size=Y.shape), 2)
        == []
    )


def test_windows_of_nothing_break_no_fit():
    """A maximum of no samples is minus infinity."""
    y = np.where(np.arange(Y.size).reshape(Y.shape) % 5, Y, -np.inf)
    seen = FUNCTIONS["sigmoid"].of(Y)
    assert not [
        each
        for way in ends(y, seen, ROOM)
        for each in way
        if isinstance(each, Activation) and each.function == "hard_sigmoid"
    ]


@pytest.mark.parametrize("name", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("count", [2, 3])
def test_numbers_are_read_before_a_function(name, count):
    made = Y * EACH + (2 * EACH if count == 3 else 0)
    (way,) = ends(Y, FUNCTIONS[name].of(made / 4), ROOM / 100, count)
    assert [each.id for each in way] == ["scale", "bias", "activation"][: count - 1] + ["activation"]
    assert way[-1].function == name and np.allclose(way[0].factors, EACH.ravel() / 4, rtol=1e-4)


@pytest.mark.parametrize(("images", "told"), [(1, False), (2, False), (3, True)])
def test_a_line_of_each_of_several_channels_takes_one_image_more_than_its_numbers(images, told):
    y = RNG.normal(size=(images, 4, 1, 1))
    numbers = np.reshape([0.5, -1.25, 2.0, 0.75], (1, 4, 1, 1))
    assert bool([*ends(y, numbers * y + numbers, np.full(y.shape, 1e-6), 2)]) is told


def test_a_line_of_one_channel_takes_four_values():
    y = RNG.normal(size=(4, 1, 1, 1))
    room = np.full(y.shape, 1e-6)
    assert [len([*ends(y[:count], 3 * y[:count] + 1, room[:count], 2)]) for count in (3, 4)] == [0, 1]


def test_digits_that_differ_from_value_to_value_tell_a_line_as_far_as_they_are_printed():
    """Room that values have for other arithmetic besides is not taken by a line that needs less of it."""
    y = RNG.normal(size=(1, 1, 9, 9)) * 2
    texts = [f"{each:.6g}" for each in (4.3668122 * y - 2.117904).ravel()]
    seen = np.reshape([float(text) for text in texts], y.shape)
    last = np.reshape([10.0 ** -len(text.partition(".")[2]) / 2 for text in texts], y.shape)
    ((scale, bias),) = ends(y, seen, last + 5e-6, 2)
    assert (np.abs(scale.factors[0] * y + bias.values[0] - seen) <= 1.2 * last + 2e-7).all()


@pytest.mark.parametrize("slope", [0.01, 0.2, 0.07])
def test_a_usual_slope_takes_fewer_values_than_one_that_is_read(slope):
    """Of which two may be known."""
    y = np.abs(Y)
    y[0, 0, 0, :2] *= -1
    found = {dict(way[0].parameters).get("slope") for way in ends(y, np.where(y < 0, slope * y, y), ROOM)
             if isinstance(way[0], Activation)}  # fmt: skip
    assert (slope in found) is (slope != 0.07)


@pytest.mark.parametrize(("kind", "made"), [("scale", Y * 2), ("bias", Y + 2)])
@pytest.mark.parametrize(("rooms", "asked"), [(0.9, True), (3, False)])
def test_a_number_is_read_only_where_one_is_within_what_all_values_allow(monkeypatch, kind, made, rooms, asked):
    kinds = set()
    monkeypatch.setattr(module, "inferred", lambda kind, *parts: kinds.add(kind) or inferred(kind, *parts))
    made = made.copy()
    made[1, 1, 2, 3] += rooms * 1e-6
    assert ((kind,) in found(made)) is asked
    assert kinds == ({"scale": {"factor"}, "bias": {"offset"}}[kind] if asked else set())


def test_what_is_not_finite_or_zero_rules_no_number_out():
    y, seen = Y.copy(), Y * 2
    y[0, 0, 0, :3], seen[0, 0, 0, :3] = (0, np.nan, np.inf), (0, np.nan, np.inf)
    assert ("scale",) in [tuple(each.id for each in way) for way in ends(y, seen, ROOM)]
