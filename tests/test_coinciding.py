"""Settings that come to the same at the size of the data: they tie where they differ at another, and else are names."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import harness
from harness.canonical.settled import LEFT_OUT, Settled
from harness.explanation.diagnosis import OTHER_SIZE
from harness.operations import pooling, resize
from harness.operations.by_settings.distinct import Distinct, drawn, other_sizes
from harness.operations.transforms.told import Setting

X = np.random.default_rng(1).normal(size=(1, 2, 6, 7)).astype("float32")
NEAREST = {"size": (9, 10), "interpolation": "nearest", "coordinates": "half_pixel", "nearest_rounding": "prefer_floor"}
MAXIMUM = {
    "reduce": "max",
    "window": (2, 2),
    "stride": (2, 2),
    "dilation": (1, 1),
    "padding": "valid",
    "rounding": "floor",
}


def explained(y: np.ndarray, x: np.ndarray = X, **settings: Any) -> harness.Explained:
    return harness.explain(x, y, layout="NCHW,NCHW", **settings)


def names(found: harness.Explained) -> list[tuple[str, ...]]:
    return [tuple(each.id for each in explanation.transforms) for explanation in found.answer.explanations]


def test_grids_that_are_one_at_this_size_tie_and_another_size_is_asked_for():
    rows, columns = (np.arange(m) * n // m for m, n in ((9, 6), (10, 7)))
    y = X[:, :, rows][..., columns]
    found = explained(y, operation="resize", size=[9, 10], interpolation="nearest")
    assert found.answer.ambiguous and OTHER_SIZE in found.answer.remarks
    tied = {each.transforms[0].id: each.transforms[0] for each in found.answer.explanations if each.tied}
    assert set(tied) == {"coordinates", "scale"}
    assert (tied["coordinates"].value, dict(tied["coordinates"].others)) == (
        "asymmetric",
        {"nearest_rounding": "floor"},
    )


def test_what_is_one_at_every_size_has_two_names_and_is_certain():
    x = X[..., :5, :7]
    padded = np.pad(x, [(0, 0), (0, 0), (0, 1), (0, 1)], constant_values=-np.inf)
    y = np.lib.stride_tricks.sliding_window_view(padded, (2, 2), (2, 3))[:, :, ::2, ::2].max((-2, -1))
    found = explained(y, x, operation="pooling", reduce="max", window=2)
    assert names(found) == [("rounding",), ("padding",)]
    assert not found.answer.ambiguous and all(each.tied for each in found.answer.explanations)


def met(known: Distinct, form: Settled, name: str, **changes: Any) -> bool:
    """Whether a change is new, whose name is this one."""
    (key, value), *others = changes.items()
    change = Setting(key, value, None, tuple(others))
    changed = change.differ(form)
    return known.add(changed, lambda: change.differ(drawn(form)), partial(other_sizes, form, (change,)), name)


def test_changes_are_new_until_they_come_to_the_same_at_every_size():
    form, known = Settled({"x": X}, NEAREST, resize), Distinct()
    for new in (True, False):
        assert met(known, form, "", scale=(1.5, 1.5)) is new
        assert met(known, form, "", coordinates="asymmetric", nearest_rounding="floor") is new


@pytest.mark.parametrize("named", [False, True])
def test_another_name_is_new_where_names_are_told(named):
    form, known = Settled({"x": X[..., :5, :7]}, MAXIMUM, pooling), Distinct()
    assert met(known, form, "rounding" * named, rounding="ceil")
    assert met(known, form, "padding" * named, padding=((0, 1), (0, 1))) is named


def test_what_shows_nowhere_here_is_not_new():
    even, known = Settled({"x": X[..., :6]}, MAXIMUM, pooling), Distinct()
    assert known.add(even, lambda: drawn(even))
    assert not met(known, even, "rounding", rounding="ceil")


def test_a_dense_layer_without_its_bias_has_one_name():
    rng = np.random.default_rng(2)
    x, w, b = rng.normal(size=(8, 4)), rng.normal(size=(5, 4)), rng.normal(size=5)
    found = harness.explain(x, w, x @ w.T, bias=b, operation="dense", layout="NC,OI,NC")
    assert names(found) == [("bias",)] and not found.answer.ambiguous
    assert found.answer.explanations[0].transforms[0].value == LEFT_OUT
