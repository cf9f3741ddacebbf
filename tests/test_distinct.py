"""Candidates that come to the same: on the data alone they may, and on fresh data be told apart."""

from __future__ import annotations

import tracemalloc
from functools import partial

import numpy as np

from harness.canonical.settled import Settled
from harness.operations import activation
from harness.operations.by_settings.distinct import Distinct, drawn

POSITIVE, BOTH = np.arange(1.0, 13).reshape(1, 2, 2, 3), np.arange(-6.0, 6).reshape(1, 2, 2, 3)


def form_of(x: np.ndarray, **settings: object) -> Settled:
    return Settled({"x": x}, settings, activation)


def added(known: Distinct, form: Settled) -> bool:
    return known.add(form, partial(drawn, form))


def test_what_comes_to_the_same_on_fresh_data_too_is_known() -> None:
    known = Distinct()
    assert added(known, form_of(POSITIVE, function="relu"))
    assert not added(known, form_of(POSITIVE, function="relu"))
    assert not added(known, form_of(POSITIVE, function="leaky_relu", slope=0.0))


def test_what_only_the_data_do_not_tell_apart_is_not() -> None:
    """Above 0 a leaky ReLU is a ReLU."""
    known = Distinct()
    assert added(known, form_of(POSITIVE, function="relu"))
    leaky = form_of(POSITIVE, function="leaky_relu", slope=0.25)
    assert not known.has(leaky, partial(drawn, leaky))
    assert added(known, leaky)
    assert known.has(leaky, partial(drawn, leaky))
    assert not added(known, leaky)


def test_fresh_data_are_computed_only_where_the_data_do_not_tell() -> None:
    known = Distinct()
    assert added(known, form_of(BOTH, function="relu"))

    def unwanted() -> Settled:
        raise AssertionError("the data tell them apart")

    assert known.add(form_of(BOTH, function="leaky_relu", slope=0.25), unwanted)


def test_a_copy_leaves_the_first_as_it_was() -> None:
    known, other = Distinct(), form_of(BOTH, function="relu")
    assert added(known.copy(), other)
    assert added(known, other)


def test_large_outputs_are_not_held() -> None:
    known, x = Distinct(), np.arange(-100.0, 2**16 - 100).reshape(1, 1, 2**8, 2**8)
    tracemalloc.start()
    for slope in range(1, 9):
        form = form_of(x, function="leaky_relu", slope=slope / 16)
        assert added(known, form)
        form.forget()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < x.nbytes
