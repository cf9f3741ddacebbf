"""What known values carry, and when an explanation is to be believed: every threshold from both sides."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harness.judge.evidence import AGREES, MARGIN, MOST, TELLING, Known, bits, lacking, price, step
from harness.operations.transforms import weight
from harness.operations.transforms.arrays import ReverseKernel
from harness.operations.transforms.endings import OutputBorder
from harness.operations.transforms.settings import Dilation, PaddingSplit, Stride
from harness.operations.transforms.values import Arithmetic, Bias, KernelValues, Scale

REVERSED = (ReverseKernel((0,)),)


def known(values, room=0.5, moved=math.inf) -> Known:
    values = np.array(values, np.float64)
    return Known.of(values, np.full(values.shape, room), np.full(values.shape, float(moved)))


@pytest.mark.parametrize(
    ("values", "common"),
    [
        ([1, 2, 3], 1),
        ([20, 40, 60], 20),
        ([20, 40], 1),
        ([0.5, 0.25, 2], 0.25),
        ([0.1, 0.3, 0.4], 0.1),
        ([1 / 3, 1, 2], 0),
        ([0, 0, 0], 0),
        ([], 1),
    ],
)
def test_the_step_is_what_all_values_are_multiples_of(values, common):
    assert step(np.array(values, np.float64)) == pytest.approx(common)


def test_a_value_carries_its_distance_from_others_in_units_of_what_it_may_be_off_by():
    values = np.array([8.0, 1.0, 4.0])
    carried = bits(values, np.full(3, 1.0), np.array([8.0, 7.0, 7.0]))
    assert carried == pytest.approx([np.log2(9), 3, 3, 0])


@pytest.mark.parametrize(("values", "different"), [([3, 3, 3, 5], 2), ([0, 0, 0, 5], 1), ([0, 0], 0)])
def test_equal_values_and_zeros_carry_little(values, different):
    values = np.array(values, np.float64)
    *each, rest = bits(values, np.full(values.shape, 1.0), np.full(values.shape, 10.0))
    assert len(each) == different
    assert rest == min((len(values) - different) / 2, sum(each))


def test_one_value_carries_no_more_than_so_much():
    assert bits(np.array([1.0]), np.array([2.0**-40]), np.array([1.0])) == [MOST, 0]


@pytest.mark.parametrize(("change", "certain"), [(0.01, True), (-0.01, False)])
def test_a_change_is_believed_where_the_values_carry_it_and_the_margin(change, certain):
    values = [1.0, 2.0, 3.0]
    cost = weight(REVERSED, 1) + MARGIN + change
    low, high = 1e-9, 10.0
    for _ in range(200):
        room = (low + high) / 2
        carried = sum(bits(np.array(values), np.full(3, 2 * room), np.array([2.0, 2.0, 3.0])))
        low, high = (room, high) if carried > cost else (low, room)
    exact = Known(np.array(values) * math.pi, np.full(3, low * math.pi), np.full(3, math.inf))
    assert (lacking(exact, REVERSED, (), 1) == 0) == certain


@pytest.mark.parametrize(("values", "certain"), [([7, 23, 35], True), ([1, 3, 0], False), ([7], False), ([], False)])
def test_three_values_carry_a_reversal_where_they_are_large(values, certain):
    assert (lacking(known(values), REVERSED, (), 1) == 0) == certain


@pytest.mark.parametrize("values", [[0] * 50, [2.5] * 50, [1 / 3] * 50])
def test_values_that_are_all_equal_carry_nothing_however_many(values):
    assert lacking(known(values, 1e-9), REVERSED, (), 2) > MARGIN
    assert lacking(known(values, 1e-9), (), (), 2) == AGREES


@pytest.mark.parametrize(("values", "certain"), [([2, 4], True), ([4], False), ([0, 0, 1], False), ([3, 0, 5], True)])
def test_what_is_meant_needs_less_than_a_change(values, certain):
    assert (lacking(known(values), (), (), 1) == 0) == certain


@pytest.mark.parametrize(("several", "certain"), [(3, True), (1, False)])
def test_values_that_what_is_meant_gives_too_do_not_tell(several, certain):
    values = np.array([9.0, 4.0, 7.0, 2.0, 5.0, 8.0])
    moved = np.where(np.arange(6) < several, 0.5, 0.0)
    lacks = lacking(Known(values, np.full(6, 0.25), moved), REVERSED, (), 1)
    assert (lacks == 0) == certain
    if not certain:
        told = sum(bits(values[:1], np.full(1, 1.0), np.full(1, 4.0)))
        assert lacks == pytest.approx(weight(REVERSED, 1) + TELLING - told)


def test_an_arithmetic_that_shows_itself_is_told_by_all_values():
    values = np.array([9.0, 4.0, 7.0, 2.0, 5.0, 8.0])
    assert lacking(Known(values, np.full(6, 0.25), np.full(6, 0.0)), (Arithmetic("integers wrap"),), (), 1) == 0


@pytest.mark.parametrize(("zeros", "certain"), [(13, True), (12, False)])
def test_a_border_of_zeros_is_told_by_how_many_there_are(zeros, certain):
    """Each carries a bit, however alike they are: log2(108 / 0.25), one for its form, and what telling takes."""
    border = (OutputBorder(((1, 1), (1, 1))),)
    values = np.concatenate([np.zeros(zeros), np.arange(1.0, 30.0)])
    moved = np.where(values == 0, 5.0, 0.0)
    assert (lacking(Known(values, np.full(values.shape, 1e-3), moved), border, (), 2) == 0) == certain


@pytest.mark.parametrize(
    ("changes", "fitted"),
    [
        ((Bias("unknown", (1.5, 2.5)),), 2),
        ((Bias("unknown", (1.5, 1.5)),), 1),
        ((Bias("missing"),), 0),
        ((Scale("a factor of 3.7", (3.7,)),), 1),
        ((Scale("2", (2.0, 2.0)),), 0),
        ((KernelValues((((0, 0, 1), 4.0), ((0, 0, 2), 1.0))),), 2),
    ],
)
def test_numbers_that_were_fitted_cost_what_a_value_carries(changes, fitted):
    assert price(changes, (), 10.0, 2) - price(changes, (), 0.0, 2) == pytest.approx(10 * fitted)


def test_settings_that_were_open_cost_their_forms_only():
    moved = PaddingSplit(((0, 0),), ((4, 4),))
    near = PaddingSplit(((0, 0),), ((1, 0),))
    stride, uneven = Stride((2, 2), ((0, 0),) * 2), Stride((2, 1), ((0, 0),) * 2)
    assert price((), (moved,), 0, 1) == moved.choices > near.choices == 3
    assert price((moved,), (), 0, 1) == moved.choices + weight((moved,), 1)
    assert stride.choices == Dilation((3, 3), ((0, 0),) * 2).choices < uneven.choices
    assert price((), (stride, moved), 0, 2) == stride.choices + moved.choices


def test_only_so_many_values_are_looked_at_and_those_that_tell_are_among_them():
    moved = np.zeros(100_000)
    moved[777] = 1
    some = Known.of(np.arange(100_000.0), np.full(100_000, 0.25), moved)
    assert some.values.size < 10_000
    assert 777 in some.values[some.moved > 0]
